"""A serial scanner on a real port of the system: fast, unplugged, taken by others, and back again."""

import termios
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event

import pytest
import serial

from pos_app.devices.framing import Framing
from pos_app.devices.ports import DeviceState, Health
from pos_app.devices.scanner.serial import SerialScanner
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.devices.supervisor import BACK_OFF_S, Control, Supervisor
from pos_app.devices.transport.serial_port import PortIdentity
from tests.devices.support import CLOCK, Heard, eventually, no_jitter
from tests.support.pace import Watch

MILK, COFFEE = "4006381333931", "4012345678901"
REPLUG_S, BUSY = 3.0, 5  # so many times slower a shared machine may be


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[ScannerSim]:
    with ScannerSim(tmp_path / "scanner") as made:
        yield made


@pytest.fixture
def scanner(sim: ScannerSim) -> Iterator[SerialScanner]:
    made = SerialScanner("counter", PortIdentity(sim.path), CLOCK, no_jitter)
    yield made
    made.close()


def started(scanner: SerialScanner) -> Heard:
    heard = Heard()
    scanner.start(heard)
    assert eventually(lambda: scanner.health.state is DeviceState.READY)
    return heard


def test_ten_scans_a_second_are_all_heard_identical_ones_too(sim: ScannerSim, scanner: SerialScanner) -> None:
    heard = started(scanner)
    labels = [MILK, MILK, MILK, COFFEE, MILK] * 4
    sim.scan_all(labels, every_ms=100)
    assert eventually(lambda: len(heard.events) == len(labels))
    assert heard.texts == labels


def test_a_burst_as_fast_as_the_port_takes_it_is_heard(sim: ScannerSim, scanner: SerialScanner) -> None:
    heard = started(scanner)
    labels = [f"{n:013d}" for n in range(400)]
    sim.scan_all(labels, every_ms=0)
    assert eventually(lambda: len(heard.events) == len(labels))
    assert heard.texts == labels


def test_a_slow_line_does_not_split_a_label(sim: ScannerSim, scanner: SerialScanner) -> None:
    heard = started(scanner)
    sim.scan(MILK, gap_ms=3)
    assert eventually(lambda: heard.texts == [MILK])


def test_unplugged_in_mid_message_it_is_back_within_three_seconds(sim: ScannerSim, scanner: SerialScanner) -> None:
    heard = started(scanner)
    sim.scan(MILK)
    assert eventually(lambda: heard.texts == [MILK])
    for heard_by_then in ([MILK, COFFEE], [MILK, COFFEE, COFFEE]):  # the cut-off beginnings make no label
        sim.unplug(mid_message=b"40123")
        assert eventually(lambda: scanner.health.state is not DeviceState.READY)
        sim.plug_in()
        began = Watch()
        assert eventually(lambda: scanner.health.state is DeviceState.READY, within_s=REPLUG_S * BUSY)
        sim.scan(COFFEE)
        assert eventually(partial(heard.has, heard_by_then))
        assert began.took_s < REPLUG_S * BUSY


def test_a_scanner_plugged_in_after_the_till_started_is_found(sim: ScannerSim, scanner: SerialScanner) -> None:
    sim.unplug()
    heard = Heard()
    scanner.start(heard)
    assert eventually(lambda: scanner.health == Health(DeviceState.ABSENT, "device.not_found"))
    sim.plug_in()
    assert eventually(lambda: scanner.health.state is DeviceState.READY, within_s=REPLUG_S * BUSY)
    sim.scan(MILK)
    assert eventually(lambda: heard.texts == [MILK])


def test_a_port_somebody_else_holds_is_said_and_taken_when_it_is_free(sim: ScannerSim, scanner: SerialScanner) -> None:
    heard = Heard()
    with serial.Serial(sim.path, exclusive=True):
        scanner.start(heard)
        assert eventually(lambda: scanner.health.code == "device.in_use")
    assert eventually(lambda: scanner.health.state is DeviceState.READY)
    sim.scan(MILK)
    assert eventually(lambda: heard.texts == [MILK])


def test_nobody_else_gets_the_port_while_the_till_has_it(sim: ScannerSim, scanner: SerialScanner) -> None:
    started(scanner)
    with pytest.raises(serial.SerialException):
        serial.Serial(sim.path, exclusive=True)


def test_framed_labels_may_hold_line_ends(tmp_path: Path) -> None:
    with ScannerSim(tmp_path / "framed", prefix=b"\x02", suffix=b"\x03") as sim:
        scanner = SerialScanner("counter", PortIdentity(sim.path), CLOCK, no_jitter, framing=Framing.STX_ETX)
        heard = started(scanner)
        sim.scan("two\r\nlines")
        assert eventually(lambda: heard.texts == ["two\r\nlines"])
        scanner.close()


def test_stopping_does_not_wait_for_a_read(sim: ScannerSim, scanner: SerialScanner) -> None:
    started(scanner)
    began = Watch()
    scanner.close()
    assert began.took_s < 0.3


def test_an_unknown_usb_scanner_is_absent() -> None:
    assert PortIdentity(usb_vid=0x9999, usb_pid=0x9999).find() is None


def test_a_device_that_keeps_failing_is_tried_more_and_more_slowly() -> None:
    tries: list[float] = []
    third = Event()

    def session(_: Control) -> None:
        tries.append(time.monotonic())
        if len(tries) == 3:
            third.set()
        raise OSError("broken")

    supervisor = Supervisor("broken", session, jitter=no_jitter)
    supervisor.start()
    assert third.wait(5)
    assert eventually(lambda: supervisor.health == Health(DeviceState.FAULT, "device.lost", "broken"))
    supervisor.close()
    first, second = tries[1] - tries[0], tries[2] - tries[1]
    assert BACK_OFF_S[0] <= first < second
    assert second >= BACK_OFF_S[1]


def test_a_missing_permission_is_named() -> None:
    def session(_: Control) -> None:
        raise PermissionError("port")

    supervisor = Supervisor("locked", session, jitter=no_jitter)
    supervisor.start()
    assert eventually(lambda: supervisor.health.code == "device.no_permission")
    supervisor.close()


@pytest.mark.parametrize(
    "trouble",
    [
        OSError(5, "Input/output error"),
        serial.SerialException("device reports readiness to read but returned no data"),
        termios.error(22, "Invalid argument"),  # not an OSError
    ],
    ids=["oserror", "pyserial", "termios"],
)
def test_trap_11_and_12_no_trouble_of_a_port_is_the_end_of_its_thread(trouble: Exception) -> None:
    """pyserial#341: a reader that died of "readiness to read but returned no data" never came back."""
    tries: list[int] = []

    def session(control: Control) -> None:
        tries.append(len(tries))
        control.ready()
        if len(tries) < 3:
            raise trouble
        while not control.wait(0.05):
            pass

    supervisor = Supervisor("flaky", session, jitter=no_jitter)
    supervisor.start()
    assert eventually(lambda: len(tries) == 3 and supervisor.health.state is DeviceState.READY)
    supervisor.close()


def test_a_port_set_to_seven_bits_that_the_system_refuses_is_told_and_tried_again(sim: ScannerSim) -> None:
    """Linux takes 7E1 on a pty once and refuses it at the second opening, with termios.error."""
    port = PortIdentity(sim.path)
    health: list[Health] = []

    def session(control: Control) -> None:
        with port.open(9600, read_wait_s=0.1, bits=7, parity=serial.PARITY_EVEN):
            control.ready()
            raise OSError("pulled")

    supervisor = Supervisor("old scale", session, jitter=no_jitter, changed=health.append)
    supervisor.start()
    assert eventually(lambda: sum(one.state is DeviceState.CONNECTING for one in health) >= 3)
    supervisor.close()
    assert all(one.code in ("", "device.lost") for one in health)
