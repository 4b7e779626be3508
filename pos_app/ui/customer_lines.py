"""The two lines a customer reads: the last thing that happened to the sale, and what it comes to,
in the customer's language. Displays of characters turn nothing round: their driver writes what they can show."""

from pos_app.locale.catalogue import Spoken
from pos_app.locale.mark import _
from pos_app.service.outcome import PaidSale
from retail_core.domain.ids import LineId
from retail_core.domain.money import format_minor
from retail_core.domain.quantity import ONE, format_quantity
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine

COLUMNS = 20
Lines = tuple[str, str]


def of_sale(sale: Sale, selected: LineId | None, said: Spoken) -> Lines:
    """The line just scanned or changed, and the total. Nothing of what only staff should see."""
    line = next((line for line in sale if line.line_id == selected and line.counts), None)
    due = format_minor(sale.totals.due_minor, sale.currency)
    return _line(line, sale.currency) if line else "", _pair(said.say(_("Total")), due)


def of_paid(paid: PaidSale, said: Spoken) -> Lines:
    """What was paid and what comes back, until the next customer."""
    total = _pair(said.say(_("Total")), format_minor(paid.total_minor, paid.currency))
    if not paid.change_minor:
        return total, said.say(_("Thank you"))
    return total, _pair(said.say(_("Change")), format_minor(paid.change_minor, paid.currency))


def of_nobody(store_name: str, said: Spoken) -> Lines:
    """Between two customers."""
    return said.say(_("Welcome")), store_name


def _line(line: SaleLine, currency: str) -> str:
    many = f"{format_quantity(line.qty_milli)} × " if line.qty_milli != ONE or line.unit != "each" else ""
    return _pair(many + line.name, format_minor(line.amount_minor, currency))


def _pair(left: str, right: str) -> str:
    room = max(1, COLUMNS - len(right) - 1)
    return f"{left[:room]:{room}} {right}"
