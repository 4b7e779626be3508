"""What a test may not leave behind: threads, child processes, visible windows, open files."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

GRACE_MS = 15_000
POLL_MS = 5

_shared_pids: set[int] = set()


def shared_by_the_session(pid: int) -> None:
    """Allow a child process that a session-wide fixture started and will stop."""
    _shared_pids.add(pid)


def children() -> set[int]:
    """Process ids of our living direct children; zombies count, since nobody waited for them."""
    pids: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread ended meanwhile
            pids.update(int(pid) for pid in (task / "children").read_text().split())
    return pids - _shared_pids


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if not _belongs_to_a_library(thread)}


def _belongs_to_a_library(thread: threading.Thread) -> bool:
    # hypothesis, execnet (the parallel runner) and anyio keep helpers for the whole process; so does the
    # foreign thread of an embedded runtime that once called into Python
    return isinstance(thread, threading._DummyThread) or thread.name.startswith(("execnet", "AnyIO worker", "asyncio_"))  # type: ignore[attr-defined]


def windows() -> list[str]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or not isinstance(widgets.QApplication.instance(), widgets.QApplication):
        return []
    return [
        f"{type(window).__name__} {window.objectName()!r}"
        for window in widgets.QApplication.topLevelWidgets()
        if window.isVisible()
    ]


@contextlib.contextmanager
def nothing_left_behind(grace_ms: int = GRACE_MS) -> Iterator[None]:
    """Fail when what runs at the end did not run at the start and does not end within `grace_ms`."""
    threads_before, children_before = threads(), children()
    yield
    deadline = time.monotonic() + grace_ms / 1000
    while True:
        left = [f"thread {thread.name!r}" for thread in threads() - threads_before]
        left += [f"process {pid} ({_command(pid)})" for pid in children() - children_before]
        left += [f"window {name}" for name in windows()]
        if not left:
            return
        if time.monotonic() > deadline:
            raise AssertionError("the test left behind: " + ", ".join(sorted(left)))
        time.sleep(POLL_MS / 1000)


def open_files(folder: Path) -> list[str]:
    """Files of `folder` that this process holds open: a few of each test's are more than a process may have."""
    found: list[str] = []
    for handle in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            where = handle.readlink()
            if where.is_relative_to(folder):
                found.append(str(where.relative_to(folder)))
    return sorted(found)


def _command(pid: int) -> str:
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:120]
            or "zombie"
        )
    except OSError:
        return "gone"
