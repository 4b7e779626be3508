"""Questions to the store role, by way of the agent beside this till, which reads them here."""

from retail_core.domain.claims import CLAIM_MS, ClaimKind
from retail_core.durable.engine import Connection

KEEP_MS = 600_000


def put_ask(conn: Connection, ask_id: str, kind: ClaimKind, key: str, now_ms: int) -> None:
    """Ask; older questions, which nobody waits for any more, go."""
    conn.execute("DELETE FROM claim_ask WHERE at_ms < ?", (now_ms - KEEP_MS,))
    conn.execute(
        "INSERT INTO claim_ask (ask_id, kind, key, for_ms, at_ms) VALUES (?,?,?,?,?)",
        (ask_id, kind.value, key, CLAIM_MS, now_ms),
    )
