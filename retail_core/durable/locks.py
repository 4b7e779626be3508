"""Tills that a manager locked, as link.db has them: the agent writes, the till beside it reads."""

from collections.abc import Iterable, Mapping

import msgspec

from retail_core.durable.engine import Connection
from retail_core.durable.link import put_document
from retail_core.trust.locks import TillLock

LOCK = "lock"


def read_locks(conn: Connection) -> Mapping[str, TillLock]:
    """The newest act on each machine that was ever locked, by its agent's node."""
    rows = conn.execute("SELECT key, doc FROM document WHERE kind = ?", (LOCK,))
    return {key: msgspec.json.decode(doc, type=TillLock) for key, doc in rows}


def put_locks(conn: Connection, locks: Iterable[TillLock]) -> None:
    """Inside the caller's transaction."""
    for lock in locks:
        put_document(conn, LOCK, lock.agent, msgspec.json.encode(lock))
