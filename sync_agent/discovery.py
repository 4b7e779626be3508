"""Neighbours of the same store found by zeroconf. Only a hint: anybody on the network can announce anything.

Whoever is found here still has to show a certificate of our CA with the name of one of our store's nodes (see
`hq_client.tls.name_of_neighbour`) before it gets a single byte.
"""

import asyncio
import ipaddress
import logging
import random
import socket
from collections.abc import Callable, Sequence

import ifaddr
import msgspec
from zeroconf import (
    BadTypeInNameException,
    DNSQuestionType,
    InterfaceChoice,
    IPVersion,
    NonUniqueNameException,
    ServiceStateChange,
    Zeroconf,
)
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from retail_core.sync.backoff import after_failure
from sync_agent.config import ASK_LAN_AGAIN_S, MAX_HEARD

SERVICE = "_tillsync._tcp.local."
RESOLVE_TIMEOUT_MS = 2_000
RESOLVE_TRIES = 3
MAX_ADDRESSES = 4
LOG = logging.getLogger(__name__)


class Announcement(msgspec.Struct, frozen=True):
    """What an agent says of itself."""

    node: str
    store: str
    role: str  # "store" when it has the store role, else "agent"
    term: str
    port: int

    @property
    def name(self) -> str:
        return f"{self.node}.{SERVICE}"


class Neighbour(msgspec.Struct, frozen=True):
    """Somebody who says so."""

    urls: tuple[str, ...]
    role: str


class Discovery:
    """Announces this agent and remembers who else does, at most `MAX_HEARD`. Run with `run`.

    Datagrams get lost, and a network may come up after the agent: the search begins anew every `ASK_LAN_AGAIN_S`, so
    that whoever was not heard is asked for again.
    """

    def __init__(self, own: Announcement, interfaces: Sequence[str], changed: Callable[[], None]) -> None:
        """`changed` is called when somebody new is heard. Without `interfaces` the machine's usual network is used."""
        self._own, self._interfaces, self._told = own, tuple(interfaces), changed
        self._found: dict[str, Neighbour] = {}
        self._heard: dict[str, asyncio.Task[None]] = {}  # with the task that asks for its address

    @property
    def neighbours(self) -> tuple[Neighbour, ...]:
        """Whoever claims the store role first."""
        return tuple(sorted(self._found.values(), key=lambda one: one.role != "store"))

    async def run(self) -> None:
        """Until cancelled. While this machine has no usable network, static addresses and HQ remain."""
        failures = 0
        while True:
            addresses = self._addresses()
            try:
                async with asyncio.TaskGroup() as tasks:
                    line = AsyncZeroconf(
                        interfaces=list(self._interfaces) or InterfaceChoice.Default, ip_version=IPVersion.V4Only
                    )
                    try:
                        await self._announce(line, addresses)
                        failures = 0
                        await self._listen(line, tasks, addresses)
                    finally:
                        await self._end(line)
            except* (OSError, NonUniqueNameException, BadTypeInNameException) as down:
                failures += 1
                LOG.warning("neighbours cannot be searched: %s", down.exceptions[0], extra={"code": "discovery.off"})
            await asyncio.sleep(after_failure(failures, 0, random.random()) / 1000)  # noqa: S311 - jitter

    async def _announce(self, line: AsyncZeroconf, addresses: Sequence[str]) -> None:
        own = self._own
        info = AsyncServiceInfo(
            SERVICE,
            own.name,
            addresses=[socket.inet_aton(one) for one in addresses],
            port=own.port,
            properties={"store": own.store, "role": own.role, "term": own.term},
            server=f"{own.node}.local.",
        )
        # the name is a node's id: nobody is asked whether it is free, so nobody can deny it to us
        await line.async_register_service(  # pyright: ignore[reportUnknownMemberType] - a bare Awaitable
            info, cooperating_responders=True
        )

    async def _listen(self, line: AsyncZeroconf, tasks: asyncio.TaskGroup, addresses: Sequence[str]) -> None:
        """Until this machine's addresses change. A new browser tells of everybody known and asks for the others."""

        # zeroconf calls it with these names
        def changed(
            zeroconf: Zeroconf,
            service_type: str,  # noqa: ARG001 - see above
            name: str,
            state_change: ServiceStateChange,
        ) -> None:
            self._changed(zeroconf, tasks, name, state_change)

        while self._addresses() == addresses:
            self._forget_names()
            browser = AsyncServiceBrowser(
                line.zeroconf, SERVICE, handlers=[changed], question_type=DNSQuestionType.QM
            )  # answers to all: on a port that programs share, one to us alone may reach another
            try:
                await asyncio.sleep(ASK_LAN_AGAIN_S * (0.75 + random.random() / 4))  # noqa: S311 - jitter
            finally:
                await browser.async_cancel()
            self._found = {name: one for name, one in self._found.items() if name in self._heard}

    async def _end(self, line: AsyncZeroconf) -> None:
        self._forget_names()
        await line.async_close()

    def _forget_names(self) -> None:
        for asking in self._heard.values():
            asking.cancel()
        self._heard.clear()

    def _changed(self, zeroconf: Zeroconf, tasks: asyncio.TaskGroup, name: str, change: ServiceStateChange) -> None:
        if name == self._own.name:
            return
        asking = self._heard.get(name)
        if change is ServiceStateChange.Removed:
            self._found.pop(name, None)
            if asking is not None:
                asking.cancel()
                del self._heard[name]
        elif asking.done() if asking is not None else len(self._heard) < MAX_HEARD:
            self._heard[name] = tasks.create_task(self._resolve(zeroconf, name))

    async def _resolve(self, zeroconf: Zeroconf, name: str) -> None:
        info = AsyncServiceInfo(SERVICE, name)
        for _ in range(RESOLVE_TRIES):
            if await info.async_request(zeroconf, RESOLVE_TIMEOUT_MS, question_type=DNSQuestionType.QM):
                break
        else:
            return
        said = {
            key.decode(errors="replace"): (value or b"").decode(errors="replace")[:60]
            for key, value in info.properties.items()
        }
        urls = tuple(
            f"https://{address}:{info.port}" for address in info.parsed_addresses(IPVersion.V4Only)[:MAX_ADDRESSES]
        )
        if said.get("store") == self._own.store and urls:
            self._found[name] = Neighbour(urls, said.get("role", ""))
            self._told()

    def _addresses(self) -> list[str]:
        return list(self._interfaces or own_addresses())[:MAX_ADDRESSES]


def own_addresses() -> list[str]:
    """This machine's private IPv4 addresses, loopback last."""
    found = [
        str(address.ip) for adapter in ifaddr.get_adapters() for address in adapter.ips if isinstance(address.ip, str)
    ]
    private = [one for one in found if ipaddress.ip_address(one).is_private]
    return sorted(dict.fromkeys(private), key=lambda one: ipaddress.ip_address(one).is_loopback)
