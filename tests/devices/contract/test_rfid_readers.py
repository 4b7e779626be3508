"""What every RFID reader promises: nothing before it is told to read, every tag then, time that passes, and the way back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest

from pos_app.devices.fakes.rfid import FakeRfidReader
from pos_app.devices.ports import DeviceState, RfidReader
from pos_app.devices.rfid.llrp.messages import Settings
from pos_app.devices.rfid.llrp.reader import LlrpReader
from pos_app.devices.rfid.m100_reader import M100Reader
from pos_app.devices.sim.llrp import LlrpSim
from pos_app.devices.sim.m100 import M100Sim
from pos_app.devices.sim.tags import TagField
from pos_app.devices.transport.serial_port import PortIdentity
from tests.devices.rfid import Reads, unit
from tests.devices.support import CLOCK, eventually, no_jitter

TURN_S = 0.01


@dataclass
class Bench:
    """A reader, what lies in front of it, and its plug."""

    reader: RfidReader
    field: TagField
    unplug: Callable[[], None]
    plug_in: Callable[[], None]
    reading: Callable[[], bool]

    def start(self) -> Reads:
        reads = Reads()
        self.reader.start(reads)
        assert eventually(lambda: self.reader.health.state is DeviceState.READY)
        return reads


def fake_bench(stack: ExitStack) -> Bench:
    """The fake, with a hand that holds the field's tags to it in turn."""
    fake, field, done = FakeRfidReader(CLOCK), TagField(), Event()

    def hold() -> None:
        while not done.wait(TURN_S):
            for epc, dbm in field.look(3):
                fake.hold_to(epc, rssi_cdbm=100 * dbm)
            fake.let_time_pass()

    hand = Thread(target=hold)
    hand.start()
    stack.callback(hand.join)
    stack.callback(done.set)
    return Bench(fake, field, fake.unplug, fake.plug_in, lambda: fake.reading)


@pytest.fixture(params=["fake", "llrp", "m100"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        if request.param == "fake":
            made = fake_bench(stack)
        elif request.param == "llrp":
            sim = stack.enter_context(LlrpSim())
            driver = LlrpReader("llrp", sim.host, sim.port, Settings(keepalive_ms=200), CLOCK, no_jitter)
            made = Bench(driver, sim.field, sim.switch_off, sim.switch_on, lambda: sim.reading)
        else:
            module = stack.enter_context(M100Sim(tmp_path / "module"))
            serial = M100Reader("module", PortIdentity(module.path), CLOCK, no_jitter)
            made = Bench(serial, module.field, module.unplug, module.plug_in, lambda: module.reading)
        stack.callback(made.reader.close)
        yield made


def test_nothing_is_read_before_it_is_asked_for_and_every_tag_then(bench: Bench) -> None:
    bench.field.fill(12)
    reads = bench.start()
    assert reads.handfuls == 0
    bench.reader.begin_inventory()
    assert eventually(lambda: len(reads.epcs) == 12)
    assert {read.source for read in reads} == {bench.reader.name}
    assert all(-9_000 <= read.rssi_cdbm <= -2_000 and read.count == 1 for read in reads)
    times = [read.t_mono_ms for read in reads]
    assert times == sorted(times)


def test_an_empty_antenna_is_told_by_empty_handfuls(bench: Bench) -> None:
    reads = bench.start()
    bench.reader.begin_inventory()
    assert eventually(lambda: reads.handfuls >= 2, within_s=3.0)
    assert not reads
    bench.field.put(unit(1))
    assert eventually(lambda: reads.epcs == {unit(1)})


def test_an_inventory_ends_and_begins_again(bench: Bench) -> None:
    bench.field.fill(3)
    reads = bench.start()
    bench.reader.begin_inventory()
    assert eventually(lambda: reads)
    bench.reader.end_inventory()
    assert eventually(lambda: not bench.reading())
    bench.reader.begin_inventory()
    assert eventually(bench.reading)
    reads.clear()
    assert eventually(lambda: reads)


def test_a_reader_that_comes_back_reads_on_by_itself(bench: Bench) -> None:
    bench.field.fill(3)
    reads = bench.start()
    bench.reader.begin_inventory()
    assert eventually(lambda: reads)
    bench.unplug()
    assert eventually(lambda: bench.reader.health.state is not DeviceState.READY)
    handfuls = reads.handfuls
    assert not bench.reading()
    bench.plug_in()
    assert eventually(lambda: reads.handfuls > handfuls, within_s=3.0)
    assert eventually(lambda: bench.reader.health.state is DeviceState.READY)


def test_nothing_is_read_after_closing(bench: Bench) -> None:
    bench.field.fill(3)
    reads = bench.start()
    bench.reader.begin_inventory()
    assert eventually(lambda: reads)
    bench.reader.close()
    bench.reader.close()
    handfuls = reads.handfuls
    assert bench.reader.health.state is DeviceState.ABSENT
    assert eventually(lambda: not bench.reading())
    assert reads.handfuls == handfuls
