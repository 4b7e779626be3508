"""This till's own view of orders: what HQ sent last, with the steps taken here folded over it."""

import msgspec

from retail_core.domain.fulfilment import OrderDoc
from retail_core.durable.engine import Connection


def put_order(conn: Connection, order: OrderDoc) -> None:
    """Keep the order as it is after a step taken here."""
    conn.execute(
        "INSERT OR REPLACE INTO order_here (order_id, order_v, doc) VALUES (?,?,?)",
        (order.order_id, order.order_v, msgspec.json.encode(order)),
    )


def orders_here(conn: Connection) -> dict[str, OrderDoc]:
    """Orders this till has touched, by id."""
    rows = conn.execute("SELECT order_id, doc FROM order_here")
    return {order_id: msgspec.json.decode(doc, type=OrderDoc) for order_id, doc in rows}


def code_failures(conn: Connection) -> dict[str, int]:
    """How often a wrong pickup code was given, by order."""
    return dict(conn.execute("SELECT order_id, failures FROM code_tries").fetchall())


def add_code_failure(conn: Connection, order_id: str) -> int:
    """Count one more and return the new number."""
    rows = conn.execute(
        "INSERT INTO code_tries (order_id, failures) VALUES (?, 1)"
        " ON CONFLICT (order_id) DO UPDATE SET failures = failures + 1 RETURNING failures",
        (order_id,),
    ).fetchall()
    return rows[0][0]


def newest(sent: OrderDoc | None, here: OrderDoc | None) -> OrderDoc | None:
    """HQ's copy and ours: the higher version counts; at the same version HQ's, which has more in it."""
    if sent is None or here is None:
        return sent or here
    return here if here.order_v > sent.order_v else sent
