"""Made-up receipts for the pictures of the return screen."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from pos_app.service.return_draft import DraftLine, ReturnDraft
from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.returns.after import invoice_form
from pos_app.ui.screens.returns.after_state import AfterState, PaperView
from pos_app.ui.screens.returns.model import return_state
from pos_app.ui.screens.returns.view import ReturnsView, Side
from retail_core.domain.ids import Sku
from retail_core.domain.receipts import PaidLine, PaidReceipt, PaidTender
from retail_core.domain.returns import NOTHING, Part, ReturnReason
from tools.picture import SYNCED, Picture

ZONE = ZoneInfo("Europe/Berlin")
STRIP = (
    Slot(0, Act.BACK, "Esc", "Another receipt"),
    Slot(1, Act.NO_RECEIPT, "F4", "No receipt"),
    Slot(2, Act.TICK_ALL, "F2", "All of it"),
    Slot(3, Act.NEXT_REASON, "F6", "Reason"),
    Slot(4, Act.NEXT_GOODS, "F8", "Shelf or not"),
    Slot(5, Act.PAPERS, "F5", "Papers"),
    Slot(6, Act.LESS, "-", "Not this one"),
    Slot(9, Act.TAKE_BACK, "F9", "Take back", main=True),
)
FORM_STRIP = (Slot(0, Act.BACK, "Esc", "Back"),)
EMPTY_STRIP = (
    Slot(0, Act.BACK, "Esc", "Back to sale"),
    Slot(1, Act.NO_RECEIPT, "F4", "No receipt"),
    Slot(2, Act.POST_VOID, "F3", "Reverse sale"),
)
AFTER = AfterState(
    "The last sale",
    "S0319-T2-A-000042",
    "€ 16.70 · 14:07",
    (
        PaperView("copy", "Print again", "Ctrl+R"),
        PaperView("gift", "Gift receipt", "Ctrl+G"),
        PaperView("pdf", "Save as PDF", "Ctrl+S"),
        PaperView("invoice", "Full invoice", "Ctrl+I"),
        PaperView("mail", "By e-mail", "Ctrl+E"),
        PaperView("reverse", "Reverse the sale", "F3"),
    ),
)
BOUGHT = (
    (1, "Sparkling water 1.5 L", Part(3000, 267), Part(1000, 89), 2000, None),
    (2, "Wool throw, grey", Part(1000, 3990), NOTHING, 1000, "SN-20417"),
    (3, "Filter coffee 500 g", Part(1000, 599), Part(1000, 599), 0, None),
    (4, "Candle, cedar", Part(2000, 2500), NOTHING, 0, None),
)


def _draft(*, gift: bool = False) -> ReturnDraft:
    receipt = PaidReceipt("S0319-T2-A-000042", 1_764_000_000, "EUR", 7356, (PaidTender("card", 7356),), gift=gift)
    lines = [
        DraftLine(n, Sku(str(n)), name, sold, PaidLine(n, Sku(str(n)), sold.qty_milli, sold.minor, (), None, serial),
                  before=before, ticked_milli=ticked)
        for n, name, sold, before, ticked, serial in BOUGHT
    ]  # fmt: skip
    draft = ReturnDraft(receipt, lines)
    draft.because(ReturnReason.FAULTY)
    return draft


def returns(draft: ReturnDraft | None) -> ReturnsView:
    view = ReturnsView()
    view.show_state(return_state(draft, 2, "EUR", ZONE))
    view.show_after(AFTER)
    view.show_side(Side.GOODS if draft else Side.AFTER)
    return view


def invoice() -> ReturnsView:
    view = returns(None)
    view.ask(invoice_form("S0319-T2-A-000042"), "Back")
    return view


def open_receipt() -> ReturnsView:
    return returns(_draft())


def gift_receipt() -> ReturnsView:
    return returns(_draft(gift=True))


def papers() -> ReturnsView:
    view = returns(_draft())
    view.show_after(AfterState("Papers of this receipt", "S0319-T2-A-000042", "", AFTER.papers[:3]))
    view.show_side(Side.AFTER)
    return view


def no_receipt_yet() -> ReturnsView:
    return returns(None)


def return_pictures() -> Iterator[Picture]:
    yield Picture("return", open_receipt, SYNCED, STRIP)
    yield Picture("return-gift", gift_receipt, SYNCED, STRIP)
    yield Picture("return-papers", papers, SYNCED, STRIP)
    yield Picture("return-invoice", invoice, SYNCED, FORM_STRIP)
    yield Picture("return-empty", no_receipt_yet, SYNCED, EMPTY_STRIP)
