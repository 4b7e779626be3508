"""What a sale moves of gift cards, credit, points and accounts, in the sale's own transaction. On the writer's thread.

The sale is durable with its moves or not at all, so nothing needs to be undone: what was only put on the Pay screen never
moved anything. Each move has an id of its own made from its sale, and is checked here against everything this till took.
"""

from collections.abc import Mapping

import msgspec

from pos_app.storage import value
from pos_app.storage.store import TillStore
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted
from retail_core.domain.ids import InstrumentId
from retail_core.domain.shared import SharedValue
from retail_core.domain.value import (
    Instrument,
    InstrumentState,
    Spendable,
    ValueMoved,
    check_amount,
    check_usable,
    known_here,
    move_of_load,
    move_of_tender,
    spendable,
)


class Wallet(msgspec.Struct, frozen=True):
    """What HQ last published of the instruments a sale names. `fresh`: HQ has been heard of just now.

    `credit_expires`: the last day of store credit given now, empty for none. `in_store`: what the store's tills moved.
    """

    known: Mapping[InstrumentId, Instrument] = {}
    fresh: bool = False
    credit_expires: str = ""
    in_store: Mapping[InstrumentId, SharedValue] = {}


NO_WALLET = Wallet()


def book(
    store: TillStore, sale: SaleCompleted, tails: Mapping[InstrumentId, str], wallet: Wallet, operator_id: str
) -> dict[str, int]:
    """Journal and keep every move of a sale, inside `unit()`; the balances left, by instrument.

    `tails`: the last characters of gift cards sold. Raises `value.*`; then nothing of the sale is written.
    """
    left: dict[str, int] = {}
    for tender in sale.tenders:
        ref = InstrumentId(tender.reference)
        active = _active(store, wallet, ref) if tender.amount_minor < 0 else True
        move = move_of_tender(tender, sale.sale_id, sale.currency, active=active, expires=wallet.credit_expires)
        if move:
            left[ref] = _move(store, move, wallet, sale.currency, operator_id)
    for line in sale.lines:
        if line.card is not None:
            move = move_of_load(
                line.card, tails.get(line.card, ""), line.amount_minor, sale.sale_id, line.n, sale.currency,
                active=_active(store, wallet, line.card),
            )  # fmt: skip
            left[line.card] = _move(store, move, wallet, sale.currency, operator_id)
    return left


def note(store: TillStore, move: ValueMoved, wallet: Wallet, operator_id: str) -> int:
    """A move that is a fact whatever is left, once; the balance after it."""
    _, left = look(store, wallet, move.instrument)
    if value.known(store.conn, move.move_id):
        return left.balance
    value.put(store.conn, store.append(move, operator_id).entry, move)
    return left.balance + move.delta


def look(store: TillStore, wallet: Wallet, ref: InstrumentId) -> tuple[Instrument | None, Spendable]:
    """What this till knows of an instrument, issues in this store included, and what may be taken from it now."""
    own, issue = value.of(store.conn, ref)
    published, told = wallet.known.get(ref), wallet.in_store.get(ref, SharedValue(ref))
    moves = dict.fromkeys([*own, *told.moves])  # the store may know own moves that an old copy of this file has not
    return known_here(published, issue or told.issue), spendable(published, moves, fresh=wallet.fresh)


def _active(store: TillStore, wallet: Wallet, ref: InstrumentId) -> bool:
    known, _ = look(store, wallet, ref)
    return known is not None and known.state is not InstrumentState.INACTIVE


def _move(store: TillStore, move: ValueMoved, wallet: Wallet, currency: str, operator_id: str) -> int:
    known, left = look(store, wallet, move.instrument)
    if value.known(store.conn, move.move_id):
        return left.balance
    if move.delta < 0:
        if known is None:
            raise RuleViolationError("value.unknown")
        check_usable(known, currency, store.biz_date(store.now_ms()))
        check_amount(-move.delta, left, known.tail, known.currency, known.kind)
    entry = store.append(move, operator_id).entry
    value.put(store.conn, entry, move)
    return left.balance + move.delta
