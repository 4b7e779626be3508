"""How a store wants its people to sign in, and what takes two of them."""

from enum import StrEnum
from typing import Annotated

import msgspec

IDLE_LOCK_S = 300
LONGEST_IDLE_LOCK_S = 8 * 3600


class ByTwo(StrEnum):
    """Acts that a store may have done by two people, whatever their role."""

    VARIANCE = "variance"  # a large difference in the drawer
    POST_VOID = "post_void"
    RETURN = "return"  # beyond the store's rules


class PeopleRules(msgspec.Struct, frozen=True):
    """`idle_lock_s` seconds without an act lock the till (0: never); `pin_after_badge` asks for the PIN as well.

    `two_people` names what nobody may do alone.
    """

    idle_lock_s: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_IDLE_LOCK_S)] = IDLE_LOCK_S
    pin_after_badge: bool = False
    two_people: tuple[ByTwo, ...] = ()
