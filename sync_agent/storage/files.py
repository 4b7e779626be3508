"""The files of one agent, their connections, and the one thread that uses them.

link.db, store.db and the current ref.db have this agent as their only writer; till.db is opened read-only and looked at
again when it was put back from a copy. Call `run` from the event loop; everything else belongs to the thread.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self, TypeVar

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import customers, link
from retail_core.durable.engine import Connection, faults, open_ro, open_rw, transaction
from retail_core.durable.home import MachineConfig
from retail_core.durable.reference import prepare_reference
from retail_core.durable.segments import History
from sync_agent.config import AgentHome
from sync_agent.storage.erasing import forget_details
from sync_agent.storage.store_tables import prepare_store

_T = TypeVar("_T")


class Files:
    """Open with `open`; close from the event loop."""

    def __init__(self, home: AgentHome, config: MachineConfig) -> None:
        self.home = home
        self.config = config
        self.link: Connection
        self.store: Connection
        self.reference: Connection | None = None
        self.reference_name = ""
        self.history: History
        """The journals in store.db with what has left it for sealed segments."""
        self._till: Connection | None = None
        self._till_history: History | None = None
        self._till_inode = 0
        self._pool = ThreadPoolExecutor(1, "agent-files")

    @classmethod
    async def open(cls, home: AgentHome, config: MachineConfig) -> Self:
        """Open or make the agent's files. Raises EnvironmentFault `db.*`, `disk.*` or `key.*`."""
        files = cls(home, config)
        try:
            await files.run(cls._open)
        except BaseException:
            await files.close()
            raise
        return files

    async def run(self, work: Callable[[Self], _T]) -> _T:
        """Do `work` on the files' thread. Driver errors that somebody can repair come out as EnvironmentFault."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._guarded, work)

    async def close(self) -> None:
        """Finish what was asked for and give the files back, checkpointed."""
        await asyncio.get_running_loop().run_in_executor(self._pool, self._close)
        self._pool.shutdown()

    # ── on the thread ────────────────────────────────────────────────────────────────────────────

    @property
    def link_path(self) -> Path:
        return self.home.home.link_db

    @property
    def store_path(self) -> Path:
        return self.home.home.store_db

    def till(self) -> Connection | None:
        """The till's journal to read, or None while there is none. Opened again when another file lies there."""
        path = self.home.home.till_db
        try:
            inode = path.stat().st_ino
        except FileNotFoundError:
            self._close_till()
            return None
        if self._till is None or inode != self._till_inode:
            self._close_till()
            try:
                opened = open_ro(path, self.home.home.keys.file_key(path.name))
            except EnvironmentFault as fault:
                if fault.code in {"db.missing", "key.missing", "db.in_use"}:  # it is being made at this moment
                    return None
                raise
            if opened.execute("PRAGMA user_version").fetchone()[0] == 0:
                opened.close()
                return None
            self._till, self._till_inode = opened, inode
            self._till_history = History(opened, path, self.home.home.keys.file_key(path.name))
        return self._till

    def till_history(self) -> History | None:
        """The till's journal with its sealed segments, or None while there is none."""
        return self._till_history if self.till() is not None else None

    def use_reference(self, name: str) -> None:
        """Make `name` the current reference file: first ours, then named to the till."""
        path = self.home.home.reference(name)
        opened = open_rw(path, self.home.home.keys.file_key(name))
        try:
            prepare_reference(opened, path)
            with transaction(self.link, self.link_path):
                link.name_reference(self.link, name)
        except BaseException:
            opened.close()
            raise
        self._close_reference()
        self.reference, self.reference_name = opened, name

    def _guarded(self, work: Callable[[Self], _T]) -> _T:
        with faults():
            return work(self)

    def _open(self) -> None:
        keys = self.home.home.keys
        self.link = open_rw(self.link_path, _key(self, "link.db"))
        link.prepare_link(self.link, self.link_path)
        self.store = open_rw(self.store_path, _key(self, "store.db"))
        prepare_store(self.store, self.store_path)
        self.history = History(self.store, self.store_path, keys.file_key("store.db"))
        forget_details(self.store, self.store_path, customers.gone(self.link))  # copies that came after the word did
        name = link.reference_name(self.link)
        if name and self.home.home.reference(name).exists():
            path = self.home.home.reference(name)
            self.reference, self.reference_name = open_rw(path, keys.file_key(name)), name
            prepare_reference(self.reference, path)

    def _close(self) -> None:
        self._close_till()
        self._close_reference()
        if hasattr(self, "history"):
            self.history.close()
        for name in ("link", "store"):
            conn: Connection | None = getattr(self, name, None)
            if conn is not None:
                _checkpointed(conn)

    def _close_till(self) -> None:
        if self._till is not None:
            if self._till_history is not None:
                self._till_history.close()
            self._till.close()
            self._till = self._till_history = None

    def _close_reference(self) -> None:
        if self.reference is not None:
            _checkpointed(self.reference)
            self.reference = None


def _key(files: Files, name: str) -> bytes:
    # a key is made with its file and never instead of one that is lost
    exists = (files.home.folder / name).exists()
    return files.home.home.keys.file_key(name, create=not exists)


def _checkpointed(conn: Connection) -> None:
    try:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        conn.close()
