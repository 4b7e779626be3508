"""What the agent's command line does besides enrolling and running: copies, putting one back, and a recovered disk."""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.roles import Permission, check
from retail_core.durable import copies, link
from retail_core.durable.link import StaffRow
from retail_core.durable.lock import InstanceLock
from retail_core.durable.recovery import SalvageDoc, SalvageStage
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.sync.sender import HQ_PEER
from retail_core.trust.pins import pin_matches
from sync_agent.admin import explain
from sync_agent.config import AGENT_KEY, HQ_AUDIENCE, AgentHome
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import Peer
from sync_agent.hq_client.tls import pinned_context
from sync_agent.salvage.working import Salvage
from sync_agent.storage.files import Files
from sync_agent.store_role.acceptance import Acceptance

COMMAND_LINE = "command line"
SHOWN_RECEIPTS = 20


def backup(home: AgentHome, asked: argparse.Namespace) -> str:
    """Copy what this machine has of its own."""
    home.config()
    to: Path | None = asked.to
    said: list[str] = []
    for name in copies.COPIED:
        if (home.folder / name).exists():
            copy, size, sealed = copies.copy_whole(home.home, name, SystemClock().now_ms(), to / name if to else None)
            said.append(f"{copy}: {size:,} bytes, checked; {sealed.files} sealed files went along")
            said += [f"{bad}: {code}" for bad, code in sealed.bad.items()]
    return "\n".join(said)


def restore(home: AgentHome, asked: argparse.Namespace) -> str:
    """Put store.db back. Raises EnvironmentFault `program.already_running`, `backup.none`, `db.*`."""
    home.config()
    lock = InstanceLock(home.lock)
    try:
        name = home.home.store_db.name
        copy: Path | None = asked.copy or next(iter(copies.copies_of(home.home, name)), None)
        if copy is None:
            raise EnvironmentFault("backup.none", folder=str(home.home.backups))
        aside = copies.put_this_back(home.home, name, copy, SystemClock().now_ms())
    finally:
        lock.release()
    return f"{name} is put back from {copy}; the replaced file is {aside}. The tills send again what it lacks."


def salvage(home: AgentHome, asked: argparse.Namespace) -> str:
    """Read a folder, and with `--by` send what head office lacks. While the agent runs it is the till's page that does it.

    Raises EnvironmentFault `program.already_running` and RuleViolationError `salvage.*`, `pin.wrong`, `permission.denied`.
    """
    lock = InstanceLock(home.lock)
    try:
        return asyncio.run(_salvage(home, asked.folder, asked.by or ""))
    finally:
        lock.release()


async def _salvage(home: AgentHome, folder: Path, by: str) -> str:
    config, clock, key = home.config(), SystemClock(), home.home.keys.signing_key(AGENT_KEY)
    files = await Files.open(home, config)
    try:
        manager = await files.run(lambda files: _manager(files, by)) if by else None
        nodes = await files.run(lambda files: link.read_nodes(files.link))

        async def public_keys() -> dict[str, str]:
            return {one.node_id: one.public_key for one in nodes}

        peer = Peer(HQ_PEER, config.hq_url, HQ_AUDIENCE)
        context = pinned_context(home.ca_pem.read_text())
        async with SyncClient(peer, config.agent_node, key, context, clock, SystemIds()) as hq:
            work = Salvage("", str(folder), home, config, key, hq, clock, public_keys)
            try:
                await work.read()
                if work.doc.stage is SalvageStage.READY and manager is not None:
                    await files.run(lambda files: _note(files, work.doc, manager))
                    await work.send()
            finally:
                work.close()
        return _said(work.doc)
    finally:
        await files.close()


def _manager(files: Files, operator: str) -> StaffRow:
    """Who agrees, by PIN."""
    row = next((one for one in link.read_staff(files.link) if one.operator_id == operator), None)
    if row is None:
        raise RuleViolationError("staff.unknown", operator=operator)
    check(row.role, Permission.SALVAGE)
    pin = getpass.getpass(f"PIN of {row.name}: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not pin_matches(files.home.home.keys.device_secret(), row.verifier, row.pin_salt, pin):
        raise RuleViolationError("pin.wrong", operator=operator)
    return row


def _note(files: Files, doc: SalvageDoc, manager: StaffRow) -> None:
    journal = Acceptance.open(files, SystemClock(), SystemIds())
    journal.note(AuditNoted("salvage_approved", doc.machine, doc.lacking, COMMAND_LINE), manager.operator_id)


def _said(doc: SalvageDoc) -> str:
    lines = [f"{doc.folder}: {doc.register}, {doc.entries:,} records"] if doc.entries else []
    if doc.bad:
        lines.append(f"not as it was written: {doc.bad}")
    match doc.stage:
        case SalvageStage.READY:
            lines.append(f"head office lacks {doc.lacking:,} of them: " + ", ".join(doc.receipts[:SHOWN_RECEIPTS]))
            lines.append("To send them: the same command with --by OPERATOR")
        case SalvageStage.DONE if doc.sent:
            lines.append(f"sent {doc.sent:,} records; head office lacks {doc.lacking:,} now")
        case SalvageStage.DONE:
            lines.append("head office has everything")
        case SalvageStage.KEYS_WANTED:
            lines.append(explain(RuleViolationError(doc.code, machine=doc.machine)))
        case _:
            lines.append(explain(RuleViolationError(doc.code or doc.stage.value)))
    return "\n".join(lines)


COMMANDS: Mapping[str, Callable[[AgentHome, argparse.Namespace], str]] = MappingProxyType(
    {"backup": backup, "restore": restore, "salvage": salvage}
)
