"""One program per file: a second till or agent on the same folder is refused."""

import fcntl
import os
from pathlib import Path

from retail_core.domain.errors import EnvironmentFault


class InstanceLock:
    """An advisory lock that the operating system gives back when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        """Raises EnvironmentFault `program.already_running`."""
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise EnvironmentFault("program.already_running", lock=path.name) from None

    def release(self) -> None:
        os.close(self._handle)
