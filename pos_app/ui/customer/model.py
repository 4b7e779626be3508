"""The sale as its customer sees it, in the customer's language. Only the basket and the paid sale are read here."""

from pos_app.locale.catalogue import Spoken
from pos_app.locale.mark import _
from pos_app.service.outcome import PaidSale
from pos_app.ui.customer.state import CustomerLine, CustomerState, Showing
from pos_app.ui.discount_words import EXEMPT_WORD
from retail_core.domain.money import format_minor, format_money
from retail_core.domain.quantity import format_quantity
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.tax import EXEMPT_RULE

EACH = "each"
MANUAL = "manual."
RECEIPT_CODE = "OTR:{receipt}:{proof}"


def of_nobody(store: str, said: Spoken) -> CustomerState:
    """Between two customers."""
    return CustomerState(store=store, welcome=said.say(_("Welcome")), right_to_left=said.right_to_left)


def of_sale(sale: Sale, store: str, said: Spoken, *, at_terminal: bool = False) -> CustomerState:
    """The lines that count and what they come to. What nobody knows yet is between the till and the cashier."""
    totals, currency = sale.totals, sale.currency
    saved = said.number(format_money(totals.saved_minor, currency))
    return CustomerState(
        Showing.SALE,
        store,
        lines=tuple(_line(line, currency, said) for line in sale if line.counts),
        count=said.say_n("{n} item", "{n} items", totals.units).format(n=totals.units),
        saved=said.say(_("you save {amount}")).format(amount=saved) if totals.saved_minor else "",
        total_word=said.say(_("Total")),
        total=said.number(format_money(totals.due_minor, currency)),
        hint=said.say(_("Please follow the card terminal")) if at_terminal else "",
        right_to_left=said.right_to_left,
    )


def of_paid(paid: PaidSale, store: str, said: Spoken) -> CustomerState:
    """What was paid, the change, and the receipt to take along."""
    change = paid.change_minor
    return CustomerState(
        Showing.PAID,
        store,
        welcome=said.say(_("Thank you")),
        total_word=said.say(_("Total")),
        total=said.number(format_money(paid.total_minor, paid.currency)),
        change_word=said.say(_("Change")) if change else "",
        change=said.number(format_money(change, paid.currency)) if change else "",
        code=RECEIPT_CODE.format(receipt=paid.receipt_no, proof=paid.short_hash),
        code_word=said.say(_("Your receipt: {number}")).format(number=said.number(paid.receipt_no)),
        right_to_left=said.right_to_left,
    )


def _line(line: SaleLine, currency: str, said: Spoken) -> CustomerLine:
    qty = format_quantity(line.qty_milli) + (f" {line.unit}" if line.unit != EACH else "")
    cuts = [reason for reason in line.reasons if reason.amount_minor < 0]
    told = " · ".join(dict.fromkeys(_why(cut, said) for cut in cuts))
    off = said.number(format_minor(sum(cut.amount_minor for cut in cuts), currency))
    amount = said.number(format_minor(line.amount_minor, currency))
    return CustomerLine(said.number(qty), line.name, amount, f"{told} · {off}" if cuts else "")


def _why(cut: PriceReason, said: Spoken) -> str:
    """The name of a promotion; what staff wrote about a cut of their own stays with staff."""
    if cut.text and not cut.rule.startswith(MANUAL):
        return said.name(cut.text)
    if cut.rule == EXEMPT_RULE:
        return said.say(EXEMPT_WORD)
    return said.say(_("Discount"))
