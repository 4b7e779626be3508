"""A till's core process that sells by itself, and says of each sale that it is paid, after the commit, with one write.

    python -m tests.chaos.seller HOME COUNT PACE_MS SEED DAYS

Its clock begins so many days ago and is at now with the last sale. Acknowledgements go to `paid_file(HOME)`, one line a sale:
number and total. A refusal of the surroundings is said once, and the same basket paid again until that works. SIGTERM ends it
after the sale in hand.
"""

import os
import random
import signal
import sys
from pathlib import Path
from threading import Event

from pos_app.service.outcome import PaidSale
from pos_app.till import Till
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.home import Home
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust.keys import SigningKey
from tests.support.shop import ITEMS, PIN, AtTill, Hand, Shop

UP = "up"
DAY_MS = 86_400_000
TRY_AGAIN_S = 0.1
MAX_SCANS = 3
REFUSED = 3


class DaysAgo(SystemClock):
    """This machine's clock, set back."""

    def __init__(self, behind_ms: int) -> None:
        self.behind_ms = behind_ms

    def now_ms(self) -> int:
        return super().now_ms() - self.behind_ms


def pause(seconds: float) -> None:
    """As `time.sleep`, which cannot be used where the clock is a false one."""
    Event().wait(seconds)


def paid_file(home: Path) -> Path:
    """Beside the machine's folder: what the cashier knows is not on the till's disk."""
    return home.with_name(f"{home.name}.paid")


def main(arguments: list[str]) -> int:
    """0 when all is sold or it was told to stop, 3 when the till may not start, and says why."""
    folder, count, pace_ms, seed, days = Path(arguments[0]), *(int(text) for text in arguments[1:])
    home, hand, clock = Home(folder), Hand(), DaysAgo(days * DAY_MS)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    try:
        till = Till.open(home, clock, SystemIds(), hand.deliver)
    except EnvironmentFault as fault:
        os.write(1, f"refused: {fault.code}\n".encode())
        return REFUSED
    at = AtTill(Shop(home, SigningKey.new(), home.config()), till, hand)
    chance = random.Random(seed or os.getpid())
    paid = os.open(paid_file(folder), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        at.sign_in(PIN)
        os.write(1, f"{UP}\n".encode())
        for _ in range(count):
            sold = _sell(at, chance, stopping)
            if sold is None:
                break
            os.write(paid, f"{sold.receipt_no} {sold.total_minor}\n".encode())
            clock.behind_ms -= days * DAY_MS // count
            pause(pace_ms / 1000)
    finally:
        till.close()
    return 0


def _sell(at: AtTill, chance: random.Random, stopping: list[int]) -> PaidSale | None:
    """None when it was told to stop first."""
    said = ""
    while not stopping:
        try:
            if at.till.selling.sale is None:
                at.scan(*(chance.choice(ITEMS).code for _ in range(chance.randint(1, MAX_SCANS))))
            return at.pay_cash(at.sale.left_minor)
        except EnvironmentFault as fault:
            if fault.code != said:
                said = fault.code
                os.write(1, f"cannot pay: {said}\n".encode())
            pause(TRY_AGAIN_S)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
