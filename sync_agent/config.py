"""Where the agent's files lie, and the bounds of everything it queues, repeats or waits for."""

from pathlib import Path

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.home import Home, MachineConfig

AGENT_KEY = "agent"
HQ_AUDIENCE = "omnitill-hq"

POLL_TILL_MS = 1_000
"""How often the journal is looked at when no wake byte comes."""
CONNECT_TIMEOUT_S = 5.0
REQUEST_TIMEOUT_S = 30.0
LONG_POLL_S = 25
LONG_POLL_SLACK_S = 10.0
SNAPSHOT_TIMEOUT_S = 60.0
STOP_WITHIN_S = 1
GOODBYE_WITHIN_S = 0.2
"""The end of TLS is answered by whoever reads just then; a neighbour's idle line is not read, and would be waited for."""
MAX_ANSWER_BYTES = 64 * 1024
MAX_PAGE_BYTES = 24 * 1024 * 1024
MAX_SNAPSHOT_BYTES = 4 * 1024**3
MAX_EXPANDED_SNAPSHOT_BYTES = 16 * 1024**3
LEFT_FREE_BYTES = 32 * 1024 * 1024
LEFT_FREE_PARTS = 8
"""A download leaves this much of a disk to the till, weeks of sales, or an eighth of a small one."""
SERVE_WITHIN_S = 10.0
"""A neighbour that asks for a snapshot is told "not yet" when fetching it from HQ takes longer."""
PULL_LIMIT = 5_000
COPY_PATIENCE_MS = 120_000
"""A machine without the store role sends a neighbour's copy to HQ only when HQ has lacked it for so long."""
LEASE_SKEW_MS = 10_000
"""An offer is not accepted in the last moments of its lease: clocks differ."""
STATUS_EVERY_MS = 500
"""How often it is looked whether the till's lamp must hear something; what is unchanged is written every three seconds."""
TELEMETRY_EVERY_MS = 15_000
HAND_OVER_EVERY_MS = 600_000
"""How often it is looked at whether head office has the keys of all files here."""
FIND_PEERS_EVERY_MS = 10_000
GREET_PEERS_EVERY_MS = 2_000
GREETING_PATIENCE_S = 1.5
WATCH_HQ_EVERY_MS = 1_500
WATCH_IDLE_EVERY_MS = 10_000
IDLE_AFTER_MS = 300_000
WATCH_PATIENCE_S = 3.0
"""While somebody works in the store a line that is down is named within ten seconds at every till: noticed here, told in the store, written for the till."""
COUNT_EVERY_MS = 1_000
KEEP_COUNT_EVERY_MS = 60_000
"""How long head office has been silent is counted as the machine runs, and written down this often."""
WORD_OLD_MS = 35_000
"""A long poll of head office, a greeting and a moment: after that its word is not carried to this machine any more."""
ASK_HQ_EVERY_MS = 15_000
MAX_PEERS = 32
"""As many addresses are tried in one look; whoever floods the network with names only makes the round longer."""
ASK_LAN_AGAIN_S = 10.0
MAX_HEARD = 256
"""Names that zeroconf brought, true or not."""


class AgentHome:
    """The agent's own files in the machine's folder, and its configuration as it was at the start."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)

    @property
    def folder(self) -> Path:
        return self.home.folder

    @property
    def ca_pem(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "agent.crt"

    @property
    def tls_key(self) -> Path:
        """PKCS #8, encrypted with `tls_password`, because a web server's key must be a file."""
        return self.folder / "agent.tls.key"

    @property
    def tls_password(self) -> str:
        return self.home.keys.device_secret().hex()

    @property
    def lock(self) -> Path:
        return self.folder / "agent.lock"

    @property
    def salvage(self) -> Path:
        """The copy of a lost machine's files while they are read and sent."""
        return self.folder / "salvage"

    @property
    def downloads(self) -> Path:
        """Snapshots as they came, kept to serve them to other machines of the store."""
        return self.folder / "downloads"

    def config(self) -> MachineConfig:
        """Raises EnvironmentFault `config.missing`, `config.invalid` or `config.not_enrolled`."""
        config = self.home.config()
        if not config.agent_node or not self.ca_pem.exists() or not self.certificate.exists():
            raise EnvironmentFault("config.not_enrolled", home=str(self.folder))
        return config


def reference_scopes(config: MachineConfig) -> tuple[str, ...]:
    """Scopes that fill ref.db."""
    return ("catalogue", f"price:{config.zone}")


def store_scope(config: MachineConfig) -> str:
    """The scope that fills link.db."""
    return f"store:{config.store}"
