"""What is asked of head office, or of a neighbour, about machines that were lost."""

import hashlib
from typing import TypeVar

import msgspec

from retail_core.domain.errors import EnvironmentFault
from retail_core.trust.keys import SigningKey, b64, unb64
from retail_core.trust.seal import KEY_BYTES, seal, unseal
from retail_core.wire.recovery import AskedIds, LackedIds, ReleasedKeys, SealedKey, SealedKeys, SeenReceipts
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault

_T = TypeVar("_T")


async def seen(client: SyncClient, register: str) -> SeenReceipts:
    """The last receipt of every number series of a register, as this peer has it. Raises HopFault."""
    return _decoded(await client.asked("GET", "/v1/seen", params={"register": register}), SeenReceipts)


async def lacking(client: SyncClient, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Those of at most 500 facts that head office does not have. Raises HopFault."""
    content = msgspec.json.encode(AskedIds(ids))
    return _decoded(await client.asked("POST", "/v1/lacking", content=content), LackedIds).ids


async def hand_over(client: SyncClient, keys: SealedKeys) -> None:
    """Give head office this machine's keys, sealed to it. Raises HopFault."""
    await client.asked("POST", "/v1/sealed-keys", content=msgspec.json.encode(keys))


async def released(client: SyncClient, node: str, own: SigningKey) -> dict[str, tuple[bytes, ...]]:
    """Keys of another machine's files by name. Raises HopFault, `key.not_released` until an administrator agreed."""
    given = _decoded(await client.asked("GET", "/v1/released-keys", params={"node": node}), ReleasedKeys)
    found: dict[str, tuple[bytes, ...]] = {}
    for one in given.keys:
        try:
            key = unseal(own, unb64(one.sealed))
        except (ValueError, EnvironmentFault) as bad:
            raise HopFault("hop.bad_answer", why="a key that is not for us") from bad
        found[one.file] = (*found.get(one.file, ()), key)
    return found


def sealed_for(public_key: str, file: str, key: bytes) -> SealedKey:
    """A file's key as only the holder of `public_key` can read it."""
    assert len(key) == KEY_BYTES
    return SealedKey(file, hashlib.sha256(key).hexdigest(), b64(seal(public_key, key)))


def _decoded(text: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(text, type=kind)
    except UNREADABLE as bad:
        raise HopFault("hop.bad_answer", why=str(bad)[:100]) from bad
