"""How a till's devices are: one row of till.db that the till writes now and then and its agent reads. Losing it loses nothing."""

import msgspec

from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step
from retail_core.wire.devices import DevicesSaid

DEVICE_STATE_STEP: Step = (
    """CREATE TABLE device_state (
        one INTEGER PRIMARY KEY CHECK (one = 1), at_ms INTEGER NOT NULL, doc BLOB NOT NULL)""",
)


def put_devices(conn: Connection, said: DevicesSaid, now_ms: int) -> None:
    """Inside the till's transaction."""
    doc = msgspec.json.encode(said)
    conn.execute("INSERT OR REPLACE INTO device_state (one, at_ms, doc) VALUES (1,?,?)", (now_ms, doc))


def devices_said(conn: Connection) -> tuple[int, DevicesSaid] | None:
    """When, and what; None while the till has said nothing, or is an older program or a newer one nobody here can read."""
    if conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'device_state'").fetchone() is None:
        return None
    row = conn.execute("SELECT at_ms, doc FROM device_state").fetchone()
    try:
        return (row[0], msgspec.json.decode(row[1], type=DevicesSaid)) if row else None
    except msgspec.DecodeError:
        return None
