"""Prebuilt reference databases: which there are, and how one is filled."""

from pathlib import Path

import msgspec
from sqlalchemy import Connection, Row, delete, select

from hq_server.storage import bulk, catalogue, feed
from hq_server.storage.database import Unit
from hq_server.storage.tables import snapshot
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import engine, reference
from retail_core.durable.taxes import TaxDoc, put_tax
from retail_core.wire.messages import SnapshotManifest

SCHEMA = len(reference.REFERENCE_STEPS)
FEWER = "*fewer"  # beside the cursors of a snapshot that somebody said may have fewer items; no scope is called so


class Built(msgspec.Struct, frozen=True):
    """A snapshot without the key, which is sealed to whoever asks."""

    manifest: SnapshotManifest
    made_ms: int


def newest(conn: Connection, zone: str, generation: str) -> Built | None:
    asked = (
        select(snapshot)
        .where(snapshot.c.zone == zone, snapshot.c.generation == generation, snapshot.c.schema == SCHEMA)
        .order_by(snapshot.c.made_ms.desc())
        .limit(1)
    )
    return _built(conn.execute(asked).one_or_none())


def snapshot_of(conn: Connection, id_: str) -> Built | None:
    return _built(conn.execute(select(snapshot).where(snapshot.c.id == id_)).one_or_none())


def add(unit: Unit, built: Built) -> None:
    manifest = built.manifest
    row = {
        "id": manifest.id, "zone": manifest.zone, "file": manifest.file, "size": manifest.size,
        "sha256": manifest.sha256, "schema": manifest.schema, "generation": manifest.generation,
        "cursors": msgspec.json.encode(manifest.cursors | ({FEWER: 1} if manifest.fewer_on_purpose else {})).decode(),
        "signature": manifest.signature,
        "made_ms": built.made_ms,
    }  # fmt: skip
    bulk.insert_new(unit, snapshot, [row])


def older_than(conn: Connection, zone: str, made_ms: int) -> list[SnapshotManifest]:
    """Snapshots of a zone made before a moment."""
    asked = select(snapshot).where(snapshot.c.zone == zone, snapshot.c.made_ms < made_ms)
    return [built.manifest for row in conn.execute(asked) if (built := _built(row))]


def remove(unit: Unit, id_: str) -> None:
    unit.conn.execute(delete(snapshot).where(snapshot.c.id == id_))


def fill(conn: Connection, path: Path, key: bytes, zone: str, generation: str) -> dict[str, int]:
    """Write a whole reference file of one consistent view; returns the cursors it stands for. The file is closed, whole."""
    scopes = (feed.CATALOGUE, feed.price_scope(zone))
    cursors = {scope: feed.head_of(conn, scope) for scope in scopes}
    made = engine.open_rw(path, key, any_thread=True)
    try:
        reference.prepare_reference(made, path)
        with engine.transaction(made, path):
            for _, tax in feed.every_doc(conn, feed.CATALOGUE, "tax", TaxDoc):
                put_tax(made, tax)
            reference.load_items(made, catalogue.every_item(conn))
            for rev, price in feed.every_doc(conn, scopes[1], "price", reference.PriceDoc):
                reference.put_price(
                    made, rev, price
                )  # a basket begun on another file still finds its prices by revision
            for scope, rev in cursors.items():
                reference.set_cursor(made, scope, rev, generation)
        made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        made.close()
    return cursors


def check(path: Path, key: bytes) -> None:
    """Go through a whole reference file. Raises EnvironmentFault `db.damaged`."""
    conn = engine.open_ro(path, key, any_thread=True)
    try:
        with engine.faults(path):
            if not reference.is_whole(conn):
                raise EnvironmentFault("db.damaged", file=path.name)
    finally:
        conn.close()


def _built(row: Row[tuple[object, ...]] | None) -> Built | None:
    if row is None:
        return None
    cursors = msgspec.json.decode(row.cursors, type=dict[str, int])
    fewer = bool(cursors.pop(FEWER, 0))
    manifest = SnapshotManifest(
        row.id, row.zone, row.file, row.size, row.sha256, row.schema, row.generation, cursors, "", row.signature, fewer
    )
    return Built(manifest, row.made_ms)
