"""What the exception report shows, ready to be painted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CashierView:
    """One row: `cells` stand below the columns, `days` is the sketch, `spoken` all of it for a screen reader."""

    name: str
    cells: tuple[str, ...]
    days: tuple[int, ...]
    spoken: str


@dataclass(frozen=True, slots=True)
class ActView:
    """One act of the chosen cashier."""

    when: str
    what: str
    detail: str
    amount: str


@dataclass(frozen=True, slots=True)
class ExceptionsState:
    """`columns` are heads of the cells; `picture` a figure a day of everybody, or of whoever is chosen."""

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[CashierView, ...] = ()
    chosen: int = 0
    picture_title: str = ""
    picture: tuple[int, ...] = ()
    picture_spoken: str = ""
    ends: tuple[str, str] = ("", "")
    acts_title: str = ""
    acts: tuple[ActView, ...] = ()
    nothing: str = ""
