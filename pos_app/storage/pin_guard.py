"""Wrong PINs and the lock they lead to. The lock survives restarts and does not care what the clock says."""

import msgspec

from retail_core.durable.engine import Connection

MAX_FAILURES = 10
LOCK_MS = 30 * 60 * 1000


class PinGuard(msgspec.Struct, frozen=True):
    """`lock_left_ms` counts down only while the program runs."""

    failures: int = 0
    lock_left_ms: int = 0


def read_guard(conn: Connection) -> PinGuard:
    row = conn.execute("SELECT failures, lock_left_ms FROM pin_guard").fetchone()
    return PinGuard(*row) if row else PinGuard()


def put_guard(conn: Connection, guard: PinGuard) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO pin_guard (one, failures, lock_left_ms) VALUES (1, ?, ?)",
        (guard.failures, guard.lock_left_ms),
    )


def after_failure(guard: PinGuard) -> PinGuard:
    """One more wrong PIN; the tenth locks for half an hour."""
    failures = guard.failures + 1
    return PinGuard(failures, LOCK_MS if failures >= MAX_FAILURES else 0)


def after_waiting(guard: PinGuard, passed_ms: int) -> PinGuard:
    """The lock after so much running time; a lock that ran out forgives the failures."""
    if not guard.lock_left_ms:
        return guard
    left = max(0, guard.lock_left_ms - max(0, passed_ms))
    return PinGuard(guard.failures if left else 0, left)
