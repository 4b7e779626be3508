"""Everything a till claims at once, in one question to the store role, and its answers in the same order."""

from typing import Annotated

import msgspec

from retail_core.wire.messages import ClaimReply, ClaimRequest

MAX_CLAIMS = 32
MAX_ROUND_BYTES = 256 * 1024


class ClaimRound(msgspec.Struct, frozen=True):
    """What one machine asks for; a claim for no time at all gives the thing back."""

    claims: Annotated[tuple[ClaimRequest, ...], msgspec.Meta(max_length=MAX_CLAIMS)] = ()


class ClaimRoundReply(msgspec.Struct, frozen=True):
    """One answer for each claim of the round."""

    claims: tuple[ClaimReply, ...] = ()
