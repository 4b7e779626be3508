"""Steps of orders that the store role has read before the step they follow, or before the order itself came from HQ."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.events import FulfilmentEvent
from retail_core.domain.shared_order import Steps
from sync_agent.storage.files import Files

MAX_STEPS = 1_000
"""In all; the oldest goes. What is missing then comes with HQ's next word on the order."""
KEEP_MS = 2 * 24 * 3_600_000


def keep(files: Files, event_id: str, step: FulfilmentEvent, now_ms: int) -> None:
    """It has its turn when the one before it comes."""
    files.store.execute(
        "INSERT OR IGNORE INTO waiting_step (event_id, order_id, order_v, at_ms, doc) VALUES (?,?,?,?,?)",
        (event_id, step.order_id, step.order_v, now_ms, msgspec.json.encode(step)),
    )


def bound(files: Files, now_ms: int) -> None:
    """Let go of what waits in vain."""
    files.store.execute(
        "DELETE FROM waiting_step WHERE at_ms < ? OR event_id NOT IN"
        " (SELECT event_id FROM waiting_step ORDER BY at_ms DESC, event_id DESC LIMIT ?)",
        (now_ms - KEEP_MS, MAX_STEPS),
    )


def orders(files: Files) -> Sequence[str]:
    """Those of which some step waits."""
    return [row[0] for row in files.store.execute("SELECT DISTINCT order_id FROM waiting_step ORDER BY order_id")]


def of(files: Files, order_id: str) -> Steps:
    """In the order in which they were read."""
    rows = files.store.execute("SELECT doc FROM waiting_step WHERE order_id = ? ORDER BY at_ms, event_id", (order_id,))
    return tuple(msgspec.json.decode(doc, type=FulfilmentEvent) for (doc,) in rows)


def reached(files: Files, order_id: str, order_v: int) -> None:
    """What leads to this version, or to an earlier one, has had its turn."""
    files.store.execute("DELETE FROM waiting_step WHERE order_id = ? AND order_v <= ?", (order_id, order_v))
