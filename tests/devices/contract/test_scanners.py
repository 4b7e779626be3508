"""What every scanner promises: each read arrives once, in order, the identical ones too, and none after closing."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos_app.devices.fakes.scanner import FakeScanner
from pos_app.devices.ports import DeviceState, Scanner
from pos_app.devices.scanner.serial import SerialScanner
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.devices.transport.serial_port import PortIdentity
from tests.devices.support import CLOCK, Heard, eventually, no_jitter

MILK, COFFEE = "4006381333931", "]E04012345678901"


@dataclass
class Bench:
    """A scanner and the hand that holds it."""

    scanner: Scanner
    scan: Callable[[str | bytes], None]
    unplug: Callable[[], None]
    plug_in: Callable[[], None]

    def start(self) -> Heard:
        heard = Heard()
        self.scanner.start(heard)
        assert eventually(lambda: self.scanner.health.state is DeviceState.READY)
        return heard


@pytest.fixture(params=["fake", "serial"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        if request.param == "fake":
            fake = FakeScanner(CLOCK)
            made = Bench(fake, fake.scan, fake.unplug, fake.plug_in)
        else:
            sim = stack.enter_context(ScannerSim(tmp_path / "scanner"))
            driver = SerialScanner("counter", PortIdentity(sim.path), CLOCK, no_jitter)
            made = Bench(driver, sim.scan, sim.unplug, sim.plug_in)
        stack.callback(made.scanner.close)
        yield made


def test_every_read_arrives_once_and_in_order(bench: Bench) -> None:
    heard = bench.start()
    for label in (MILK, MILK, COFFEE, MILK):
        bench.scan(label)
    assert eventually(lambda: len(heard.events) == 4)
    assert heard.texts == [MILK, MILK, "4012345678901", MILK]
    assert [event.aim_id for event in heard.events] == [None, None, "]E0", None]
    assert {event.source for event in heard.events} == {bench.scanner.name}
    times = [event.t_mono_ms for event in heard.events]
    assert times == sorted(times)


def test_a_read_that_is_no_label_is_told_with_its_trouble(bench: Bench) -> None:
    heard = bench.start()
    bench.scan(b"\x00\xff\x07")
    bench.scan(MILK)
    assert eventually(lambda: len(heard.events) == 2)
    assert [event.problem for event in heard.events] == ["scan.binary", ""]


def test_a_scanner_that_comes_back_is_heard_again(bench: Bench) -> None:
    heard = bench.start()
    bench.unplug()
    assert eventually(lambda: bench.scanner.health.state is not DeviceState.READY)
    bench.plug_in()
    assert eventually(lambda: bench.scanner.health.state is DeviceState.READY, within_s=3.0)
    bench.scan(MILK)
    assert eventually(lambda: heard.texts == [MILK])


def test_nothing_is_heard_after_closing(bench: Bench) -> None:
    heard = bench.start()
    bench.scanner.close()
    bench.scanner.close()
    bench.scan(MILK)
    assert bench.scanner.health.state is DeviceState.ABSENT
    assert heard.events == []
