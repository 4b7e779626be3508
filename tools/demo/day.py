"""A day in the shop: baskets paid in cash and by card, an order picked and handed over, HQ down in the middle, catching up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from threading import Event

from tools.demo.count import HqFile
from tools.demo.hq import HeadOffice, OnlineOrder
from tools.demo.people import Cashier, Picker, Way
from tools.demo.plan import Plan
from tools.demo.processes import DemoError, until
from tools.demo.store import Machine, require_alive
from tools.demo_shop.people import STAFF
from tools.demo_shop.shop import Basket

WHILE_DOWN, AFTER = 3, 2
"""Baskets sold at least while HQ is down, and after it is back."""
ORDERS = 5
"""Placed online in the morning. Three are picked, two are handed over, the rest waits."""
LEAST_DOWN_S = 6.0
CAUGHT_UP_WITHIN_S, PRINTED_WITHIN_S = 45.0, 20.0
PAUSE_S = 0.25
CASHIER, PICKER = STAFF[0], STAFF[2]
Say = Callable[[str], None]


@dataclass
class Deadline:
    """Time that is left for the day; without a limit there is always some."""

    end_s: float | None

    def left(self) -> float:
        return float("inf") if self.end_s is None else self.end_s - time.monotonic()


class Day:
    def __init__(
        self, hq: HeadOffice, tills: list[Machine], cashier: Cashier, picker: Picker, plan: Plan, names: dict[str, str],
        say: Say,
    ) -> None:  # fmt: skip
        """`names` are the customers' by their reference."""
        self.hq, self.tills = hq, tills
        self.cashier, self.picker = cashier, picker
        self.plan, self._names, self._say = plan, names, say
        self._customers = plan.customers()
        self._orders = iter(plan.orders)
        self._ways = cycle((Way.NOTES, Way.EXACT_CASH, Way.CARD))

    def run(self, deadline: Deadline) -> None:
        """All of it, with more baskets as long as there is time. Raises DemoError when something does not work."""
        self.cashier.sign_in(CASHIER)
        self.picker.sign_in(PICKER)
        self._say(f"{CASHIER.name} sells at till 1, {PICKER.name} works at the pickup counter, till 2")
        self.cashier.search("milk")
        by_code, by_pass, for_later, *_ = [self.place_order() for _ in range(ORDERS)]
        self._morning(by_code, by_pass)
        self._without_hq(by_pass)
        self._afternoon(for_later, deadline)

    def sell_one(self, basket: Basket | None = None) -> None:
        """The next customer, or the one given."""
        basket = basket or next(self._customers)
        receipt = self.cashier.sell(basket, next(self._ways))
        unknown = ", one code unknown and struck through" if basket.unknown else ""
        self._say(f"sold {receipt}: {len(basket.lines)} lines{unknown}")
        require_alive(self.tills)

    def place_order(self) -> OnlineOrder:
        """An online order over HQ's REST API; goods that ran out make it the next customer's turn."""
        for basket in self._orders:
            try:
                order = self.hq.place_order(basket, self._names[basket.customer_ref])
            except DemoError as refused:
                if "order.not_available" not in str(refused):
                    raise
                continue
            self._say(f"online order {order.number} of {order.customer}: {len(order.lines)} lines, code {order.code}")
            return order
        raise DemoError("no order of the demo data can be filled any more")

    def wait_until_caught_up(self, hq_file: HqFile) -> None:
        """Every entry of the tills' journals is at HQ, and every receipt is paper."""
        heads = {key: seq for machine in self.tills for key, seq in machine.head().items()}

        def all_there() -> bool:
            at_hq = {str(epoch): int(through) for epoch, through in hq_file.rows("SELECT epoch, through FROM stream")}
            return all(at_hq.get(epoch, 0) >= seq for epoch, seq in heads.items())

        until(all_there, CAUGHT_UP_WITHIN_S, "HQ has everything the tills wrote")
        until(lambda: all(m.unprinted() == 0 for m in self.tills), PRINTED_WITHIN_S, "the printers are done")

    # ── parts of the day ─────────────────────────────────────────────────────────────────────────

    def _morning(self, by_code: OnlineOrder, by_pass: OnlineOrder) -> None:
        self.sell_one()
        self.sell_one(self.plan.with_unknown)
        self._pick(by_code)
        self.sell_one()
        self.picker.hand_over(by_code, by_pass=False)
        self._say(f"{by_code.number} handed over to {by_code.customer} by the code {by_code.code}")
        self._pick(by_pass)
        self.sell_one()

    def _without_hq(self, waiting: OnlineOrder) -> None:
        self.hq.go_down()
        self._say("HQ is down: its process was killed")
        back_at = time.monotonic() + LEAST_DOWN_S
        self.sell_one()
        self.picker.hand_over(waiting, by_pass=True)
        self._say(f"{waiting.number} handed over to {waiting.customer} by the pass, without HQ")
        for _ in range(WHILE_DOWN - 1):
            self.sell_one()
        while time.monotonic() < back_at:
            Event().wait(PAUSE_S)
            self.sell_one()
        self.cashier.show("hq-offline")
        self.hq.come_back()
        self._say("HQ is back")

    def _afternoon(self, for_later: OnlineOrder, deadline: Deadline) -> None:
        self._pick(for_later)
        for _ in range(AFTER):
            self.sell_one()
        while deadline.left() > 0 and deadline.end_s is not None:
            Event().wait(PAUSE_S)
            self.sell_one()

    def _pick(self, order: OnlineOrder) -> None:
        wanted = {line.sku for line in order.lines}
        wrong = next(line.gtin for line in self.plan.with_unknown.lines if line.sku not in wanted)
        self.picker.open_board()
        self.picker.pick(order, wrong)
        self._say(f"{order.number} picked (a wrong item was refused), staged and ready")
