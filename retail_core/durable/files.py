"""Small files written whole or not at all."""

import os
from pathlib import Path

PRIVATE_MODE = 0o600


def write_atomic(path: Path, data: bytes, mode: int = 0o640) -> None:
    """Replace a file durably: temporary file, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        left = memoryview(data)
        while left:  # a full disk may take only a part before it says so
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
