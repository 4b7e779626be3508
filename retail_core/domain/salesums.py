"""What a sale's lines come to, kept up to date line by line: a sale of 161 lines is never added up anew."""

from retail_core.domain.asks import NO_RULES
from retail_core.domain.saleline import PriceReason, SaleLine, Seen
from retail_core.domain.tax import EXEMPT_RULE, Rounding, TaxSums


class SaleSums:
    """Running sums over lines. `add` and `remove` undo one another exactly."""

    def __init__(self, rounding: Rounding) -> None:
        self.taxes = TaxSums(rounding)
        self.lines_minor = self.saved_minor = self.units = 0
        self.pending = self.tagged = self.unfilled = self.contested = self.by_hand = 0
        self._ages: dict[int, int] = {}  # how many lines ask for which age

    @property
    def age_asked(self) -> int:
        """The highest age that any line asks for, or 0."""
        return max(self._ages, default=0)

    @property
    def follows_whole(self) -> bool:
        """True while what is taken off all lines together is off what is to pay, however they share it."""
        return not self.by_hand and not self.taxes.added

    def add(self, line: SaleLine) -> None:
        self._count(line, +1)

    def remove(self, line: SaleLine) -> None:
        self._count(line, -1)

    def _count(self, line: SaleLine, sign: int) -> None:
        if line.pending:
            self.pending += sign
        if line.seen is Seen.TAG and not line.voided:
            self.tagged += sign
        if not line.counts:
            return
        if line.taken is not None and line.contested:
            self.contested += sign
        if line.rules is not NO_RULES and line.back is None:
            self._count_asks(line, sign)
        if line.manual is not None:
            self.by_hand += sign
        amount = line.amount_minor
        self.lines_minor += sign * amount
        if line.back is None:
            self.saved_minor += sign * _saved_minor(line.reasons)
            self.units += sign * line.units
        if not line.exempt:
            self.taxes.count(line.taxes, amount, sign)

    def _count_asks(self, line: SaleLine, sign: int) -> None:
        self.unfilled += sign * bool(line.unfilled)
        if age := line.rules.min_age:
            left = self._ages.get(age, 0) + sign
            if left:
                self._ages[age] = left
            else:
                del self._ages[age]


def _saved_minor(reasons: tuple[PriceReason, ...]) -> int:
    """What the customer saves; tax that is not charged is no saving."""
    return -sum(min(0, reason.amount_minor) for reason in reasons if reason.rule != EXEMPT_RULE)
