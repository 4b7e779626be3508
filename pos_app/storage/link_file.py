"""link.db to read: opened as soon as the agent has made it, and again when the agent has put another in its place.

The agent makes a damaged link.db anew while the till sells. Until the new one can be read the old one goes on to answer.
"""

from collections.abc import Callable

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import link
from retail_core.durable.engine import Connection, open_ro
from retail_core.durable.home import Home

NOT_YET = frozenset({"db.not_ready", "db.missing", "key.missing"})


class LinkFile:
    """For one thread. `replaced` is called when another file is read than before."""

    def __init__(self, home: Home, replaced: Callable[[], None]) -> None:
        self._home, self._replaced = home, replaced
        self._conn: Connection | None = None
        self._opened = (0, 0)

    def conn(self) -> Connection | None:
        """The connection, None until there is a file. Raises EnvironmentFault for a first one that cannot be read."""
        lies_there = self._lies_there()
        if lies_there is None or (self._conn is not None and lies_there == self._opened):
            return self._conn
        try:
            fresh = self._open()
        except EnvironmentFault as fault:
            if self._conn is not None or fault.code in NOT_YET:
                return self._conn
            raise
        old, self._conn, self._opened = self._conn, fresh, lies_there
        if old is not None:
            old.close()
            self._replaced()
        return self._conn

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None

    def _lies_there(self) -> tuple[int, int] | None:
        """Device and inode; the number of an open file is given to no other."""
        try:
            found = self._home.link_db.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _open(self) -> Connection:
        path = self._home.link_db
        conn = open_ro(path, self._home.keys.file_key(path.name), any_thread=True)
        try:
            link.check_link(conn, path)
        except BaseException:
            conn.close()
            raise
        return conn
