"""What a machine asks for when another one is lost, replaced, or found again on an old disk."""

from typing import Annotated

import msgspec

MAX_IDS_ASKED = 500
MAX_FILES_SEALED = 8
_ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
_Blob = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class SeenSeries(msgspec.Struct, frozen=True):
    """The last receipt of one number series that somebody has a copy of, and which machine wrote it."""

    node: str
    series: str
    receipt: str
    counter: int
    at_ms: int


class SeenReceipts(msgspec.Struct, frozen=True):
    """Of every series of one register, as head office or a machine of the store has it."""

    register: str
    seen: tuple[SeenSeries, ...] = ()


class AskedIds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of these facts do you lack?"""

    ids: Annotated[tuple[_ShortText, ...], msgspec.Meta(max_length=MAX_IDS_ASKED)]


class LackedIds(msgspec.Struct, frozen=True):
    """Those of the ids asked for that the receiver does not have."""

    ids: tuple[str, ...]


class SealedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file's key that only head office can open. `check` is SHA-256 of the key: it tells one key from another."""

    file: _ShortText
    check: _ShortText
    sealed: _Blob


class SealedKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of one machine's files, handed over by its agent."""

    keys: Annotated[tuple[SealedKey, ...], msgspec.Meta(max_length=MAX_FILES_SEALED)]


class ReleasedKeys(msgspec.Struct, frozen=True):
    """Keys of a lost machine's files, sealed anew to whoever asked: by file, every key it was ever known to have."""

    node: str
    keys: tuple[SealedKey, ...]
