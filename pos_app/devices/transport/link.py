"""A line to a printer on which nothing waits past a deadline, whatever it is made of."""

from typing import Protocol


class Link(Protocol):
    """Raises OSError (TimeoutError among them) on any trouble; it is then closed by `close` or `abort`.

    Deadlines are on the clock's monotonic milliseconds.
    """

    bytes_out: int
    """How many bytes the other side may have; counts up until somebody sets it back."""

    @property
    def where(self) -> str:
        """For people: an address, a port, a queue."""
        ...

    @property
    def is_open(self) -> bool: ...

    def open(self, deadline_ms: int) -> None: ...

    def write(self, data: bytes, deadline_ms: int) -> None:
        """Hand all of `data` over."""
        ...

    def read(self, deadline_ms: int) -> bytes:
        """What has come, waiting for the first byte; nothing after the deadline."""
        ...

    def close(self) -> None:
        """Close; what was handed over still goes out."""
        ...

    def abort(self) -> None:
        """Close at once; what was not sent yet is dropped."""
        ...
