"""What a payment claims of the store before it is written: everything in one wait, given back when nothing comes of it.

Nobody answering stops nothing: what may be done without an answer is bounded, and a conflict is seen at head office.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from retail_core.domain.claims import ClaimAnswer, ClaimKind, Claims, Refused, Thing
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import SaleId
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import SaleState
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tagged import UnitTaken, unit_keys
from retail_core.domain.tender import Tender
from retail_core.domain.value import VALUE_OF

IN_USE = {ClaimKind.RECEIPT_REFUND: "return.in_use", ClaimKind.GIFT_CARD: "value.in_use"}
SOLD, ON_OTHER_SALE = "unit.sold_already", "unit.on_other_sale"
UNIT_TAKEN = frozenset({SOLD, ON_OTHER_SALE})

Taken = Mapping[str, UnitTaken]
"""By `unit_keys`: units of this sale that another till has."""
Refusal = Callable[[RuleViolationError, Taken], None]


class Registers(Protocol):
    """Which register of the store a machine stands at."""

    def register_of(self, node: str) -> str: ...


class Reserving:
    """All methods run on the screen's thread. What a sale has claimed already is not asked for again."""

    def __init__(self, facts: Registers, claims: Claims) -> None:
        self._facts, self._claims = facts, claims
        self._held: dict[SaleId, tuple[Thing, ...]] = {}

    def reserve(self, sale: Sale, tenders: Sequence[Tender], then: Callable[[], None], refused: Refusal) -> None:
        """`then` within `WAIT_MS` unless another till has something: that is `refused`, and all is given back.

        A sale that needs nothing of the store goes on at once.
        """
        held = self._held.get(sale.sale_id, ())
        wanted = [thing for thing in things_of(sale, tenders) if thing not in held]

        def answered(answers: Mapping[Thing, ClaimAnswer]) -> None:
            self._held[sale.sale_id] = (*held, *wanted)
            no = {thing: answer for thing, answer in answers.items() if isinstance(answer, Refused)}
            if no:
                self.give_back(sale.sale_id)
                refused(self._why(sale, *next(iter(no.items()))), self._taken(no))
            else:
                then()

        if wanted:
            self._claims.ask_all(wanted, answered)
        else:
            then()

    def give_back(self, sale_id: SaleId) -> None:
        """Nothing came of the payment: the other tills may have what it claimed."""
        if held := self._held.pop(sale_id, ()):
            self._claims.give_back(held)

    def forget(self, sale_id: SaleId) -> None:
        """What was claimed is written down, or somebody will have to ask anew; claims end by themselves."""
        self._held.pop(sale_id, None)

    def _why(self, sale: Sale, thing: Thing, answer: Refused) -> RuleViolationError:
        kind, key = thing
        by = self._facts.register_of(answer.by)
        if kind is not ClaimKind.RFID_UNIT:
            return RuleViolationError(IN_USE[kind], by=by)
        name = next(line.name for line in sale if key in _keys(line))
        if answer.receipt:
            return RuleViolationError(SOLD, name=name, by=by, receipt=answer.receipt)
        return RuleViolationError(ON_OTHER_SALE, name=name, by=by)

    def _taken(self, refused: Mapping[Thing, Refused]) -> Taken:
        return {
            key: UnitTaken(self._facts.register_of(answer.by), answer.receipt)
            for (kind, key), answer in refused.items()
            if kind is ClaimKind.RFID_UNIT
        }


def things_of(sale: Sale, tenders: Sequence[Tender]) -> list[Thing]:
    """Everything of the store that this payment uses: receipts goods come back of, cards and credit, units by their tags and
    serial numbers.
    """
    living = [line for line in sale if not line.voided]
    receipts = [line.back.receipt for line in living if from_a_receipt(line) and line.back]
    cards = [tender.reference for tender in tenders if tender.kind in VALUE_OF]
    cards += [line.card for line in living if line.card]
    units = [key for line in living for key in _keys(line)]
    things = [(ClaimKind.RECEIPT_REFUND, str(one)) for one in receipts]
    things += [(ClaimKind.GIFT_CARD, str(one)) for one in cards]
    things += [(ClaimKind.RFID_UNIT, one) for one in units]
    return list(dict.fromkeys(things))


def from_a_receipt(line: SaleLine) -> bool:
    """True for goods that come back of a line of a receipt."""
    return bool(line.back and line.back.receipt and line.back.n and not line.voided)


def contested(sale: Sale, taken: Taken) -> Sale:
    """The sale, open again, with a question on each line whose unit another till has."""
    lines = tuple(
        msgspec.structs.replace(line, taken=taken[others[0]])
        if (others := [key for key in _keys(line) if key in taken])
        else line
        for line in sale
    )
    return Sale(msgspec.structs.replace(sale.data(), state=SaleState.OPEN, lines=lines))


def _keys(line: SaleLine) -> tuple[str, ...]:
    """By what its unit is claimed, if it is one of its own and nobody has said yet to sell it whatever the store says."""
    agreed = line.taken is not None and line.taken.agreed
    return () if agreed or not line.counts or line.back else unit_keys(line.sku, line.serial, line.epc)
