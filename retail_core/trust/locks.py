"""A till that a manager of the store locked, as machines tell one another: signed by the machine whose till decided it.

Each act on a machine has the number after the one before it, so the newest is the same whatever order it is heard in.
"""

import hashlib
from collections.abc import Iterable, Mapping

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import SigningKey, b64, unb64, verify

MAX_NODES = 8
MAX_TEXT_CHARS = 80
MAX_AHEAD = 1_000
"""Nobody acts on one machine more often than this while another does not hear of it; a number beyond is no honest one."""
DIGEST_CHARS = 16
_SIGNED = b"till-lock/1\n"


class TillLock(msgspec.Struct, frozen=True):
    """One act on a machine: its nodes (the agent first), act `n`, locked or not again, why and by whom, on whose word."""

    nodes: tuple[str, ...]
    register: str
    locked: bool
    n: int
    why: str
    by: str
    at_ms: int
    origin: str  # the agent of the till where it was decided
    sig: str = ""

    @property
    def agent(self) -> str:
        return self.nodes[0]


class LockPage(msgspec.Struct, frozen=True):
    """What one machine tells another."""

    locks: tuple[TillLock, ...]


def sign_lock(key: SigningKey, lock: TillLock) -> TillLock:
    """The same with the signature of `key`."""
    return msgspec.structs.replace(lock, sig=b64(key.sign(_bytes(lock))))


def check_lock(public_text: str, lock: TillLock) -> None:
    """Raises RuleViolationError `lock.malformed` or `lock.forged`."""
    texts = (*lock.nodes, lock.register, lock.why, lock.by, lock.origin)
    if not 0 < len(lock.nodes) <= MAX_NODES or max(map(len, texts)) > MAX_TEXT_CHARS or lock.n < 1 or lock.at_ms < 0:
        raise RuleViolationError("lock.malformed")
    try:
        genuine = verify(public_text, _bytes(lock), unb64(lock.sig))
    except ValueError:
        genuine = False
    if not genuine:
        raise RuleViolationError("lock.forged")


def news(here: Mapping[str, TillLock], offered: TillLock) -> bool:
    """Whether `offered` is newer than what is known; of two at once the one that locks, on whichever machine it is asked."""
    known = here.get(offered.agent)
    if known is None:
        return offered.n <= MAX_AHEAD
    return offered.n <= known.n + MAX_AHEAD and _rank(offered) > _rank(known)


def digest(locks: Iterable[TillLock]) -> str:
    """Equal when two machines know the same; empty when there is nothing to know."""
    known = sorted((lock.agent, lock.n, lock.locked, lock.origin) for lock in locks)
    return hashlib.sha256(msgspec.json.encode(known)).hexdigest()[:DIGEST_CHARS] if known else ""


def _rank(lock: TillLock) -> tuple[int, bool, str]:
    return lock.n, lock.locked, lock.origin


def _bytes(lock: TillLock) -> bytes:
    return _SIGNED + msgspec.json.encode(msgspec.structs.replace(lock, sig=""))
