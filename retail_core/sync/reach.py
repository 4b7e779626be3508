"""How far this machine gets on the way to head office, judged from what the machines on that way answered. No I/O.

Only head office's own address is ever called: packets that may pass one, two, three … routers are sent to it, and the
router at which one ends says so (RFC 792, "time exceeded"). That tells a dead line from a head office that is down
without asking anybody else in the world.
"""

from collections.abc import Sequence
from enum import StrEnum
from ipaddress import ip_address, ip_network

import msgspec

INSIDE = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)
"""Addresses of shops: a router with one of these may still stand in the building."""


class Reach(StrEnum):
    """From nothing to everything; the empty one when nothing can be said."""

    UNKNOWN = ""
    NO_WAY = "no_way"  # this machine has no network, or its router is not there
    ROUTER = "router"  # the shop's router answers, nothing beyond it
    BEYOND = "beyond"  # a router outside the shop answers
    HOST = "host"  # head office's machine itself answers


class Said(StrEnum):
    """What became of one packet."""

    NOTHING = "nothing"
    ARRIVED = "arrived"  # connected, or refused by the machine itself
    EXPIRED = "expired"  # a router let it end there
    TURNED_BACK = "turned_back"  # a router knows no way on
    NO_WAY = "no_way"  # this machine knows no way


class Packet(msgspec.Struct, frozen=True):
    """`hops` routers could be passed; `by` is whoever answered, empty for this machine or nobody."""

    hops: int
    said: Said
    by: str = ""


def reach(packets: Sequence[Packet], target: str) -> Reach:
    """`target` is head office's address: in a network without public addresses any second router is outside the shop."""
    said = {packet.said for packet in packets}
    if Said.ARRIVED in said:
        return Reach.HOST
    first = next((packet.by for packet in packets if packet.hops == 1), "")
    seen = [packet for packet in packets if packet.said in (Said.EXPIRED, Said.TURNED_BACK)]
    if any(_is_beyond(packet, first) and (_outside(packet.by) or not _outside(target)) for packet in seen):
        return Reach.BEYOND
    if seen:
        return Reach.ROUTER
    return Reach.NO_WAY if Said.NO_WAY in said else Reach.UNKNOWN


def _is_beyond(packet: Packet, first: str) -> bool:
    """True when another than the first router answered. One that turned the packet back may be the first itself."""
    return packet.hops > 1 and (packet.said is Said.EXPIRED or (bool(first) and packet.by != first))


def _outside(address: str) -> bool:
    found = ip_address(address)
    return not any(found in network for network in INSIDE)
