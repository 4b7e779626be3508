"""The way from this till to head office, judged part by part from what the agent beside it says. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from retail_core.durable.link import LinkStatusDoc
from retail_core.sync.reach import Reach

AGENT_SILENT_MS = 8_000  # it writes every three seconds
HQ_SILENT_MS = 40_000  # a long poll of 25 s and a retry
NO_NETWORK = "hop.no_network"
NOT_TRUSTED = "hop.not_trusted"
EXPIRED = "hop.certificate_expired"
ANSWERED = ("hop.refused", "hop.status", "token", "node", EXPIRED)
"""Errors by which somebody at head office's address was reached."""


class Part(StrEnum):
    """From near to far."""

    AGENT = "agent"
    LAN = "lan"
    STORE = "store"
    INTERNET = "internet"
    HQ = "hq"


class PartState(StrEnum):
    OK = "ok"
    DOWN = "down"
    UNKNOWN = "unknown"
    UNUSED = "unused"


def store_machine(status: LinkStatusDoc, others: Mapping[str, str], own_register: str) -> str:
    """The register of the machine that ties the store together; empty when nobody does."""
    if status.store_role:
        return own_register
    node = status.store_peer.partition(":")[2]
    return others.get(node, "") if node in status.neighbours else ""


def way(status: LinkStatusDoc, others: Mapping[str, str], now_ms: int) -> dict[Part, PartState]:
    """`others` are the store's other agents: register by node."""
    if abs(now_ms - status.at_ms) > AGENT_SILENT_MS:  # nobody tells us about the others
        return dict.fromkeys(Part, PartState.UNKNOWN) | {Part.AGENT: PartState.DOWN}
    alone = PartState.UNUSED
    lan = alone if not others else PartState.OK if others.keys() & set(status.neighbours) else PartState.DOWN
    store = PartState.OK if store_machine(status, others, "here") else alone if not others else PartState.DOWN
    internet, hq = _outside(status, now_ms, cut_off=lan is PartState.DOWN)
    return {Part.AGENT: PartState.OK, Part.LAN: lan, Part.STORE: store, Part.INTERNET: internet, Part.HQ: hq}


def _outside(status: LinkStatusDoc, now_ms: int, *, cut_off: bool) -> tuple[PartState, PartState]:
    """Internet and head office. `cut_off`: nobody in the store answers either, so a missing way out says nothing of the line."""
    ok, down, unknown = PartState.OK, PartState.DOWN, PartState.UNKNOWN
    if not status.error and now_ms - status.hq_contact_ms <= HQ_SILENT_MS:
        return ok, ok
    if status.error.startswith(ANSWERED) or status.reach in (Reach.HOST, Reach.BEYOND):
        return ok, down
    if status.reach == Reach.ROUTER:
        return down, unknown
    if status.error == NO_NETWORK or status.reach == Reach.NO_WAY:
        return (unknown if cut_off else down), unknown
    return unknown, down
