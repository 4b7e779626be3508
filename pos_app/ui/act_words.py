"""What a second person is asked to agree to, in words. One line for each `what` of an Act."""

from collections.abc import Mapping
from types import MappingProxyType

from pos_app.ui.words import tr
from retail_core.domain.approvals import Act
from retail_core.domain.money import format_money

PPM_PER_PERCENT = 10_000


def _(sentence: str) -> str:
    """Mark a sentence for the catalogue."""
    return sentence


ACT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "void_sale": _("Give up the whole sale of {money}"),
    }
)


def act_words(act: Act, currency: str) -> str:
    """The act with its amount: {money} in the till's currency, {percent} of ppm, {amount} as it is."""
    sentence = ACT_WORDS.get(act.what)
    if sentence is None:
        return act.what.replace("_", " ")
    return tr(
        sentence,
        money=format_money(act.amount, currency),
        percent=f"{act.amount / PPM_PER_PERCENT:g} %",
        amount=act.amount,
    )
