"""What the pay screen says of the card terminal."""

from pos_app.service.card_paying import CardPaying, CardState
from pos_app.ui.amounts import format_money
from pos_app.ui.screens.pay.state import CardView
from pos_app.ui.theme import Tone
from pos_app.ui.words import doing_words, tr


def terminal_view(card: CardPaying, currency: str) -> CardView | None:
    """The panel while the terminal works or nobody knows what it did; None when it rests."""
    code, own_words = card.said
    amount = format_money(card.amount_minor, currency)
    if card.state is CardState.WORKING:
        text = own_words or (doing_words(code) if code else tr("The customer holds, puts in or swipes the card."))
        return CardView(tr("{amount} at the terminal", amount=amount), text, Tone.INFO, (("stop", tr("Stop")),))
    if card.state is not CardState.DOUBT:
        return None
    answers = (("ask", tr("Ask the terminal")), ("paid", tr("It was paid")), ("not_paid", tr("It was not paid")))
    text = tr(
        "Nobody knows yet whether it was paid. Ask the terminal again. If it cannot say, a supervisor looks at its own"
        " receipt and decides; nothing is taken twice."
    )
    return CardView(tr("{amount} in doubt", amount=amount), text, Tone.WARNING, answers)
