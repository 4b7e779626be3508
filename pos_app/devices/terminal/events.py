"""What a card terminal tells without being asked."""

from collections.abc import Callable
from dataclasses import dataclass

from pos_app.devices.ports import PaymentOutcome


@dataclass(frozen=True)
class TerminalEvents:
    """Told on the terminal's thread: what the customer or the terminal does now (a code, the terminal's own words), and
    what became of a payment nobody was waiting for any more."""

    doing: Callable[[str, str], None] = lambda _code, _text: None
    settled: Callable[[PaymentOutcome], None] = lambda _: None


NO_EVENTS = TerminalEvents()
