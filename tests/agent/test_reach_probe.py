"""How far packets to head office get, through real routers: a dead line is told from a head office that is down."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from retail_core.sync.reach import Reach

HERE = Path(__file__)
SCRIPT = HERE.with_name("routers.sh")
ASKED = (
    "import socket, sys; from sync_agent.hq_link.reach_probe import probe; print(probe(socket.AF_INET, sys.argv[1], 9))"
)
ALONE = ("unshare", "--map-root-user", "--net")


@cache
def why_not() -> str:
    """Why this machine cannot have such routers; empty where it can. It is tried, not guessed."""
    wire = "ip link add near type veth peer name far && nft add table inet t && ip link set near up"
    try:
        tried = subprocess.run([*ALONE, "sh", "-c", wire], capture_output=True, text=True, timeout=20, check=False)
    except OSError as bad:
        return f"no network namespaces here, 2026-11-28: {bad}"
    return f"no network namespaces here, 2026-11-28: {tried.stderr.strip()}" if tried.returncode else ""


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_each_fault_on_the_way_is_told_by_how_far_packets_get() -> None:
    run = [*ALONE, "bash", str(SCRIPT), sys.executable, "-c", ASKED]
    done = subprocess.run(run, capture_output=True, text=True, timeout=50, check=False, cwd=HERE.parents[2])
    assert done.returncode == 0, done.stderr
    found = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert found == {
        "well": Reach.HOST,
        "hq_swallows": Reach.BEYOND,
        "hq_unplugged": Reach.BEYOND,
        "line_swallows": Reach.ROUTER,
        "line_unplugged": Reach.ROUTER,
        "router_off": Reach.NO_WAY,
        "cable_off": Reach.NO_WAY,
    }
