"""Devices of the tills on head office's page of machines: in words, the newest of each machine, bounded and lossy."""

from zlib import crc32

import pytest

from hq_server.service.figures import WRITE_EVERY_MS, Figures
from hq_server.service.machines import DEVICES_KNOWN_MS, machines
from hq_server.web.machines_page import DevicePill, row_of
from hq_server.web.metrics import Metrics
from retail_core.wire.devices import DevicesSaid, DeviceStanding, Standing
from tests.hq.running import RunningHq
from tests.hq.support import NOON_MS, Shop, enrolled
from tests.hq.test_machines import heard

SAID = DevicesSaid(
    (
        DeviceStanding("scanner", Standing.OK),
        DeviceStanding("printer", Standing.WARN, "printer.paper_low"),
        DeviceStanding("terminal", Standing.DOWN, "terminal.no_answer"),
        DeviceStanding("rfid", Standing.UNKNOWN),
        DeviceStanding("drone", Standing.DOWN),
    )
)


def pills(shop: Shop, name: str) -> list[tuple[str, str]]:
    (row,) = [row_of(one) for one in machines(shop.hq) if one.node == name]
    return [(pill.text, pill.tone) for pill in row.devices]


def test_each_device_is_a_word_and_whoever_has_one_down_comes_before_those_who_are_well(shop: Shop) -> None:
    for register in ("T1", "T2"):
        heard(shop, enrolled(shop.hq, f"agent-{register}", role="agent", register=register).node.node_id, NOON_MS)
    told = Figures(shop.hq)
    assert told.devices(enrolled(shop.hq, "agent-T3", role="agent", register="T3").node, SAID)
    heard(shop, "agent-T3", NOON_MS)
    assert [one.register for one in machines(shop.hq)] == ["T3", "T1", "T2"]
    assert pills(shop, "agent-T3") == [
        ("scanner: ok", "calm"), ("printer: paper low", "warn"), ("card terminal: no answer", "error"),
        ("RFID: not known", "calm"), ("drone: down", "error"),
    ]  # fmt: skip
    assert pills(shop, "agent-T1") == []
    metrics = Metrics()
    metrics.show_machines(machines(shop.hq))
    metrics.show_machines(machines(shop.hq)[1:])
    assert "omnitill_devices{" not in metrics.text().decode(), "a machine that is gone is not counted for ever"


def test_what_was_said_long_ago_is_not_known_any_more(shop: Shop) -> None:
    node = enrolled(shop.hq, "agent-T1", role="agent").node
    heard(shop, "agent-T1", NOON_MS)
    Figures(shop.hq).devices(node, SAID)
    shop.clock.later(DEVICES_KNOWN_MS + 1)
    assert {text.partition(": ")[2] for text, _ in pills(shop, "agent-T1")} == {"not known"}


def test_a_machine_that_says_it_every_second_is_written_down_now_and_then(shop: Shop) -> None:
    node, told = enrolled(shop.hq, "agent-T1", role="agent").node, Figures(shop.hq)
    heard(shop, "agent-T1", NOON_MS)
    kept = 0
    for _ in range(60):
        kept += told.devices(node, SAID)
        shop.clock.later(1_000)
    assert kept == 60_000 // WRITE_EVERY_MS


def test_a_machine_that_was_never_heard_has_no_clock_to_be_wrong(shop: Shop) -> None:
    enrolled(shop.hq, "agent-T1", role="agent")
    (row,) = [row_of(one) for one in machines(shop.hq)]
    assert (row.heard, row.clock) == ("never heard", "–")
    heard(shop, "agent-T1", NOON_MS)
    (row,) = [row_of(one) for one in machines(shop.hq)]
    assert row.clock == "+0.0 s"


@pytest.mark.parametrize(
    "bad",
    [
        {"devices": [{"kind": "printer", "state": "on fire"}]},
        {"devices": [{"kind": "Lena's printer", "state": "ok"}]},
        {"devices": [{"kind": "printer", "state": "down", "code": "call Lena <lena@example.com>"}]},
        {"devices": [{"kind": "printer", "state": "ok"}] * 25},
        {"devices": "all well"},
    ],
)
def test_what_is_no_state_of_a_device_is_refused(running: RunningHq, bad: object) -> None:
    name = f"agent-{crc32(str(bad).encode())}"
    with running.as_node(enrolled(running.hq, name, role="agent")) as node:
        assert node.post("/v1/telemetry/devices", json=bad).status_code == 400
        good = {"devices": [{"kind": "printer", "state": "ok"}]}
        assert node.post("/v1/telemetry/devices", json=good).status_code == 204
    (row,) = [row_of(one) for one in machines(running.hq) if one.node == name]
    assert row.devices == (DevicePill("printer: ok", "calm"),)
