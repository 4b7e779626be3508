"""How long a store keeps its journals."""

from typing import Annotated

import msgspec

LEGAL_TERM_YEARS = 10
LONGEST_YEARS = 100


class KeepingRules(msgspec.Struct, frozen=True):
    """`journal_years`: what is sold in a year is kept for so many whole years after it, as the law of the place asks."""

    journal_years: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_YEARS)] = LEGAL_TERM_YEARS
