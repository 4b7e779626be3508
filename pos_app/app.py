"""`omnitill-till`: put the till together and show it. The only module that knows both the screen and the devices."""

import argparse
import logging
import os
import sys
from pathlib import Path

from pos_app.runtime.joining import is_new
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import copies
from retail_core.durable.home import Home
from retail_core.durable.lock import InstanceLock
from retail_core.durable.logs import log_to
from retail_core.durable.system import SystemClock

log = logging.getLogger(__name__)
EXIT_CANNOT_START, EXIT_TROUBLE = 3, 1


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 after a normal end, 1 when the doctor found something, 3 when the till cannot start (and says why)."""
    parser = argparse.ArgumentParser(prog="omnitill-till", description="The till of one terminal.")
    parser.add_argument(
        "what",
        nargs="?",
        choices=("run", "doctor", "backup", "restore"),
        default="run",
        help="doctor: examine the devices; backup: copy the till's file, while it sells; restore: put a copy back",
    )
    parser.add_argument(
        "--copy", type=Path, help="backup: where to; restore: which one (default: the till's own folder)"
    )
    parser.add_argument("--home", type=Path, required=True, help="folder made by `omnitill-agent enrol`")
    parser.add_argument("--fullscreen", action="store_true", help="cover the whole screen (kiosk)")
    options = parser.parse_args(arguments)
    from pos_app.ui.words import words_for_error

    home = Home(options.home)
    try:
        match options.what:
            case "doctor":
                return _doctor(home)
            case "backup":
                return _backup(home, options.copy)
            case "restore":
                return _restore(home, options.copy)
            case _:
                return _run(home, fullscreen=options.fullscreen)
    except EnvironmentFault as fault:
        log.warning("the till cannot start: %s", fault, extra={"code": fault.code})
        print(f"{words_for_error(fault)}  [{fault.code}]", file=sys.stderr)
        return EXIT_CANNOT_START


def _doctor(home: Home) -> int:
    from pos_app.devices.config import device_tables
    from pos_app.doctor import report
    from pos_app.ui.words import set_language

    config = home.config()
    set_language(config.language)
    return EXIT_TROUBLE if report(device_tables(config.device), sys.stdout) else 0


def _backup(home: Home, to: Path | None) -> int:
    home.config()  # a folder that is no till's is said
    copy, size, sealed = copies.copy_whole(home, home.till_db.name, SystemClock().now_ms(), to)
    print(f"{copy}: {size:,} bytes, checked; {sealed.files} sealed files went along")
    for name, code in sealed.bad.items():
        print(f"{name}: {code}", file=sys.stderr)
    return EXIT_TROUBLE if sealed.bad else 0


def _restore(home: Home, copy: Path | None) -> int:
    from pos_app.till import LOCK_NAME

    config, name = home.config(), home.till_db.name
    lock = InstanceLock(home.folder / LOCK_NAME)
    try:
        chosen = copy or next(iter(copies.copies_of(home, name)), None)
        if chosen is None:
            raise EnvironmentFault("backup.none", folder=str(home.backups))
        home.put_back_mark.touch()
        aside = copies.put_this_back(home, name, chosen, SystemClock().now_ms())
    finally:
        lock.release()
    print(f"{config.register} is put back from {chosen}; the replaced file is {aside}. Start the till.")
    return 0


def _run(home: Home, *, fullscreen: bool) -> int:
    if home.folder.is_dir():  # a mistyped folder is said, not made
        log_to(home.logs, "till")
    else:
        logging.basicConfig(handlers=[logging.NullHandler()])
    if is_new(home):
        from pos_app.ui.first_start import first_start

        first_start(home, fullscreen=fullscreen)
    config = home.config()  # also of a window closed before it joined, or that nobody sees: said as without a store
    # imported here so that a bad configuration is said at once, without loading a screen
    from pos_app.counter import Counter
    from pos_app.devices.config import device_tables
    from pos_app.ui.main import START_AGAIN, run

    tables = device_tables(config.device)
    given = dict(os.environ)  # Qt takes its size from there, once in the life of a program
    code = run(
        home, config, fullscreen=fullscreen, attach=lambda till, sink, tags: Counter.open(tables, till, sink, tags)
    )
    if code == START_AGAIN:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], given)  # noqa: S606 - this program again, as it was started
    return code


if __name__ == "__main__":
    sys.exit(main())
