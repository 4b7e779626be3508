"""The agent's command line: `enrol` once, `run` for ever."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from retail_core.domain.errors import CodedError
from retail_core.durable.lock import InstanceLock
from retail_core.durable.logs import log_to
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.wire.enrolment import MAX_LINK_CHARS, EnrolmentLink, read_link
from sync_agent.admin import explain
from sync_agent.config import AgentHome

LOG = logging.getLogger("sync_agent.app")  # by its name also when run as a program


async def run_agent(home: AgentHome) -> None:
    """Run until SIGTERM or SIGINT. Raises EnvironmentFault when it cannot start."""
    from sync_agent.agent import Agent  # joining a store need not wait for the servers' libraries
    from sync_agent.storage import roles
    from sync_agent.storage.files import Files
    from sync_agent.storage.mending import mend

    config = home.config()
    lock = InstanceLock(home.lock)
    try:
        mend(home, SystemClock())
        files = await Files.open(home, config)
        try:
            while True:
                agent = Agent(home, config, SystemClock(), SystemIds(), files, await files.run(roles.read))
                for number in (signal.SIGTERM, signal.SIGINT):
                    asyncio.get_running_loop().add_signal_handler(number, agent.stop)
                await agent.run()
                if not agent.role.changed:
                    break
        finally:
            await files.close()
    finally:
        lock.release()


def main(arguments: Sequence[str] | None = None) -> int:
    """The program `omnitill-agent`. 0 when all went well, 1 with one plain line on stderr when not."""
    asked = _parser().parse_args(arguments)
    home = AgentHome(Path(asked.home))
    try:
        if asked.command == "enrol":
            from sync_agent.enrol import enrol

            settings = dict(pair.partition("=")[::2] for pair in asked.set)
            text = sys.stdin.readline(MAX_LINK_CHARS + 2) if asked.link == "-" else asked.link
            link = read_link(text) if text or asked.link else EnrolmentLink(asked.hq, asked.ca, asked.code)
            config = enrol(home, link.hq_url, link.ca_sha256, link.code, with_till=not asked.no_till, settings=settings)
            if asked.as_json:
                print_json({"store": config.store, "store_name": config.store_name, "register": config.register})
            else:
                print(
                    f"Enrolled as {config.register} of {config.store} ({config.store_name}). Start: omnitill-agent run"
                )
        elif asked.command in {"backup", "restore", "salvage"}:
            from sync_agent.commands import COMMANDS

            print(COMMANDS[asked.command](home, asked))
        else:
            if home.folder.is_dir():
                log_to(home.home.logs, "agent")
                for chatty in ("httpx", "uvicorn"):
                    logging.getLogger(chatty).setLevel(logging.WARNING)
            from sync_agent.serving import run_loop

            run_loop(run_agent(home))
    except CodedError as error:
        if logging.getLogger().handlers:
            LOG.error("%s", error, extra={"code": error.code})  # noqa: TRY400 - a named fault needs no trace
        if getattr(asked, "as_json", False):
            print_json({"code": error.code, "facts": dict(error.facts)})
        print(explain(error), file=sys.stderr)
        return 1
    return 0


def print_json(said: object) -> None:
    """One line on stdout for the program that asked."""
    print(msgspec.json.encode(said).decode())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("omnitill-agent", description="The link between this machine, its store and HQ.")
    commands = parser.add_subparsers(dest="command", required=True)
    joining = commands.add_parser("enrol", help="make this machine part of a store, with a code from HQ")
    joining.add_argument("--link", default="", help="all three in one, as HQ's page shows it; - reads it from stdin")
    joining.add_argument("--as-json", action="store_true", help="answer for a program: one line of JSON on stdout")
    joining.add_argument("--hq", default="", metavar="URL", help="address of HQ, https://…")
    joining.add_argument("--ca", default="", metavar="SHA256", help="fingerprint shown with the code")
    joining.add_argument("--code", default="", help="the one-time code")
    joining.add_argument("--no-till", action="store_true", help="an agent alone, without a till beside it")
    joining.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a value of till.toml, such as lan_port=8801"
    )
    running = commands.add_parser("run", help="run until stopped")
    copying = commands.add_parser("backup", help="copy till.db and store.db, checked, while the programs run")
    copying.add_argument("--to", type=Path, metavar="DIR", help="another folder than this machine's backups")
    back = commands.add_parser("restore", help="put store.db back from a copy, while no agent runs")
    back.add_argument("copy", type=Path, nargs="?", help="the copy (default: the newest in this machine's backups)")
    finding = commands.add_parser("salvage", help="read a lost machine's folder, and send what head office lacks")
    finding.add_argument("folder", type=Path, help="the folder on the recovered disk")
    finding.add_argument("--by", metavar="OPERATOR", help="send it: who agrees, a manager, whose PIN is asked for")
    for command in (joining, running, copying, back, finding):
        command.add_argument("--home", required=True, metavar="DIR", help="this machine's folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
