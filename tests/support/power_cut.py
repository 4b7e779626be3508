"""Records what SQLite asks of the disk while a till sells, and makes every state a power cut could have left.

The recorder stands between SQLite and its file system layer (https://sqlite.org/vfs.html): the driver exports
`sqlite3_vfs_find`, and each file that is opened gets methods of ours for write, truncate and sync, which note the call
and pass it on. `Cut` then replays a record up to any call. What was synced by then is there; the rest is as a disk may
have it. The shared-memory index is left out, as a power cut leaves it out.
"""

import ctypes
import random
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, addressof, c_char_p, c_int, c_int64, c_void_p, cast
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from pathlib import Path

DRIVER = import_module("sqlcipher3._sqlite3")
SECTOR = 512
OK = 0


class Disk(StrEnum):
    """What a disk does with what was not synced."""

    FORGETS = "forgets"  # all of it is gone
    REORDERS = "reorders"  # any of the writes may be there, in no order
    TEARS = "tears"  # any of their sectors of 512 bytes may be


class Kind(StrEnum):
    WRITE = "write"
    TRUNCATE = "truncate"
    DELETE = "delete"
    SYNC = "sync"
    SAID = "said"  # the cashier was told


@dataclass(frozen=True)
class Call:
    """One thing asked of the disk, or one thing said to the cashier (`name`: the receipt's number)."""

    kind: Kind
    name: str
    at: int = 0
    data: bytes = b""
    synced: bool = False  # a deletion that syncs its folder


@dataclass
class Record:
    """The files as they were before, and everything asked since."""

    folder: Path
    before: dict[str, bytes]
    calls: list[Call] = field(default_factory=list)

    def said(self, receipt: str, beside: bytes) -> None:
        """Note that the cashier was told that this is paid, and what a small file that is never synced held then."""
        self.calls.append(Call(Kind.SAID, receipt, data=beside))


@dataclass(frozen=True)
class Cut:
    """The power goes before call number `at` of a record."""

    record: Record
    at: int
    disk: Disk
    seed: int

    def told(self) -> list[str]:
        """Receipts the cashier had been told of by then."""
        return [call.name for call in self.record.calls[: self.at] if call.kind is Kind.SAID]

    def beside(self) -> list[bytes]:
        """Contents the small file had until then; a disk may have any of them."""
        return [call.data for call in self.record.calls[: self.at] if call.kind is Kind.SAID]

    def leave_in(self, folder: Path) -> None:
        """Write the files as the disk has them afterwards."""
        files = {name: bytearray(data) for name, data in self.record.before.items()}
        chance = random.Random(self.seed)
        for call, safe in zip(self.record.calls, _safe(self.record.calls[: self.at]), strict=False):
            for one in [call] if safe else _left(call, self.disk, chance):
                _apply(files, one)
        for name, data in files.items():
            (folder / name).write_bytes(data)


def _safe(calls: list[Call]) -> list[bool]:
    """For each call, whether a sync of its file came after it."""
    synced, answers = set[str](), list[bool]()
    for call in reversed(calls):
        if call.kind is Kind.SYNC or (call.kind is Kind.DELETE and call.synced):
            synced.add(call.name)
        answers.append(call.name in synced)
    return answers[::-1]


def _left(call: Call, disk: Disk, chance: random.Random) -> Iterator[Call]:
    """What is left of a call nobody waited for."""
    if disk is Disk.FORGETS:
        return
    if disk is Disk.REORDERS or call.kind is not Kind.WRITE:
        if chance.random() < 0.5:
            yield call
        return
    first = -(call.at % SECTOR)
    for begin in range(first, len(call.data), SECTOR):
        if chance.random() < 0.5:
            start = max(0, begin)
            yield Call(Kind.WRITE, call.name, call.at + start, call.data[start : begin + SECTOR])


def _apply(files: dict[str, bytearray], call: Call) -> None:
    if call.kind is Kind.WRITE:
        file = files.setdefault(call.name, bytearray())
        file.extend(bytes(max(0, call.at + len(call.data) - len(file))))
        file[call.at : call.at + len(call.data)] = call.data
    elif call.kind is Kind.TRUNCATE and call.name in files:
        del files[call.name][call.at :]
    elif call.kind is Kind.DELETE:
        files.pop(call.name, None)


# ── between SQLite and the disk ──────────────────────────────────────────────────────────────────


class _Vfs(Structure):
    """sqlite3_vfs, as far as it is needed."""


# names travel as pointers: more stands behind a name than its letters, and SQLite keeps pointing to it
_OPEN = CFUNCTYPE(c_int, POINTER(_Vfs), c_void_p, c_void_p, c_int, c_void_p)
_DELETE = CFUNCTYPE(c_int, POINTER(_Vfs), c_void_p, c_int)
_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)
_Vfs._fields_ = [
    ("version", c_int), ("file_size", c_int), ("longest_path", c_int), ("next", c_void_p), ("name", c_char_p),
    ("data", c_void_p), ("open", _OPEN), ("delete", _DELETE),
]  # fmt: skip


class _Methods(Structure):
    """sqlite3_io_methods; what is only passed on is a plain pointer."""

    _fields_ = [
        ("version", c_int), ("close", c_void_p), ("read", c_void_p), ("write", _WRITE), ("truncate", _TRUNCATE),
        ("sync", _SYNC), ("others", c_void_p * 13),
    ]  # fmt: skip


@contextmanager
def recording(folder: Path, stem: str) -> Iterator[Record]:
    """Record every call on files of `folder` whose names begin with `stem`, opened from now on."""
    before = {path.name: path.read_bytes() for path in folder.glob(f"{stem}*") if not path.name.endswith("-shm")}
    between = _Between(Record(folder, before), stem)
    between.stand()
    try:
        yield between.record
    finally:
        between.leave()


class _Between:
    """Keeps alive what SQLite points to. Files that are open when it leaves must be closed before it is forgotten."""

    _kept: list["_Between"] = []  # all there ever were: SQLite may hold on to a method

    def __init__(self, record: Record, stem: str) -> None:
        self.record, self._stem = record, stem
        self._methods: dict[int, tuple[_Methods, _Methods]] = {}
        self._files: dict[int, tuple[str, _Methods]] = {}
        library = ctypes.CDLL(DRIVER.__file__)
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        self._vfs = library.sqlite3_vfs_find(None).contents
        # by address: the field itself would follow what is put in its place
        self._own = (
            cast(c_void_p(cast(self._vfs.open, c_void_p).value), _OPEN),
            cast(c_void_p(cast(self._vfs.delete, c_void_p).value), _DELETE),
        )
        self._ours = (_OPEN(self._open), _DELETE(self._delete))
        self._calls = (_WRITE(self._write), _TRUNCATE(self._truncate), _SYNC(self._sync))
        self._kept.append(self)

    def stand(self) -> None:
        self._vfs.open, self._vfs.delete = self._ours

    def leave(self) -> None:
        self._vfs.open, self._vfs.delete = self._own

    def _open(self, vfs: object, name: int | None, file: int, flags: int, out_flags: int | None) -> int:
        result = self._own[0](vfs, name, file, flags, out_flags)
        path = Path(ctypes.string_at(name).decode()) if name else Path()
        if result == OK and path.name.startswith(self._stem) and path.parent.name == self.record.folder.name:
            slot = cast(file, POINTER(c_void_p))
            true, ours = self._doubled(slot[0] or 0)
            self._files[file] = (path.name, true)
            slot[0] = addressof(ours)
        return result

    def _doubled(self, at: int) -> tuple[_Methods, _Methods]:
        """The methods SQLite gave a file, and a copy with ours in it."""
        if at not in self._methods:
            true = _Methods.from_address(at)
            ours = _Methods.from_buffer_copy(true)
            ours.write, ours.truncate, ours.sync = self._calls
            self._methods[at] = (true, ours)
        return self._methods[at]

    def _delete(self, vfs: object, name: int, sync_folder: int) -> int:
        path = Path(ctypes.string_at(name).decode())
        if path.name.startswith(self._stem):
            self.record.calls.append(Call(Kind.DELETE, path.name, synced=bool(sync_folder)))
        return self._own[1](vfs, name, sync_folder)

    def _write(self, file: int, data: int, size: int, at: int) -> int:
        name, true = self._files[file]
        self.record.calls.append(Call(Kind.WRITE, name, at, ctypes.string_at(data, size)))
        return true.write(file, data, size, at)

    def _truncate(self, file: int, size: int) -> int:
        name, true = self._files[file]
        self.record.calls.append(Call(Kind.TRUNCATE, name, size))
        return true.truncate(file, size)

    def _sync(self, file: int, flags: int) -> int:
        name, true = self._files[file]
        result = true.sync(file, flags)
        self.record.calls.append(Call(Kind.SYNC, name))
        return result
