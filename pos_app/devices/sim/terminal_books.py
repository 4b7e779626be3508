"""The books of a simulated card terminal: what it took, gave back and refused, each with a number of its own."""

from dataclasses import dataclass
from threading import Lock


@dataclass
class Booking:
    """One line of the terminal's own books."""

    trace: int
    receipt: int
    amount_minor: int
    refund: bool = False
    reversed: bool = False


@dataclass(frozen=True)
class Done:
    """Anything that took a number."""

    trace: int
    receipt: int
    amount_minor: int
    result: int = 0


class Books:
    """Written by the terminal and by whoever stands in front of it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self.ledger: list[Booking] = []
        self.last: Done | None = None

    @property
    def balance_minor(self) -> int:
        """What the merchant has got: payments less refunds, reversed ones not counted."""
        with self._lock:
            return sum((-1 if b.refund else 1) * b.amount_minor for b in self.ledger if not b.reversed)

    def book(self, amount_minor: int, *, refund: bool = False) -> Booking:
        with self._lock:
            done = self._number(amount_minor)
            booking = Booking(done.trace, done.receipt, amount_minor, refund)
            self.ledger.append(booking)
            return booking

    def take_back(self, booking: Booking) -> Done:
        with self._lock:
            booking.reversed = True
            return self._number(booking.amount_minor)

    def refuse(self, amount_minor: int, result: int, *, last: bool) -> Done:
        """`last`: it is what the terminal repeats when it is asked for its last doing."""
        with self._lock:
            return self._number(amount_minor, result, last=last)

    def _number(self, amount_minor: int, result: int = 0, *, last: bool = True) -> Done:
        self._count += 1
        done = Done(4000 + self._count, self._count, amount_minor, result)
        if last:
            self.last = done
        return done
