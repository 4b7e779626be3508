"""The machine's own secret and the keys of its files, each wrapped with that secret.

`device.secret` is the one thing a stolen database is useless without. It lies in a 0600 file of the machine's folder,
or is given by the service manager as a credential (`$CREDENTIALS_DIRECTORY/omnitill-device-secret`).
"""

import os
from pathlib import Path

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.files import PRIVATE_MODE, write_atomic
from retail_core.trust.keys import SigningKey
from retail_core.trust.seal import KEY_BYTES, unwrap, wrap

CREDENTIAL = "omnitill-device-secret"


class Keyring:
    """Keys of one machine folder."""

    def __init__(self, folder: Path, credentials: Path | None = None) -> None:
        """`credentials`: the service manager's folder of secrets, when it gives one."""
        self._folder = folder / "keys"
        self._secret_file = (
            credentials / CREDENTIAL
            if credentials and (credentials / CREDENTIAL).exists()
            else folder / "device.secret"
        )

    def device_secret(self, *, create: bool = False) -> bytes:
        """32 bytes. Raises EnvironmentFault `key.no_device_secret` or `key.wrong_length`."""
        if create and not self._secret_file.exists():
            write_atomic(self._secret_file, os.urandom(KEY_BYTES), PRIVATE_MODE)
        try:
            secret = self._secret_file.read_bytes()
        except FileNotFoundError:
            raise EnvironmentFault("key.no_device_secret", file=self._secret_file.name) from None
        if len(secret) != KEY_BYTES:
            raise EnvironmentFault("key.wrong_length", file=self._secret_file.name)
        return secret

    def file_key(self, name: str, *, create: bool = False) -> bytes:
        """The database key of file `name`. Raises EnvironmentFault `key.missing` or `key.wrong_device`."""
        path = self._folder / f"{name}.key"
        if create and not path.exists():
            self.put_file_key(name, os.urandom(KEY_BYTES))
        try:
            return unwrap(self.device_secret(), path.read_bytes())
        except FileNotFoundError:
            raise EnvironmentFault("key.missing", file=name) from None

    def put_file_key(self, name: str, key: bytes) -> None:
        """Keep a key that came from elsewhere (a snapshot's)."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_atomic(self._folder / f"{name}.key", wrap(self.device_secret(), key), PRIVATE_MODE)

    def drop_file_key(self, name: str) -> None:
        (self._folder / f"{name}.key").unlink(missing_ok=True)

    def signing_key(self, name: str, *, create: bool = False) -> SigningKey:
        """A node's ES256 key, wrapped like the others. Raises EnvironmentFault `key.missing` or `key.wrong_device`."""
        path = self._folder / f"{name}.sign"
        if create and not path.exists():
            self._folder.mkdir(mode=0o700, exist_ok=True)
            write_atomic(path, wrap(self.device_secret(), SigningKey.new().pem.encode()), PRIVATE_MODE)
        try:
            return SigningKey.from_pem(unwrap(self.device_secret(), path.read_bytes()).decode())
        except FileNotFoundError:
            raise EnvironmentFault("key.missing", file=name) from None
