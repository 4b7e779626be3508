"""F4 on the sell screen: how many of the chosen line."""

from PySide6.QtCore import QObject, Signal

from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.service.selling import Selling
from pos_app.ui.screens.sell.side import Side, SidePanel
from pos_app.ui.screens.sell.slips import Slips
from pos_app.ui.screens.sell.state import QuantityView
from pos_app.ui.words import tr
from retail_core.domain.quantity import format_quantity


class QuantityPanel(QObject):
    answered = Signal(object)  # Outcome

    def __init__(self, selling: Selling, side: SidePanel, slips: Slips) -> None:
        super().__init__()
        self._selling, self._side, self._slips = selling, side, slips

    @property
    def open(self) -> bool:
        return self._side.side is Side.QUANTITY

    def pressed(self) -> None:
        line = self._selling.chosen
        if line is None:
            self.answered.emit(Outcome(OutcomeKind.REFUSED, code="line.none_selected"))
            return
        name = line.name or tr("Unknown code {code}", code=line.label)
        self._side.open_quantity(QuantityView(name, format_quantity(line.qty_milli)))

    def enter(self, text: str) -> None:
        """What was typed while it is open; nothing closes it."""
        typed = f"*{text.strip()}"
        if not text.strip():
            self._side.close()
        elif not self._slips.must_ask(typed):
            outcome = self._selling.enter(typed)
            if outcome.kind is OutcomeKind.CHANGED:
                self._side.close_and_clear()
            self.answered.emit(outcome)
