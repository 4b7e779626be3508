"""Made-up ways to head office for the pictures of the connection page, in the page's own words."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from msgspec.structs import replace as changed
from PySide6.QtWidgets import QWidget

from pos_app.devices.ports import DeviceState, Health
from pos_app.service.connection import connection
from pos_app.service.link_status import LinkView, lamp
from pos_app.service.way import way
from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.connection.view import ConnectionView
from pos_app.ui.screens.connection.words import ConnectionWords
from pos_app.ui.top_strip import lamp_state
from retail_core.durable.link import LinkStatusDoc
from retail_core.sync.reach import Reach
from tools.picture import MANAGING, Picture
from tools.screens_manager import in_workspace

NOW_MS = 1_795_788_540_000  # 14:09 on a Friday
TWO_HOURS_MS = 2 * 3_600_000
OTHERS = {"n1": "T1", "n3": "T3"}
READY = Health(DeviceState.READY)
WELL = LinkStatusDoc(
    hq_contact_ms=NOW_MS, store_contact_ms=NOW_MS, store_peer="store:n1", at_ms=NOW_MS, neighbours=("n1", "n3"),
    copies=("n1", "n3"),
)  # fmt: skip
AWAY = changed(WELL, hq_contact_ms=NOW_MS - TWO_HOURS_MS, oldest_ms=NOW_MS - TWO_HOURS_MS)
NO_STORE = changed(AWAY, store_contact_ms=NOW_MS - TWO_HOURS_MS, neighbours=("n3",), copies=("n3",))
STATES = {
    "": (WELL, 0, READY),
    "-hq": (changed(AWAY, error="hop.refused"), 1_204, READY),
    "-internet": (changed(AWAY, error="hop.unreachable", reach=Reach.ROUTER), 1_204, READY),
    "-down": (changed(NO_STORE, error="hop.no_network"), 1_204, READY),
    "-network": (changed(NO_STORE, error="hop.no_network", neighbours=(), copies=()), 37, READY),
    "-agent": (changed(AWAY, at_ms=NOW_MS - TWO_HOURS_MS), 37, READY),
    "-scanner": (WELL, 0, Health(DeviceState.ABSENT, "device.lost")),
}
"""What the agent says, what waits, and the scanner's health."""


def connection_pictures() -> Iterator[Picture]:
    for name, (status, queued, scanner) in STATES.items():
        found = connection(status, OTHERS, "T2", NOW_MS)
        link = LinkView(lamp(way(status, OTHERS, NOW_MS), queued), queued, status.hq_contact_ms)
        strip = [Slot(0, Act.BACK, "Esc", "Back to sale")]
        if found.may_take_over:
            strip.append(Slot(9, Act.TAKE_OVER, "F9", "Take over here", main=True))
        top = replace(MANAGING, lamp=lamp_state(link))
        yield Picture(f"connection{name}", _page(status, queued, scanner), top, tuple(strip))


def _page(status: LinkStatusDoc, queued: int, scanner: Health) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = ConnectionView()
        found = connection(status, OTHERS, "T2", NOW_MS)
        view.show_state(ConnectionWords(ZoneInfo("UTC")).state(found, queued, NOW_MS, scanner))
        return view

    return in_workspace("connection", make)
