"""Kill a till while one customer pays by card and the next one's goods are scanned, over and over.

A parent process imports the till once and forks one per round. The till sells milk by card, over ZVT with its own files; while
the terminal works it scans chicken into a second basket and takes cash for it, until it is killed.
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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_app.till import Till
    from tests.support.shop import Hand

KILL_WITHIN_S = 0.3  # two customers or so
TERMINAL = "terminal"


@contextmanager
def sellers() -> Iterator[subprocess.Popen[str]]:
    """The process that forks tills; a line "HOME PORT" starts one, whose pid it answers."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.support.kill_two_baskets"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, bufsize=1,
    )  # fmt: skip
    try:
        yield parent
    finally:
        parent.communicate()


def sell_until_killed(parent: subprocess.Popen[str], home: Path, port: int, chance: random.Random) -> None:
    """One round: a till sells and sells, and is killed some milliseconds after it began to."""
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(f"{home} {port}\n")
    pid = int(parent.stdout.readline())
    assert parent.stdout.readline().startswith("selling")
    time.sleep(chance.uniform(0, KILL_WITHIN_S))
    os.kill(pid, signal.SIGKILL)
    assert parent.stdout.readline().strip() == "gone"


def connect(till: "Till", port: int, deliver: "Callable[[Callable[[], None]], None]") -> "Callable[[], None]":
    """Give a till without a window its card terminal, started; returns how it is taken away again."""
    from pos_app.devices.terminal.events import TerminalEvents
    from pos_app.devices.terminal.zvt.talk import ZvtSettings
    from pos_app.devices.terminal.zvt.terminal import ZvtTerminal
    from pos_app.runtime.cards import CardDesk
    from pos_app.runtime.payments import TillPayments

    card = till.card_paying
    events = TerminalEvents(settled=lambda outcome: deliver(lambda: card.settled(outcome)))
    settings = ZvtSettings("127.0.0.1", port, quiet_s=0.005)
    terminal = ZvtTerminal(TERMINAL, settings, TillPayments(till.writer), till.clock, lambda: 0.0, events)
    terminal.start()
    desk = card.cards = CardDesk(terminal, deliver)

    def close() -> None:
        desk.close()
        terminal.close()

    return close


def main() -> None:
    for module in ("pos_app.devices.terminal.zvt.terminal", "pos_app.runtime.payments", "tests.support.shop"):
        import_module(module)  # once, here: a fork is then a till in milliseconds
    for line in sys.stdin:
        home, port = line.rsplit(" ", 1)
        pid = os.fork()
        if pid == 0:
            _sell(Path(home), int(port))
            os._exit(0)
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("gone", flush=True)


def _sell(home: Path, port: int) -> None:
    from pos_app.till import Till
    from retail_core.durable.home import Home
    from retail_core.durable.system import SystemClock, SystemIds
    from tests.support.shop import Hand

    hand = Hand()
    till = Till.open(Home(home), SystemClock(), SystemIds(), hand.deliver)
    connect(till, port, hand.deliver)
    sign_in(till)
    os.write(1, b"selling\n")
    while True:
        _two_customers(till, hand, patient=True)
        _two_customers(till, hand, patient=False)


def sign_in(till: "Till") -> None:
    from pos_app.service.completing import SoldBy
    from retail_core.domain.ids import OperatorId
    from retail_core.domain.roles import Role

    till.signed_in(SoldBy(OperatorId("op-1"), "Ana M.", Role.CASHIER))


def _two_customers(till: "Till", hand: "Hand", *, patient: bool) -> None:
    """`patient`: the second customer pays when the first one has gone, else while the card is read."""
    from tests.support.shop import ITEMS

    selling, waiting, ended = till.selling, till.waiting_sale, list[object]()
    selling.scan(ITEMS[0].code)
    till.card_paying.pay(ITEMS[0].price_minor, ended.append, ended.append)
    moved: list[bool] = []
    waiting.change_places(lambda: moved.append(True), ended.append)
    hand.until(moved.__len__)
    selling.scan(ITEMS[1].code)
    if patient:
        hand.until(lambda: waiting.sale is None)
    cash: list[object] = []
    till.paying.pay_cash(ITEMS[1].price_minor, cash.append, cash.append)
    hand.until(lambda: bool(cash) and waiting.sale is None)


if __name__ == "__main__":
    main()
