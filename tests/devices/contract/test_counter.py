"""What RFID readers promise."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos_app.devices.fakes.rfid import FakeRfidReader
from pos_app.devices.ports import (
    DeviceState,
    RfidReader,
    TagRead,
)
from pos_app.devices.rfid.llrp.messages import Settings
from pos_app.devices.rfid.llrp.reader import LlrpReader
from pos_app.devices.rfid.m100_reader import M100Reader
from pos_app.devices.sim.llrp import LlrpSim
from pos_app.devices.sim.m100 import M100Sim
from pos_app.devices.transport.serial_port import PortIdentity
from tests.devices.support import CLOCK, eventually, no_jitter

EPC = bytes.fromhex("30340242201d8840009ef9e3")


@dataclass
class Tags:
    port: RfidReader
    hold_to: Callable[[bytes], None]


@pytest.fixture(params=["fake", "llrp", "m100"])
def tags(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tags]:
    if request.param == "fake":
        fake = FakeRfidReader(CLOCK)
        yield Tags(fake, fake.hold_to)
        fake.close()
    elif request.param == "llrp":
        with LlrpSim() as sim:
            sim.field.rate = 50
            reader = LlrpReader("reader", sim.host, sim.port, Settings(keepalive_ms=500), CLOCK, no_jitter)
            yield Tags(reader, sim.field.put)
            reader.close()
    else:
        with M100Sim(tmp_path / "module") as module:
            reader = M100Reader("module", PortIdentity(module.path), CLOCK, no_jitter)
            yield Tags(reader, module.field.put)
            reader.close()


def test_tags_are_read_only_while_an_inventory_runs(tags: Tags) -> None:
    reads: list[TagRead] = []
    tags.port.start(reads.extend)
    tags.hold_to(EPC)
    assert eventually(lambda: tags.port.health.state is DeviceState.READY)
    assert reads == []
    tags.port.begin_inventory()
    assert eventually(lambda: tags.hold_to(EPC) or len(reads) >= 2)
    assert {read.epc for read in reads} == {EPC}
    assert all(-9_000 < read.rssi_cdbm < 0 for read in reads)
    tags.port.end_inventory()
    tags.port.close()
    count = len(reads)
    tags.hold_to(EPC)
    assert len(reads) == count
