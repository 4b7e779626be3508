"""The programs of the demo as child processes: started with a log each, ended by their own id, always."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Event

STOP_WITHIN_S = 8.0
POLL_S = 0.05
RUN_LIMIT_S = 120.0
LOG_LINES_SHOWN = 15
# even if we are killed and can end nothing ourselves
_DIES_WITH_US = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()


class DemoError(Exception):
    """The demo cannot go on; the text says why, in words for whoever started it."""


class Child:
    """One program. Its output goes to `log`."""

    def __init__(self, name: str, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.name, self.log = name, log
        self._command, self._environment = list(command), dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise DemoError(f"{self.name} was not started")
        return self._process.pid

    def start(self) -> None:
        """Start it, also again after `stop()`. A session of its own keeps Ctrl+C for us alone."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                [*_DIES_WITH_US, *self._command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                env=os.environ | self._environment,
            )  # fmt: skip

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Ask it to end, insist when it does not. Does nothing when it is not running."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(within_s)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_WITHIN_S)

    def check(self) -> None:
        """Raises DemoError when it ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise DemoError(f"{self.name} ended with code {self._process.returncode}:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(f"    {line[:300]}" for line in lines[-LOG_LINES_SHOWN:])


class Children:
    """Everything that was started; ended in the opposite order."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._started: list[Child] = []
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> Child:
        child = Child(name, command, self._logs / f"{name.replace(' ', '-')}.log", environment or {})
        self._started.append(child)
        child.start()
        return child

    def run(self, name: str, command: Sequence[str], limit_s: float = RUN_LIMIT_S) -> str:
        """Run a command to its end and return what it printed. Raises DemoError when it fails."""
        log = self._logs / f"{name.replace(' ', '-')}.log"
        try:
            done = subprocess.run(list(command), capture_output=True, text=True, timeout=limit_s, check=False)
        except subprocess.TimeoutExpired:
            raise DemoError(f"{name} did not end within {limit_s:.0f} s") from None
        log.write_text(done.stdout + done.stderr)
        if done.returncode:
            raise DemoError(f"{name} failed with code {done.returncode}:\n{(done.stderr or done.stdout)[-1500:]}")
        return done.stdout

    def stop_all(self) -> None:
        for child in reversed(self._started):
            child.stop()


def program(module: str, *arguments: str) -> list[str]:
    """The command line of one of our programs, run by the Python that runs the demo."""
    return [sys.executable, "-m", module, *arguments]


def until(true: Callable[[], bool], within_s: float, what: str, watched: Sequence[Child] = ()) -> None:
    """Wait for a fact, at most `within_s`. Raises DemoError, also when a watched child ended meanwhile."""
    end = time.monotonic() + within_s
    pause = Event()
    while not true():
        for child in watched:
            child.check()
        if time.monotonic() > end:
            raise DemoError(f"waited {within_s:.0f} s in vain: {what}")
        pause.wait(POLL_S)


class StoppedError(Exception):
    """Somebody asked the demo to end."""


def stop_on_signals() -> None:
    """Ctrl+C, a closed terminal and a polite kill all end the demo in the same orderly way."""

    def stop(number: int, _frame: object) -> None:
        raise StoppedError(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
