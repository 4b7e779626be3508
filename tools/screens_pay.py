"""Made-up payments for the pictures of the pay screen."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.screens.pay.state import AmountRow, CardView, PayState, QuickAmount, TenderChoice
from pos_app.ui.screens.pay.view import PayView
from pos_app.ui.theme import Tone
from tools.picture import SYNCED, Picture

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
    card=CardView(
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
    card=CardView("€ 6.70 at the terminal", "The customer holds, puts in or swipes the card.", Tone.INFO, (("stop", "Stop"),)),
)  # fmt: skip
PAY_CASH_BACK = replace(
    PAY,
    given="€ 20.00", given_word="To the terminal", change_word="Cash back", change="€ 3.30",
    chosen_minor=-1, tender="card",
)  # fmt: skip
PAY_DOUBT = replace(
    PAY_CARD,
    busy=False,
    finish_word="Ask the terminal",
    card=CardView(
        "€ 6.70 in doubt",
        "Nobody knows yet whether it was paid. Ask the terminal again. If it cannot say, a supervisor looks at its own"
        " receipt and decides; nothing is taken twice.",
        Tone.WARNING,
        (("ask", "Ask the terminal"), ("paid", "It was paid"), ("not_paid", "It was not paid")),
    ),
)


def pay(state: PayState) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = PayView()
        view.show_state(state)
        return view

    return make


def pay_pictures() -> Iterator[Picture]:
    yield Picture("pay", pay(PAY), SYNCED, PAY_STRIP)
    yield Picture("pay-gift", pay(PAY_GIFT), SYNCED, PAY_STRIP)
    yield Picture("pay-card", pay(PAY_CARD), SYNCED, AT_TERMINAL_STRIP)
    yield Picture("pay-cash-back", pay(PAY_CASH_BACK), SYNCED, PAY_STRIP)
    yield Picture("pay-doubt", pay(PAY_DOUBT), SYNCED, PAY_STRIP)
