"""Who has the store role: what a machine makes of what it hears from its neighbours. No I/O.

Take-overs are counted. The later one wins, of two at once the one with the higher node id; whoever hears of one gives the
role up. A manager can only take it over from a machine that gives no answer. A term of head office outranks every take-over
that the store made without it: terms lie `TERM_STEP` apart in the same count.
"""

import msgspec

TERM_STEP = 1 << 16
"""More take-overs than a store makes between two terms."""
NOBODY = (-1, "")
"""What is heard when no neighbour has the role."""


class StoreRole(msgspec.Struct, frozen=True):
    """`generation` counts take-overs in the store, as far as this machine has heard of any."""

    has: bool
    generation: int = 0


def heard_of(mine: StoreRole, node: str, highest: tuple[int, str]) -> StoreRole | None:
    """The role of the machine `node` from now on, when `highest` (generation, node) is the newest holder among its
    neighbours; None when nothing changes.
    """
    generation, _ = highest
    if mine.has:
        return StoreRole(has=False, generation=generation) if highest > (mine.generation, node) else None
    return StoreRole(has=False, generation=generation) if generation > mine.generation else None


def appointed(mine: StoreRole, node: str, term: int, holder: str) -> StoreRole | None:
    """The role of the machine `node` when head office says who has it in this term; None when it knows already."""
    generation = term * TERM_STEP
    return StoreRole(has=holder == node, generation=generation) if generation > mine.generation else None


def taken_over(mine: StoreRole, highest: tuple[int, str]) -> StoreRole:
    """The role after a take-over from whoever does not answer."""
    return StoreRole(has=True, generation=max(mine.generation, highest[0]) + 1)
