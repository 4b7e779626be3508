"""Making this machine part of a store: the till asks the agent's program, which alone speaks to head office."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from retail_core.domain.errors import EnvironmentFault, Fact, RuleViolationError
from retail_core.durable.engine import faults, open_ro
from retail_core.durable.home import Home
from retail_core.durable.link import read_status

AGENT = "omnitill-agent"
PATIENCE_S = 90.0
MAX_SAID = 4_096


class Joined(msgspec.Struct, frozen=True):
    """What this machine is from now on."""

    store: str
    store_name: str
    register: str


class Refused(msgspec.Struct, frozen=True):
    """Why it is not: a stable code and its facts, as the agent's program says them."""

    code: str
    facts: dict[str, Fact] = {}


def is_new(home: Home) -> bool:
    """An empty folder that waits for its store. One with files in it has lost its settings, and a mistyped one is not there."""
    return home.folder.is_dir() and not home.config_file.exists() and not any(home.folder.glob("*.db"))


def agent_program() -> Sequence[str]:
    """How the agent's program is started: the one installed beside this one. Raises EnvironmentFault `agent.missing`."""
    beside = Path(sys.executable).with_name(AGENT)
    found = str(beside) if beside.exists() else shutil.which(AGENT)
    if not found:
        raise EnvironmentFault("agent.missing")
    return (found,)


def run_command(home: Home) -> str:
    """How the agent of this machine is started by hand, or by whatever starts programs on it."""
    return shlex.join([AGENT, "run", "--home", str(home.folder)])


def agent_said_ms(home: Home) -> int:
    """When the agent of this machine last said that it runs; 0 for never. It does so every few seconds."""
    try:
        conn = open_ro(home.link_db, home.keys.file_key(home.link_db.name))
    except EnvironmentFault:
        return 0  # it has never run, or is only just making its file
    try:
        with faults():
            return read_status(conn).at_ms
    except EnvironmentFault:
        return 0
    finally:
        conn.close()


def join(program: Sequence[str], folder: Path, link: str) -> Joined:
    """Takes seconds: call it beside the screen. Nothing of the link is on a command line, where others could read it.

    Raises RuleViolationError with the agent's own code, or EnvironmentFault `agent.silent`, `agent.missing`.
    """
    asked = [*program, "enrol", "--home", str(folder), "--link", "-", "--as-json"]
    try:
        done = subprocess.run(asked, input=link, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired as slow:
        raise EnvironmentFault("agent.silent") from slow
    except OSError as bad:
        raise EnvironmentFault("agent.missing") from bad
    said = done.stdout[-MAX_SAID:].strip()
    try:
        if done.returncode == 0:
            return msgspec.json.decode(said, type=Joined)
        refused = msgspec.json.decode(said, type=Refused)
    except msgspec.DecodeError as odd:
        raise EnvironmentFault("agent.silent") from odd
    raise RuleViolationError(refused.code, **refused.facts)
