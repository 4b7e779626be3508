"""Open questions of the sale: how old the buyer is, what an item asks for, and what becomes of a unit that another till
has. Only paying waits for the answers.
"""

from collections.abc import Callable

import msgspec

from pos_app.devices.barcode.classify import classify
from pos_app.service.goods import GoodsCheck
from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.service.selling import Selling
from retail_core.domain.asks import born_by, check_birth, checked_value
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.ids import LineId
from retail_core.domain.saleline import SaleLine
from retail_core.domain.scanned import CodeKind
from retail_core.domain.tagged import UnitTaken

SOLD_AGAIN = "unit_sold_again"
BY_DATE, BY_LOOK, NOT_SHOWN = "birth_date", "looks_of_age", "not_of_age"


class Question(msgspec.Struct, frozen=True):
    """The next one: the buyer's age, a field of a line, or who has its unit. `born_by` is the last birth date that is old
    enough.
    """

    line_id: LineId
    name: str
    age: int = 0
    born_by: str = ""
    field: str = ""
    taken: UnitTaken | None = None


class Asking:
    """All methods run on the screen's thread."""

    def __init__(self, selling: Selling, goods: GoodsCheck, today: Callable[[], str]) -> None:
        self._selling, self._goods, self._today = selling, goods, today

    def next(self, first: LineId | None = None) -> Question | None:
        """What to ask next, of the line `first` if it asks for anything; None when nothing is open."""
        sale = self._selling.sale
        if sale is None or not sale.questions:
            return None
        lines = [line for line in sale if line.counts and line.back is None]
        lines.sort(key=lambda line: line.line_id != first)
        for line in lines:
            if asked := self._of(line):
                return asked
        return None

    def birth_date(self, typed: str) -> Outcome:
        """The date of birth on the document that was shown; it is compared and forgotten."""
        return self._selling.change(lambda: self._by_date(typed))

    def looks_of_age(self) -> Outcome:
        """The cashier has seen that the buyer is clearly old enough."""
        return self._selling.change(lambda: self._shown(BY_LOOK))

    def not_of_age(self) -> Outcome:
        """The goods that ask for an age are taken off."""
        sale = self._selling.sale
        asked = sale.age_asked if sale else 0
        outcome = Outcome(OutcomeKind.NOTHING)
        if sale and asked:
            self._note(NOT_SHOWN, asked)
            for line in sale.lines:
                if line.counts and line.rules.min_age > sale.age_shown:
                    outcome = self._selling.void_line(line.line_id)
        return outcome

    def sell_all_the_same(self, line_id: LineId) -> Outcome:
        """Somebody has looked at the unit that another till has, and sells it."""
        return self._selling.change(lambda: self._agreed(line_id))

    def take_off(self, line_id: LineId) -> Outcome:
        """It is not sold."""
        return self._selling.void_line(line_id)

    def fill(self, line_id: LineId, field: str, value: str) -> Outcome:
        """What was typed or scanned for a field of a line."""
        return self._selling.change(lambda: self._fill(line_id, field, value))

    def fill_by_scan(self, line_id: LineId, field: str, label: str) -> Outcome | None:
        """The scan as the answer; None when it is goods to be sold. A label of the same item that says more of the
        unit answers too.
        """
        sale = self._selling.sale
        scanned = classify(label, self._goods.codes)
        line = next((line for line in sale or () if line.line_id == line_id and not line.voided), None)
        if line is None:
            return None
        item = self._selling.lines.find(scanned)
        if item is not None:
            says = scanned.serial if field == "serial" else scanned.lot if field == "lot" else None
            if item.sku != line.sku or not says:
                return None
            return self.fill(line_id, field, says)
        if scanned.kind not in (CodeKind.SKU, CodeKind.UNKNOWN):
            return None
        return self.fill(line_id, field, scanned.text)

    def _of(self, line: SaleLine) -> Question | None:
        sale = self._selling.sale
        asked = sale.age_asked if sale else 0
        if asked and line.rules.min_age > (sale.age_shown if sale else 0):
            return Question(line.line_id, line.name, asked, born_by(self._today(), asked))
        if line.contested:
            return Question(line.line_id, line.name, taken=line.taken)
        return Question(line.line_id, line.name, field=line.unfilled[0]) if line.unfilled else None

    def _agreed(self, line_id: LineId) -> Outcome:
        sale, operator = self._selling.sale, self._selling.signed_in()
        line = sale.line(line_id) if sale else None
        if line is None or line.taken is None:
            return Outcome(OutcomeKind.NOTHING)
        told = line.taken.receipt or line.taken.till
        self._selling.notes.add(
            AuditNoted(SOLD_AGAIN, line.epc or line.serial or "", line.amount_minor, told), operator
        )
        agreed = msgspec.structs.replace(line.taken, agreed=True)
        self._selling.units.replace(msgspec.structs.replace(line, taken=agreed))
        return Outcome(OutcomeKind.CHANGED, line_id)

    def _by_date(self, typed: str) -> Outcome:
        sale = self._selling.sale
        check_birth(typed, self._today(), sale.age_asked if sale else 0)
        return self._shown(BY_DATE)

    def _shown(self, how: str) -> Outcome:
        sale = self._selling.sale
        if sale is None or not sale.age_asked:
            return Outcome(OutcomeKind.NOTHING)
        asked = sale.age_asked
        self._note(how, asked)
        sale.show_age(asked)
        return Outcome(OutcomeKind.CHANGED)

    def _note(self, how: str, age: int) -> None:
        sale, operator = self._selling.sale, self._selling.signed_in()
        if sale:
            self._selling.notes.add(AuditNoted("age_checked", sale.sale_id, age, how), operator)

    def _fill(self, line_id: LineId, field: str, value: str) -> Outcome:
        sale = self._selling.sale
        if sale is None:
            return Outcome(OutcomeKind.NOTHING)
        line = sale.line(line_id)
        self._selling.units.replace(self._filled(line, field, checked_value(field, value)))
        return Outcome(OutcomeKind.CHANGED, line_id)

    def _filled(self, line: SaleLine, field: str, value: str) -> SaleLine:
        match field:
            case "serial":
                if any(
                    one.serial == value and one.sku == line.sku and not one.voided for one in self._selling.sale or ()
                ):
                    raise RuleViolationError("unit.already_on_sale", name=line.name, serial=value)
                changed = msgspec.structs.replace(line, serial=value)
            case "lot":
                changed = msgspec.structs.replace(line, lot=value)
            case "expiry":
                changed = msgspec.structs.replace(line, expiry=value)
            case _:
                others = tuple(one for one in line.filled if one[0] != field)
                changed = msgspec.structs.replace(line, filled=(*others, (field, value)))
        return self._goods.judged(changed)
