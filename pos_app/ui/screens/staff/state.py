"""What the staff page shows, ready to be painted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonView:
    """One member of staff. `here` is what is said of them at this till; `now` when they are signed in."""

    name: str
    role: str
    here: str
    signs_in_by: str
    now: bool = False


@dataclass(frozen=True, slots=True)
class StaffState:
    """`lock` says that PINs are locked, and for how long; empty while they are not."""

    people: tuple[PersonView, ...] = ()
    lock: str = ""
    unlock: str = ""  # words of the button beside it
    nobody: str = ""
