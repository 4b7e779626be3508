"""Made-up devices for the pictures of the device page."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.devices.state import AddView, ChoiceView, LearnView, LookView, Page, Remark, RowView
from pos_app.ui.screens.devices.symbols import long_label, short_label
from pos_app.ui.screens.devices.view import DevicesView
from pos_app.ui.theme import Tone
from tools.picture import SYNCED, Picture

DEVICES_STRIP = (
    Slot(0, Act.BACK, "Esc", "Back to sale"),
    Slot(1, Act.ADD_DEVICE, "F2", "Add device"),
    Slot(2, Act.ASK_DEVICE, "F3", "Ask it"),
    Slot(3, Act.LEARN, "F6", "Learn"),
    Slot(6, Act.TAKE_OUT, "Del", "Take out"),
    Slot(9, Act.TRY_DEVICE, "F4", "Try it", main=True),
)
DEVICE_ROWS = (
    RowView("Hand scanner", "Scanner on a serial port or USB-CDC", "ready", Tone.OK),
    RowView("Printer", "Receipt printer in the network", "out of paper", Tone.ERROR),
    RowView("Drawer", "Cash drawer on the receipt printer", "ready", Tone.OK),
    RowView("Scale", "Scale, Toledo 8217", "no answer", Tone.WARNING),
    RowView("Card terminal", "Card terminal, ZVT", "ready", Tone.OK),
)
DEVICE_LOOK = LookView(
    "Printer", "Receipt printer in the network", "host 192.168.1.40 · port 9100 · profile plain80",
    Remark("Put in a new roll. Receipts follow by themselves.", Tone.ERROR),
    (Remark("It says the same when asked.", Tone.INFO),),
)  # fmt: skip
DEVICE_LEARN = LearnView(
    "Learn Hand scanner", "Scan the square code with an imager, or the bar code with any other scanner. Nothing is sold by it.",
    long_label(), short_label(),
    (Remark("Learned: prefix ~ · suffix – · ends with Enter · sends AIM IDs.", Tone.OK),
     Remark("Set its time-out for the same code to 300 ms or less, so that three cans count as three.", Tone.INFO)),
)  # fmt: skip
DEVICE_ADD = AddView(
    (ChoiceView("Datalogic QuickScan", "/dev/ttyACM0"), ChoiceView("In the network", "by its address")), 1,
    (("printer.escpos_tcp", "Receipt printer in the network"), ("terminal.zvt", "Card terminal, ZVT")), "printer.escpos_tcp",
    (("name", "Name", "Printer"), ("host", "Address", "192.168.1.40"), ("port", "Port", "9100")),
)  # fmt: skip


def devices(page: Page) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = DevicesView()
        view.show_rows(DEVICE_ROWS, 1)
        view.show_look(DEVICE_LOOK)
        view.show_learn(DEVICE_LEARN)
        view.show_add(DEVICE_ADD)
        view.show_page(page)
        return view

    return make


def device_pictures() -> Iterator[Picture]:
    for page in Page:
        yield Picture(f"devices-{page}", devices(page), replace(SYNCED, current=""), DEVICES_STRIP)
