"""Units on the open sale, each counted once: bar codes, second symbols, serials and RFID tags of the same goods.

How a unit came to be known stands on its line (`seen`, `serial`, `epc`). Of each item there are as many units as were
scanned or tagged, whichever is more, whatever came first; a serial is one unit, however it was read.
"""

from collections.abc import Callable, Sequence

import msgspec

from pos_app.service.basket_tags import of_serial, only_tagged, place_of_tag
from pos_app.service.goods import WEIGHED, GoodsCheck, part, scaled
from pos_app.service.lines import LineMaker
from pos_app.service.outcome import Outcome, OutcomeKind
from retail_core.domain.discounts import Kind
from retail_core.domain.errors import Fact, RuleViolationError
from retail_core.domain.ids import LineId
from retail_core.domain.pricing import PriceBook
from retail_core.domain.quantity import ONE
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine, Seen
from retail_core.domain.scanned import Scanned, TagUnit
from retail_core.durable.reference import ItemRow

ON_SALE = "unit.already_on_sale"
BY_TAG = "scan.already_by_tag"
ONE_UNIT = "scan.one_unit"
TAGS_READ, TAGS_READ_SOME = "tags.read", "tags.read_some"  # some: others were of no item here
MAX_SHOWN_CHARS = 40


class Units:
    """Puts lines on the sale: `now` is the open one or None, `opened` opens one. Raises RuleViolationError."""

    def __init__(
        self,
        lines: LineMaker,
        goods: GoodsCheck,
        now: Callable[[], Sale | None],
        opened: Callable[[], Sale],
        book: Callable[[], PriceBook],
    ) -> None:
        self._lines = lines
        self._goods = goods
        self._now = now
        self._opened = opened
        self._book = book
        self.last_added: LineId | None = None

    # ── scans ────────────────────────────────────────────────────────────────────────────────────

    def add(self, line: SaleLine, scanned: Scanned | None = None) -> Outcome:
        """A scan, a quick key or a typed code."""
        return self._add_serial(line, scanned) if line.serial else self._add_some(line, scanned)

    def another(self, line: SaleLine, item: ItemRow) -> Outcome:
        """One more beside a unit of its own: another such pack, or a unit of the item of which nothing is known."""
        if line.packed:
            return self._put_on(self._goods.judged(self._lines.again(line)))
        return self._put_on(self._lines.line(item, line.label, ONE, self._book()))

    def put_pending(self, line: SaleLine) -> None:
        self._opened().add(line)
        self.last_added = line.line_id

    def name_pending(self, pending: SaleLine, item: ItemRow, scanned: Scanned | None) -> Outcome:
        """Say what an unknown code is; what its label said of the unit holds on."""
        told = fuller(scanned, pending.told)
        line = self._lines.line(item, pending.label, pending.qty_milli, self._book(), told, pending.line_id)
        if line.serial and (line.units > 1 or of_serial(self._now() or (), line.sku, line.serial)):
            line = msgspec.structs.replace(line, serial=None)
        line = msgspec.structs.replace(line, seen=Seen.SERIAL if line.serial else Seen.CODE)
        self._opened().resolve(pending.line_id, line)
        return changed(line)

    def explain(self, pending: SaleLine, line: SaleLine) -> Outcome:
        """An unknown code is sold as this line, which has its id."""
        self._opened().resolve(pending.line_id, line)
        return changed(line)

    def replace(self, line: SaleLine) -> Outcome:
        """The line as it is now known."""
        self._opened().replace_line(line.line_id, line)
        return changed(line)

    def _add_some(self, line: SaleLine, scanned: Scanned | None = None) -> Outcome:
        """Units of which no serial is known; those already there by their tags are not counted again."""
        sale = self._now()
        tagged = only_tagged(sale, line.sku)[: line.units] if sale and sale.tagged else ()
        one = scaled(line, ONE) if line.units > 1 else line
        seen = [self._scanned_too(there, one) for there in tagged]
        if len(seen) < line.units:
            return self._put_on(scaled(line, line.qty_milli - len(seen) * ONE) if seen else line, scanned)
        self.last_added = seen[0].line_id
        return changed(seen[0], BY_TAG)

    def _add_serial(self, line: SaleLine, scanned: Scanned | None) -> Outcome:
        """A unit with its serial, and as many more like it as the cashier asked for."""
        unit, more = part(line, ONE) if line.units > 1 else (line, None)
        unit = msgspec.structs.replace(unit, seen=Seen.SERIAL)
        there = of_serial(self._now() or (), unit.sku, unit.serial or "")
        if there and there.seen is Seen.SERIAL:
            return _on_sale_already(there)
        outcome = self._put_on(unit, scanned) if there is None else changed(self._scanned_too(there, unit), BY_TAG)
        if there and there.seen is Seen.CODE:  # the scan its tag was given to was of another unit
            self._add_some(self._goods.judged(self._lines.again(there)))
        if more:
            self._add_some(self._goods.judged(self._lines.again(more)))
        self.last_added = outcome.line_id
        return outcome

    def _scanned_too(self, there: SaleLine, line: SaleLine) -> SaleLine:
        """The unit a tag has told of was scanned as well: its label is the one to believe."""
        serial = line.serial or there.serial
        told = msgspec.structs.replace(line, line_id=there.line_id, epc=there.epc, serial=serial)
        return self._on_line(self._goods.judged(told))

    # ── the second symbol of a unit ──────────────────────────────────────────────────────────────

    def last_of(self, scanned: Scanned) -> SaleLine | None:
        """The line just added, if this label is of the same item and names no other unit."""
        line = next((line for line in self._now() or () if line.line_id == self.last_added and not line.voided), None)
        if line is None or not scanned.gtin:
            return None
        if line.unknown:
            return line if line.gtin == scanned.gtin else None
        other = line.seen is Seen.SERIAL and scanned.serial not in (None, line.serial)
        item = None if other else self._lines.find(scanned)
        return line if item and line.sku == item.sku else None

    def same_unit(self, line: SaleLine, scanned: Scanned) -> Outcome:
        """What a second symbol says belongs to the unit just added; if that was on the sale before, it is one too many."""
        if line.unknown:
            told = msgspec.structs.replace(line, told=fuller(scanned, line.told), codes=2)
            return changed(self._on_line(told), ONE_UNIT)
        if scanned.serial and line.seen is not Seen.SERIAL:
            return self._names_unit(line, scanned, scanned.serial)
        return changed(self._on_line(self._goods.merged(msgspec.structs.replace(line, codes=2), scanned)), ONE_UNIT)

    def _names_unit(self, line: SaleLine, scanned: Scanned, serial: str) -> Outcome:
        there = of_serial(self._now() or (), line.sku, serial)
        if there and there.line_id != line.line_id and there.seen is not Seen.CODE:
            self._one_too_many(line)
            if there.seen is Seen.SERIAL:
                return _on_sale_already(there)
        elif there and there.line_id != line.line_id:
            pass  # the earlier scan takes the place of the one just made: as many units as before
        elif line.epc is not None and line.serial != serial:
            self._one_too_many(line)
            there = self._opened().line(
                self._put_on(self._goods.judged(self._lines.again(line))).line_id or line.line_id
            )
        else:
            there = self._apart(line) if line.units > 1 else line
        told = self._goods.merged(msgspec.structs.replace(there, serial=serial, seen=Seen.SERIAL, codes=2), scanned)
        self.last_added = told.line_id
        return changed(self._on_line(told), ONE_UNIT)

    def _one_too_many(self, line: SaleLine) -> None:
        """Take the scan just made back: it was no further unit. No void for the journal, because nothing was sold."""
        if line.epc is not None:
            self._on_line(msgspec.structs.replace(line, seen=Seen.TAG))
        elif line.units > 1:
            self._on_line(part(line, ONE)[1])
        else:
            self._opened().void_line(line.line_id)

    # ── tags ─────────────────────────────────────────────────────────────────────────────────────

    def add_tags(self, known: Sequence[tuple[ItemRow, TagUnit]], unknown: int) -> Outcome:
        """Each tag by itself: one that cannot be taken does not keep the others away."""
        added, newest = 0, None
        told: Outcome | None = None
        for item, unit in known:
            try:
                outcome, is_new = self._add_tag(item, unit)
            except RuleViolationError as refused:
                outcome, is_new = Outcome(OutcomeKind.REFUSED, code=refused.code, facts=dict(refused.facts)), False
            added, newest = added + is_new, outcome.line_id or newest
            if outcome.code and (told is None or outcome.kind is OutcomeKind.STOPPED):
                told = outcome
        if told or not known:
            return told or Outcome(OutcomeKind.NOTHING, facts={"added": 0, "unknown": unknown})
        kind = OutcomeKind.ADDED if added else OutcomeKind.CHANGED
        note = TAGS_READ_SOME if unknown else TAGS_READ
        return Outcome(kind, newest, note if added else "", {"added": added, "unknown": unknown})

    def _add_tag(self, item: ItemRow, unit: TagUnit) -> tuple[Outcome, bool]:
        """On the line of a scanned unit, or as a new one; True when it is new."""
        there = place_of_tag(self._now() or (), item.sku, unit)
        if there is None:
            line = self._lines.line(item, unit.gtin, None if item.unit == WEIGHED else ONE, self._book())
            told = msgspec.structs.replace(
                line, epc=unit.epc, serial=unit.serial or None, gtin=unit.gtin, seen=Seen.TAG
            )
            return self._put_on(self._goods.judged(told)), True
        one = self._apart(there) if there.units > 1 else there
        told = msgspec.structs.replace(one, epc=unit.epc, serial=one.serial or unit.serial or None)
        return changed(self._on_line(self._goods.judged(told))), False

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _put_on(self, line: SaleLine, scanned: Scanned | None = None) -> Outcome:
        self._opened().add(line)
        self.last_added = line.line_id
        note = scanned.notes[0] if scanned and scanned.notes else ""
        return said_of(line) or Outcome(OutcomeKind.ADDED, line.line_id, note, {"name": line.name} if note else {})

    def _apart(self, line: SaleLine) -> SaleLine:
        """One unit of a line as a line of its own, which is added; together they cost what they did."""
        one, rest = part(line, ONE)
        in_parts = line.manual if line.manual and line.manual.kind is not Kind.AMOUNT else None  # an amount stays whole
        one = msgspec.structs.replace(self._lines.again(one), manual=in_parts)
        self._opened().add(one)
        self._on_line(rest)
        return one

    def _on_line(self, line: SaleLine) -> SaleLine:
        self._opened().replace_line(line.line_id, line)
        return line


def said_of(line: SaleLine, kind: OutcomeKind = OutcomeKind.ADDED) -> Outcome | None:
    """What the cashier must hear of a line, or None."""
    facts: dict[str, Fact] = {"name": line.name, "detail": line.detail}
    if line.stopped:
        return Outcome(OutcomeKind.STOPPED, line.line_id, line.stopped, facts)
    return Outcome(kind, line.line_id, line.look, facts) if line.look else None


def changed(line: SaleLine, note: str = "") -> Outcome:
    """What came of a change: what must be heard, or else a quiet note."""
    facts: dict[str, Fact] = {"name": line.name or line.label} if note else {}
    return said_of(line, OutcomeKind.CHANGED) or Outcome(OutcomeKind.CHANGED, line.line_id, note, facts)


def fuller(scanned: Scanned | None, before: Scanned | None) -> Scanned | None:
    """What two labels of one unit say together; `scanned` has the word where both say something."""
    if scanned is None or before is None:
        return scanned or before
    return msgspec.structs.replace(
        scanned, lot=scanned.lot or before.lot, serial=scanned.serial or before.serial,
        expiry=scanned.expiry or before.expiry, best_before=scanned.best_before or before.best_before,
        net_milli=before.net_milli if scanned.net_milli is None else scanned.net_milli,
        price=scanned.price or before.price, count=before.count if scanned.count is None else scanned.count,
    )  # fmt: skip


def _on_sale_already(there: SaleLine) -> Outcome:
    facts: dict[str, Fact] = {"name": there.name, "serial": (there.serial or "")[:MAX_SHOWN_CHARS]}
    return Outcome(OutcomeKind.REFUSED, there.line_id, ON_SALE, facts)
