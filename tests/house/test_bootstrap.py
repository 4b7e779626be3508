"""The set-up: asks for nothing it doesn't need, says the exact line when it may not install, ends at once the second time."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AT_ONCE_S = 2.0
NO_PACKAGES = 3


def bootstrap(level: str, folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", str(folder / "packaging/bootstrap"), level],
        env={"PATH": path, "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def copy_of_the_setup(folder: Path) -> Path:
    shutil.copytree(ROOT / "packaging", folder / "packaging")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def tools(folder: Path, *programs: str) -> str:
    """A PATH with just these programs, as on a machine that has nothing else."""
    (folder / "bin").mkdir()
    for program in programs:
        (folder / "bin" / program).symlink_to(shutil.which(program) or "missing")
    return str(folder / "bin")


BASE = ("bash", "cat", "cut", "dirname", "id", "mktemp", "readlink", "rm", "sed", "sha256sum", "tail")


def test_a_second_run_is_done_at_once_and_asks_no_network() -> None:
    if not (ROOT / ".venv/.ready-dev").exists():
        pytest.skip("this machine was set up by hand, not by packaging/bootstrap dev")
    started = time.monotonic()
    done = bootstrap("dev", ROOT, os.environ["PATH"])
    if done.stderr:
        pytest.skip("the set-up had changed since it ran")
    assert done.returncode == 0
    assert time.monotonic() - started < AT_ONCE_S


def test_without_python_the_exact_line_is_printed_and_nothing_is_made(tmp_path: Path) -> None:
    folder = copy_of_the_setup(tmp_path)
    done = bootstrap("dev", folder, tools(tmp_path, *BASE))
    assert done.returncode == NO_PACKAGES
    assert "sudo apt-get update && sudo apt-get install -y --no-install-recommends python3 python3-venv" in done.stderr
    assert not (folder / ".venv").exists()


def test_an_unknown_level_is_explained(tmp_path: Path) -> None:
    done = bootstrap("everything", copy_of_the_setup(tmp_path), os.environ["PATH"])
    assert done.returncode == 2
    assert "packaging/bootstrap dev" in done.stderr
