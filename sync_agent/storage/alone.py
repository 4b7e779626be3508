"""How long this machine has been without head office's word, so that a restart does not forget it."""

from retail_core.durable.engine import transaction
from retail_core.sync.alone import Kept
from sync_agent.storage.files import Files


def read(files: Files) -> Kept | None:
    """None on a machine that never counted."""
    row = files.store.execute("SELECT said_ms, silent_ms, wall_ms FROM alone").fetchone()
    return Kept(*row) if row else None


def put(files: Files, kept: Kept) -> None:
    with transaction(files.store, files.store_path):
        files.store.execute(
            "INSERT OR REPLACE INTO alone (one, said_ms, silent_ms, wall_ms) VALUES (1, ?, ?, ?)",
            (kept.said_ms, kept.silent_ms, kept.wall_ms),
        )
