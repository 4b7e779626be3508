"""HQ's folder (0700): keys wrapped with its own secret, its CA, the server's certificate, the embedded database.

One HQ process per folder when the database is the embedded one; the lock is given back however the process ends.
"""

import os
from pathlib import Path
from typing import Self

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.keyring import Keyring

DATABASE_KEY = "hq.db"
HQ_KEY = "hq"
CA_KEY = "ca"


class HqHome:
    """Names of the files of one HQ."""

    def __init__(self, folder: Path, credentials: Path | None = None) -> None:
        self.folder = folder
        self.keys = Keyring(folder, credentials)

    @classmethod
    def of(cls, folder: Path) -> Self:
        """With the service manager's folder of secrets, when it gives one."""
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        return cls(folder, Path(credentials) if credentials else None)

    @property
    def database(self) -> Path:
        return self.folder / "hq.db"

    @property
    def lock(self) -> Path:
        return self.folder / "hq.lock"

    @property
    def ca_pem(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def server_certificate(self) -> Path:
        return self.folder / "server.crt"

    @property
    def server_key(self) -> Path:
        return self.folder / "server.key"

    @property
    def admin_token(self) -> Path:
        """Where `init` leaves the first API token, mode 0600."""
        return self.folder / "admin.token"

    @property
    def snapshots(self) -> Path:
        return self.folder / "snapshots"

    @property
    def backups(self) -> Path:
        """Where `backup` puts its copies when it is told no other place."""
        return self.folder / "backups"

    def check(self) -> None:
        """Raises EnvironmentFault `hq.not_initialised`."""
        if not self.ca_pem.exists() or not self.server_certificate.exists():
            raise EnvironmentFault("hq.not_initialised", home=str(self.folder))
