"""What every operation of HQ stands on, made once by the composition root and handed to each."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from hq_server.service.home import HqHome
from hq_server.storage.database import Database
from retail_core.domain.clock import Clock
from retail_core.domain.ids import IdSource
from retail_core.trust.keys import SigningKey

AUDIENCE = "omnitill-hq"
TODAY = "today"  # topic: something on the Today page changed


@dataclass(frozen=True, slots=True)
class Hq:
    """Database, clock, ids, chance and keys of one HQ process."""

    home: HqHome
    database: Database
    clock: Clock
    ids: IdSource
    rand: Callable[[int], bytes]
    key: SigningKey  # signs feed pages, passes, tokens and HQ's own facts
    ca_key: SigningKey
    ca_pem: str
    secret: bytes  # the machine's own; pickup codes are drawn from it
    generation: str  # changes when the database is put back from a backup


def sha256(data: str | bytes) -> bytes:
    """SHA-256 of bytes, or of a text as UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).digest()
