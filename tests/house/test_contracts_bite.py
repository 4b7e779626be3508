"""An import rule that can't fail is worse than none: each contract catches a violation planted in a copy of the tree."""

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ("pos_app", "sync_agent", "hq_server")
PACKAGES = ("retail_core", *PROGRAMS, "tools")
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@dataclass(frozen=True)
class Plant:
    """`code` added at the end of `file` must break `contract`."""

    contract: str
    file: str
    code: str

    def __str__(self) -> str:
        return f"{self.contract}: {self.code} in {self.file}"


PLANTS = (
    Plant("programs", "pos_app/service/__init__.py", "import sync_agent.app"),
    Plant("programs", "sync_agent/app.py", "import hq_server.app"),
    Plant("programs", "hq_server/app.py", "import pos_app.till"),
    Plant("programs", "retail_core/durable/__init__.py", "import pos_app.config"),
    Plant("programs", "sync_agent/storage/__init__.py", "import tools"),
    Plant("core-layers", "retail_core/domain/__init__.py", "import retail_core.wire"),
    Plant("core-layers", "retail_core/wire/__init__.py", "import retail_core.sync"),
    Plant("core-layers", "retail_core/trust/__init__.py", "import retail_core.durable"),
    Plant("core-layers", "retail_core/sync/__init__.py", "def late() -> None: import retail_core.durable"),
    Plant("core-layers", "retail_core/stray.py", ""),
    Plant("till-layers", "pos_app/service/__init__.py", "import pos_app.ui"),
    Plant("till-layers", "pos_app/storage/__init__.py", "import pos_app.service"),
    Plant("till-layers", "pos_app/devices/__init__.py", "import pos_app.storage"),
    Plant("till-layers", "pos_app/receipts/__init__.py", "import pos_app.devices"),
    Plant("till-layers", "pos_app/stray.py", ""),
    Plant("views", "pos_app/ui/screens/sell/view.py", "import pos_app.service"),
    Plant("views", "pos_app/ui/widgets/__init__.py", "import pos_app.storage"),
    Plant("agent-layers", "sync_agent/storage/__init__.py", "import sync_agent.app"),
    Plant("agent-layers", "sync_agent/stray.py", ""),
    Plant("hq-layers", "hq_server/storage/__init__.py", "import hq_server.service"),
    Plant("hq-layers", "hq_server/service/__init__.py", "import hq_server.web"),
    Plant("hq-layers", "hq_server/stray.py", ""),
    Plant("pure", "retail_core/domain/__init__.py", "import time"),
    Plant("pure", "retail_core/domain/__init__.py", "from os import environ"),
    Plant("pure", "retail_core/wire/__init__.py", "import sqlcipher3"),
    Plant("pure", "retail_core/sync/__init__.py", "import socket"),
    Plant("pure", "pos_app/receipts/layout.py", "from PySide6.QtGui import QFont"),
    Plant("pure", "pos_app/devices/framing.py", "import serial"),
    Plant("pure", "pos_app/devices/barcode/wedge.py", "import random"),
    Plant("screen-only-in-ui", "pos_app/service/__init__.py", "from PySide6.QtCore import QObject"),
    Plant("screen-only-in-ui", "hq_server/service/__init__.py", "import PySide6"),
    Plant("sql-only-in-storage", "pos_app/service/__init__.py", "from sqlcipher3 import dbapi2"),
    Plant("sql-only-in-storage", "pos_app/ui/__init__.py", "import sqlite3"),
    Plant("sql-only-in-storage", "hq_server/service/__init__.py", "from sqlalchemy import select"),
    Plant("sockets-only-at-rims", "pos_app/service/__init__.py", "import socket"),
    Plant("sockets-only-at-rims", "pos_app/ui/__init__.py", "def late() -> None: import httpx"),
    Plant("sockets-only-at-rims", "retail_core/durable/__init__.py", "from urllib.request import urlopen"),
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package,
            copy / package,
            ignore=lambda folder, names: [n for n in names if _not_python(Path(folder) / n)],
        )
    return copy


def _not_python(path: Path) -> bool:
    return path.name == "__pycache__" or (path.is_file() and path.suffix != ".py")


def lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    only = [part for contract in contracts for part in ("--contract", contract)]
    return subprocess.run(
        [str(LINT_IMPORTS), "--no-logo", *only],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def contracts() -> list[dict[str, object]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    result = lint(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("plant", PLANTS, ids=str)
def test_a_planted_violation_is_caught(tree: Path, plant: Plant) -> None:
    file = tree / plant.file
    before = file.read_text() if file.exists() else None
    assert before is not None or plant.code == "", f"{plant.file} is gone; plant it where the rule can be broken today"
    try:
        file.write_text(f"{before or ''}\n{plant.code}\n")
        result = lint(tree, plant.contract)
    finally:
        file.unlink() if before is None else file.write_text(before)
    assert result.returncode == 1, result.stdout
    assert "0 kept, 1 broken" in result.stdout, result.stdout + result.stderr


def test_every_contract_has_a_plant() -> None:
    assert {contract["id"] for contract in contracts()} == {plant.contract for plant in PLANTS}
