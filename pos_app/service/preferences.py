"""Choices of this till alone, such as its keys: known at once, kept across restarts, never sent anywhere."""

from collections.abc import Mapping

from pos_app.runtime.writer import Writer
from pos_app.storage import prefs
from pos_app.storage.store import TillStore
from retail_core.domain.errors import CodedError


class Preferences:
    """All methods run on the screen's thread; writing happens behind them."""

    def __init__(self, known: Mapping[str, str], writer: Writer) -> None:
        self._known = dict(known)
        self._writer = writer

    def get(self, name: str) -> str:
        """What was chosen; empty for the default."""
        return self._known.get(name, "")

    def put(self, name: str, value: str) -> None:
        """Hold from now on; an empty value takes the choice back."""
        if self.get(name) == value:
            return
        self._known[name] = value

        def work(store: TillStore) -> None:
            with store.unit() as conn:
                prefs.put_pref(conn, name, value)

        self._writer.submit(work, lambda _: None, _ignore)


def _ignore(_: CodedError) -> None:
    """The choice holds until the till is restarted; the disk's trouble is told by everything else."""
