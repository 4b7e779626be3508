"""The agent's command line: `enrol` once, `run` for ever."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from retail_core.domain.errors import CodedError
from retail_core.durable.lock import InstanceLock
from retail_core.durable.logs import log_to
from retail_core.durable.system import SystemClock, SystemIds
from sync_agent.admin import explain
from sync_agent.agent import Agent
from sync_agent.config import AgentHome
from sync_agent.enrol import enrol
from sync_agent.storage import roles
from sync_agent.storage.files import Files

LOG = logging.getLogger("sync_agent.app")  # by its name also when run as a program


async def run_agent(home: AgentHome) -> None:
    """Run until SIGTERM or SIGINT. Raises EnvironmentFault when it cannot start."""
    config = home.config()
    lock = InstanceLock(home.lock)
    try:
        files = await Files.open(home, config)
        try:
            while True:
                agent = Agent(home, config, SystemClock(), SystemIds(), files, await files.run(roles.read))
                for number in (signal.SIGTERM, signal.SIGINT):
                    asyncio.get_running_loop().add_signal_handler(number, agent.stop)
                await agent.run()
                if not agent.role_changed:
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
            settings = dict(pair.partition("=")[::2] for pair in asked.set)
            config = enrol(home, asked.hq, asked.ca, asked.code, with_till=not asked.no_till, settings=settings)
            print(f"Enrolled as {config.register} of {config.store} ({config.store_name}). Start: omnitill-agent run")
        else:
            if home.folder.is_dir():
                log_to(home.home.logs, "agent")
                for chatty in ("httpx", "uvicorn"):
                    logging.getLogger(chatty).setLevel(logging.WARNING)
            asyncio.run(run_agent(home))
    except CodedError as error:
        if logging.getLogger().handlers:
            LOG.error("%s", error, extra={"code": error.code})  # noqa: TRY400 - a named fault needs no trace
        print(explain(error), file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("omnitill-agent", description="The link between this machine, its store and HQ.")
    commands = parser.add_subparsers(dest="command", required=True)
    joining = commands.add_parser("enrol", help="make this machine part of a store, with a code from HQ")
    joining.add_argument("--hq", required=True, metavar="URL", help="address of HQ, https://…")
    joining.add_argument("--ca", required=True, metavar="SHA256", help="fingerprint shown with the code")
    joining.add_argument("--code", required=True)
    joining.add_argument("--no-till", action="store_true", help="an agent alone, without a till beside it")
    joining.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a value of till.toml, such as lan_port=8801"
    )
    running = commands.add_parser("run", help="run until stopped")
    for command in (joining, running):
        command.add_argument("--home", required=True, metavar="DIR", help="this machine's folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
