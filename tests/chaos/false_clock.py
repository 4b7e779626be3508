"""A machine whose clock can be set while its programs run: libfaketime reads the time they are shown from a file."""

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.chaos.namespaces import CHECKED_ON

LIBRARIES = tuple(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
TRUE = "+0"


class FalseClock:
    """What the machine's wall clock shows; running time goes on as it does."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(TRUE)

    def set(self, to: str) -> None:
        """`+1d`, `-1h`, or `@2038-01-20 00:00:00`, from which it runs on. Seen at once by every program."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{to}\n")
        draft.replace(self._file)

    @property
    def environment(self) -> Mapping[str, str]:
        """For the machine's programs."""
        return {
            "LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC",
        }  # fmt: skip


@cache
def why_not() -> str:
    """Why clocks cannot be set here; empty where they can. It is tried, not guessed."""
    if not LIBRARIES:
        return f"no libfaketime here, {CHECKED_ON}"
    shown = subprocess.run(
        [sys.executable, "-c", "import time; print(time.gmtime().tm_year)"], capture_output=True, text=True, check=False,
        env={**os.environ, "LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME": "@2038-01-20 00:00:00"},
    )  # fmt: skip
    return "" if shown.stdout.strip() == "2038" else f"libfaketime does nothing here, {CHECKED_ON}: {shown.stderr}"
