"""Customers as HQ keeps them: details in one document that can be emptied, words of consent as they came, keys to find."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Row, delete, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import coupon_use, customer, customer_consent, customer_directory, customer_store, private
from retail_core.domain.coupons import SaleCoupon
from retail_core.domain.customers import Consent, Customer, Purpose, Wanted, keys_of, with_consent
from retail_core.domain.ids import CustomerId

ABOVE_ALL = "\U0010ffff"
FIRST_LOOKED_AT = 5_000


class CustomerRow(msgspec.Struct, frozen=True):
    """A customer and where they belong. `made_store` and `made_event`: the till's fact that made them, if one did."""

    customer: Customer
    home_store: str
    made_store: str = ""
    made_event: str = ""
    erased: bool = False
    changed_ms: int = 0


def put(unit: Unit, row: CustomerRow) -> None:
    """Write the details and the keys they are found by; consents come from `say`."""
    customer_id = row.customer.customer_id
    stored = {
        "customer_id": customer_id, "doc": msgspec.json.encode(row.customer).decode(), "home_store": row.home_store,
        "made_store": row.made_store, "made_event": row.made_event, "erased": row.erased, "changed_ms": row.changed_ms,
    }  # fmt: skip
    bulk.put(unit, customer, [stored])
    unit.conn.execute(delete(customer_directory).where(customer_directory.c.customer_id == customer_id))
    keys = () if row.erased else keys_of(row.customer)
    bulk.insert_new(unit, customer_directory, [{"key": key, "customer_id": customer_id} for key in keys])


def say(unit: Unit, customer_id: str, event_id: str, said: Consent) -> None:
    """Keep one word of consent; the same one twice is one."""
    row = {
        "customer_id": customer_id, "event_id": event_id, "purpose": said.purpose.value, "given": said.given,
        "text_version": said.text_version, "at_ms": said.at_ms,
    }  # fmt: skip
    bulk.insert_new(unit, customer_consent, [row])


def bought(unit: Unit, customer_id: str, store: str, at_ms: int) -> None:
    """Note where a customer was last."""
    bulk.put(unit, customer_store, [{"customer_id": customer_id, "store": store, "seen_ms": at_ms}])


def forget(unit: Unit, row: CustomerRow) -> None:
    """Take away what can be told of a person; the number, and what was said of consent, stay."""
    customer_id = row.customer.customer_id
    put(unit, msgspec.structs.replace(row, customer=Customer(customer_id, ""), erased=True))
    made = (private.c.store == row.made_store) & (private.c.id == row.made_event)
    unit.conn.execute(delete(private).where(made))
    unit.conn.execute(delete(customer_store).where(customer_store.c.customer_id == customer_id))


def find(conn: Connection, customer_id: str) -> CustomerRow | None:
    """The customer with the consents that hold."""
    found = conn.execute(select(customer).where(customer.c.customer_id == customer_id)).one_or_none()
    return _row(conn, found) if found else None


def stores_of(conn: Connection, customer_id: str, since_ms: int, limit: int) -> Sequence[str]:
    """Where a customer bought since, the latest first."""
    rows = conn.execute(
        select(customer_store.c.store)
        .where(customer_store.c.customer_id == customer_id, customer_store.c.seen_ms >= since_ms)
        .order_by(customer_store.c.seen_ms.desc(), customer_store.c.store)
        .limit(limit)
    )
    return rows.scalars().all()


def holders(conn: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Who has each of these keys, of those that somebody has."""
    found: dict[str, str] = {}
    for start in range(0, len(keys), bulk.MAX_IN):
        part = keys[start : start + bulk.MAX_IN]
        rows = conn.execute(select(customer_directory).where(customer_directory.c.key.in_(part)))
        found.update({row.key: row.customer_id for row in rows})
    return found


def search(conn: Connection, asked: Sequence[Wanted], limit: int) -> Sequence[CustomerRow]:
    """The first who fit, those of the first question before those of the next."""
    found: dict[str, None] = {}
    for question in asked:
        first, *others = question.starts
        if question.whole:
            fitting = list(holders(conn, [first]).values())
        else:
            fitting = _beginning(conn, first, FIRST_LOOKED_AT if others else limit)
            for other in others:
                fits = set(_beginning(conn, other, FIRST_LOOKED_AT))
                fitting = [customer_id for customer_id in fitting if customer_id in fits]
        found.update(dict.fromkeys(fitting))
    rows = (find(conn, customer_id) for customer_id in list(found)[:limit])
    return [row for row in rows if row]


def use_coupon(unit: Unit, store: str, sale_id: str, coupon: SaleCoupon, at_ms: int) -> tuple[str, str] | None:
    """Note a use of a single print; the store and the sale that had it before, if it was another one."""
    here = (coupon_use.c.code == coupon.code) & (coupon_use.c.serial == coupon.serial)
    first = unit.conn.execute(select(coupon_use).where(here)).one_or_none()
    if first is not None:
        return (first.store, first.sale_id) if first.sale_id != sale_id else None
    row = {"code": coupon.code, "serial": coupon.serial, "store": store, "sale_id": sale_id, "at_ms": at_ms}
    bulk.insert_new(unit, coupon_use, [row])
    return None


def _beginning(conn: Connection, start: str, limit: int) -> list[str]:
    here = (customer_directory.c.key >= start) & (customer_directory.c.key < start + ABOVE_ALL)
    asked = select(customer_directory.c.customer_id).where(here).order_by(customer_directory.c.key).limit(limit)
    return list(conn.execute(asked).scalars())


def _row(conn: Connection, row: Row[tuple[object, ...]]) -> CustomerRow:
    said: tuple[Consent, ...] = ()
    words = select(customer_consent).where(customer_consent.c.customer_id == row.customer_id)
    for one in conn.execute(words.order_by(customer_consent.c.at_ms, customer_consent.c.event_id)):
        said = with_consent(said, Consent(Purpose(one.purpose), one.given, one.text_version, one.at_ms))
    doc = msgspec.json.decode(row.doc, type=Customer)
    known = msgspec.structs.replace(doc, customer_id=CustomerId(row.customer_id), consents=said)
    return CustomerRow(known, row.home_store, row.made_store, row.made_event, row.erased, row.changed_ms)
