"""Small files written whole or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from retail_core.domain.errors import EnvironmentFault

PRIVATE_MODE = 0o600
_DISK_FAULTS = MappingProxyType({errno.ENOSPC: "disk.full", errno.EDQUOT: "disk.full", errno.EIO: "disk.failing"})


@contextmanager
def disk_faults(path: Path) -> Iterator[None]:
    """Say of a disk that is full or failing what it is: EnvironmentFault `disk.full` or `disk.failing`."""
    try:
        yield
    except OSError as bad:
        code = _DISK_FAULTS.get(bad.errno or 0)
        if code is None:
            raise
        raise EnvironmentFault(code, file=path.name) from bad


def room_left(path: Path) -> tuple[int, int]:
    """(bytes that may still be written, bytes in all) of the disk `path` lies on."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize


def write_whole(path: Path, data: bytes, mode: int = 0o640) -> None:
    """Replace a file so that a reader or a kill sees the old or the new one; a power cut may bring the old one back."""
    handle, temporary = _open_new(path, mode)
    try:
        _write_all(handle, data)
    finally:
        os.close(handle)
    temporary.replace(path)


def write_atomic(path: Path, data: bytes, mode: int = 0o640) -> None:
    """Replace a file durably: temporary file, fsync, rename, fsync of the folder."""
    handle, temporary = _open_new(path, mode)
    try:
        _write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _open_new(path: Path, mode: int) -> tuple[int, Path]:
    temporary = path.with_name(f".{path.name}.new")
    return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), temporary


def _write_all(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:  # a full disk may take only a part before it says so
        left = left[os.write(handle, left) :]
