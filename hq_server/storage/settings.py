"""Groups of settings as HQ keeps them: for each place only what was said, so that defaults may still change."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from hq_server.storage import bulk, catalogue
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Unit
from hq_server.storage.tables import setting_group
from retail_core.domain.errors import RuleViolationError

Groups = dict[str, dict[str, Any]]


def put_groups(unit: Unit, store: str, groups: Mapping[str, Mapping[str, object]]) -> None:
    """Keep these groups as they are given; an empty one is forgotten."""
    rows = [
        {"store": store, "name": name, "doc": msgspec.json.encode(given).decode()} for name, given in groups.items()
    ]
    bulk.put(unit, setting_group, rows)
    gone = [name for name, given in groups.items() if not given]
    unit.conn.execute(delete(setting_group).where(setting_group.c.store == store, setting_group.c.name.in_(gone)))


def groups_of(conn: Connection, store: str) -> Groups:
    rows = conn.execute(select(setting_group).where(setting_group.c.store == store).order_by(setting_group.c.name))
    return {row.name: msgspec.json.decode(row.doc, type=dict[str, Any]) for row in rows}


def place_with_groups(conn: Connection, store: str) -> tuple[PlaceRow, Groups]:
    """Raises RuleViolationError `place.unknown`."""
    found = catalogue.place_of(conn, store)
    if found is None:
        raise RuleViolationError("place.unknown", place=store[:40])
    return found, groups_of(conn, store)
