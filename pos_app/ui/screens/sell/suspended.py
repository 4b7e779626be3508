"""F8 on the sell screen: put the basket aside, or take one up that was."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal

from pos_app.service.parking import Parking
from pos_app.service.selling import Selling
from pos_app.storage.parked import Parked
from pos_app.ui.amounts import format_money
from pos_app.ui.screens.sell.side import Side, SidePanel
from pos_app.ui.screens.sell.state import HitView
from pos_app.ui.words import ntr
from retail_core.domain.ids import LineId


class Suspended(QObject):
    """One key for both ways: a basket with goods is put aside, an empty till takes one up."""

    put_aside = Signal(str)  # what the cashier is told
    taken_up = Signal(str)  # what changed its price since, or nothing
    none = Signal()
    failed = Signal(object)  # CodedError

    def __init__(self, parking: Parking, selling: Selling, side: SidePanel, zone: ZoneInfo) -> None:
        super().__init__()
        self._parking, self._selling, self._side, self._zone = parking, selling, side, zone

    def pressed(self) -> None:
        sale = self._selling.sale
        if sale is None or sale.empty:
            self._parking.listed(self._offer, self.failed.emit)
        else:
            self._parking.park(self._parked, self.failed.emit)

    def choose(self, sale_id: str) -> None:
        """The basket that was chosen in the list."""
        if sale_id:
            self._parking.take_up(sale_id, self._took, self.failed.emit)

    def _parked(self, aside: Parked) -> None:
        words = ntr(
            "{n} item of {amount} is put aside. {key_suspend} takes it up again.",
            "{n} items of {amount} are put aside. {key_suspend} takes them up again.",
            aside.units, amount=format_money(aside.total_minor, self._selling.currency),
        )  # fmt: skip
        self.put_aside.emit(words)

    def _offer(self, listed: Sequence[Parked]) -> None:
        if not listed:
            self.none.emit()
        elif len(listed) == 1 and not listed[0].till:  # another till's is looked at first
            self.choose(listed[0].sale_id)
        else:
            self._side.open_parked(tuple(map(self._words, listed)))

    def _words(self, aside: Parked) -> HitView:
        at = datetime.fromtimestamp(aside.at_ms / 1000, UTC).astimezone(self._zone)
        units = ntr("{n} item", "{n} items", aside.units)
        detail = " · ".join(part for part in (at.strftime("%H:%M"), aside.till, aside.operator, units) if part)
        return HitView(aside.sale_id, aside.first, detail, format_money(aside.total_minor, self._selling.currency))

    def _took(self, changed: Sequence[LineId]) -> None:
        if self._side.side is Side.PARKED:
            self._side.close()
        words = ntr("{n} price has changed since", "{n} prices have changed since", len(changed)) if changed else ""
        self.taken_up.emit(words)
