"""What head office asks of its tables about points: what a receipt earned, what of it came back, what a year brought."""

import msgspec
from sqlalchemy import Connection, func, select

from hq_server.storage.tables import instrument, returned_line, sale, sale_line, value_move
from retail_core.domain.ids import CustomerId, InstrumentId
from retail_core.domain.loyalty import points_of, worth_of
from retail_core.domain.value import ValueFact


class PastPurchase(msgspec.Struct, frozen=True):
    store: str
    sale_id: str
    node: str
    worth_minor: int


class EarnedMove(msgspec.Struct, frozen=True):
    instrument: InstrumentId
    points: int
    holder: CustomerId | None


def purchase_of(conn: Connection, receipt: str) -> PastPurchase | None:
    """The sale behind a receipt; its number begins with the store that wrote it."""
    store = receipt.partition("-")[0]
    asked = select(sale.c.sale_id, sale.c.node).where(sale.c.store == store, sale.c.receipt == receipt).limit(1)
    found = conn.execute(asked).one_or_none()
    if found is None:
        return None
    lines = select(sale_line.c.amount_minor).where(sale_line.c.store == store, sale_line.c.sale_id == found.sale_id)
    return PastPurchase(store, found.sale_id, found.node, worth_of(conn.execute(lines).scalars()))


def earned(conn: Connection, store: str, move_id: str) -> EarnedMove | None:
    """The move of what a sale earned."""
    asked = (
        select(value_move.c.instrument, value_move.c.delta, instrument.c.holder)
        .join(instrument, instrument.c.instrument == value_move.c.instrument)
        .where(value_move.c.store == store, value_move.c.move_id == move_id)
    )
    found = conn.execute(asked).one_or_none()
    if found is None:
        return None
    return EarnedMove(InstrumentId(found.instrument), found.delta, CustomerId(found.holder) if found.holder else None)


def balance(conn: Connection, customer_id: CustomerId) -> int:
    """How many points a customer has."""
    asked = select(instrument.c.balance).where(instrument.c.instrument == points_of(customer_id))
    return int(conn.execute(asked).scalar_one_or_none() or 0)


def came_back(conn: Connection, receipt: str) -> int:
    """What was paid for the goods of a receipt that came back so far, in whichever store."""
    total = select(func.sum(returned_line.c.amount_minor)).where(returned_line.c.receipt == receipt)
    return -int(conn.execute(total).scalar_one() or 0)


def earned_since(conn: Connection, points: InstrumentId, since_ms: int) -> int:
    """What purchases brought a customer, less what went back with goods."""
    kinds = (ValueFact.LOADED.value, ValueFact.ADJUSTED.value)
    total = select(func.sum(value_move.c.delta)).where(
        value_move.c.instrument == points, value_move.c.at_ms >= since_ms, value_move.c.what.in_(kinds),
        value_move.c.sale_id != "",
    )  # fmt: skip
    return int(conn.execute(total).scalar_one() or 0)
