"""What is committed runs on any machine: it names nobody's folders and no private host."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
# put together here, so that this file doesn't name them itself
MACHINE = re.compile(
    "|".join(
        [
            r"/wo" + r"rk/",
            r"/ho" + r"me/\w",
            r"/ro" + r"ot/",
            r"/Us" + r"ers/\w",
            r"/tm" + r"p/[a-z]+_?[a-z]*jobs",
            r"[Cc]:\\\\",
        ]
    )
)
BINARY = {".ttf", ".woff2", ".png", ".jpg", ".ico", ".db", ".zst", ".parquet", ".gz", ".mo", ".pdf", ".wav"}


def committed_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_committed_file_names_a_folder_of_one_machine() -> None:
    found = []
    for path in committed_files():
        if path.suffix in BINARY:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if MACHINE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    assert not found, "\n".join(found)


def test_scripts_can_be_started() -> None:
    for name in (".ci/run", "packaging/bootstrap", "packaging/lock"):
        assert (ROOT / name).stat().st_mode & 0o111, name
