"""`omnitill-till`: put the till together and show it. The only module that knows both the screen and the devices."""

import argparse
import logging
import sys
from pathlib import Path

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.home import Home
from retail_core.durable.logs import log_to

log = logging.getLogger(__name__)
EXIT_CANNOT_START, EXIT_TROUBLE = 3, 1


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 after a normal end, 1 when the doctor found something, 3 when the till cannot start (and says why)."""
    parser = argparse.ArgumentParser(prog="omnitill-till", description="The till of one terminal.")
    parser.add_argument("what", nargs="?", choices=("run", "doctor"), default="run", help="doctor: examine the devices")
    parser.add_argument("--home", type=Path, required=True, help="folder made by `omnitill-agent enrol`")
    parser.add_argument("--fullscreen", action="store_true", help="cover the whole screen (kiosk)")
    options = parser.parse_args(arguments)
    from pos_app.ui.words import words_for_error

    home = Home(options.home)
    try:
        return _doctor(home) if options.what == "doctor" else _run(home, fullscreen=options.fullscreen)
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


def _run(home: Home, *, fullscreen: bool) -> int:
    if home.folder.is_dir():  # a mistyped folder is said, not made
        log_to(home.logs, "till")
    else:
        logging.basicConfig(handlers=[logging.NullHandler()])
    config = home.config()
    # imported here so that a bad configuration is said at once, without loading a screen
    from pos_app.counter import Counter
    from pos_app.devices.config import device_tables
    from pos_app.ui.main import run

    tables = device_tables(config.device)
    return run(
        home, config, fullscreen=fullscreen, attach=lambda till, sink, tags: Counter.open(tables, till, sink, tags)
    )


if __name__ == "__main__":
    sys.exit(main())
