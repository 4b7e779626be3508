"""Which part of the way to head office is down, told apart as people would."""

import msgspec
import pytest

from pos_app.service.connection import connection
from pos_app.service.link_status import LinkState, alone_first, clock_first, lamp
from pos_app.service.way import Part, PartState, way
from retail_core.durable.link import LinkStatusDoc
from retail_core.sync.reach import Reach

NOW = 10_000_000
OTHERS = {"agent-T2": "T2", "agent-T3": "T3"}
WELL = LinkStatusDoc(
    hq_contact_ms=NOW - 5_000, store_contact_ms=NOW - 2_000, store_peer="store:agent-T2", at_ms=NOW - 1_000,
    neighbours=("agent-T2", "agent-T3"), copies=("agent-T2",),
)  # fmt: skip
OK, DOWN, UNKNOWN, UNUSED = PartState.OK, PartState.DOWN, PartState.UNKNOWN, PartState.UNUSED


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({}, (OK, OK, OK, OK, OK)),
        ({"at_ms": NOW - 11_000}, (DOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)),
        ({"neighbours": ()}, (OK, DOWN, DOWN, OK, OK)),
        ({"neighbours": ("agent-T3",)}, (OK, OK, DOWN, OK, OK)),
        ({"neighbours": ("agent-T3",), "store_role": True}, (OK, OK, OK, OK, OK)),
        ({"at_ms": NOW + 3_600_000}, (DOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)),  # before the clock was set back
        ({"error": "hop.no_network"}, (OK, OK, OK, DOWN, UNKNOWN)),
        ({"error": "hop.unreachable", "reach": Reach.ROUTER}, (OK, OK, OK, DOWN, UNKNOWN)),
        ({"error": "hop.unreachable", "reach": Reach.BEYOND}, (OK, OK, OK, OK, DOWN)),
        (
            {"error": "hop.no_network", "reach": Reach.BEYOND},
            (OK, OK, OK, OK, DOWN),
        ),  # head office's own router said so
        ({"error": "hop.unreachable", "reach": Reach.HOST}, (OK, OK, OK, OK, DOWN)),
        ({"error": "hop.unreachable", "reach": Reach.NO_WAY}, (OK, OK, OK, DOWN, UNKNOWN)),
        ({"error": "hop.unreachable", "reach": Reach.NO_WAY, "neighbours": ()}, (OK, DOWN, DOWN, UNKNOWN, UNKNOWN)),
        ({"error": "hop.not_trusted"}, (OK, OK, OK, UNKNOWN, DOWN)),
        ({"error": "hop.refused"}, (OK, OK, OK, OK, DOWN)),
        ({"error": "hop.certificate_expired"}, (OK, OK, OK, OK, DOWN)),
        ({"error": "hop.unreachable"}, (OK, OK, OK, UNKNOWN, DOWN)),
        ({"hq_contact_ms": NOW - 60_000}, (OK, OK, OK, UNKNOWN, DOWN)),
    ],
)
def test_the_part_that_is_down_is_named(changes: dict[str, object], parts: tuple[PartState, ...]) -> None:
    found = connection(msgspec.structs.replace(WELL, **changes), OTHERS, "T1", NOW)
    assert tuple(found.parts[part] for part in Part) == parts


def test_the_only_till_of_a_store_misses_nobody() -> None:
    found = connection(msgspec.structs.replace(WELL, neighbours=(), store_peer=""), {}, "T1", NOW)
    assert (found.parts[Part.LAN], found.parts[Part.STORE]) == (UNUSED, UNUSED)
    assert not found.may_take_over


def test_who_holds_copies_and_who_is_silent_is_said_by_register() -> None:
    found = connection(msgspec.structs.replace(WELL, neighbours=("agent-T2",)), OTHERS, "T1", NOW)
    assert (found.answering, found.silent, found.copies, found.store_machine) == (("T2",), ("T3",), ("T2",), "T2")


def test_the_store_is_taken_over_only_where_nobody_else_has_it() -> None:
    assert not connection(WELL, OTHERS, "T1", NOW).may_take_over
    lost = msgspec.structs.replace(WELL, neighbours=("agent-T3",))
    assert connection(lost, OTHERS, "T1", NOW).may_take_over


def test_a_clock_a_minute_off_is_told() -> None:
    assert connection(msgspec.structs.replace(WELL, hq_offset_ms=-59_000), OTHERS, "T1", NOW).clock_off_ms == 0
    assert connection(msgspec.structs.replace(WELL, hq_offset_ms=-61_000), OTHERS, "T1", NOW).clock_off_ms == -61_000


@pytest.mark.parametrize(
    ("off_ms", "says"),
    [(599_000, LinkState.SYNCED), (600_000, LinkState.CLOCK_WRONG), (-3_600_000, LinkState.CLOCK_WRONG)],
)
def test_from_ten_minutes_on_every_screen_says_that_the_clock_is_wrong(off_ms: int, says: LinkState) -> None:
    status = msgspec.structs.replace(WELL, hq_offset_ms=off_ms)
    assert clock_first(lamp(way(status, OTHERS, NOW), 0), status.hq_offset_ms) is says


@pytest.mark.parametrize(
    ("changes", "queued", "says"),
    [
        ({}, 0, LinkState.SYNCED),
        ({}, 37, LinkState.CATCHING_UP),
        ({"at_ms": NOW - 11_000}, 0, LinkState.AGENT_DOWN),
        ({"neighbours": ()}, 0, LinkState.OTHERS_SILENT),
        ({"neighbours": (), "error": "hop.no_network"}, 1, LinkState.NO_NETWORK),
        ({"error": "hop.unreachable", "reach": Reach.ROUTER}, 1, LinkState.NO_INTERNET),
        ({"neighbours": (), "error": "hop.unreachable", "reach": Reach.ROUTER}, 1, LinkState.NO_INTERNET),
        ({"error": "hop.refused"}, 1, LinkState.HQ_OFFLINE),
        ({"hq_contact_ms": NOW - 60_000}, 1, LinkState.HQ_OFFLINE),
    ],
)
def test_the_lamp_names_the_nearest_part_that_is_down(changes: dict[str, object], queued: int, says: LinkState) -> None:
    assert lamp(way(msgspec.structs.replace(WELL, **changes), OTHERS, NOW), queued) is says


@pytest.mark.parametrize(
    ("days", "left", "lamp_says"),
    [
        (27, None, LinkState.HQ_OFFLINE),
        (28, 7, LinkState.ALONE_SOON),
        (34, 1, LinkState.ALONE_SOON),
        (35, 0, LinkState.ALONE),
    ],
)
def test_a_store_hears_a_week_ahead_that_its_tills_will_stop_helping_one_another(
    days: int, left: int | None, lamp_says: LinkState
) -> None:
    status = msgspec.structs.replace(WELL, error="hop.refused", alone_days=days, store_peer="")
    found = connection(status, OTHERS, "T1", NOW)
    assert (found.days_left, found.may_take_over) == (left, left != 0), "who is not trusted is not taken over from"
    assert alone_first(LinkState.HQ_OFFLINE, days) is lamp_says
    assert alone_first(LinkState.AGENT_DOWN, days) is LinkState.AGENT_DOWN
    assert connection(status, {}, "T1", NOW).days_left is None, "a single till has nobody to miss"
