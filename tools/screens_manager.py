"""Made-up facts for pictures of the manager's workspace: the drawer's pages and the day report."""

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QWidget

from pos_app.receipts.drawer_report import Facts, ReportKind, Unpaid, report_document
from pos_app.receipts.report_words import report_words
from pos_app.service.store_drawers import DrawerMoney, Standing, TillDrawer
from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.day.state import DayState, DrawerRow, ReportRow
from pos_app.ui.screens.day.store_words import StoreDrawerWords
from pos_app.ui.screens.day.view import DayView
from pos_app.ui.screens.drawer.counting import PieceCounts
from pos_app.ui.screens.drawer.state import (
    Card,
    CauseRow,
    DoneState,
    GridState,
    LookState,
    MoveRow,
    Page,
    ResultState,
    SumState,
)
from pos_app.ui.screens.drawer.view import DrawerView
from pos_app.ui.screens.manager.view import ManagerView
from pos_app.ui.theme import Tone
from pos_app.ui.widgets.hours import HourBar
from pos_app.ui.words import language
from retail_core.domain.drawer import ReceiptRange, SessionTotals, Tally, TaxTally, denominations
from tools.picture import MANAGING, Picture

PAGES = (
    ("drawer", "Drawer"),
    ("day", "Day report"),
    ("exceptions", "Exceptions"),
    ("staff", "Staff"),
    ("settings", "Settings"),
    ("connection", "Connection"),
    ("tills", "Tills"),
    ("recovery", "Lost till"),
)
LOOK_STRIP = (
    Slot(0, Act.BACK, "Esc", "Back to sale"),
    Slot(1, Act.CASH_LOAN, "F2", "Loan"),
    Slot(2, Act.CASH_DROP, "F3", "Drop"),
    Slot(3, Act.CASH_BANK, "F4", "Bank"),
    Slot(7, Act.DRAWER, "Ctrl+D", "No sale"),
    Slot(9, Act.CLOSE_DRAWER, "F9", "Count and close", main=True),
)
BACK_STRIP = (Slot(0, Act.BACK, "Esc", "Back"), Slot(9, Act.CLOSE_DRAWER, "F9", "That is all", main=True))
DAY_STRIP = (
    Slot(0, Act.BACK, "Esc", "Back to sale"),
    Slot(1, Act.X_REPORT, "F2", "X report"),
    Slot(5, Act.PRINT_REPORT, "F8", "Print again"),
    Slot(9, Act.CLOSE_DAY, "F9", "Close day", main=True),
)
LOOK = LookState(
    "The drawer is open",
    "Opened at 07:58 by Ana M., for 27 November 2026.",
    (
        Card("float", "Float", "€ 100.00"),
        Card("sales", "Sales", "148"),
        Card("expected", "Should be in it", "€ 812.40", Tone.OK),
    ),
    (
        MoveRow("Cash drop", "13:05 · Ana M. · To the safe", "−500.00"),
        MoveRow("Opened without a sale", "11:42 · Ana M. · Change a note", ""),
        MoveRow("Cash loan", "09:10 · Sam K. · Change money", "50.00"),
    ),
    "1 basket is not paid yet. It stays when the drawer is closed.",
)
SUM = SumState(
    "Cash drop",
    "Money that is taken out to the safe. Type the sum, choose what it is for.",
    "€ 500",
    (
        ("to_safe", "To the safe"),
        ("to_manager", "Handed to the manager"),
        ("expense", "Paid for something"),
        ("other", "Something else"),
    ),
    "to_safe",
    "Note and open",
)
REASONS = (
    ("wrong_change", "Wrong change"),
    ("not_noted", "Money moved and not noted"),
    ("wrong_tender", "Rung up under another tender"),
    ("miscounted", "Counting mistake"),
    ("unknown", "Nobody knows"),
)
RESULT = ResultState(
    "€ 30.00 too little",
    "Choose why it differs, then close. What happened in this session is listed.",
    Tone.ERROR,
    (
        Card("expected", "Should be in it", "€ 812.40"),
        Card("counted", "Counted", "€ 782.40"),
        Card("variance", "Difference", "€ −30.00", Tone.ERROR),
    ),
    (
        CauseRow(
            "Change given on a larger note than was handed over: € 30.00 too much",
            "14:22 · Ana M. · S0319-T2-A-000107",
            fits=True,
        ),
        CauseRow("1 sale given up, € 12.50", "", fits=False),
        CauseRow("3 lines voided, € 4.37", "", fits=False),
        CauseRow("2 openings without a sale", "", fits=False),
    ),
    REASONS,
    "wrong_change",
)
TOTALS = SessionTotals(
    sales=Tally(148, 2_146_35), returns=Tally(2, -18_40), discounts=Tally(31, -42_10), voided_lines=Tally(3, 4_37),
    voided_sales=Tally(1, 12_50), reprints=1, cash_minor=1_162_40,
    taxes={
        "general@210000": TaxTally("general", 210_000, included=True, taxable_minor=512_00, tax_minor=88_86),
        "food@90000": TaxTally("food", 90_000, included=True, taxable_minor=1_634_35, tax_minor=134_95),
    },
    tenders={"cash": Tally(81, 1_162_40), "card": Tally(67, 983_95)},
    moves={"loan": Tally(1, 50_00), "drop": Tally(1, 500_00), "no_sale": Tally(2)},
    receipts=(ReceiptRange("A", 1, 148, "S0319-T2-A-000001", "S0319-T2-A-000148"),),
)  # fmt: skip
HOURS = (98, 164, 215, 301, 287, 342, 259, 194, 146, 140)
Z = Facts(
    ReportKind.Z, "S0319-T2", "Store 319", "EUR", "2026-11-27", 1, "2026-11-27 18:04", "Ana M.", TOTALS, 100_00, 812_40,
    782_40, (), "S0319-T2-A-Z0042", "2026-11-27 07:58", "Ana M.", reason="wrong_change", approved_by="Sam K.",
    unpaid=(Unpaid(1, 12_30, "Whole milk 1 L"),), variance_minor=-30_00,
    tax_names={"food": "VAT 9 %", "general": "VAT 21 %"}, header=("omnitill demo shop", "Main Street 1"),
)  # fmt: skip


def in_workspace(page: str, make: Callable[[], QWidget]) -> Callable[[], QWidget]:
    """A page within the manager's workspace."""

    def made() -> QWidget:
        view, inner = ManagerView(), make()
        view.add_page(inner)
        view.show_list(PAGES, page)
        view.show_page(inner)
        return view

    return made


def drawer(page: Page) -> Callable[[], QWidget]:
    def made() -> QWidget:
        view = DrawerView()
        view.show_look(LOOK)
        view.show_sum(SUM)
        view.show_grid(_grid())
        view.show_result(RESULT)
        view.show_done(
            DoneState(
                "Closed with Z 0042",
                "It is printed as soon as there is paper and goes to head office by itself.",
                report_document(Z, report_words(language())),
                "Done",
            )
        )
        view.show_page(page)
        return view

    return in_workspace("drawer", made)


def day(*, others: bool = False) -> Callable[[], QWidget]:
    def made() -> QWidget:
        view = DayView()
        bars = tuple(
            HourBar(f"{hour:02d}", minor * 100, str(minor), f"{hour} o'clock: € {minor}.00")
            for hour, minor in enumerate(HOURS, start=8)
        )
        rows = (
            ReportRow("Z 0042", "27 November 2026 · Ana M.", "€ 2,146.35"),
            ReportRow("Z 0041", "26 November 2026 · Ana M.", "€ 1,987.10"),
            ReportRow("Z 0040", "25 November 2026 · Sam K.", "€ 2,310.75"),
        )
        view.show_state(DayState(rows, 0, report_document(Z, report_words(language())), "", bars))
        if others:
            view.show_drawers(_store_drawers())
        return view

    return in_workspace("day", made)


def _store_drawers() -> tuple[DrawerRow, ...]:
    """As the page's own words say them, in the language in force."""
    words = StoreDrawerWords(ZoneInfo("Europe/Berlin"), "EUR")
    eight, six, now = (_ms(text) for text in ("07:58", "18:04", "18:20"))
    yesterday = _ms("09:02") - 24 * 3_600_000
    drawers = (
        TillDrawer(
            "T4", Standing.LATE, False, "Noor B.", yesterday, silent_ms=six, money=DrawerMoney(100_00, 0, 300_00)
        ),
        TillDrawer("T1", Standing.OPEN, False, "Ana M.", eight, money=DrawerMoney(100_00, 50_00, 500_00)),
        TillDrawer("T5", Standing.UNKNOWN),
        TillDrawer(
            "T2",
            Standing.CLOSED,
            True,
            "Sam K.",
            eight,
            six,
            "2026-11-27",
            DrawerMoney(100_00, 50_00, 500_00, six, 782_40, -30_00),
        ),
        TillDrawer(
            "T3", Standing.CLOSED, False, "Li W.", eight, six, "2026-11-27", DrawerMoney(100_00, 0, 0, six, 412_50, 0)
        ),
    )
    return tuple(words.row(one, now, 5_00) for one in drawers)


def _ms(local: str) -> int:
    at = datetime.fromisoformat(f"2026-11-27T{local}").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return int(at.timestamp() * 1000)


def manager_pictures() -> Iterator[Picture]:
    for name in Page:
        strip = LOOK_STRIP if name is Page.LOOK else BACK_STRIP
        yield Picture(f"drawer-{name}", drawer(name), MANAGING, strip)
    yield Picture("day", day(), MANAGING, DAY_STRIP)
    yield Picture("day-store", day(others=True), MANAGING, DAY_STRIP)
    yield Picture("day-empty", _no_report_yet, MANAGING, DAY_STRIP)


def _no_report_yet() -> QWidget:
    return in_workspace("day", DayView)()


def _grid() -> GridState:
    counts = PieceCounts(denominations("EUR"))
    for at, figures in enumerate(("", "1", "3", "9", "12", "14", "31", "22", "9")):
        counts.at = at
        for figure in figures:
            counts.type_figure(figure)
    counts.at = 9
    return GridState(
        "Count the drawer",
        "Type how many there are of each; Tab or Enter goes on.",
        counts.rows("EUR"),
        9,
        "€ 767.50",
        "That is all",
    )
