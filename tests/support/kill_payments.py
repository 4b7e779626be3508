"""Kill a till in the middle of card payments, and ask afterwards what became of each.

A parent process imports the till once and forks one per round. The till writes the tender it is about to pay with one
`os.write`, pays over ZVT with its journal in till.db, and goes on until it is killed.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

MINOR = 1234
KILL_WITHIN_S = 0.12  # two payments or so


@contextmanager
def payer() -> Iterator[subprocess.Popen[str]]:
    """The process that forks tills; a line "HOME PORT NUMBER" starts one, whose pid it answers."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.support.kill_payments"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        bufsize=1,
    )  # fmt: skip
    try:
        yield parent
    finally:
        parent.communicate()


def pay_until_killed(parent: subprocess.Popen[str], home: Path, port: int, round_: int, chance: random.Random) -> None:
    """One round: a till pays and pays, and is killed some milliseconds after it began to."""
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(f"{home} {port} {round_}\n")
    pid = int(parent.stdout.readline())
    assert parent.stdout.readline().startswith("paying")
    time.sleep(chance.uniform(0, KILL_WITHIN_S))
    os.kill(pid, signal.SIGKILL)
    assert parent.stdout.readline().strip() == "gone"


def main() -> None:
    for module in ("pos_app.devices.terminal.zvt.terminal", "pos_app.runtime.payments", "pos_app.till"):
        import_module(module)  # once, here: a fork is then a till in milliseconds
    for line in sys.stdin:
        home, port, round_ = line.rsplit(" ", 2)
        pid = os.fork()
        if pid == 0:
            _pay(Path(home), int(port), int(round_))
            os._exit(0)
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("gone", flush=True)


def _pay(home: Path, port: int, round_: int) -> None:
    from pos_app.devices.terminal.zvt.talk import ZvtSettings
    from pos_app.devices.terminal.zvt.terminal import ZvtTerminal
    from pos_app.runtime.payments import TillPayments
    from pos_app.till import Till
    from retail_core.durable.home import Home
    from retail_core.durable.system import SystemClock, SystemIds

    till = Till.open(Home(home), SystemClock(), SystemIds(), lambda _: None)
    journal = TillPayments(till.writer)
    terminal = ZvtTerminal("terminal", ZvtSettings("127.0.0.1", port, quiet_s=0.005), journal, till.clock, lambda: 0.0)
    os.write(1, b"paying\n")
    for n in range(100):
        terminal.authorise(f"k{round_}-{n}", MINOR, "EUR")


if __name__ == "__main__":
    main()
