"""Value that a customer carries: a gift card, store credit, loyalty points, an account with a limit.

An instrument is a ledger of moves with ids, never a figure that is written over: its balance is the sum of its moves,
the same for every order in which they come, and a move that comes again changes nothing. HQ has all moves; a till has
what HQ said last and its own moves since. Of a till that has not heard from HQ lately no more is taken than the bound
HQ granted, so the most that can be spent twice is known beforehand.

The number on a card is as good as money, so nothing keeps it: an instrument is known by the hash of its number and
shown by its last four characters.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import CustomerId, InstrumentId
from retail_core.domain.scanned import OWN_PREFIX_CHARS, OWN_PREFIXES, CodeKind
from retail_core.domain.tender import Tender, TenderKind

MIN_CODE_CHARS, MAX_CODE_CHARS = 8, 40
TAIL_CHARS = 4
ID_CHARS = 40
MAX_AMOUNT = 10**10
MAX_STREAMS_SEEN = 64
POINTS_CURRENCY = "PTS"
_SALT = b"omnitill value 1\n"


class ValueKind(StrEnum):
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    POINTS = "points"
    ACCOUNT = "account"  # its balance is what may still be charged to it


class ValueFact(StrEnum):
    """What happened to an instrument; the event type is `value.<fact>`."""

    ISSUED = "issued"
    LOADED = "loaded"
    REDEEMED = "redeemed"
    REFUNDED = "refunded"  # went back onto it
    ADJUSTED = "adjusted"  # put right by people, up or down, or taken back with the sale that loaded it


class InstrumentState(StrEnum):
    INACTIVE = "inactive"  # a card on the shelf: it becomes money when it is sold
    ACTIVE = "active"
    LOCKED = "locked"


class ValueMoved(msgspec.Struct, frozen=True, omit_defaults=True):
    """One move of one instrument. `move_id` is its own for ever; `amount` is in the smallest unit of `currency`, which
    is `PTS` for points, and more than zero unless the move is an adjustment.
    """

    what: ValueFact
    move_id: str
    instrument: InstrumentId
    kind: ValueKind
    amount: int
    currency: str
    tail: str = ""
    sale_id: str = ""
    expires: str = ""  # YYYY-MM-DD, the last day; of an issue
    holder: CustomerId | None = None
    reason: str = ""

    @property
    def delta(self) -> int:
        """What it adds to the balance."""
        return -self.amount if self.what is ValueFact.REDEEMED else self.amount


class Instrument(msgspec.Struct, frozen=True, omit_defaults=True):
    """An instrument as HQ last published it. `seen` says how far HQ had come in each stream of this store that ever
    moved it ("node/epoch" → seq), so a till knows which of its own moves are in `balance` already.
    """

    instrument: InstrumentId
    kind: ValueKind
    balance: int
    currency: str
    state: InstrumentState = InstrumentState.ACTIVE
    expires: str = ""
    offline_limit: int = 0
    as_of_ms: int = 0
    tail: str = ""
    holder: CustomerId | None = None
    seen: Mapping[str, int] = {}


class OwnMove(msgspec.Struct, frozen=True):
    """A move this till wrote down: where it stands in the till's journal, and what it adds."""

    stream: str
    seq: int
    delta: int


class Spendable(msgspec.Struct, frozen=True):
    """What may be taken now. `balance` is HQ's less what this till took since; `as_of_ms` is 0 when HQ never said."""

    amount: int
    balance: int
    as_of_ms: int
    bounded: bool  # less than the balance, because HQ has not been heard of lately


def plain_code(code: str) -> str:
    """The bare number on a card, however it was scanned or typed. Raises `value.bad_code`."""
    text = code.strip()
    if OWN_PREFIXES.get(text[:OWN_PREFIX_CHARS].upper()) is CodeKind.GIFT_CARD:
        text = text[OWN_PREFIX_CHARS:]
    bare = text.replace(" ", "").replace("-", "").upper()
    if not (MIN_CODE_CHARS <= len(bare) <= MAX_CODE_CHARS and bare.isascii() and bare.isalnum()):
        raise RuleViolationError("value.bad_code", shortest=MIN_CODE_CHARS, longest=MAX_CODE_CHARS)
    return bare


def instrument_of(code: str) -> tuple[InstrumentId, str]:
    """The id and the last characters of the instrument with this number. Raises `value.bad_code`."""
    bare = plain_code(code)
    digest = hashlib.sha256(_SALT + bare.encode()).hexdigest()
    return InstrumentId(digest[:ID_CHARS]), bare[-TAIL_CHARS:]


def checked(move: ValueMoved) -> ValueMoved:
    """The move, if it can be one. Raises `value.bad_move`."""
    signed = move.what is ValueFact.ADJUSTED
    fits = move.move_id and move.instrument and len(move.currency) == len(POINTS_CURRENCY)
    if not fits or not (move.amount if signed else move.amount > 0) or abs(move.amount) > MAX_AMOUNT:
        raise RuleViolationError("value.bad_move", move=move.move_id[:80])
    return move


def balance_of(moves: Iterable[ValueMoved]) -> int:
    """The sum of moves, each counted once."""
    return sum({move.move_id: move.delta for move in moves}.values())


def since(known: Instrument | None, own: Iterable[OwnMove]) -> Sequence[OwnMove]:
    """Own moves that HQ had not counted yet when it published."""
    seen: Mapping[str, int] = known.seen if known else {}
    return [move for move in own if move.seq > seen.get(move.stream, 0)]


def spendable(known: Instrument | None, own: Iterable[OwnMove], *, fresh: bool) -> Spendable:
    """What may be taken from an instrument. `fresh`: HQ has been heard of just now, so its figure is today's.

    Otherwise at most the bound, less what was taken since, plus what was put on here since.
    """
    news = since(known, own)
    published, bound = (known.balance, known.offline_limit) if known else (0, 0)
    moved = sum(move.delta for move in news)
    balance = published + moved
    amount = balance if fresh else min(balance, bound + moved)
    return Spendable(max(0, amount), balance, known.as_of_ms if known else 0, amount < balance)


def check_usable(known: Instrument, currency: str, today: str) -> None:
    """Raises `value.inactive`, `value.locked`, `value.expired` or `value.other_currency`."""
    if known.state is InstrumentState.INACTIVE:
        raise RuleViolationError("value.inactive", tail=known.tail)
    if known.state is InstrumentState.LOCKED:
        raise RuleViolationError("value.locked", tail=known.tail)
    if known.expires and known.expires < today:
        raise RuleViolationError("value.expired", tail=known.tail, day=known.expires)
    if known.currency not in {currency, POINTS_CURRENCY}:
        raise RuleViolationError("value.other_currency", tail=known.tail, currency=known.currency)


def check_amount(amount: int, left: Spendable, tail: str, currency: str, kind: ValueKind = ValueKind.GIFT_CARD) -> None:
    """Raises `tender.not_positive`, `value.nothing_left`, `value.over_bound` or `value.too_little`; of an account
    `account.over_bound` or `account.over_limit`.
    """
    if amount <= 0:
        raise RuleViolationError("tender.not_positive")
    if amount <= left.amount:
        return
    over_bound = left.bounded and left.balance >= amount
    if kind is ValueKind.ACCOUNT:
        code = "account.over_bound" if over_bound else "account.over_limit"
    elif over_bound:
        code = "value.over_bound"
    else:
        code = "value.too_little" if left.amount else "value.nothing_left"
    raise RuleViolationError(code, tail=tail, left_minor=left.amount, currency=currency)


def check_points(points: int, left: Spendable) -> None:
    """Raises `tender.not_positive`, `points.over_bound` or `points.too_few`."""
    if points <= 0:
        raise RuleViolationError("tender.not_positive")
    if points > left.amount:
        over_bound = left.bounded and left.balance >= points
        raise RuleViolationError("points.over_bound" if over_bound else "points.too_few", points=left.amount)


def after(known: Instrument, moves: Sequence[ValueMoved]) -> Instrument:
    """The instrument after moves it had not counted yet: HQ's fold. An issue makes it active and says what it is."""
    for move in moves:
        if move.holder and not known.holder:
            known = msgspec.structs.replace(known, holder=move.holder)
        if move.what is ValueFact.ISSUED:
            known = msgspec.structs.replace(
                known, kind=move.kind, currency=move.currency, expires=move.expires or known.expires,
                tail=move.tail or known.tail, holder=move.holder or known.holder,
                state=InstrumentState.ACTIVE if known.state is InstrumentState.INACTIVE else known.state,
            )  # fmt: skip
        known = msgspec.structs.replace(known, balance=known.balance + move.delta)
    return known


def wrong_about(before: Instrument, move: ValueMoved, after_it: Instrument) -> str:
    """Why people must look at a move that was made, empty when all is well: what happened is never refused."""
    if move.currency != after_it.currency:
        return "value.other_currency"
    if move.what is ValueFact.REDEEMED and before.state is InstrumentState.LOCKED:
        return "value.spent_while_locked"
    back = move.kind is ValueKind.POINTS and move.what is ValueFact.ADJUSTED  # points go back with their goods
    if move.delta < 0 and after_it.balance < 0 and not back:
        return "value.overdrawn"
    if move.what is ValueFact.ISSUED and before.state is not InstrumentState.INACTIVE:
        return "value.issued_twice"
    return ""


def known_here(known: Instrument | None, issue: ValueMoved | None) -> Instrument | None:
    """What a till knows of an instrument: what HQ published, and its own issue of it that HQ may not know yet."""
    if issue is None or (known and known.state is not InstrumentState.INACTIVE):
        return known
    before = known or Instrument(issue.instrument, issue.kind, 0, issue.currency, InstrumentState.INACTIVE)
    return msgspec.structs.replace(after(before, [issue]), balance=before.balance)


VALUE_OF: Mapping[TenderKind, ValueKind] = MappingProxyType(
    {
        TenderKind.GIFT_CARD: ValueKind.GIFT_CARD,
        TenderKind.STORE_CREDIT: ValueKind.STORE_CREDIT,
        TenderKind.POINTS: ValueKind.POINTS,
        TenderKind.ACCOUNT: ValueKind.ACCOUNT,
    }
)
"""Tenders that are moves of an instrument, which their `reference` names."""
TENDER_OF: Mapping[ValueKind, TenderKind] = MappingProxyType({value: tender for tender, value in VALUE_OF.items()})


def move_of_tender(
    tender: Tender, sale_id: str, currency: str, *, active: bool, expires: str = ""
) -> ValueMoved | None:
    """What a tender of a sale moves: taken from its instrument, or given back onto it, or onto a new one (not `active`)."""
    kind = VALUE_OF.get(tender.kind)
    if kind is None:
        return None
    onto = ValueFact.REFUNDED if active or kind is ValueKind.POINTS else ValueFact.ISSUED  # points are never issued
    what = ValueFact.REDEEMED if tender.amount_minor > 0 else onto
    return ValueMoved(
        what, f"{sale_id}:t:{tender.reference}", InstrumentId(tender.reference), kind,
        tender.points or abs(tender.amount_minor), POINTS_CURRENCY if tender.points else currency, tender.tail, sale_id,
        expires if what is ValueFact.ISSUED else "",
    )  # fmt: skip


def move_of_load(
    card: InstrumentId, tail: str, amount_minor: int, sale_id: str, n: int, currency: str, *, active: bool
) -> ValueMoved:
    """What line `n` of a sale that sells or loads a gift card moves; a negative amount takes it back."""
    what = ValueFact.ADJUSTED if amount_minor < 0 else ValueFact.LOADED if active else ValueFact.ISSUED
    return ValueMoved(what, f"{sale_id}:l:{n}", card, ValueKind.GIFT_CARD, amount_minor, currency, tail, sale_id)
