"""Every address a program asks the network for, seen from two sides: Python's audit hook inside it, strace outside.

`python -m tests.support.net_watch CALLS PROGRAM ARGUMENTS…` runs a module or a file and writes one line a call to CALLS. The
hook sees what Python asks, name look-ups too; strace, where there is one that may trace, sees what libraries do by themselves.
"""

import ipaddress
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ASKS = frozenset(
    {
        "socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
        "socket.gethostbyaddr", "socket.getnameinfo",
    }
)  # fmt: skip
LOOK_UPS = ASKS - {"socket.connect", "socket.sendto", "socket.sendmsg"}
MAPPED = "::ffff:"  # an IPv4 address as a socket for both kinds has it
_V4 = re.compile(r'sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)')
_V6 = re.compile(r'sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"')
_UNIX = re.compile(r'sa_family=AF_UNIX, sun_path=@?"([^"]+)"')


@dataclass(frozen=True, order=True)
class Called:
    """Somebody the program spoke to, or a name it wanted to know the address of."""

    host: str
    port: int


def watched(calls: Path, program: str, *arguments: str) -> list[str]:
    """The command that runs a module, or a file, under watch."""
    inside = [sys.executable, "-m", "tests.support.net_watch", str(calls), program, *arguments]
    return [*_strace(calls.with_suffix(".strace")), *inside] if seen_outside() else inside


def seen_outside() -> bool:
    """Whether strace is here and may trace on this machine."""
    found = shutil.which("strace")
    return found is not None and subprocess.run([found, "-o", os.devnull, "true"], check=False).returncode == 0


def called(calls: Path) -> set[Called]:
    """Everybody on a network, loopback too, whom the program spoke to; look-ups of names are of port 0."""
    found = {Called(*json.loads(line)) for line in calls.read_text().splitlines()} if calls.exists() else set[Called]()
    outside = calls.with_suffix(".strace")
    if outside.exists():
        text = outside.read_text(errors="replace")
        spoken = [told for pattern in (_V4, _V6) for told in pattern.findall(text)]
        found |= {Called(host.removeprefix(MAPPED), int(port)) for port, host in spoken}
        found |= {Called(path, 0) for path in _UNIX.findall(text) if "resolve" in path}  # the system's own resolver
    return found


def _strace(out: Path) -> list[str]:
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    return ["strace", "-f", "-qq", "--seccomp-bpf", "-e", calls, "-e", "signal=none", "-o", str(out)]


def _watch(calls: int) -> None:
    def note(event: str, details: tuple[object, ...]) -> None:
        if event not in ASKS:
            return
        asked = details[0] if event in LOOK_UPS else details[1]
        if isinstance(asked, tuple):
            host, port = asked[0], 0 if event in LOOK_UPS else asked[1]
        elif event in LOOK_UPS and not _is_address(str(asked)):
            host, port = asked, 0
        else:
            return
        os.write(calls, json.dumps([str(host), port]).encode() + b"\n")

    sys.addaudithook(note)


def _is_address(host: str) -> bool:
    """An address written out needs nobody to look it up."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def main() -> None:
    calls, program, *arguments = sys.argv[1:]
    _watch(os.open(calls, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    sys.argv = [program, *arguments]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
