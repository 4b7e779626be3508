"""Tills and agents as real processes that come up fast: a parent imports the programs once and forks each one asked for.

A child is a whole program with files, threads and sockets of its own. It is killed with SIGKILL or stopped with SIGTERM, and
ends with the nursery whatever happens. Run in a network namespace or under faketime, the nursery's children are there too.
"""

import ctypes
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Event

from tests.agent.support import until

PR_SET_PDEATHSIG = 1
GONE_WITHIN_S, ENROLLED_WITHIN_S = 20.0, 60.0
PROGRAMS = ("sync_agent.app", "tests.chaos.seller", "tests.chaos.guesser")
OUT = "out"


class Child:
    """A running program."""

    def __init__(self, pid: int, out: Path) -> None:
        self.pid, self._out = pid, out

    @property
    def alive(self) -> bool:
        return Path(f"/proc/{self.pid}").exists()

    @property
    def said(self) -> str:
        """What it and its forerunners wrote to standard output and error."""
        return self._out.read_text(errors="replace") if self._out.exists() else ""

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, how)
        until(lambda: not self.alive, GONE_WITHIN_S, f"{self.pid} ends; it said {self.said[-400:]}")


class Nursery:
    """Made by `nursery`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        )  # fmt: skip

    def start(self, program: str, *arguments: str, out: Path) -> Child:
        """One of `PROGRAMS` with these arguments; what it says is added to the file `out`."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([program, [*arguments], str(out)]) + "\n")
        self.process.stdin.flush()
        return Child(int(self.process.stdout.readline()), out)

    def enrol(self, out: Path, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """The agent's command line to its end, as `run_program` does it."""
        child = self.start(program, *arguments, out=out)
        until(lambda: not child.alive, ENROLLED_WITHIN_S, "enrolled")
        failed = "Enrolled as" not in child.said
        return subprocess.CompletedProcess([program, *arguments], int(failed), child.said, child.said)

    def agent(self, home: Path) -> Child:
        """`omnitill-agent run` on a folder."""
        return self.start("sync_agent.app", "run", "--home", str(home), out=home.with_name(f"{home.name}.agent.out"))

    def till(self, home: Path, *, count: int = 1 << 30, pace_ms: int = 0, seed: int = 0, days: int = 0) -> Child:
        """A till that sells by itself; see `tests.chaos.seller`."""
        figures = (str(figure) for figure in (count, pace_ms, seed, days))
        return self.start("tests.chaos.seller", str(home), *figures, out=home.with_name(f"{home.name}.till.out"))

    def close(self) -> None:
        """Whoever still runs is killed."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(GONE_WITHIN_S)


@contextmanager
def nursery(**environment: str) -> Iterator[Nursery]:
    """Open while tills and agents of a test run."""
    running = Nursery(environment)
    try:
        yield running
    finally:
        running.close()


def _parent() -> None:
    mains: dict[str, Callable[[list[str]], int]] = {name: import_module(name).main for name in PROGRAMS}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries them
    children: set[int] = set()
    for line in sys.stdin:
        program, arguments, out = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _child(mains[program], arguments, out)
        children = {child for child in children if Path(f"/proc/{child}").exists()} | {pid}
        print(pid, flush=True)
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    while any(Path(f"/proc/{child}").exists() for child in children):
        Event().wait(0.01)


def _child(main: Callable[[list[str]], int], arguments: list[str], out: str) -> None:
    """Never returns."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        into = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for mine, theirs in ((nothing, 0), (into, 1), (into, 2)):
            os.dup2(mine, theirs)
        random.seed()  # the forked state is everybody's
        code = main(arguments)
        sys.stderr.flush()
    except BaseException as error:  # noqa: BLE001 - a child must not unwind into the parent's loop
        os.write(2, f"died: {error!r}\n".encode())
    finally:
        os._exit(code)


if __name__ == "__main__":
    _parent()
