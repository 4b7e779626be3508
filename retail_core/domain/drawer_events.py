"""Facts about a drawer: opened, moved, counted, closed; and the close of a till's day."""

import msgspec

from retail_core.domain.drawer import MoveKind, Pieces, SessionTotals


class DrawerOpened(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session begins. `by_itself`: a sale found none open; nobody has said what is in the drawer."""

    session_id: str
    drawer: str
    currency: str
    float_minor: int
    pieces: tuple[Pieces, ...] = ()
    by_itself: bool = False


class DrawerMoved(msgspec.Struct, frozen=True, omit_defaults=True):
    """The drawer was opened beside a sale. The amount is never negative; the kind says which way it went.

    `by` approved it when the operator alone may not.
    """

    session_id: str
    drawer: str
    kind: MoveKind
    amount_minor: int
    reason: str
    by: str = ""


class DrawerCounted(msgspec.Struct, frozen=True, omit_defaults=True):
    """One blind count, the first or a further one."""

    session_id: str
    drawer: str
    round: int
    counted_minor: int
    expected_minor: int
    pieces: tuple[Pieces, ...] = ()


class DrawerClosed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session is over; this is its Z report. `z_number` counts without a gap in its series."""

    session_id: str
    drawer: str
    series: str
    z_number: int
    currency: str
    opened_ms: int
    opened_by: str
    float_minor: int
    counted_minor: int
    expected_minor: int
    totals: SessionTotals
    reason: str = ""
    by: str = ""
    unpaid: int = 0  # baskets that were open or suspended; they live on

    @property
    def variance_minor(self) -> int:
        return self.counted_minor - self.expected_minor


class DayClosed(msgspec.Struct, frozen=True, omit_defaults=True):
    """A till's business date, over all its sessions so far. A later `n` of the same date replaces the earlier."""

    drawer: str
    biz_date: str
    n: int
    currency: str
    z_numbers: tuple[str, ...]
    totals: SessionTotals
    variance_minor: int = 0
