"""Who has the store role, as this machine remembers it: a take-over outlives a restart, and a later one outranks it."""

from retail_core.durable.engine import transaction
from retail_core.sync.storerole import StoreRole
from sync_agent.storage.files import Files


def read(files: Files) -> StoreRole:
    """What was decided last; at first what the configuration says."""
    row = files.store.execute("SELECT has, generation FROM store_role").fetchone()
    return StoreRole(bool(row[0]), row[1]) if row else StoreRole(files.config.store_role)


def put(files: Files, role: StoreRole) -> None:
    with transaction(files.store, files.store_path):
        files.store.execute(
            "INSERT OR REPLACE INTO store_role (one, has, generation) VALUES (1, ?, ?)", (role.has, role.generation)
        )
