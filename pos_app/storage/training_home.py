"""Where training happens: files of its own below the till's folder, beside everything the agent brings.

A training till sells from the real catalogue to made-up customers. Its till.db, keys, guard and series are its own and the
agent knows nothing of them, so that no training sale can go anywhere.
"""

from pathlib import Path

import msgspec

from pos_app.storage.prefs import prefs_of
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.keyring import Keyring
from retail_core.trust.keys import SigningKey

FOLDER = "training"
SERIES = ("TR", *(f"TR{n}" for n in range(2, 10)))
"""Receipt numbers of training; head office grants no such series to any till."""


class TrainingKeys(Keyring):
    """Own keys for own files; what the agent brings is read with the till's."""

    def __init__(self, real: Keyring, folder: Path) -> None:
        super().__init__(folder)
        self._real = real

    def device_secret(self, *, create: bool = False) -> bytes:
        return self._real.device_secret(create=create)

    def file_key(self, name: str, *, create: bool = False) -> bytes:
        return super().file_key(name, create=create) if name == "till.db" else self._real.file_key(name, create=create)

    def signing_key(self, name: str, *, create: bool = False) -> SigningKey:
        """A key nobody has certified: what it signs is good in no store."""
        return super().signing_key(name, create=True)


class TrainingHome(Home):
    """The folder of a till's training. `real` is the till's own."""

    training = True

    def __init__(self, real: Home) -> None:
        super().__init__(real.folder / FOLDER)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.keys = TrainingKeys(real.keys, self.folder)
        self._real = real

    @property
    def link_db(self) -> Path:
        return self._real.link_db

    @property
    def logs(self) -> Path:
        return self._real.logs

    def reference(self, name: str) -> Path:
        return self._real.reference(name)

    def preferences(self) -> dict[str, str]:
        """What was chosen for the till: a trainee learns its keys and its colours, not others."""
        return prefs_of(self._real)

    def config(self) -> MachineConfig:
        """The till's configuration under another node and another series."""
        real = self._real.config()
        return msgspec.structs.replace(real, till_node=f"{real.till_node}-{FOLDER}", series=SERIES)
