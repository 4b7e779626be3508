"""What is known of the machines that stood at this register before, and which of their disks are plugged in."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from retail_core.domain.errors import RuleViolationError
from retail_core.durable.copies import DAMAGED
from retail_core.durable.home import CONFIG_NAME, MachineConfig
from retail_core.durable.recovery import DiskFound, LostDoc
from retail_core.wire.recovery import SeenSeries
from sync_agent.hq_client import lost
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
from sync_agent.storage import old_disk
from sync_agent.storage.files import Files
from sync_agent.storage.seen import newest, seen_here

PATIENCE_S = 3.0
MAX_DEPTH = 4
MAX_FOLDERS = 2_000
MAX_DISKS = 12


async def look(ask_id: str, files: Files, hq: SyncClient, neighbours: Mapping[str, SyncClient]) -> LostDoc:
    """Everybody who can be asked is asked at once, and not waited for long."""
    config = files.config
    asked = await asyncio.gather(
        _seen_by(hq, config.register), *(_seen_by(client, config.register) for client in neighbours.values())
    )
    here = (await files.run(lambda files: seen_here(files, config.register))).seen
    nearby = [one for answer in asked[1:] for one in answer or ()]
    disks = await asyncio.to_thread(disks_of, config, files.home.folder)
    at_hq, in_store = asked[0], newest(*here, *nearby)
    return LostDoc(ask_id, _of_others(at_hq, config), _of_others(in_store, config) or (), disks)


def disks_of(config: MachineConfig, own: Path) -> tuple[DiskFound, ...]:
    """Folders of other machines of this store, where disks are mounted, and damaged files of this one."""
    found = [DiskFound(str(aside), config.register) for aside in sorted(own.glob(f"{DAMAGED}*"), reverse=True)]
    for folder in islice(_folders([Path(root) for root in config.disks]), MAX_FOLDERS):
        try:
            if not (folder / CONFIG_NAME).is_file():
                continue
            machine = old_disk.machine_of(folder)
        except (OSError, RuleViolationError):
            continue
        if machine.store == config.store and machine.agent_node != config.agent_node:
            found.append(DiskFound(str(folder), machine.register))
    return tuple(found[:MAX_DISKS])


def _folders(roots: Iterable[Path], depth: int = 0) -> Iterator[Path]:
    for folder in roots:
        yield folder
        if depth < MAX_DEPTH:
            try:
                below = sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
            except OSError:
                continue
            yield from _folders(below, depth + 1)


async def _seen_by(client: SyncClient, register: str) -> tuple[SeenSeries, ...] | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return (await lost.seen(client, register)).seen
    except (HopFault, TimeoutError):
        return None


def _of_others(seen: Sequence[SeenSeries] | None, config: MachineConfig) -> tuple[SeenSeries, ...] | None:
    return None if seen is None else tuple(one for one in seen if one.node != config.till_node)
