"""Payments for tagged goods at one till: what they claim of the store, by the product's own `Reserving`, and what is given
back when nothing comes of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from pos_app.service.reserving import Reserving, Taken, contested, things_of
from retail_core.domain.claims import ClaimAnswer, ClaimKind, NobodyAnswered, Thing
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.ids import InstrumentId, LineId, OperatorId, SaleId
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import SaleData, SaleState
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tagged import unit_keys
from retail_core.domain.tax import TaxRate
from retail_core.domain.tender import Tender, TenderKind
from tests.sim.board import register
from tests.sim.truth import SKUS

if TYPE_CHECKING:
    from tests.sim.till import Till

PIECE_MILLI, PRICE_MINOR = 1_000, 100
TERMINAL_MS = (200, 20_000)
"""So long a customer needs for the card."""
DECLINED, ALL_THE_SAME, BY_NUMBER = 0.35, 0.25, 0.3


def serial_of(tag: str) -> str:
    """The number on the label of the unit with this tag."""
    return f"S{tag[-2:]}1"


class TillClaims:
    """The port `Reserving` asks, and what it was answered last."""

    def __init__(self, till: "Till") -> None:
        self._till = till
        self.answers: dict[Thing, ClaimAnswer] = {}

    def ask(self, kind: ClaimKind, key: str, done: Callable[[ClaimAnswer], None]) -> None:
        self.ask_all([(kind, key)], lambda answers: done(answers[kind, key]))

    def ask_all(self, things: Sequence[Thing], done: Callable[[Mapping[Thing, ClaimAnswer]], None]) -> None:
        def answered(answers: Mapping[Thing, ClaimAnswer]) -> None:
            self.answers.update(answers)
            done(answers)

        self._till.claim_all(things, answered)

    def give_back(self, things: Sequence[Thing]) -> None:
        self._till.give_back(things)


class Payments:
    """One sale at a time is paid for here."""

    def __init__(self, till: "Till") -> None:
        self.till, self.world = till, till.world
        self.start()

    def start(self) -> None:
        """The program begins: nothing of an earlier payment is known."""
        self._claims = TillClaims(self.till)
        self._reserving = Reserving(self, self._claims)
        self._busy = False

    def register_of(self, node: str) -> str:
        return register(node)

    def pay(self, tags: Sequence[str], ref: InstrumentId | None = None) -> None:
        """Somebody pays for these units, perhaps with a card of the shop that is claimed as well."""
        if not self.till.up or self._busy:
            return
        self._busy = True
        data = SaleData(
            SaleId(self.world.next_id(self.till.clock)), OperatorId("op"), "EUR", self.till.clock.now_ms(), "",
            SaleState.OPEN, tuple(self._line(tag) for tag in tags),
        )  # fmt: skip
        due = PRICE_MINOR * len(tags)
        self._reserve(Sale(data), (Tender(TenderKind.GIFT_CARD, due, due, reference=ref),) if ref else ())

    def _line(self, tag: str) -> SaleLine:
        sku = SKUS[sum(tag.encode()) % len(SKUS)]
        line_id, by_number = LineId(self.world.next_id(self.till.clock)), self.world.chance.random() < BY_NUMBER
        return SaleLine(
            line_id, sku, "Shirt", PIECE_MILLI, PRICE_MINOR, TaxRate("A", "none", 0), epc=None if by_number else tag,
            serial=serial_of(tag),
        )  # fmt: skip

    def _reserve(self, sale: Sale, tenders: Sequence[Tender]) -> None:
        things = things_of(sale, tenders)

        def refused(_: RuleViolationError, taken: Taken) -> None:
            self._nothing_came(sale, things)
            self.world.count("units of another till")
            if not taken or self.world.chance.random() >= ALL_THE_SAME:
                self._busy = False
                return
            told = contested(sale, taken)
            agreed = [replace(line, taken=line.taken and replace(line.taken, agreed=True)) for line in told]
            self._reserve(Sale(replace(told.data(), lines=tuple(agreed))), tenders)

        self._reserving.reserve(sale, tenders, lambda: self._at_terminal(sale, tenders, things), refused)

    def _at_terminal(self, sale: Sale, tenders: Sequence[Tender], things: Sequence[Thing]) -> None:
        start, chance = self.till.starts, self.world.chance
        declined = bool(tenders) or chance.random() < DECLINED

        def over() -> None:
            if not self.till.up or self.till.starts != start:
                return
            self._busy = False
            if declined:
                self._reserving.give_back(sale.sale_id)
                self._nothing_came(sale, things)
                self.world.count("payments that came to nothing")
            else:
                self._sold(sale)

        self.world.clockwork.after(chance.randint(*TERMINAL_MS), over)

    def _nothing_came(self, sale: Sale, things: Sequence[Thing]) -> None:
        self.world.clockwork.note(f"{self.till.name} sells nothing of {[line.serial for line in sale]}")
        self.world.checks.claims.came_to_nothing(self.till.agent.name, things)

    def _sold(self, sale: Sale) -> None:
        lines = tuple(
            SoldLine(
                n, line.sku, PIECE_MILLI, PRICE_MINOR, PRICE_MINOR, "A", 0, serial=line.serial, epc=line.epc,
                despite=(line.taken.receipt or line.taken.till) if line.taken else "",
            )
            for n, line in enumerate(sale, start=1)
        )  # fmt: skip
        total, receipt = PRICE_MINOR * len(lines), self.till.next_receipt()
        cash = (Tender(TenderKind.CASH, total, total),)
        self.world.sold += [(receipt, line) for line in lines]
        self.world.count("tagged goods sold")
        self.world.clockwork.note(
            f"{self.till.name} sold {[(line.serial, line.epc, line.despite) for line in lines]} on {receipt}"
        )
        entry = self.till.write(SaleCompleted(sale.sale_id, receipt, "EUR", lines, (), cash, total))
        self._reserving.forget(sale.sale_id)
        for line in lines:
            key = unit_keys(line.sku, line.serial, None)[0]
            answer = self._claims.answers.get((ClaimKind.RFID_UNIT, key), NobodyAnswered())
            if not line.despite:
                self.world.checks.claims.sold(self.till, key, receipt, entry, answer)
            else:
                self.world.checks.claims.sold_all_the_same(key, receipt, entry)
