"""The demo stays open for a person: what to do, and a line to type on that works the simulated devices."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from threading import Event

from pos_app.devices.transport.ready import readable
from tools.demo.day import Day, Say
from tools.demo.hq import PASSWORD, VIEWER, HeadOffice
from tools.demo.plan import Plan
from tools.demo.processes import DemoError
from tools.demo.store import Machine
from tools.demo_shop.members import WORD, card_of
from tools.demo_shop.people import STAFF
from tools.demo_shop.shop import ZONE, Basket

LOOK_EVERY_S = 1.0
CODES_SHOWN = 6
CARDS_SHOWN = 3
READ_BYTES = 4096
COMMANDS = """  CODE            scan it at till 1          2 CODE   scan it at till 2
  basket          scan a real basket         order    place an online order
  hq off, hq on   cut HQ off, bring it back  quit     end everything"""


def guide(hq: HeadOffice, tills: Sequence[Machine], plan: Plan, out: str) -> str:
    """What a person needs to know to try everything."""
    pins = "\n".join(f"  {who.pin}   {who.name}, {who.role.value}" for who in STAFF)
    codes = "\n".join(f"  {line.gtin}" for line in plan.sales[0].lines[:CODES_SHOWN])
    cards = " ".join(card_of(n) for n in range(CARDS_SHOWN))
    ports = "\n".join(f"  till {one.number}: {one.scanner.path}" for one in tills)
    return f"""
HQ        {hq.url}   sign in as {VIEWER} / {PASSWORD}   (its certificate is its own; prices of zone {ZONE})
Receipts  {out}

PINs
{pins}

Codes to scan, or to type on the entry line
{codes}
  {plan.with_unknown.unknown[0]}   is in no catalogue

Members   scan a card any time: {cards}; F3 shows the rest. Fruit and vegetables cost them less
Coupons   type {WORD} (bakery), or scan, once: {hq.coupon}

Devices   a window for each till has their buttons: scan, weigh, paper out, decline; Ctrl+H at the till shows how they are
Keys      F9 pay · F3 customer · F12 exact cash · F2 find · 3* quantity · Del void line · F10 pickup · Ctrl+L lock
Shelves   OTS:B-01 … at the pickup counter
Scanners' ports
{ports}

Type here, then Enter:
{COMMANDS}
"""


class Console:
    """Reads lines of a person; ends on `quit`, or when both tills were closed."""

    def __init__(self, day: Day, say: Say) -> None:
        self._day, self._say = day, say
        self._baskets = day.plan.customers()
        self._commands: dict[str, Callable[[], object]] = {
            "basket": self._scan_basket, "order": self._order, "hq off": day.hq.go_down, "hq on": day.hq.come_back,
        }  # fmt: skip

    def run(self) -> None:
        for line in self._lines():
            if line in {"quit", "exit"}:
                return
            self._obey(line)

    def _lines(self) -> Iterator[str]:
        """What is typed, as long as a till is open; without anybody typing it just waits."""
        source: int | None = sys.stdin.fileno()
        held = b""
        while self._tills_open():
            if source is None:
                Event().wait(LOOK_EVERY_S)
                continue
            if not readable([source], LOOK_EVERY_S):
                continue
            data = os.read(source, READ_BYTES)
            source = source if data else None
            *whole, held = (held + data).split(b"\n")
            yield from (line.decode(errors="replace").strip() for line in whole)

    def _obey(self, line: str) -> None:
        try:
            command = self._commands.get(line)
            if command:
                command()
            elif line:
                register, _, code = line.rpartition(" ")
                self._till(register or "1").scanner.scan(code)
        except (DemoError, OSError) as wrong:
            self._say(str(wrong))

    def _scan_basket(self) -> None:
        basket: Basket = next(self._baskets)
        for line in basket.lines:
            for _ in range(line.pieces):
                self._till("1").scanner.scan(line.gtin)
        self._say(f"{len(basket.lines)} lines scanned at till 1; F9 to pay")

    def _order(self) -> None:
        order = self._day.place_order()
        self._say(f"its pass: {order.pickup_pass}")
        self._say("its items: " + " ".join(f"{line.pieces}× {line.gtin}" for line in order.lines))

    def _till(self, number: str) -> Machine:
        for machine in self._day.tills:
            if machine.number == number:
                return machine
        raise DemoError(f"there is no till {number}")

    def _tills_open(self) -> bool:
        return any(machine.till_runs for machine in self._day.tills)
