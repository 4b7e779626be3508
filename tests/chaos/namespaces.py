"""Head office and a store on machines of their own, as far as the kernel can make them: two network namespaces and a wire.

The wire's speed is bounded by a token bucket, packets are dropped by rules in head office's namespace. Everything is made and
removed by the test; nothing of it touches the machine's own network. Addresses are those set apart for such tests (RFC 2544).
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

CLONE_NEWNET = 0x40000000
NAMED = Path("/run/netns")
SBIN = ("/usr/sbin", "/sbin", "/usr/bin")
CHECKED_ON = "2026-11-28"
HQ_SIDE, STORE_SIDE = "198.18.0.1", "198.18.0.2"
MBIT = "1mbit"
QUEUE_MS = 300


def _tool(name: str) -> str:
    return shutil.which(name) or shutil.which(name, path=":".join(SBIN)) or name


def _run(*command: str, stdin: str = "") -> str:
    done = subprocess.run(
        [_tool(command[0]), *command[1:]], input=stdin, capture_output=True, text=True, timeout=20, check=False
    )
    if done.returncode:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


class Wire:
    """Two namespaces joined by a wire; made by `wire`."""

    def __init__(self, name: str) -> None:
        self.hq, self.store = f"{name}h", f"{name}s"

    def make(self) -> None:
        for name in (self.hq, self.store):
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        _run("ip", "link", "add", "wan", "netns", self.hq, "type", "veth", "peer", "name", "wan", "netns", self.store)
        for name, address in ((self.hq, HQ_SIDE), (self.store, STORE_SIDE)):
            _run("ip", "-n", name, "address", "add", f"{address}/30", "dev", "wan")
            _run("ip", "-n", name, "link", "set", "wan", "up")

    def remove(self) -> None:
        for name in (self.hq, self.store):
            if (NAMED / name).exists():
                _run("ip", "netns", "delete", name)

    def slow(self, rate: str = MBIT) -> None:
        """No faster than this, either way, with a queue of a third of a second."""
        for name in (self.hq, self.store):
            _run(
                "tc", "-n", name, "qdisc", "replace", "dev", "wan", "root", "tbf", "rate", rate, "burst", "16kb",
                "latency", f"{QUEUE_MS}ms",
            )  # fmt: skip

    def drop(self, percent: int) -> None:
        """So many of a hundred packets get lost, either way; 100 is a dead line on which nobody is told anything."""
        rule = f"numgen random mod 100 < {percent} drop" if percent < 100 else "drop"
        chains = [
            f"  chain {way} {{\n    type filter hook {hook} priority 0; policy accept;\n    {name} wan {rule}\n  }}\n"
            for way, hook, name in (("coming", "input", "iifname"), ("going", "output", "oifname"))
        ]
        table = "table inet chaos {\n" + "".join(chains) + "}\n" if percent else ""
        with self.inside(self.hq):
            _run("nft", "-f", "-", stdin=f"table inet chaos {{\n}}\ndelete table inet chaos\n{table}")

    def unplug(self) -> None:
        """The store's end of the wire is pulled."""
        _run("ip", "-n", self.store, "link", "set", "wan", "down")

    @contextmanager
    def inside(self, namespace: str) -> Iterator[None]:
        """This thread, and every process it starts meanwhile, is there. Sockets stay where they were made."""
        handle = os.open(NAMED / namespace, os.O_RDONLY | os.O_CLOEXEC)
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(handle)
            yield
        finally:
            _enter(before)
            os.close(before)
            os.close(handle)


def _enter(handle: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(handle, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextmanager
def wire() -> Iterator[Wire]:
    """Made, and removed whatever happens."""
    made = Wire(f"omnitill{os.getpid()}")
    try:
        made.make()
        yield made
    finally:
        made.remove()


@cache
def why_not() -> str:
    """Why this machine cannot have such wires; empty where it can. It is tried, not guessed."""
    try:
        with wire() as tried:
            tried.slow()
            tried.drop(30)
    except OSError as bad:
        return f"no network namespaces with nftables and tbf here, {CHECKED_ON}: {bad}"
    return ""
