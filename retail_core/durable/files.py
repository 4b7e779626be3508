"""Small files written whole or not at all."""

import os
from pathlib import Path

PRIVATE_MODE = 0o600


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
