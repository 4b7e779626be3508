"""What line displays and scales promise: fakes and drivers on their simulators alike."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos_app.devices.display.commands import Language
from pos_app.devices.display.serial import SerialLineDisplay
from pos_app.devices.fakes.counter import FakeLineDisplay, FakeScale
from pos_app.devices.ports import DeviceState, LineDisplay, Scale, WeightState
from pos_app.devices.scale.nci import Nci
from pos_app.devices.scale.reading import ScaleProtocol
from pos_app.devices.scale.serial import SerialScale
from pos_app.devices.scale.sma import Sma
from pos_app.devices.scale.toledo8217 import Toledo8217
from pos_app.devices.sim.display import DisplaySim
from pos_app.devices.sim.scale import ScaleSim
from pos_app.devices.transport.serial_port import PortIdentity
from tests.devices.support import CLOCK, eventually, no_jitter


@dataclass
class Display:
    port: LineDisplay
    seen: Callable[[], tuple[str, str]]
    plug: Callable[[bool], None]


@pytest.fixture(params=["fake", *Language])
def display(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Display]:
    if request.param == "fake":
        fake = FakeLineDisplay()
        yield Display(fake, lambda: fake.lines, lambda on: fake.plug_in() if on else fake.unplug())
        fake.close()
        return
    with DisplaySim(tmp_path / "display") as sim:
        driver = SerialLineDisplay("display", PortIdentity(sim.path), Language(request.param), no_jitter, table="cp850")
        sim._page = "cp850"
        driver.start()
        assert eventually(lambda: driver.health.state is DeviceState.READY)
        yield Display(driver, lambda: sim.lines, lambda on: sim.plug_in() if on else sim.unplug())
        driver.close()


def test_the_customer_sees_both_lines_cut_to_their_width(display: Display) -> None:
    display.port.show("Chicken breast fillets 400 g", "6.49")
    assert eventually(lambda: display.seen() == ("Chicken breast fille", "6.49"))
    display.port.clear()
    assert eventually(lambda: display.seen() == ("", ""))


def test_umlauts_are_shown_and_control_characters_never_reach_the_display(display: Display) -> None:
    display.port.show("Müsli a\x1b@\x0cb", "\x00x")
    assert eventually(lambda: [line.strip() for line in display.seen()] == ["Müsli a @ b", "x"])


def test_the_newest_text_wins_however_fast_it_changes(display: Display) -> None:
    for n in range(200):
        display.port.show(f"line {n}", f"{n}")
    assert eventually(lambda: display.seen() == ("line 199", "199"))


def test_a_display_that_was_unplugged_shows_the_sale_again_when_it_is_back(display: Display) -> None:
    display.port.show("Milk", "1.19")
    assert eventually(lambda: display.seen() == ("Milk", "1.19"))
    display.plug(False)
    assert eventually(lambda: display.port.health.state is not DeviceState.READY)
    display.plug(True)
    assert eventually(lambda: display.port.health.state is DeviceState.READY)
    if not isinstance(display.port, FakeLineDisplay):
        assert eventually(lambda: display.seen() == ("Milk", "1.19"))


@dataclass
class Weighing:
    port: Scale
    place: Callable[[int, WeightState], None]
    unplug: Callable[[], None]


PROTOCOLS: dict[str, ScaleProtocol] = {"toledo8217": Toledo8217(), "sma": Sma(), "nci": Nci()}
SAID = {WeightState.OVER: "over", WeightState.UNDER: "under", WeightState.MOVING: "moving"}


@pytest.fixture(params=["fake", *PROTOCOLS])
def weighing(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Weighing]:
    if request.param == "fake":
        fake = FakeScale(CLOCK)
        yield Weighing(fake, fake.place, fake.unplug)
        fake.close()
        return
    with ScaleSim(request.param, tmp_path / "scale") as sim:
        driver = SerialScale(
            "scale", PortIdentity(sim.path), PROTOCOLS[request.param], CLOCK, no_jitter, bits=8, parity="N"
        )
        driver.start()
        assert eventually(lambda: driver.read().state is WeightState.ZERO)

        def place(grams: int, state: WeightState) -> None:
            sim.place(grams)
            sim.fail(SAID.get(state, "stable"))

        yield Weighing(driver, place, sim.unplug)
        driver.close()


def reads(weighing: Weighing, state: WeightState, grams: int | None) -> bool:
    reading = weighing.port.read()
    return (reading.state, reading.grams) == (state, grams)


def test_the_same_weight_can_be_read_twice(weighing: Weighing) -> None:
    weighing.place(1253, WeightState.STABLE)
    assert eventually(lambda: reads(weighing, WeightState.STABLE, 1253))
    assert reads(weighing, WeightState.STABLE, 1253)


@pytest.mark.parametrize("state", [WeightState.OVER, WeightState.UNDER])
def test_trouble_is_a_state_and_never_a_weight_of_zero(weighing: Weighing, state: WeightState) -> None:
    weighing.place(0, state)
    assert eventually(lambda: reads(weighing, state, None))


def test_goods_that_still_move_have_no_weight_to_sell(weighing: Weighing) -> None:
    weighing.place(700, WeightState.MOVING)
    assert eventually(lambda: weighing.port.read().state is WeightState.MOVING)


def test_a_scale_that_does_not_answer_is_stale(weighing: Weighing) -> None:
    weighing.place(500, WeightState.STABLE)
    assert eventually(lambda: reads(weighing, WeightState.STABLE, 500))
    weighing.unplug()
    assert eventually(lambda: reads(weighing, WeightState.STALE, None))
    assert weighing.port.health.state is not DeviceState.READY


def test_what_lies_on_it_can_be_set_to_zero(weighing: Weighing) -> None:
    weighing.place(500, WeightState.STABLE)
    assert eventually(lambda: reads(weighing, WeightState.STABLE, 500))
    weighing.port.zero()
    assert eventually(lambda: reads(weighing, WeightState.ZERO, 0))
