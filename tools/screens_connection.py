"""Made-up ways to head office for the pictures of the connection page."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.connection.state import ConnectionState, Figure, PartRow
from pos_app.ui.screens.connection.view import ConnectionView
from pos_app.ui.theme import Tone
from tools.picture import MANAGING, TOP, Picture
from tools.screens_manager import in_workspace

STRIP = (Slot(0, Act.BACK, "Esc", "Back to sale"),)
TAKE_OVER_STRIP = (*STRIP, Slot(9, Act.TAKE_OVER, "F9", "Take over here", main=True))
ALWAYS = "Selling, returns, pickup, drawer and reports: always, on this till alone."
WELL = ConnectionState(
    (
        PartRow(
            "agent", "Agent of this machine", "Carries everything between this till, the store and head office",
            "Works", Tone.OK,
        ),
        PartRow("lan", "Store network", "Answering: T1, T3", "Works", Tone.OK),
        PartRow("store", "Store machine", "T1 ties the store together", "Works", Tone.OK),
        PartRow("internet", "Internet", "The line out of the store", "Works", Tone.OK),
        PartRow("hq", "Head office", "Last answer: 14:09", "Works", Tone.OK),
    ),
    (Figure("queued", "Records that wait for head office", "0"), Figure("copies", "A second copy is on", "T1, T3")),
    (
        ALWAYS,
        "Baskets and orders of the other tills are seen at once.",
        "New orders and prices arrive at once.",
    ),
    (),
)  # fmt: skip
DOWN = ConnectionState(
    (
        WELL.parts[0],
        PartRow("lan", "Store network", "Answering: T3 · silent: T1", "Works", Tone.OK),
        PartRow("store", "Store machine", "No machine ties the store together now", "Not working", Tone.ERROR),
        PartRow("internet", "Internet", "The line out of the store", "Not working", Tone.ERROR),
        PartRow("hq", "Head office", "Last answer: 11:52", "Not known", Tone.WARNING),
    ),
    (
        Figure("queued", "Records that wait for head office", "1,204"),
        Figure("oldest", "The oldest since", "11:52"),
        Figure("copies", "A second copy is on", "T3"),
    ),
    (ALWAYS,),
    (
        "Baskets put aside on other tills are taken up there.",
        "New online orders and prices, and the stock of other stores, come when the line is back.",
        "Gift cards, credit and points are taken up to the sum head office allows without it.",
    ),
    "The machine that tied the store together does not answer. If it stays away, take over here with F9.",
)


def connection_pictures() -> Iterator[Picture]:
    yield Picture("connection", _page(WELL), MANAGING, STRIP)
    yield Picture("connection-down", _page(DOWN), replace(MANAGING, lamp=TOP.lamp), TAKE_OVER_STRIP)


def _page(state: ConnectionState) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = ConnectionView()
        view.show_state(state)
        return view

    return in_workspace("connection", make)
