"""How a till's devices are reaches head office: what is wrong in a word, nothing of anybody, now and then."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from pos_app.devices.ports import DeviceState, Health
from pos_app.runtime.device_report import AGAIN_MS, DeviceReport, standing_of
from retail_core.durable.device_states import devices_said
from retail_core.durable.engine import open_ro
from retail_core.wire.devices import SEND_EVERY_MS, DevicesSaid, DeviceStanding, Standing
from sync_agent.config import AgentHome
from sync_agent.storage.device_states import SILENT_MS, TILL_OFF, devices_here
from sync_agent.storage.files import Files
from tests.agent.support import agent, until
from tests.agent.test_with_hq import stocked
from tests.agent.town import Hq, enrolled
from tests.support.shop import ManualClock, Shop, at_till, make_shop

OUT_OF_PAPER = Health(DeviceState.FAULT, "printer.paper_out", "USB at Lena's desk")
READY = Health(DeviceState.READY)


def written(shop: Shop) -> tuple[int, DevicesSaid] | None:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    try:
        return devices_said(conn)
    finally:
        conn.close()


@pytest.mark.parametrize(
    ("health", "standing"),
    [
        (READY, DeviceStanding("printer", Standing.OK)),
        (Health(DeviceState.READY, "printer.paper_low"), DeviceStanding("printer", Standing.WARN, "printer.paper_low")),
        (Health(DeviceState.READY, "printer.one_way"), DeviceStanding("printer", Standing.OK, "printer.one_way")),
        (OUT_OF_PAPER, DeviceStanding("printer", Standing.DOWN, "printer.paper_out")),
        (Health(DeviceState.ABSENT), DeviceStanding("printer", Standing.DOWN)),
        (Health(DeviceState.CONNECTING), DeviceStanding("printer", Standing.UNKNOWN)),
        (Health(DeviceState.FAULT, "Odd Code/Ä" + "x" * 99), DeviceStanding("printer", Standing.DOWN, ("odd_code__" + "x" * 99)[:60])),
    ],
)  # fmt: skip
def test_a_device_is_told_by_kind_state_and_code_alone(health: Health, standing: DeviceStanding) -> None:
    told = standing_of("printer", health)
    assert told == standing
    assert msgspec.json.decode(msgspec.json.encode(told), type=DeviceStanding) == told


def test_the_till_says_it_at_most_once_a_minute_and_again_now_and_then(tmp_path: Path) -> None:
    clock = ManualClock()
    shop = make_shop(tmp_path)
    with at_till(shop, clock) as at:
        found = [("scanner", READY), ("printer", READY)]
        at.till.tell_devices = DeviceReport(at.till.writer, clock, lambda: found).tick

        def said_after(ms: int) -> tuple[int, list[str]]:
            clock.pass_ms(ms)
            at.till.refresh()
            at.till.writer.flush()
            at_ms, said = written(shop) or (0, DevicesSaid(()))
            return at_ms, [one.state.value for one in said.devices]

        began_ms, states = said_after(0)
        assert states == ["ok", "ok"]
        found[1] = ("printer", OUT_OF_PAPER)
        assert said_after(SEND_EVERY_MS - 1) == (began_ms, ["ok", "ok"])
        changed_ms, states = said_after(1)
        assert states == ["ok", "down"]
        assert said_after(SEND_EVERY_MS) == (changed_ms, states), "nothing new"
        assert said_after(AGAIN_MS)[0] > changed_ms


def test_of_a_till_that_does_not_run_nothing_is_known(tmp_path: Path) -> None:
    clock = ManualClock()
    shop = make_shop(tmp_path)
    with at_till(shop, clock) as at:
        at.till.tell_devices = DeviceReport(at.till.writer, clock, lambda: [("scale", READY)]).tick
        at.till.refresh()
        at.till.writer.flush()

    async def story() -> list[DevicesSaid | None]:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            times = clock.now_ms() + SILENT_MS, clock.now_ms() + SILENT_MS + 1
            return [await files.run(lambda files, at_ms=at_ms: devices_here(files, at_ms)) for at_ms in times]
        finally:
            await files.close()

    assert asyncio.run(story()) == [
        DevicesSaid((DeviceStanding("scale", Standing.OK),)),
        DevicesSaid((DeviceStanding("scale", Standing.UNKNOWN, TILL_OFF),)),
    ]


def test_a_printer_without_paper_is_seen_at_head_office(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1")
    with agent(shop.home):
        stocked(shop)
    with at_till(shop) as at:
        at.till.tell_devices = DeviceReport(
            at.till.writer, at.till.clock, lambda: [("scanner", READY), ("printer", OUT_OF_PAPER)]
        ).tick
        at.till.refresh()
        at.till.writer.flush()
        with agent(shop.home):
            until(lambda: 'omnitill_devices{kind="printer",state="down"} 1.0' in hq.metrics(), why="head office hears")
    assert 'omnitill_devices{kind="scanner",state="ok"} 1.0' in hq.metrics()
    assert "Lena" not in hq.metrics()
