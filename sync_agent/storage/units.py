"""Units known by their tags or serial numbers: which were sold in this store and did not come back, and which are being paid for now.

Folded from the journals the store role keeps, in the transaction that says how far each was read. Connections are
store.db's, inside the caller's transaction.
"""

from collections.abc import Callable, Collection, Mapping

import msgspec

from retail_core.domain.claims import ClaimKind, Held, Refused, Sold, decided_of_unit
from retail_core.domain.events import SaleCompleted
from retail_core.domain.tagged import unit_keys
from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step
from retail_core.wire.claim_rounds import MAX_TAKEN_TOLD, UnitsReply, UnitsRequest, UnitTold

UNIT_SOLD_STEP: Step = (  # epc: or a key that a serial number makes
    """CREATE TABLE unit_sold (
        epc TEXT PRIMARY KEY, receipt TEXT NOT NULL, n INTEGER NOT NULL, node TEXT NOT NULL, at_ms INTEGER NOT NULL)
        WITHOUT ROWID""",
    "CREATE INDEX unit_sold_line ON unit_sold (receipt, n)",
    "CREATE INDEX unit_sold_at ON unit_sold (at_ms)",
)
KEEP_UNITS_MS = 90 * 24 * 3_600_000
MAX_UNITS_KEPT = 200_000
"""Some 40 MB; what is older is head office's to see."""
UNIT = ClaimKind.RFID_UNIT


def note(
    conn: Connection, event: SaleCompleted, node: str, at_ms: int, came_back: Callable[[str], Collection[int]]
) -> None:
    """A sale of this store. `came_back` tells which lines of a receipt came back already: another till's journal may have
    been read first.
    """
    backs = [(line.back.receipt, line.back.n) for line in event.lines if line.back and line.back.receipt]
    conn.executemany("DELETE FROM unit_sold WHERE receipt = ? AND n = ?", backs)
    named = [(key, one.n) for one in event.lines if not one.back for key in unit_keys(one.sku, one.serial, one.epc)]
    if not named:
        return
    gone = came_back(event.receipt)
    sold = [(key, event.receipt, n, node, at_ms) for key, n in named if n not in gone]
    conn.executemany(
        "INSERT INTO unit_sold (epc, receipt, n, node, at_ms) VALUES (?,?,?,?,?) ON CONFLICT (epc) DO UPDATE SET"
        " receipt = excluded.receipt, n = excluded.n, node = excluded.node, at_ms = excluded.at_ms"
        " WHERE excluded.at_ms >= unit_sold.at_ms",
        sold,
    )
    conn.executemany("DELETE FROM claim WHERE kind = ? AND key = ?", [(UNIT, key) for key, _ in named])


def claim(conn: Connection, holder: str, request: UnitsRequest, now_ms: int) -> UnitsReply:
    """Give each unit to `holder` unless it was sold here or another machine has it."""
    wanted = msgspec.json.encode(request.epcs).decode()
    sold, held = _sold(conn, wanted), _held(conn, wanted)
    taken: list[UnitTold] = []
    given: dict[str, int] = {}
    for epc in request.epcs:
        said = decided_of_unit(sold.get(epc), held.get(epc), holder, request.for_ms, now_ms)
        if isinstance(said, Refused):
            taken.append(UnitTold(epc, said.by, said.receipt))
        else:
            given[epc] = said.until_ms
    _keep(conn, holder, given, now_ms)
    return UnitsReply(tuple(taken[:MAX_TAKEN_TOLD]), max(given.values(), default=now_ms) - now_ms)


def tidy(conn: Connection, now_ms: int) -> None:
    """Units sold long ago, and the oldest beyond what is kept, are forgotten."""
    conn.execute("DELETE FROM unit_sold WHERE at_ms < ?", (now_ms - KEEP_UNITS_MS,))
    conn.execute(
        "DELETE FROM unit_sold WHERE epc IN (SELECT epc FROM unit_sold ORDER BY at_ms"
        " LIMIT max(0, (SELECT count(*) FROM unit_sold) - ?))",
        (MAX_UNITS_KEPT,),
    )


def _sold(conn: Connection, wanted: str) -> Mapping[str, Sold]:
    rows = conn.execute(
        "SELECT epc, node, receipt FROM unit_sold WHERE epc IN (SELECT value FROM json_each(?))", (wanted,)
    )
    return {epc: Sold(node, receipt) for epc, node, receipt in rows}


def _held(conn: Connection, wanted: str) -> Mapping[str, Held]:
    rows = conn.execute(
        "SELECT key, holder, until_ms FROM claim WHERE kind = ? AND key IN (SELECT value FROM json_each(?))",
        (UNIT, wanted),
    )
    return {key: Held(holder, until_ms) for key, holder, until_ms in rows}


def _keep(conn: Connection, holder: str, given: Mapping[str, int], now_ms: int) -> None:
    """Write down until when each is the holder's; those of no time at all were given back."""
    conn.executemany(
        "DELETE FROM claim WHERE kind = ? AND key = ?", [(UNIT, epc) for epc, until in given.items() if until == now_ms]
    )
    conn.executemany(
        "INSERT OR REPLACE INTO claim (kind, key, holder, until_ms) VALUES (?,?,?,?)",
        [(UNIT, epc, holder, until) for epc, until in given.items() if until > now_ms],
    )
