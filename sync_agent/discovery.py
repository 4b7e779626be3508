"""Neighbours of the same store found by zeroconf. Only a hint: anybody on the network can announce anything.

Whoever is found here still has to show a certificate of our CA with the name of one of our store's nodes (see
`hq_client.tls.name_of_neighbour`) before it gets a single byte.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Self

import ifaddr
import msgspec
from zeroconf import (
    BadTypeInNameException,
    InterfaceChoice,
    IPVersion,
    NonUniqueNameException,
    ServiceStateChange,
    Zeroconf,
)
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from sync_agent.config import MAX_PEERS

SERVICE = "_tillsync._tcp.local."
RESOLVE_TIMEOUT_MS = 2_000
MAX_ADDRESSES = 4
LOG = logging.getLogger(__name__)


class Announcement(msgspec.Struct, frozen=True):
    """What an agent says of itself."""

    node: str
    store: str
    role: str  # "store" when it has the store role, else "agent"
    term: str
    port: int


class Neighbour(msgspec.Struct, frozen=True):
    """Somebody who says so."""

    urls: tuple[str, ...]
    role: str


class Discovery:
    """Announces this agent and remembers who else does, at most `MAX_PEERS`."""

    def __init__(self, zeroconf: AsyncZeroconf, own: Announcement, changed: Callable[[], None]) -> None:
        self._zeroconf = zeroconf
        self._heard = changed
        self._own = own
        self._found: dict[str, Neighbour] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._browser: AsyncServiceBrowser | None = None

    @classmethod
    async def open(cls, own: Announcement, interfaces: Sequence[str], changed: Callable[[], None]) -> Self | None:
        """`changed` is called when somebody new is heard. None when this machine has no usable network: static addresses and HQ remain."""
        chosen = list(interfaces) or InterfaceChoice.Default
        try:
            found = cls(AsyncZeroconf(interfaces=chosen, ip_version=IPVersion.V4Only), own, changed)
            await found._start(interfaces)
        except (OSError, NonUniqueNameException, BadTypeInNameException) as down:
            LOG.warning("neighbours cannot be searched: %s", down, extra={"code": "discovery.off"})
            return None
        return found

    @property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """Whoever claims the store role first."""
        return tuple(sorted(self._found.values(), key=lambda one: one.role != "store"))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._browser:
            await self._browser.async_cancel()
        await self._zeroconf.async_close()

    async def _start(self, interfaces: Sequence[str]) -> None:
        own = self._own
        addresses = [socket.inet_aton(one) for one in (interfaces or own_addresses())][:MAX_ADDRESSES]
        info = AsyncServiceInfo(
            SERVICE,
            f"{own.node}.{SERVICE}",
            addresses=addresses,
            port=own.port,
            properties={"store": own.store, "role": own.role, "term": own.term},
            server=f"{own.node}.local.",
        )
        await self._zeroconf.async_register_service(info)  # pyright: ignore[reportUnknownMemberType] - a bare Awaitable
        self._browser = AsyncServiceBrowser(self._zeroconf.zeroconf, SERVICE, handlers=[self._changed])

    def _changed(self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        if name.startswith(self._own.node):
            return
        if state_change is ServiceStateChange.Removed:
            self._found.pop(name, None)
        elif len(self._tasks) < MAX_PEERS:
            task = asyncio.ensure_future(self._resolve(zeroconf, name))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _resolve(self, zeroconf: Zeroconf, name: str) -> None:
        info = AsyncServiceInfo(SERVICE, name)
        if not await info.async_request(zeroconf, RESOLVE_TIMEOUT_MS):
            return
        said = {
            key.decode(errors="replace"): (value or b"").decode(errors="replace")[:60]
            for key, value in info.properties.items()
        }
        urls = tuple(
            f"https://{address}:{info.port}" for address in info.parsed_addresses(IPVersion.V4Only)[:MAX_ADDRESSES]
        )
        if said.get("store") == self._own.store and urls and (name in self._found or len(self._found) < MAX_PEERS):
            self._found[name] = Neighbour(urls, said.get("role", ""))
            self._heard()


def own_addresses() -> list[str]:
    """This machine's private IPv4 addresses, loopback last."""
    found = [
        str(address.ip) for adapter in ifaddr.get_adapters() for address in adapter.ips if isinstance(address.ip, str)
    ]
    private = [one for one in found if ipaddress.ip_address(one).is_private]
    return sorted(dict.fromkeys(private), key=lambda one: ipaddress.ip_address(one).is_loopback)
