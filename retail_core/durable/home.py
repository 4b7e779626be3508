"""The folder of one store machine and its public configuration, `till.toml`.

Secrets are not in it: they live in `keys/` and `device.secret` (see `keyring`).
"""

import os
from pathlib import Path
from typing import Literal

import msgspec

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.files import write_atomic
from retail_core.durable.keyring import Keyring

CONFIG_NAME = "till.toml"


class MachineConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a machine must know to work. Everything after `feed_public_key` has a sensible default."""

    store: str
    store_name: str
    register: str
    role: str
    zone: str
    timezone: str
    currency: str
    till_node: str
    agent_node: str
    series: tuple[str, ...]
    hq_url: str
    ca_sha256: str
    feed_public_key: str
    store_role: bool = False
    peers: tuple[str, ...] = ()  # static "https://host:port" of other agents
    lan_host: str = "0.0.0.0"  # noqa: S104 - the LAN server is meant to be reached from the store's network
    lan_port: int = 8787
    discovery: bool = True
    discovery_interfaces: tuple[str, ...] = ()
    till_wake_port: int = 8790
    agent_wake_port: int = 8791
    health_port: int = 8792
    language: str = "en"
    theme: str = "light"
    day_starts_at_h: int = 4
    customer_display: Literal["auto", "on", "off"] = "auto"  # auto: on the second screen, when there is one
    customer_pictures: str = ""  # a folder of the shop's pictures for it
    remote_control_socket: str = ""
    disks: tuple[str, ...] = ("/media", "/run/media", "/mnt")  # where disks of lost machines are looked for
    device: tuple[dict[str, str | int | bool], ...] = ()


class Home:
    """Names of the files of one machine, and its keys."""

    training = False
    """True for the folder of a till's training, of which nothing is real."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        self.keys = Keyring(folder, Path(credentials) if credentials else None)

    @property
    def config_file(self) -> Path:
        return self.folder / CONFIG_NAME

    @property
    def till_db(self) -> Path:
        return self.folder / "till.db"

    @property
    def link_db(self) -> Path:
        return self.folder / "link.db"

    @property
    def store_db(self) -> Path:
        return self.folder / "store.db"

    @property
    def till_guard(self) -> Path:
        return self.folder / "till.guard"

    @property
    def agent_guard(self) -> Path:
        return self.folder / "agent.guard"

    @property
    def backups(self) -> Path:
        """Copies of the machine's own files."""
        return self.folder / "backups"

    @property
    def put_back_mark(self) -> Path:
        """There while till.db was put back from a copy and no new epoch has begun in it."""
        return self.folder / "till.put-back"

    def suspect(self, name: str) -> Path:
        """There when somebody met a damaged page in the file of this name."""
        return self.folder / f"{name}.suspect"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def reference(self, name: str) -> Path:
        return self.folder / name

    def config(self) -> MachineConfig:
        """Raises EnvironmentFault `config.missing` or `config.invalid` with the place of the mistake."""
        try:
            return msgspec.toml.decode(self.config_file.read_bytes(), type=MachineConfig)
        except FileNotFoundError:
            raise EnvironmentFault("config.missing", file=str(self.config_file)) from None
        except (msgspec.DecodeError, ValueError) as bad:
            raise EnvironmentFault("config.invalid", file=str(self.config_file), why=str(bad)[:300]) from bad

    def write_config(self, config: MachineConfig) -> None:
        write_atomic(self.config_file, _toml(msgspec.to_builtins(config)).encode())


def _toml(fields: dict[str, object]) -> str:
    """The few shapes a MachineConfig has, as TOML: scalars, lists of strings, and tables of devices."""
    plain = [f"{name} = {_value(value)}" for name, value in fields.items() if name != "device"]
    devices = fields.get("device") or ()
    tables = [
        "\n".join(["", "[[device]]", *(f"{name} = {_value(value)}" for name, value in table.items())])
        for table in msgspec.convert(devices, type=tuple[dict[str, object], ...])
    ]
    return "\n".join([*plain, *tables]) + "\n"


def _value(value: object) -> str:
    # a JSON string, number, boolean or list of strings is spelt the same in TOML, but for one control character
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
