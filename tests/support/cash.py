"""Cash as a customer hands it over, for baskets that a test pays by hand."""

from retail_core.domain.tender import Tender, TenderKind


def cash_tender(due_minor: int, given_minor: int) -> Tender:
    """Cash for all that is still due; of what is owed to the customer exactly that much goes back."""
    return Tender(TenderKind.CASH, due_minor, due_minor if due_minor < 0 else given_minor)
