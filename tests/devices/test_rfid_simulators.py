"""Simulated readers are told by lines of a panel, two of them side by side; real ones are made from tables."""

from pathlib import Path

import pytest

from pos_app.devices.config import device_tables
from pos_app.devices.kit import Kit
from pos_app.devices.rfid.epc import encode_sgtin_96
from pos_app.devices.rfid.llrp.reader import LlrpReader
from pos_app.devices.rfid.m100_reader import M100Reader
from pos_app.devices.rfid.make import make
from pos_app.devices.rfid.tables import RfidTable
from pos_app.devices.sim.llrp import LlrpSim
from pos_app.devices.sim.m100 import M100Sim
from pos_app.devices.sim.panel import Panel
from pos_app.devices.sim.tags import MAX_TAGS, TagField
from retail_core.domain.errors import EnvironmentFault
from tests.devices.support import CLOCK, no_jitter

MILK = "4006381333931"


def epcs(field: TagField) -> set[bytes]:
    return {epc for epc, _ in field.look(MAX_TAGS)}


def test_lines_of_the_panel_reach_the_reader_they_name(tmp_path: Path) -> None:
    with LlrpSim() as fixed, M100Sim(tmp_path / "module") as module:
        panel = Panel([fixed, module])
        assert panel.obey(f"rfid put {MILK} 7") == "ok"
        assert panel.obey("m100 put e28011700000020812345678") == "ok"
        assert epcs(fixed.field) == {encode_sgtin_96(MILK, 7)}
        assert epcs(module.field) == {bytes.fromhex("e28011700000020812345678")}
        assert panel.obey(f"rfid take {MILK} 7") == "ok"
        assert epcs(fixed.field) == set()
        assert panel.obey("rfid tags 10000") == "ok"
        assert len(epcs(fixed.field)) == MAX_TAGS
        assert panel.obey("rfid clear") == "ok"
        assert panel.obey("rfid rate 500") == panel.obey("rfid signal -70") == panel.obey("rfid mend") == "ok"
        assert (fixed.field.rate, fixed.field.signal_dbm) == (500, -70)
        for lines in ("rfid off", "rfid on", "rfid unscrew 2", "rfid screw 2", "rfid drop", "m100 silent", "m100 mend"):
            assert panel.obey(lines) == "ok"


def test_lines_that_make_no_sense_are_answered_with_no(tmp_path: Path) -> None:
    with LlrpSim() as fixed, M100Sim(tmp_path / "module") as module:
        panel = Panel([fixed, module])
        for line in (
            "rfid", "rfid put", "rfid put 12x 7", "rfid put abc", "rfid put ab", "rfid tags many", "rfid rate ²",
            "rfid unscrew 9", "rfid signal loud", "m100 screw 1", "m100 put " + "ab" * 80,
        ):  # fmt: skip
            assert panel.obey(line).startswith("no:"), line


def test_tables_of_till_toml_make_readers_and_a_mistake_is_told() -> None:
    tables = device_tables(
        (
            {"driver": "rfid.llrp", "name": "basket", "host": "192.0.2.9", "antennas": "1,12", "power_dbm": 20, "mode": 1002},
            {"driver": "rfid.m100", "name": "hand", "port": "/dev/serial/by-id/none", "baud": 9600},
        )
    )  # fmt: skip
    readers = [make(table, Kit(CLOCK, no_jitter, lambda _: None)) for table in tables if isinstance(table, RfidTable)]
    assert [(type(reader), reader.name) for reader in readers] == [(LlrpReader, "basket"), (M100Reader, "hand")]
    for wrong in ({"antennas": "0"}, {"antennas": "1;2"}, {"session": 4}, {"power_dbm": 37}, {"mode": 70_000}):
        with pytest.raises(EnvironmentFault, match="bad_table"):
            device_tables(({"driver": "rfid.llrp", "name": "basket", "host": "192.0.2.9", **wrong},))
