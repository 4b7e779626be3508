"""`omnitill-hq`: make an HQ, run it, and talk to a running one.

omnitill-hq init  --home DIR [--database URL] [--name HOST …]
omnitill-hq serve --home DIR [--database URL] [--host H] [--port N] [--workers N]
omnitill-hq backup  --home DIR [--to FILE]                  a checked copy, while HQ runs
omnitill-hq restore --home DIR [COPY | --database URL]      HQ put back; the stores send again what it lacks
omnitill-hq admin --home DIR [--url URL] COMMAND …          the same routes everybody uses, over HTTPS with a token
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hq_server.service.home import HqHome
from hq_server.web import admin
from hq_server.web.words import message
from retail_core.domain.errors import CodedError, EnvironmentFault
from retail_core.durable.lock import InstanceLock
from retail_core.durable.logs import JsonLines
from retail_core.durable.system import SystemClock, SystemIds

EXIT_OK, EXIT_REFUSED, EXIT_FAULT = 0, 1, 2
DEFAULT_PORT = 8443
DATABASE_VARIABLE = "OMNITILL_DATABASE"
log = logging.getLogger("hq_server")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0: done; 1: refused by a rule; 2: the surroundings failed. One plain line says which and why."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except EnvironmentFault as fault:
        return _say(fault, EXIT_FAULT)
    except CodedError as refused:
        return _say(refused, EXIT_REFUSED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="omnitill-hq", description="Head office: orders, stock, master data, pages.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    init = commands.add_parser("init", help="make an HQ: keys, certificates, database, first administrator")
    init.add_argument("--name", action="append", default=[], help="a host name or address people reach HQ by")
    init.set_defaults(run=_init)
    run = commands.add_parser("serve", help="run it")
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--port", type=int, default=DEFAULT_PORT)
    run.add_argument("--workers", type=int, default=1, help="server processes, about one a processor core (default: 1)")
    run.set_defaults(run=_serve)
    for command in (init, run):
        command.add_argument("--home", type=Path, required=True, help="HQ's folder")
        command.add_argument(
            "--database", default=os.environ.get(DATABASE_VARIABLE), help="postgresql://… (default: embedded)"
        )
    copying = commands.add_parser("backup", help="copy the embedded database, while HQ runs")
    copying.add_argument("--to", type=Path, help="the copy's file (default: a new one in HQ's folder, 14 are kept)")
    copying.set_defaults(run=_backup)
    back = commands.add_parser("restore", help="put HQ back from a copy; the stores send again what it lacks")
    back.add_argument(
        "copy", type=Path, nargs="?", help="the copy (not on PostgreSQL, which was put back by its own tools)"
    )
    back.set_defaults(run=_restore)
    for command in (copying, back):
        command.add_argument("--home", type=Path, required=True, help="HQ's folder")
    back.add_argument(
        "--database", default=os.environ.get(DATABASE_VARIABLE), help="postgresql://… (default: embedded)"
    )
    talk = commands.add_parser("admin", help="talk to a running HQ")
    admin.add_commands(talk)
    talk.set_defaults(run=admin.run)
    return parser


def _init(options: argparse.Namespace) -> int:
    from hq_server.service import setup  # a question of `admin` need not wait for the server's libraries

    made = setup.init(options.home, options.database, options.name, SystemClock(), SystemIds())
    out = [f"HQ is ready in {options.home}", f"CA fingerprint (SHA-256): {made.ca_sha256}"]
    if made.password:
        out += [
            f"Sign in as {made.user} with the password {made.password}",
            f"API token of the administrator: {made.token_file}",
        ]
    sys.stdout.write("\n".join(out) + "\n")
    return EXIT_OK


def _backup(options: argparse.Namespace) -> int:
    from hq_server.service import backups

    copy, size = backups.back_up_hq(HqHome.of(options.home), SystemClock(), options.to)
    sys.stdout.write(
        f"{copy}: {size:,} bytes, checked. It needs the keys in {options.home} to be read; keep those apart.\n"
    )
    return EXIT_OK


def _restore(options: argparse.Namespace) -> int:
    from hq_server.service import backups, setup

    home = HqHome.of(options.home)
    home.check()
    lock = InstanceLock(home.lock)
    try:
        if options.database:
            hq = setup.open_hq(home, options.database, SystemClock(), SystemIds())
            try:
                backups.begin_generation(hq.database, SystemIds())
            finally:
                hq.database.close()
            said = "The stores will be asked for everything this database lacks."
        elif options.copy is None:
            raise EnvironmentFault("backup.no_copy_named")
        else:
            aside = backups.restore_hq(home, options.copy, SystemClock(), SystemIds())
            said = f"HQ is put back. The replaced database is {aside}. Start HQ: the stores send again what it lacks."
    finally:
        lock.release()
    sys.stdout.write(said + "\n")
    return EXIT_OK


def _serve(options: argparse.Namespace) -> int:
    _log_json_lines()
    home = HqHome.of(options.home)
    home.check()
    from hq_server.web.serving import Serving  # a question of `admin` need not wait for the server's libraries

    lock = None if options.database else InstanceLock(home.lock)
    try:
        Serving(home, options.database, options.host, options.port, options.workers).run()
    finally:
        if lock is not None:
            lock.release()
    return EXIT_OK


def _log_json_lines() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def _say(error: CodedError, exit_code: int) -> int:
    sys.stderr.write(f"{message(error.code, error.facts)} [{error.code}]\n")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
