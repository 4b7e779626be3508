"""What each version of the programs said on the wire, kept as it was said: one folder a version under `releases`.

`pushed.json` is a till's journal with every kind of event, as a push of that version; `told.json` is what its head office
answered, pages and all; `neighbour.json` is what a machine of the store asked another, and was answered; `catalogue.zst`
is a snapshot. `python -m tests.golden.record` writes them, and never over a version that went out.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RELEASES = Path(__file__).parent / "releases"
PUSHED, TOLD, NEIGHBOUR, CATALOGUE = "pushed.json", "told.json", "neighbour.json", "catalogue.zst"
FILES = (PUSHED, TOLD, NEIGHBOUR, CATALOGUE)
HEADING = re.compile(r"^## (\d+\.\d+\.\d+)(.*)$", re.MULTILINE)
NOT_OUT = "not released yet"
FIRST = "0.1.0"


@dataclass(frozen=True)
class Release:
    """The recording of one version."""

    version: str

    @property
    def folder(self) -> Path:
        return RELEASES / self.version

    @property
    def catalogue(self) -> Path:
        return self.folder / CATALOGUE

    @cached_property
    def pushed(self) -> Mapping[str, Any]:
        return self._read(PUSHED)

    @cached_property
    def told(self) -> Mapping[str, Any]:
        return self._read(TOLD)

    @cached_property
    def neighbour(self) -> Mapping[str, Any]:
        return self._read(NEIGHBOUR)

    def lacking(self) -> list[str]:
        """Files of the recording that are not there."""
        return [name for name in FILES if not (self.folder / name).is_file()]

    def _read(self, name: str) -> Mapping[str, Any]:
        return json.loads((self.folder / name).read_text())

    def __str__(self) -> str:
        return self.version


def version_here(pyproject: str) -> str:
    """The version of the program in this folder."""
    return tomllib.loads(pyproject)["project"]["version"]


def versions_of(changelog: str) -> Mapping[str, bool]:
    """Every version of the change log, the newest first, and whether it went out."""
    return {version: NOT_OUT not in rest for version, rest in HEADING.findall(changelog)}


def here() -> str:
    return version_here((ROOT / "pyproject.toml").read_text())


def told_of() -> Mapping[str, bool]:
    return versions_of((ROOT / "CHANGELOG.md").read_text())


def recorded() -> list[Release]:
    """Every version there is a recording of."""
    return [Release(folder.name) for folder in sorted(RELEASES.iterdir()) if folder.is_dir()]
