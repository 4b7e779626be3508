"""How a store wants its people to sign in."""

from typing import Annotated

import msgspec

IDLE_LOCK_S = 300
LONGEST_IDLE_LOCK_S = 8 * 3600


class PeopleRules(msgspec.Struct, frozen=True):
    """`idle_lock_s` seconds without an act lock the till (0: never); `pin_after_badge` asks for the PIN as well."""

    idle_lock_s: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_IDLE_LOCK_S)] = IDLE_LOCK_S
    pin_after_badge: bool = False
