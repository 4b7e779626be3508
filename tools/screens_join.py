"""A made-up first start for the pictures of its window."""

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QWidget

from pos_app.ui.screens.join.state import JoinState, Step
from pos_app.ui.screens.join.view import JoinWindow
from pos_app.ui.words import words_for
from tools.picture import MANAGING, Picture

FINGERPRINT = tuple(f"{n * 4099 % 65536:04X}" for n in range(7, 23))
REFUSED = "Head office takes this code no more: it was used, or its ten minutes are over. Make a new one there."


def join_pictures() -> Iterator[Picture]:
    compared = JoinState(Step.COMPARE, "https://hq.example:8443", FINGERPRINT)
    joined = JoinState(
        Step.JOINED, machine="This machine is T1 in 319 Midtown", command="omnitill-agent run --home /var/lib/omnitill",
        refused=f"{words_for('agent.not_running', {})}  [agent.not_running]",
    )  # fmt: skip
    pictured = (("join", JoinState(refused=REFUSED)), ("join-compare", compared), ("join-agent", joined))
    for name, state in pictured:
        yield Picture(name, _window(state), MANAGING, (), alone=True)


def _window(state: JoinState) -> Callable[[], QWidget]:
    def made() -> QWidget:
        view = JoinWindow()
        view.show_state(state)
        return view

    return made
