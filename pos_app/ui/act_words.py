"""What a second person is asked to agree to, in words. One line for each `what` of an Act."""

from collections.abc import Mapping
from types import MappingProxyType

from pos_app.locale.mark import _
from pos_app.ui.amounts import format_money
from pos_app.ui.words import tr
from retail_core.domain.approvals import Act

PPM_PER_PERCENT = 10_000


ACT_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "cash_bank": _("Take {money} out for the bank"),
        "cash_drop": _("Take {money} out of the drawer"),
        "cash_loan": _("Put {money} into the drawer"),
        "close_day": _("Close the day of this till"),
        "count_drawer": _("Count a drawer that somebody else opened"),
        "drawer_variance": _("Close the drawer with a difference of {money}"),
        "exempt_sale": _("Sell without tax, certificate {name}"),
        "no_sale": _("Open the drawer without a sale, time {amount} in this session"),
        "post_void": _("Reverse the last sale of {money} whole"),
        "return": _("Take goods back for {money}, which is more than the store's rules allow"),
        "line_amount_off": _("Take {money} off {name}"),
        "line_discount": _("Take {percent} off {name}"),
        "price_override": _("Sell {name} at {money}"),
        "sale_amount_off": _("Take {money} off the whole sale"),
        "sale_discount": _("Take {percent} off the whole sale"),
        "salvage": _("Send what the disk of {name} has to head office, {amount} records"),
        "start_training": _("Begin training at this till"),
        "unlock_pins": _("Let PINs be tried again at this till"),
        "lock_till": _("Keep {name} out of the store's network"),
        "unlock_till": _("Let {name} into the store's network again"),
        "store_role": _("Tie the store together on this machine"),
        "void_sale": _("Give up the whole sale of {money}"),
        "x_report": _("Show what should be in the drawer"),
    }
)


def act_words(act: Act, currency: str) -> str:
    """The act with its amount: {money} in the till's currency, {percent} of ppm, {amount} as it is; {name} of what."""
    sentence = ACT_WORDS.get(act.what)
    if sentence is None:
        return act.what.replace("_", " ")
    return tr(
        sentence,
        money=format_money(act.amount, currency),
        percent=f"{act.amount / PPM_PER_PERCENT:g} %",
        amount=act.amount,
        name=act.name,
    )
