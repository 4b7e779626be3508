"""Which sums of cash a customer is likely to hand over."""

from retail_core.domain.money import exponent

NOTES = (5, 10, 20, 50, 100, 200, 500)
MAX_SUGGESTIONS = 4


def suggested_cash(due_minor: int, currency: str) -> tuple[int, ...]:
    """The exact sum first, then the next whole unit and the next sums payable with one or two notes.

    >>> suggested_cash(670, "EUR")
    (670, 700, 1000, 2000)
    """
    if due_minor <= 0:
        return (0,)
    unit = 10 ** exponent(currency)
    scale = 1 if exponent(currency) else 1000  # JPY and the like: notes start at 1,000
    steps = [unit, *(note * unit * (scale if not exponent(currency) else 1) for note in NOTES)]
    found = {due_minor}
    for step in steps:
        rounded = -(-due_minor // step) * step
        if rounded - due_minor < 10 * max(steps[0], due_minor):
            found.add(rounded)
    return tuple(sorted(found)[:MAX_SUGGESTIONS])
