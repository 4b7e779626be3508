"""Training at the window: who may begin it, what marks it, and the request to change over; and to start again as it is."""

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from pos_app.service import training
from pos_app.service.card_paying import CardState
from pos_app.till import Till
from pos_app.ui.screens.screen import Screen
from pos_app.ui.shell import PillState, TopState
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr
from retail_core.domain.approvals import Approval


class Trainer(QObject):
    """`asked` is emitted once, when training may begin (True) or is over (False); the window then makes way.

    So it does for `again`: the till starts anew, in another size.
    """

    asked = Signal(bool)
    again = Signal()

    def __init__(self, till: Till) -> None:
        super().__init__()
        self._till = till

    @property
    def on(self) -> bool:
        return self._till.home.training

    def change(self, screen: Screen) -> None:
        """Begin training, or end it; `screen` says what stands in the way. A basket stays where it is."""
        if self._till.selling.paying or self._till.card_paying.state_beside is CardState.WORKING:
            return
        if self.on:
            self.asked.emit(False)
        else:
            screen.with_approval(lambda approval: self._begin(screen, approval))

    def start_again(self, screen: Screen) -> None:
        """Make way for a new start; a basket stays where it is, and what the terminal is at work on is waited for."""
        if self._till.card_paying.state_beside is CardState.WORKING or self._till.selling.paying:
            screen.say(tr("A payment is under way. Try again when it is done."), Tone.WARNING)
        elif self.on:
            screen.say(tr("End training first."), Tone.WARNING)
        else:
            self.again.emit()

    def _begin(self, screen: Screen, approval: Approval | None) -> None:
        operator = self._till.signing_in.operator
        if operator:
            training.begin(self._till.writer, operator, approval, lambda _: self.asked.emit(True), screen.explain)

    def marked(self, top: TopState) -> TopState:
        """The top strip says that it is training, and that nothing is sent meanwhile."""
        if not self.on:
            return top
        nothing_sent = PillState("sync", tr("Nothing is sent"), Tone.WARNING)
        return replace(top, title=tr("TRAINING · {till}", till=top.title), lamp=nothing_sent)
