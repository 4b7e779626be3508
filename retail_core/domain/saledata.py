"""A sale at rest: its states and the moves between them, what it adds up to, and the row a basket is kept in."""

from enum import StrEnum
from types import MappingProxyType

import msgspec

from retail_core.domain.coupons import SaleCoupon
from retail_core.domain.customers import SaleCustomer
from retail_core.domain.discounts import Manual
from retail_core.domain.ids import OperatorId, SaleId
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import Exemption, Rounding, TaxPart
from retail_core.domain.tender import Tender

MAX_LINES = 1000
MAX_TOTAL_MINOR = 10**12


class SaleState(StrEnum):
    OPEN = "open"
    PAYING = "paying"
    COMPLETED = "completed"
    VOIDED = "voided"


class SaleAction(StrEnum):
    CHANGE = "change"
    BEGIN_PAYING = "begin_paying"
    BACK_TO_LINES = "back_to_lines"
    COMPLETE = "complete"
    VOID = "void"


SALE_TRANSITIONS = MappingProxyType(
    {
        (SaleState.OPEN, SaleAction.CHANGE): SaleState.OPEN,
        (SaleState.OPEN, SaleAction.BEGIN_PAYING): SaleState.PAYING,
        (SaleState.OPEN, SaleAction.VOID): SaleState.VOIDED,
        (SaleState.PAYING, SaleAction.BACK_TO_LINES): SaleState.OPEN,
        (SaleState.PAYING, SaleAction.COMPLETE): SaleState.COMPLETED,
    }
)


class Totals(msgspec.Struct, frozen=True):
    """What a sale adds up to. `due_minor` includes taxes that are added to the price; below zero it goes back."""

    units: int  # pieces sold, a weighed line counting as one
    lines_minor: int
    saved_minor: int
    taxes: tuple[TaxPart, ...]
    due_minor: int

    @property
    def tax_minor(self) -> int:
        """All taxes, included and added."""
        return sum(part.tax_minor for part in self.taxes)


class SaleData(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sale at rest: what the basket row and nothing else needs to build the same Sale again."""

    sale_id: SaleId
    operator_id: OperatorId
    currency: str
    started_ms: int
    book: str
    state: SaleState
    lines: tuple[SaleLine, ...]
    tenders: tuple[Tender, ...] = ()
    discount: Manual | None = None
    age_shown: int = 0  # whoever buys was seen to be so old
    customer: SaleCustomer | None = None
    coupons: tuple[SaleCoupon, ...] = ()
    exempt: Exemption | None = None
    tax_rounding: Rounding = Rounding.DOCUMENT  # the store's at its first scan
