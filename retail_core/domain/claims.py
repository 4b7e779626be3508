"""A claim: "I am working on this, nobody else". Asked of the store role before a basket is taken up or an order handed over.

There are three outcomes, and each kind has its rule for the third, nobody answering:

    a pickup order       goes on; two hand-overs become an exception with its value
    this till's basket   goes on; it is at hand, and HQ sees a basket taken up twice
    another till's one   stays where it is: without the store role nobody knows whether it is still there
    a receipt's returns  go on up to what this till knows to be left; a second return becomes an exception
    a unit of its own    goes on: the customer has it in hand, and HQ sees one that was sold twice
    a value instrument   goes on within the bound HQ granted for being offline
    the store role       stays where it is: only this machine's own agent can take it
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ClaimKind(StrEnum):
    PICKUP_ORDER = "pickup_order"
    SUSPENDED_SALE = "suspended_sale"
    RECEIPT_REFUND = "receipt_refund"
    GIFT_CARD = "gift_card"
    RFID_UNIT = "rfid_unit"  # by `unit_keys`: its tag, or its serial number
    STORE_ROLE = "store_role"  # asked of the machine beside the till itself


@dataclass(frozen=True, slots=True)
class Granted:
    """Yours until `until_ms`."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody else has it; a unit may be sold already, on `receipt`."""

    by: str
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class NobodyAnswered:
    """No authority could be asked in time."""


ClaimAnswer = Granted | Refused | NobodyAnswered


CLAIM_MS = 10 * 60_000
"""How long a claim holds unless it is asked for again."""
MAX_CLAIM_MS = 15 * 60_000
"""No claim is given for longer, so one that says it holds for longer was given before a clock was put back."""
WAIT_MS = 200
"""Nobody at a counter waits longer than this for another machine."""


@dataclass(frozen=True, slots=True)
class Held:
    """A claim as it was given: by the clock of the machine that gave it."""

    holder: str
    until_ms: int


def decided(held: Held | None, asker: str, for_ms: int, now_ms: int) -> Granted | Refused:
    """What the store role answers. The holder may ask again, and for no time at all to give it back."""
    if held and held.holder != asker and now_ms < held.until_ms <= now_ms + MAX_CLAIM_MS:
        return Refused(held.holder)
    return Granted(now_ms + max(0, min(for_ms, MAX_CLAIM_MS)))


@dataclass(frozen=True, slots=True)
class Sold:
    """A unit that was sold in this store and did not come back."""

    by: str
    receipt: str


def decided_of_unit(sold: Sold | None, held: Held | None, asker: str, for_ms: int, now_ms: int) -> Granted | Refused:
    """The same for a unit of its own: what was sold is refused to everybody, by whom and on which receipt being said."""
    if sold and for_ms > 0:
        return Refused(sold.by, sold.receipt)
    return decided(held, asker, for_ms, now_ms)


Thing = tuple[ClaimKind, str]
"""What is claimed: its kind, and its own name."""


class Claims(Protocol):
    """The port services ask; `done` is told within `WAIT_MS`, if only that nobody answered."""

    def ask(self, kind: ClaimKind, key: str, done: Callable[[ClaimAnswer], None]) -> None: ...

    def ask_all(self, things: Sequence[Thing], done: Callable[[Mapping[Thing, ClaimAnswer]], None]) -> None:
        """Ask for all of them at once: however many there are, nobody waits longer than for one."""
        ...

    def give_back(self, things: Sequence[Thing]) -> None:
        """They are not needed any more. It may get lost: a claim ends by itself."""
        ...
