"""Everything a till claims at once, in one question to the store role, and its answers in the same order."""

from typing import Annotated

import msgspec

from retail_core.domain.saledata import MAX_LINES
from retail_core.domain.tagged import MAX_EPC_CHARS
from retail_core.wire.messages import ClaimReply, ClaimRequest

MAX_CLAIMS = 32
MAX_UNIT_CLAIMS = 4
MAX_ROUND_BYTES = 640 * 1024
MAX_TAKEN_TOLD = 50
"""A till says of the first few units that another has them; of the rest it hears when those are settled."""
Epc = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_EPC_CHARS)]


class UnitsRequest(msgspec.Struct, frozen=True):
    """Units of one sale by `unit_keys`, their tags and serial numbers, for so long."""

    epcs: Annotated[tuple[Epc, ...], msgspec.Meta(max_length=MAX_LINES)]
    for_ms: int


class UnitTold(msgspec.Struct, frozen=True, omit_defaults=True):
    """A unit that is not given, by the key it was asked for: the node that has it, and the receipt it was sold on, if it was sold."""

    epc: str
    holder: str
    receipt: str = ""


class UnitsReply(msgspec.Struct, frozen=True):
    """Those that are not given; all the others are."""

    taken: tuple[UnitTold, ...] = ()
    for_ms: int = 0


class ClaimRound(msgspec.Struct, frozen=True):
    """What one machine asks for; a claim for no time at all gives the thing back."""

    claims: Annotated[tuple[ClaimRequest, ...], msgspec.Meta(max_length=MAX_CLAIMS)] = ()
    units: Annotated[tuple[UnitsRequest, ...], msgspec.Meta(max_length=MAX_UNIT_CLAIMS)] = ()


class ClaimRoundReply(msgspec.Struct, frozen=True):
    """One answer for each claim of the round."""

    claims: tuple[ClaimReply, ...] = ()
    units: tuple[UnitsReply, ...] = ()
