"""The page of machines: whoever should be looked at comes first. Every text is finished here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from hq_server.service import machine_acts, machines, shutting_out
from hq_server.service.context import Hq
from hq_server.service.journal import HQ_NODE
from hq_server.service.machine_acts import What
from hq_server.service.machines import Machine
from hq_server.storage.machine_acts import MachineAct
from hq_server.web.guards import NEEDS, PAGE, AnyRequest, caller_of
from hq_server.web.paper import HTML, Pages
from hq_server.web.shut_out_page import said_after
from hq_server.web.state import Server
from hq_server.web.threads import in_thread
from hq_server.web.today_view import CALM, GOOD, WARN, age
from hq_server.web.words import tr
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Permission
from retail_core.wire.devices import DeviceStanding, Standing

KINDS = MappingProxyType({"rfid": "RFID", "terminal": "card terminal", "label": "label printer"})
"""What is not called as its kind."""


@dataclass(frozen=True, slots=True)
class DevicePill:
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class MachineRow:
    store: str
    name: str
    heard: str
    tone: str
    queued: str
    waits: str
    clock: str
    clock_tone: str
    quarantined: str
    quarantined_tone: str
    devices: tuple[DevicePill, ...] = ()
    locked: str = ""
    node: str = ""


def row_of(one: Machine) -> MachineRow:
    """Pure: the same figures give the same row."""
    heard = tr("never heard") if one.age_ms is None else tr("{age} ago").format(age=age(one.age_ms))
    off = tr("{n} s").format(n=f"{one.clock_offset_ms / 1000:+.1f}")
    return MachineRow(
        one.store,
        f"{one.register} · {one.role}",
        tr("live") if one.live else heard,
        GOOD if one.live else CALM if one.age_ms is None else WARN,
        f"{one.queued:,}",
        age(one.waits_ms) if one.waits_ms else "–",
        "–" if one.age_ms is None else off,
        WARN if one.clock_off else CALM,
        f"{one.quarantined:,}",
        "error" if one.quarantined else CALM,
        tuple(_pill(device) for device in one.devices),
        _locked(one),
        one.node,
    )


def _pill(one: DeviceStanding) -> DevicePill:
    """A device in words: what is wrong, by its code, or how it is."""
    states = {
        Standing.OK: (tr("ok"), CALM), Standing.WARN: (tr("look soon"), WARN), Standing.DOWN: (tr("down"), "error"),
        Standing.UNKNOWN: (tr("not known"), CALM),
    }  # fmt: skip
    word, tone = states[one.state]
    why = one.code.rpartition(".")[2].replace("_", " ") if one.state is not Standing.OK else ""
    return DevicePill(f"{tr(KINDS.get(one.kind, one.kind))}: {why or word}", tone)


def _locked(one: Machine) -> str:
    """What its store says of it; whether it is shut out for good is said here."""
    if not one.locked_by:
        return ""
    why = tr(WHY_LOCKED[one.locked]) if one.locked in WHY_LOCKED else one.locked
    return tr("locked by its store ({by}): {why}").format(by=one.locked_by, why=why)


WHY_LOCKED: Mapping[str, str] = MappingProxyType(
    {"missing": "it is missing", "odd": "it behaves oddly", "stranger": "a stranger was at it"}
)


@dataclass(frozen=True, slots=True)
class ActRow:
    at: str
    what: str
    store: str
    register: str
    who: str


WHAT_WAS_DONE: Mapping[What, str] = MappingProxyType(
    {
        What.CODE_MADE: "code made, good until {until}",
        What.CODE_USED: "joined by its code",
        What.CODE_RAN_OUT: "code ran out unused",
        What.CODE_SPOILED: "code ended by wrong tries",
        What.REPLACED: "shut out: another machine took its place",
        What.SHUT_OUT: "shut out",
        What.KEYS_RELEASED: "keys of its files released",
        What.KEYS_TAKEN: "keys of a lost machine taken",
    }
)
BY_THE_MACHINE = frozenset({What.CODE_USED, What.KEYS_TAKEN})


def act_row(act: MachineAct, store_name: str) -> ActRow:
    """Pure: one line of what was done to machines."""
    what, until = What(act.what), datetime.fromtimestamp(act.until_ms / 1000, UTC)
    who = tr("the machine itself") if what in BY_THE_MACHINE else "–" if act.who == HQ_NODE else act.who
    at = datetime.fromtimestamp(act.at_ms / 1000, UTC)
    return ActRow(
        f"{at:%Y-%m-%d %H:%M:%S}",
        tr(WHAT_WAS_DONE[what]).format(until=f"{until:%H:%M:%S}"),
        store_name,
        act.register,
        who,
    )


def machine_routes(server: Server, pages: Pages) -> list[HTTPRouteHandler]:
    @get("/machines", opt={PAGE: True, NEEDS: Permission.VIEW_TODAY}, include_in_schema=False)
    async def page(
        request: AnyRequest, out: Annotated[str | None, QueryParameter(max_length=80)] = None
    ) -> Response[str]:
        found: Sequence[Machine] = await in_thread(machines.machines, server.hq)
        person = caller_of(request)
        done = await in_thread(_after, server.hq, out) if out else ""
        rows = [row_of(one) for one in found[: machines.SHOWN]]
        acts: Sequence[tuple[MachineAct, str]] = ()
        if person.may(Permission.ENROL):
            acts = await in_thread(machine_acts.latest, server.hq)
        body = pages.html(
            "machines.html", rows=rows, acts=[act_row(*one) for one in acts], more=len(found) - len(rows), may_enrol=person.may(Permission.ENROL),
            done=done, person=person.name, csrf=person.csrf,
        )  # fmt: skip
        return Response(body, media_type=HTML)

    return [page]


def _after(hq: Hq, node_id: str) -> str:
    try:
        return said_after(shutting_out.standing(hq, node_id))
    except RuleViolationError:
        return ""  # an address somebody made up
