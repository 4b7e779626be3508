"""What the tills of a store know of one another's drawers: who has one open since when, what was put in and taken out,
the last count, and the difference of those that are closed.

One row per drawer session, made of facts that only ever add up: the order of arrival does not matter, and a fact that comes
twice counts once. Sales are left out on purpose: each would be a row for every till of the store, and a sum over sales could
not be told from the same sales heard twice. So what should be in a drawer is known of the moments it was counted at.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar, assert_never

import msgspec

from retail_core.domain.drawer import MOVE_SIGN, MoveKind
from retail_core.domain.drawer_events import DrawerClosed, DrawerCounted, DrawerMoved, DrawerOpened
from retail_core.domain.origin import Origin

MAX_CASH_MOVES = 200
"""Of one session, the newest; a till has a few a day, and the closing has the sums of all."""
DrawerFact = DrawerOpened | DrawerMoved | DrawerCounted | DrawerClosed


class CashMove(msgspec.Struct, frozen=True):
    """Money put in or taken out beside sales. `stream` and `seq` name the fact."""

    stream: str
    seq: int
    kind: MoveKind
    minor: int


class DrawerBegun(msgspec.Struct, frozen=True, omit_defaults=True):
    stream: str
    seq: int
    at_ms: int
    by: str
    float_minor: int = 0


class DrawerCount(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last count, and what should have been there at that moment. Sales may have gone on since."""

    stream: str
    seq: int
    at_ms: int
    counted_minor: int
    expected_minor: int


class DrawerEnd(msgspec.Struct, frozen=True, omit_defaults=True):
    """The closing says everything of the session once more, so nothing else is needed then."""

    stream: str
    seq: int
    at_ms: int
    begun_ms: int
    begun_by: str
    float_minor: int = 0
    in_minor: int = 0
    out_minor: int = 0
    counted_minor: int = 0
    expected_minor: int = 0


class SharedDrawer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A drawer session as far as it was heard of. `node` is the till's; closed is closed, whatever arrives later."""

    session_id: str
    node: str = ""
    biz_date: str = ""
    begun: DrawerBegun | None = None
    moves: tuple[CashMove, ...] = ()
    count: DrawerCount | None = None
    end: DrawerEnd | None = None

    @property
    def since_ms(self) -> int:
        """0 while nobody told of its beginning."""
        return self.end.begun_ms if self.end else self.begun.at_ms if self.begun else 0

    @property
    def begun_by(self) -> str:
        return self.end.begun_by if self.end else self.begun.by if self.begun else ""

    @property
    def heard_ms(self) -> int:
        """When its till is known to have said something; 0 while only moves came."""
        return max((told.at_ms for told in (self.begun, self.count, self.end) if told), default=0)

    @property
    def newest(self) -> tuple[str, int]:
        """The stream of its newest fact and the place there; ("", 0) of a row that has none."""
        facts = (*self.moves, self.begun, self.count, self.end)
        return max((_fact(told) for told in facts if told), default=("", 0))

    @property
    def float_minor(self) -> int:
        """Change money it began with, also when that was said later."""
        if self.end:
            return self.end.float_minor
        return (self.begun.float_minor if self.begun else 0) + _sum(self.moves, (MoveKind.FLOAT,))

    @property
    def in_minor(self) -> int:
        """Put in beside sales."""
        return self.end.in_minor if self.end else _sum(self.moves, _IN)

    @property
    def out_minor(self) -> int:
        """Taken out to the safe or for the bank."""
        return self.end.out_minor if self.end else _sum(self.moves, _OUT)

    @property
    def variance_minor(self) -> int | None:
        """Of the closing, else of the last count; None before there was one."""
        told = self.end or self.count
        return told.counted_minor - told.expected_minor if told else None


_Told = TypeVar("_Told", DrawerBegun, DrawerCount, DrawerEnd)
_IN = (MoveKind.LOAN,)
_OUT = (MoveKind.DROP, MoveKind.BANK)


def _sum(moves: Sequence[CashMove], kinds: Sequence[MoveKind]) -> int:
    return sum(move.minor for move in moves if move.kind in kinds)


def drawer_told(event: DrawerFact, origin: Origin) -> SharedDrawer | None:
    """What `event` alone says of its session; None for a drawer that was opened and no money moved."""
    stream, seq, at_ms = origin.stream, origin.seq, origin.at_ms
    about = SharedDrawer(event.session_id, origin.node, origin.biz_date)
    match event:
        case DrawerOpened():
            begun = DrawerBegun(stream, seq, at_ms, origin.actor, event.float_minor)
            return msgspec.structs.replace(about, begun=begun)
        case DrawerMoved():
            move = CashMove(stream, seq, event.kind, event.amount_minor)
            return msgspec.structs.replace(about, moves=(move,)) if MOVE_SIGN[event.kind] else None
        case DrawerCounted():
            count = DrawerCount(stream, seq, at_ms, event.counted_minor, event.expected_minor)
            return msgspec.structs.replace(about, count=count)
        case DrawerClosed():
            return msgspec.structs.replace(about, end=_end(event, origin))
        case _:
            assert_never(event)


def _end(event: DrawerClosed, origin: Origin) -> DrawerEnd:
    def moved(*kinds: MoveKind) -> int:
        return sum(event.totals.moved(kind).minor for kind in kinds)

    return DrawerEnd(
        origin.stream, origin.seq, origin.at_ms, event.opened_ms, event.opened_by,
        event.float_minor + moved(MoveKind.FLOAT), moved(*_IN), moved(*_OUT), event.counted_minor, event.expected_minor,
    )  # fmt: skip


def drawer_merged(here: SharedDrawer | None, offered: SharedDrawer) -> SharedDrawer | None:
    """Both together; None when `offered` says nothing new."""
    was = here or SharedDrawer(offered.session_id)
    end = _later(was.end, offered.end)
    moves = tuple(sorted({*was.moves, *offered.moves}, key=_fact))[-MAX_CASH_MOVES:]
    now = SharedDrawer(
        was.session_id,
        max(was.node, offered.node),
        max(was.biz_date, offered.biz_date),
        None if end else _later(was.begun, offered.begun),
        () if end else moves,
        None if end else _later(was.count, offered.count),
        end,
    )
    return now if now != was else None


def is_left_behind(
    drawer: SharedDrawer, everybody: Iterable[SharedDrawer], registers: Mapping[str, str], revoked: Collection[str]
) -> bool:
    """True for an open session that nobody will close any more: its register has begun another one since, or its machine was
    taken out of use. `registers` are those of the nodes that are known.
    """
    here = registers.get(drawer.node, drawer.node)
    later = (one for one in everybody if is_later(one, drawer))
    return drawer.node in revoked or any(registers.get(one.node, one.node) == here for one in later)


def is_later(one: SharedDrawer, other: SharedDrawer) -> bool:
    """Which of two sessions of a register came after the other: told by the journal where both are in one, since a till's
    clock may have been set back between them; else by the clock.
    """
    (one_stream, one_seq), (other_stream, other_seq) = one.newest, other.newest
    return one_seq > other_seq if one_stream == other_stream else one.since_ms > other.since_ms


def _fact(told: CashMove | DrawerBegun | DrawerCount | DrawerEnd) -> tuple[str, int]:
    return told.stream, told.seq


def _later(one: _Told | None, other: _Told | None) -> _Told | None:
    """A till that was put back to an old copy may have said it twice: the later word holds."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=_fact)
