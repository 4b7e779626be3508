"""What to suggest with the open sale: what head office says goes with its goods, as far as this store still has it.

Nothing is ever added by itself. What is taken is noted in the journal, so that somebody can see whether it helps.
"""

import msgspec

from pos_app.service.outcome import Outcome, OutcomeKind, PaidSale
from pos_app.service.selling import Selling
from pos_app.storage.readers import Links, Reference
from retail_core.domain.clock import Clock
from retail_core.domain.events import AuditNoted
from retail_core.domain.sale import Sale
from retail_core.domain.suggestions import GoesWith, OftenWith

MOST_SHOWN = 2
LINES_LOOKED_AT = 4  # the chosen line, then the newest
MOST_NOTED = 5_000  # items sold since head office looked
TAKEN = "suggestion_taken"


class Suggested(msgspec.Struct, frozen=True):
    """An item that may be wanted too, at the price of now, and the goods it goes with."""

    sku: str
    name: str
    price_minor: int
    goes_with: str


class Suggesting:
    """All methods run on the screen's thread; a basket that did not change is not looked at again."""

    def __init__(self, selling: Selling, facts: Links, catalogue: Reference, clock: Clock) -> None:
        self._selling, self._facts, self._catalogue, self._clock = selling, facts, catalogue, clock
        self._sold: dict[str, list[tuple[int, int]]] = {}
        self._last_paid: PaidSale | None = None
        self._for: tuple[str, str, int, int] | None = None
        self._found: tuple[Suggested, ...] = ()

    def now(self) -> tuple[Suggested, ...]:
        """The best few for the open sale; none while it is being paid."""
        self._note_sold()
        sale = self._selling.sale
        if sale is None or self._selling.paying or sale.tenders:
            self._for = None
            return ()
        lines = sum(1 for line in sale if line.counts)
        basket = (sale.sale_id, self._selling.selected or "", lines, sale.totals.units)
        if basket != self._for:
            self._for, self._found = basket, self._look(sale)
        return self._found

    def take(self, sku: str) -> Outcome:
        """Put what was suggested on the sale, as a line of its own."""
        if sku not in {one.sku for one in self.now()}:
            return Outcome(OutcomeKind.NOTHING)
        self._selling.select(None)  # it is no answer to a line that waits
        outcome = self._selling.add_item(sku)
        if outcome.kind is OutcomeKind.ADDED:
            self._selling.notes.add(AuditNoted(TAKEN, sku), self._selling.signed_in())
        return outcome

    def _look(self, sale: Sale) -> tuple[Suggested, ...]:
        have = {line.sku for line in sale if not line.voided}
        found: dict[str, Suggested] = {}
        for sku, name in self._looked_at(sale).items():
            advice = self._facts.often_with(sku)
            for item in advice.items if advice else ():
                made = None if item.sku in have or item.sku in found else self._made(item, advice, name)
                if made:
                    found[item.sku] = made
                if len(found) == MOST_SHOWN:
                    return tuple(found.values())
        return tuple(found.values())

    def _looked_at(self, sale: Sale) -> dict[str, str]:
        """Goods of the sale whose company is asked for, the most telling first."""
        lines = [line for line in sale if line.counts and line.back is None]
        chosen = [line for line in lines if line.line_id == self._selling.selected]
        wanted: dict[str, str] = {}
        for line in (*chosen, *reversed(lines)):
            wanted.setdefault(line.sku, line.name)
            if len(wanted) == LINES_LOOKED_AT:
                break
        return wanted

    def _made(self, item: GoesWith, advice: OftenWith | None, name: str) -> Suggested | None:
        """None for what this store has sold out of since, or does not sell."""
        as_of_ms = advice.as_of_ms if advice else 0
        gone = sum(pieces for at_ms, pieces in self._sold.get(item.sku, ()) if at_ms > as_of_ms)
        known = self._catalogue.by_sku(item.sku) if item.left > gone else None
        price_minor = self._catalogue.price_now(item.sku, self._clock.now_ms()) if known else None
        return Suggested(item.sku, known.name, price_minor, name) if known and price_minor is not None else None

    def _note_sold(self) -> None:
        paid = self._selling.last_paid
        if paid is None or paid is self._last_paid:
            return
        self._last_paid = paid
        if len(self._sold) > MOST_NOTED:
            self._sold.clear()
        for line in paid.lines:
            if line.back is None and line.sku:
                self._sold.setdefault(line.sku, []).append((paid.at_ms, line.units))
