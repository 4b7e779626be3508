"""A disk so small that a test can fill it: a tmpfs of a few MiB, mounted by the test itself and taken away at its end."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.chaos.namespaces import CHECKED_ON

CHUNK = 64 * 1024


class SmallDisk:
    """Made by `small_disk`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Not a page fits any more."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (CHUNK, 4096, 1):
                try:
                    while ballast.write(bytes(size)):
                        continue
                except OSError:  # the disk is full, which is what is wanted
                    continue

    def make_room(self) -> None:
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[SmallDisk]:
    """A folder on a disk of its own. Whoever uses it must have ended when this does."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=700", "omnitill-test", str(folder))
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", str(folder))


def _run(*command: str) -> None:
    tool = shutil.which(command[0]) or shutil.which(command[0], path="/usr/bin:/bin:/usr/sbin:/sbin") or command[0]
    done = subprocess.run([tool, *command[1:]], capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        raise OSError(done.stderr.strip())


@cache
def why_not() -> str:
    """Why this machine cannot have such a disk; empty where it can. It is tried, not guessed."""
    try:
        with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder), 1):
            return ""
    except OSError as bad:
        return f"no tmpfs can be mounted here, {CHECKED_ON}: {bad}"
