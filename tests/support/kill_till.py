"""Kill a till's core process at random moments and account for every sale it said was done.

A small parent process imports the till once and forks a till per round, so that hundreds of kills take seconds. The
till acknowledges with one `os.write` after the commit's answer; the harness kills it 0 to 30 ms later, by chance in the
middle of the next sale. What was acknowledged must be on disk, once, whatever the moment was.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pos_app.devices.transport.ready import readable
from pos_app.service.instruments import Found
from retail_core.domain.claims import ClaimAnswer, ClaimKind, NobodyAnswered, Thing
from tests.support.kill_accounts import COUPON_FILE, COUPONS_A_ROUND, GIFT_CODE, LOYALTY_CARD

if TYPE_CHECKING:
    from pos_app.service.selling import Selling
    from pos_app.till import Till
    from tests.support.shop import Hand

KILL_WITHIN_S = 0.030
ROUND_LIMIT_S = 20.0


@dataclass
class Tally:
    """What the tills said before they died."""

    kills: int = 0
    acked: list[str] = field(default_factory=list)


def run_kills(homes: list[Path], kills: int, seed: int) -> Tally:
    """`kills` rounds over `homes` in turn; every till process is killed with SIGKILL, none ends by itself."""
    chance = random.Random(seed)
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.support.kill_till"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )  # fmt: skip
    assert parent.stdin
    assert parent.stdout
    tally = Tally()
    try:
        for n in range(kills):
            round_ = {
                "home": str(homes[n % len(homes)]),
                "seed": chance.randrange(1 << 30),
                "sales": chance.randint(0, 3),
                "round": n,
            }
            parent.stdin.write(json.dumps(round_) + "\n")
            parent.stdin.flush()
            tally.acked += json.loads(parent.stdout.readline())
            tally.kills += 1
    finally:
        parent.stdin.close()
        parent.wait(ROUND_LIMIT_S)
        parent.stdout.close()
    return tally


def _parent() -> None:
    """Fork a till for each line of stdin, kill it, and answer with the receipts it acknowledged."""
    import_module("tests.support.shop")  # once, before the forks

    for line in sys.stdin:
        round_ = json.loads(line)
        chance = random.Random(round_["seed"])
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read_end)
            _till(Path(round_["home"]), chance, write_end, round_["round"])
        os.close(write_end)
        acked = _until_killed(child, read_end, round_["sales"], chance)
        os.close(read_end)
        print(json.dumps(acked), flush=True)


def _until_killed(child: int, read_end: int, sales: int, chance: random.Random) -> list[str]:
    """Wait for `sales` acknowledgements, then kill 0–30 ms later and collect what was still said."""
    said, end = b"", time.monotonic() + ROUND_LIMIT_S
    while said.count(b"\n") < sales + 1 and time.monotonic() < end:  # the first line says that the till is up
        ready = readable([read_end], 0.5)
        if ready:
            data = os.read(read_end, 4096)
            if not data:
                break
            said += data
    time.sleep(chance.random() * KILL_WITHIN_S)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while data := os.read(read_end, 4096):
        said += data
    lines = said.decode().splitlines()
    if not lines or lines[0] != "up":
        raise SystemExit(f"the till did not come up: {lines[:1]}")
    return lines[1:]


def _till(folder: Path, chance: random.Random, ack: int, round_: int) -> None:
    """Sell until killed. Runs in the forked child and never returns."""
    from pos_app.service.completing import SoldBy
    from pos_app.service.outcome import PaidSale
    from pos_app.till import Till
    from retail_core.domain.ids import OperatorId
    from retail_core.domain.roles import Role
    from retail_core.durable.home import Home
    from retail_core.durable.system import SystemClock, SystemIds
    from tests.support.shop import ITEMS, Hand

    try:
        hand = Hand()
        till = Till.open(Home(folder), SystemClock(), SystemIds(), hand.deliver)
        till.signed_in(SoldBy(OperatorId("op-1"), "Ana M.", Role.CASHIER))
        till.paying.reserving._claims = NobodyThere()
        coupons = _coupons(folder, round_)
        os.write(ack, b"up\n")
        while True:
            for _ in range(chance.randint(1, 5)):
                till.selling.scan(chance.choice(ITEMS).code)
            if chance.random() < 0.2:
                _void_first(till.selling)
            if till.selling.sale is None:
                continue
            if coupons and chance.random() < 0.3:
                till.selling.scan(coupons.pop())
            if chance.random() < 0.4:
                till.selling.scan(LOYALTY_CARD)
            if chance.random() < 0.4:
                _part_by_gift_card(till, hand)
            paid: list[PaidSale] = []
            till.paying.pay_cash(till.selling.sale.left_minor, paid.append, _stop)
            hand.until(paid.__len__)
            os.write(ack, (paid[0].receipt_no + "\n").encode())
    except BaseException as error:  # noqa: BLE001 - the child must not unwind into the parent's loop
        os.write(ack, f"died: {error!r}\n".encode())
        os._exit(1)


class NobodyThere:
    """A store of one till. The wait for other tills is the real one's business, and would take most of the time here."""

    def ask(self, kind: ClaimKind, key: str, done: Callable[[ClaimAnswer], None]) -> None:
        done(NobodyAnswered())

    def ask_all(self, things: Sequence[Thing], done: Callable[[Mapping[Thing, ClaimAnswer]], None]) -> None:
        done(dict.fromkeys(things, NobodyAnswered()))

    def give_back(self, things: Sequence[Thing]) -> None:
        pass


def _coupons(folder: Path, round_: int) -> list[str]:
    """This round's own prints."""
    codes = (folder / COUPON_FILE).read_text().splitlines()
    return codes[round_ * COUPONS_A_ROUND : (round_ + 1) * COUPONS_A_ROUND]


def _part_by_gift_card(till: "Till", hand: "Hand") -> None:
    """A few cents from the card, unless the basket was found again with some of it paid so already."""
    answers: list[object] = []
    till.instruments.find(GIFT_CODE, answers.append, _stop)
    hand.until(answers.__len__)
    found, sale = answers.pop(), till.selling.sale
    assert isinstance(found, Found)
    if sale is None or sale.tenders:
        return
    till.tendering.pay_value(found, min(50, sale.left_minor - 1), lambda: answers.append(None), answers.append, _stop)
    hand.until(answers.__len__)


def _void_first(selling: "Selling") -> None:
    if selling.sale:
        selling.void_line(selling.sale.lines[0].line_id)


def _stop(error: Exception) -> None:
    raise error


if __name__ == "__main__":
    _parent()
