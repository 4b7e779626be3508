"""The newest figures of each machine: how it is, as it says itself. Kept beside everything else and needed by nothing."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import node_figures


class NodeFigures(msgspec.Struct, frozen=True):
    """What a machine said at `at_ms`, by HQ's clock."""

    store: str
    node: str
    at_ms: int
    figures: Mapping[str, int]


def put_figures(unit: Unit, said: NodeFigures) -> None:
    """Replace what this machine said before."""
    doc = msgspec.json.encode(said.figures).decode()
    bulk.put(unit, node_figures, [{"store": said.store, "node": said.node, "at_ms": said.at_ms, "doc": doc}])


def figures_of(conn: Connection, store: str | None) -> Sequence[NodeFigures]:
    """Of every machine, or of those of one store."""
    asked = select(node_figures).order_by(node_figures.c.store, node_figures.c.node)
    if store is not None:
        asked = asked.where(node_figures.c.store == store)
    rows = conn.execute(asked)
    return [
        NodeFigures(row.store, row.node, row.at_ms, msgspec.json.decode(row.doc, type=dict[str, int])) for row in rows
    ]
