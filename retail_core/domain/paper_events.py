"""What is written when somebody wants a paper that names him: a full invoice, or the receipt by e-mail.

Name and address travel as the entry's private part (`Buyer`, `Mail`) and can be erased; the bodies carry its commitment.
"""

import re

import msgspec

from retail_core.domain.cardguard import Look, look_at
from retail_core.domain.errors import RuleViolationError

MAX_ADDRESS_CHARS = 254  # RFC 5321, 4.5.3.1.3
MAX_LINE_CHARS = 120
MAX_MAIL_CHARS = 60_000
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+\.[^@\s<>,;:\"()\[\]\\.]{2,}")


class InvoiceIssued(msgspec.Struct, frozen=True, omit_defaults=True):
    """A full invoice of a receipt, which has no other. `invoice` is counted by itself, without gaps."""

    invoice: str
    receipt: str
    currency: str
    total_minor: int
    commit: str


class MailWanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A receipt is to be sent by e-mail. The till only writes it down; HQ sends it."""

    receipt: str
    commit: str


class Buyer(msgspec.Struct, frozen=True):
    """Whom an invoice is for."""

    name: str
    street: str
    town: str
    tax_id: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """As they stand on the invoice."""
        return tuple(part for part in (self.name, self.street, self.town, self.tax_id) if part)


class Mail(msgspec.Struct, frozen=True):
    """A mail as it is to be sent."""

    to: str
    subject: str
    text: str


def checked_buyer(buyer: Buyer) -> Buyer:
    """The buyer without the space around each line. Raises RuleViolationError `invoice.incomplete`, `.too_long`, `card.*`."""
    clean = Buyer(*(part.strip() for part in (buyer.name, buyer.street, buyer.town, buyer.tax_id)))
    if not (clean.name and clean.street and clean.town):
        raise RuleViolationError("invoice.incomplete")
    _no_card(*clean.lines)
    if any(len(part) > MAX_LINE_CHARS for part in clean.lines):
        raise RuleViolationError("invoice.too_long", limit=MAX_LINE_CHARS)
    return clean


def checked_address(text: str) -> str:
    """An address a mail can be sent to, without the space around it. Raises RuleViolationError `mail.bad_address`, `card.*`."""
    address = text.strip()
    _no_card(address)
    if len(address) > MAX_ADDRESS_CHARS or not address.isprintable() or not _ADDRESS.fullmatch(address):
        raise RuleViolationError("mail.bad_address", text=address[:60])
    return address


def _no_card(*texts: str) -> None:
    """Nobody is invoiced as the number of a card, which may be in no file of ours."""
    if any(look_at(text) is Look.CARD for text in texts):
        raise RuleViolationError("card.number_refused")
