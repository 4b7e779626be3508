"""Draw every screen of the till to pictures, light and dark, without a till: `make screens`, or
`python -m tools.screens [--out screens-out] [--size 1366x768] [--language en]`.

The facts shown are made up here; the views are the real ones.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication, QWidget

from pos_app.locale.catalogue import NAMES
from pos_app.ui.keymap import Act, Slot
from pos_app.ui.main import application
from pos_app.ui.notices import Notice
from pos_app.ui.screens.devices.state import AddView, ChoiceView, LearnView, LookView, Page, Remark, RowView
from pos_app.ui.screens.devices.symbols import long_label, short_label
from pos_app.ui.screens.devices.view import DevicesView
from pos_app.ui.screens.drawer.state import Page as DrawerPage
from pos_app.ui.screens.pay.state import AmountRow, PayState, QuickAmount, TenderChoice
from pos_app.ui.screens.pay.state import CardView as TerminalView
from pos_app.ui.screens.pay.view import PayView
from pos_app.ui.screens.pickup.state import (
    Asking,
    AskState,
    BoardState,
    CardView,
    ColumnView,
    OrderView,
    PickLineView,
)
from pos_app.ui.screens.pickup.view import PickupView, Side
from pos_app.ui.screens.sell.ask_panel import AskView
from pos_app.ui.screens.sell.beside import BesideView
from pos_app.ui.screens.sell.state import (
    DiscountView,
    HitView,
    Instead,
    LineKind,
    LineView,
    OptionView,
    PaidView,
    QuantityView,
    QuickKeyView,
    QuickPageView,
    SearchView,
    SellState,
)
from pos_app.ui.screens.sell.view import SellView
from pos_app.ui.screens.sign_in.view import SignInState, SignInView
from pos_app.ui.shell import PillState, Shell, TopState
from pos_app.ui.theme import Tone
from pos_app.ui.widgets.approval import ApprovalState
from pos_app.ui.words import tr
from tools import screens_people, screens_returns
from tools.contact_sheet import contact_sheet
from tools.more_pictures import more_pictures
from tools.picture import Picture
from tools.picture_words import translate
from tools.screens_manager import BACK_STRIP, DAY_STRIP, LOOK_STRIP, day, drawer

HINT = "Scan, or type a name, code, or 3* for quantity"
THEMES = ("light", "dark")
TOP = TopState(
    "Store 319 · Till 2",
    (("sell", "Sell", 0), ("pickup", "Pickup", 4)),
    "sell",
    PillState("sync", "HQ offline · 37 queued", Tone.WARNING),
    (PillState("scanner", "Scanner", Tone.OK), PillState("printer", "Printer", Tone.OK)),
    "Ana M.",
    "14:07",
)
SYNCED = replace(
    TOP,
    lamp=PillState("sync", "All synced", Tone.OK),
    devices=(PillState("printer", "Printer", Tone.OK),),
    clock="14:09",
)
COUNTER = replace(SYNCED, current="pickup", operator="Sam K.", clock="14:12")
SELL_STRIP = (
    Slot(0, Act.FIND, "F2", "Find"),
    Slot(1, Act.QUANTITY, "F4", "Quantity"),
    Slot(2, Act.DISCOUNT, "F6", "Discount"),
    Slot(3, Act.LOCK, "Ctrl+L", "Lock"),
    Slot(6, Act.VOID_LINE, "Del", "Void line"),
    Slot(8, Act.EXACT_CASH, "F12", "Exact cash"),
    Slot(9, Act.PAY, "F9", "Pay € 16.70", main=True),
)
PAY_STRIP = (
    Slot(0, Act.BACK, "Esc", "Back to sale"),
    Slot(8, Act.EXACT_CASH, "F12", "Exact cash"),
    Slot(9, Act.FINISH, "Enter", "Finish sale", main=True),
)
AT_TERMINAL_STRIP = (
    Slot(0, Act.BACK, "Esc", "Stop"),
    Slot(2, Act.OTHER_BASKET, "Ctrl+W", "Next customer"),
    *PAY_STRIP[1:],
)
PICKUP_STRIP = (
    Slot(0, Act.FIND, "F2", "Find order"),
    Slot(1, Act.PICK_NEXT, "F3", "Pick next"),
    Slot(2, Act.HAND_OVER, "F4", "Hand over"),
    Slot(7, Act.LOCK, "Ctrl+L", "Lock"),
    Slot(8, Act.SELL, "F10", "Sell"),
    Slot(9, Act.MARK_READY, "F9", "Mark ready", main=True),
)
LINES = (
    LineView("1", "2", "Whole milk 1 L", "8710400280507 · dairy", "1.19", "2.38"),
    LineView("2", "1", "Chicken breast fillets 400 g", "8710400311102 · meat", "6.49", "6.49"),
    LineView("3", "0.532 kg", "Bananas, loose", "4011 · produce", "1.99/kg", "1.06"),
    LineView("4", "3", "Sparkling water 1.5 L", "", "0.89", "1.78", reason="3 for 2 · −0.89"),
    LineView("5", "1", "Filter coffee 500 g", "8710400144441 · grocery", "5.99", "4.99"),
)
ODD_LINES = (
    LineView("6", "1", "Butter 250 g", "Void", "2.49", "2.49", LineKind.VOIDED),
    LineView(
        "7",
        "1",
        "Unknown code 9780201379624",
        "Find it by name, scan its other code, or Del",
        "",
        "–",
        LineKind.PENDING,
    ),
)
SALE = SellState(LINES, "5", "8 items", "", "incl. tax 21 % 0.30 · 9 % 1.19", "€ 16.70")
WORDS_AND_PRICES = (
    ("Bread roll", "0.35"), ("Croissant", "0.95"), ("Baguette", "1.45"), ("Bag, paper", "0.25"), ("Bananas", "1.99"),
    ("Tomatoes", "2.49"), ("Avocado", "1.29"), ("Stamps", "1.14"), ("Coffee to go", "1.80"), ("Newspaper", "3.10"),
)  # fmt: skip
CUT_LINES = (
    *LINES[:4],
    replace(LINES[4], reason="Discount 20 % · Damaged · −1.00", amount="3.99"),
)
DISCOUNT = DiscountView(
    "Filter coffee 500 g, now € 3.99",
    "Whole sale",
    (OptionView("percent", "Percent", chosen=True), OptionView("amount", "Amount"), OptionView("price", "New price")),
    "Reason: Damaged",
    has_why=True,
    give="Give discount",
    undo=True,
)  # fmt: skip
EXEMPT_SALE = SellState(LINES, "5", "8 items", "", "Without tax · Diplomat · D-4711", "€ 15.21")
EXEMPT = DiscountView(
    "the whole sale, now € 15.21",
    "This line",
    (OptionView("percent", "Percent"), OptionView("amount", "Amount"), OptionView("exempt", "Without tax", chosen=True)),
    "Reason: Diplomat   Ctrl+N",
    has_why=True,
    give="Sell without tax",
    undo=True,
)  # fmt: skip
APPROVAL = ApprovalState("Give up the whole sale of € 16.70", 3)
PAGES = (
    QuickPageView("Quick", tuple(QuickKeyView(w, w, p) for w, p in WORDS_AND_PRICES)),
    QuickPageView("Bakery", ()),
    QuickPageView("Produce", ()),
)
HITS = (
    HitView("1", "Filter coffee 500 g", "8710400144441 · grocery", "5.99"),
    HitView("2", "Coffee beans, dark roast 1 kg", "8710400144458 · grocery", "15.99"),
    HitView("3", "Coffee to go", "0041 · services", "1.80"),
)
PAY = PayState(
    "€ 16.70",
    (AmountRow("Sale total", "16.70"), AmountRow("8 items, incl. tax 21 % 0.30 · 9 % 1.19", "", note="tax")),
    "€ 20.00",
    "Change due",
    "€ 3.30",
    Tone.OK,
    tuple(QuickAmount(m, t, t) for m, t in ((1670, "16.70"), (1700, "17"), (2000, "20"), (5000, "50"))),
    2000,
    tenders=(
        TenderChoice("cash", "Cash", "C"),
        TenderChoice("card", "Card", "K · amount to terminal"),
        TenderChoice("gift_card", "Gift card", "G · scan it"),
        TenderChoice("store_credit", "Store credit", "S"),
        TenderChoice("points", "Loyalty points", "L · 1,240 = € 12.40"),
        TenderChoice("account", "On account", "A · number"),
        TenderChoice("foreign_USD", "Cash in USD", "X"),
    ),
)
PAY_GIFT = replace(
    PAY,
    to_pay="€ 6.70",
    rows=(*PAY.rows, AmountRow("Gift card ••4242 · 0.00 left", "−10.00")),
    given="€ 5.00", given_word="Gift card ••4821", change_word="Left after that", change="€ 1.70",
    chosen_minor=-1, tender="gift_card", finish_word="Take this part", tone=Tone.OK,
    card=TerminalView(
        "Gift card ••4821", "€ 5.00 of € 50.00 may be taken: head office was last heard of 12 minutes ago.",
        Tone.WARNING, (("another_card", "Another one"),),
    ),
)  # fmt: skip
PAY_CARD = replace(
    PAY,
    to_pay="€ 6.70",
    rows=(*PAY.rows, AmountRow("Card", "−10.00")),
    given="€ 6.70", given_word="To the terminal", change_word="Left after that", change="€ 0.00",
    chosen_minor=-1, tender="card", busy=True, finish_word="At the terminal …",
    card=TerminalView("€ 6.70 at the terminal", "The customer holds, puts in or swipes the card.", Tone.INFO, (("stop", "Stop"),)),
)  # fmt: skip
PAY_DOUBT = replace(
    PAY_CARD,
    busy=False,
    finish_word="Ask the terminal",
    card=TerminalView(
        "€ 6.70 in doubt",
        "Nobody knows yet whether it was paid. Ask the terminal again. If it cannot say, a supervisor looks at its own"
        " receipt and decides; nothing is taken twice.",
        Tone.WARNING,
        (("ask", "Ask the terminal"), ("paid", "It was paid"), ("not_paid", "It was not paid")),
    ),
)
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
BOARD = BoardState(
    (
        ColumnView(
            "New",
            (
                CardView(
                    "1", "#W-10482", "Maria Santos · 4 items", "web · paid", "due in 6 min", Tone.ERROR, urgent=True
                ),
                CardView("2", "#A-2231", "J. Okafor · 1 item", "app · pay at counter € 24.90"),
            ),
        ),
        ColumnView("Picking", (CardView("3", "#W-10477", "Lena Fischer · 5 items", "", "3 of 5", Tone.WARNING),)),
        ColumnView(
            "Ready",
            (
                CardView("4", "#W-10470", "Jordan Lee · 2 items", "waits until 27 Nov", "shelf B-04", Tone.OK),
                CardView("5", "#M-0931", "P. Novak · 3 items", "waits until 28 Nov", "shelf A-01", Tone.OK),
            ),
        ),
        ColumnView(
            "Attention",
            (CardView("6", "#W-10455", "1 item not found", "Ida Holm · 2 items", "short", Tone.ERROR, urgent=True),),
        ),
    ),
    "3",
)
ORDER = OrderView(
    "3",
    "#W-10477",
    "Lena Fischer · code ends 7Q",
    "paid online",
    Tone.OK,
    (
        PickLineView(1, "Filter coffee 500 g", "Aisle 4 · bay 2", "2 / 2", done=True),
        PickLineView(2, "Oat drink 1 L", "Aisle 4 · bay 7", "1 / 1", done=True),
        PickLineView(3, "Wool throw, grey", "Home · rack 1", "0 / 1"),
        PickLineView(4, "Candle, cedar", "Home · rack 3", "0 / 1"),
    ),
    3,
    ("Scan to pick", "Picked"),
    Asking.ITEM,
    "Scan an item, or type its code",
    "Stage and mark ready (2 left)",
    main_enabled=False,
    can_short=True,
)


def sell(state: SellState, then: Callable[[SellView], None] = lambda _: None) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = SellView()
        view.show_quick_keys(PAGES)
        view.show_hint(HINT)
        view.show_state(state)
        then(view)
        return view

    return make


def pay(state: PayState) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = PayView()
        view.show_state(state)
        return view

    return make


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


def sign_in(message: str) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = SignInView()
        view.show_state(
            SignInState("Sign in", "Scan your badge, or type your PIN, then Enter", 0 if message else 3, message)
        )
        return view

    return make


def pickup(side: Side) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = PickupView()
        view.show_board(BOARD)
        view.show_order(ORDER)
        view.show_code(
            AskState("Hand over #W-10470", "Scan the customer's pass, or type the 8 characters of the code.")
        )
        view.show_find(AskState("Find order", "By its number, the customer's name or the code."))
        view.code.boxes.type_in("7QK2M")
        view.show_side(side)
        return view

    return make


def pictures() -> Iterator[Picture]:
    unknown = Notice("Unknown code 9780201379624. Keep scanning; say what it is before paying.", Tone.ERROR)
    waiting = "Unknown codes are waiting. Find each item by name, scan its other code, or void it."
    ready = SellState(to_pay="€ 0.00")
    done = PaidView("€ 3.30", "Cash € 20.00 for € 16.70", "Receipt S0319-T2-A-000042")
    odd = replace(SALE, lines=LINES[:3] + ODD_LINES, selected="7", waiting=waiting)
    yield Picture("sell", sell(SALE), TOP, SELL_STRIP)
    yield Picture("sell-unknown", sell(odd), TOP, SELL_STRIP, unknown)
    yield Picture("sell-multiplier", sell(replace(SALE, multiplier="3 ×")), TOP, SELL_STRIP)
    yield Picture("sell-search", sell(SALE, _search), SYNCED, SELL_STRIP)
    yield Picture("sell-quantity", sell(SALE, _quantity), SYNCED, SELL_STRIP)
    loading, paid = replace(ready, instead=Instead.LOADING), replace(ready, instead=Instead.PAID, paid=done)
    for name, state in (("ready", ready), ("loading", loading), ("paid", paid)):
        yield Picture(f"sell-{name}", sell(state), SYNCED, SELL_STRIP)
    yield Picture("sell-discount", sell(replace(SALE, lines=CUT_LINES), _discount), SYNCED, SELL_STRIP)
    yield Picture("sell-exempt", sell(EXEMPT_SALE, _exempt), SYNCED, SELL_STRIP)
    for name, shown in (("beside", _beside), ("beside-declined", _beside_declined), ("gift-card", _gift_card)):
        yield Picture(f"sell-{name}", sell(SALE, shown), SYNCED, SELL_STRIP)
    yield Picture("sell-approval", sell(SALE), TOP, SELL_STRIP, approval=APPROVAL)
    for name, state in (("pay", PAY), ("pay-gift", PAY_GIFT)):
        yield Picture(name, pay(state), SYNCED, PAY_STRIP)
    yield Picture("pay-card", pay(PAY_CARD), SYNCED, AT_TERMINAL_STRIP)
    yield Picture("pay-doubt", pay(PAY_DOUBT), SYNCED, PAY_STRIP)
    yield Picture("return", screens_returns.open_receipt, SYNCED, screens_returns.STRIP)
    yield Picture("return-gift", screens_returns.gift_receipt, SYNCED, screens_returns.STRIP)
    yield Picture("return-invoice", screens_returns.invoice, SYNCED, screens_returns.FORM_STRIP)
    yield Picture("return-empty", screens_returns.no_receipt_yet, SYNCED, screens_returns.EMPTY_STRIP)
    for page in Page:
        yield Picture(f"devices-{page}", devices(page), replace(SYNCED, current=""), DEVICES_STRIP)
    yield Picture("pickup", pickup(Side.ORDER), COUNTER, PICKUP_STRIP)
    yield Picture("pickup-code", pickup(Side.CODE), COUNTER, PICKUP_STRIP)
    yield Picture("pickup-find", pickup(Side.FIND), COUNTER, PICKUP_STRIP)
    managing = replace(SYNCED, workspaces=(*TOP.workspaces, ("manager", "Manager", 0)), current="manager")
    for name in DrawerPage:
        strip = LOOK_STRIP if name is DrawerPage.LOOK else BACK_STRIP
        yield Picture(f"drawer-{name}", drawer(name), managing, strip)
    yield Picture("day", day(), managing, DAY_STRIP)
    yield Picture("exceptions", screens_people.exceptions, managing, screens_people.EXCEPTIONS_STRIP)
    yield Picture("staff", screens_people.staff, managing, screens_people.STAFF_STRIP)
    yield from more_pictures(SYNCED)
    yield Picture("settings", screens_people.settings, managing, screens_people.SETTINGS_STRIP)
    locked = replace(SYNCED, workspaces=(), current="", operator="")
    yield Picture("sign-in", sign_in(""), locked, ())
    yield Picture("sign-in-wrong", sign_in("Wrong PIN. 8 tries left."), locked, ())


def draw(picture: Picture, app: QApplication, size: tuple[int, int]) -> QWidget:
    """The window with one screen in it, laid out and shown, in the language in force."""
    made = picture.make()
    if picture.alone:
        made.resize(*size)
        made.show()
        app.processEvents()
        return made
    shell = Shell()
    shell.resize(*size)
    shell.add_screen(made)
    shell.show_screen(made, {})
    shell.show_top(picture.top)
    shell.show_strip(picture.strip)
    shell.show()
    app.processEvents()
    if picture.notice:
        shell.notify(picture.notice)
    if picture.approval:
        shell.approval.show_state(picture.approval)
    translate(shell)
    shell.activateWindow()
    made.setFocus()
    app.processEvents()
    return shell


def main(arguments: list[str] | None = None) -> int:
    """Write `<language>-<theme>/<name>.png` for every picture and a contact sheet of each; exit code 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.screens", description=tr("Draw every screen."))
    parser.add_argument("--out", type=Path, default=Path("screens-out"))
    parser.add_argument("--size", default="1366x768", help="width x height of the window")
    parser.add_argument("--language", choices=tuple(NAMES), nargs="*", default=list(NAMES))
    parser.add_argument("--theme", choices=THEMES, nargs="*", default=list(THEMES))
    parser.add_argument("--only", default="", help="names that begin so")
    options = parser.parse_args(arguments)
    width, _, height = options.size.partition("x")
    for language in options.language:
        for theme in options.theme:
            _draw_all(options.out, language, theme, (int(width), int(height)), options.only)
    print(f"{options.out}: look at {options.out}/sheet-*.png")
    return 0


def _draw_all(out: Path, language: str, theme: str, size: tuple[int, int], only: str) -> None:
    folder = out / f"{language}-{theme}"
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for picture in pictures():
        if not picture.name.startswith(only):
            continue
        app = application(language, theme)
        window = draw(picture, app, size)
        files.append(folder / f"{picture.name}.png")
        window.grab().save(str(files[-1]))
        window.close()
        window.deleteLater()
        app.processEvents()
    contact_sheet(files, out / f"sheet-{language}-{theme}.png")


def _search(view: SellView) -> None:
    view.entry.setText("coffee")
    view.show_search(SearchView("“coffee” · 3 found", HITS), keyboard=True)


def _beside(view: SellView) -> None:
    view.beside.show_state(BesideView("€ 23.40 is at the card terminal", "Ctrl+W"))


def _beside_declined(view: SellView) -> None:
    view.beside.show_state(BesideView("€ 23.40 is not paid: go to it and pay otherwise", "Ctrl+W", Tone.WARNING))


def _gift_card(view: SellView) -> None:
    text = "Type the amount, then Enter."
    view.show_ask(AskView("Sell a gift card", "••4821", text, "Put on the sale · Enter"))


def _discount(view: SellView) -> None:
    view.entry.setText("20")
    view.show_discount(DISCOUNT)


def _exempt(view: SellView) -> None:
    view.entry.setText("D-4711")
    view.show_discount(EXEMPT)


def _quantity(view: SellView) -> None:
    view.show_quantity(QuantityView("Filter coffee 500 g", "1"))


if __name__ == "__main__":
    sys.exit(main())
