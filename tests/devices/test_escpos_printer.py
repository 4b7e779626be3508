"""A network printer in all its moods: the till knows what became paper, the drawer opens, and nobody waits for ever."""

import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from pos_app.devices.config import device_tables
from pos_app.devices.drawer import OpenLevel, PrinterDrawer
from pos_app.devices.manager import Devices, Surroundings
from pos_app.devices.ports import DeviceState, Health, PrinterStatus, PrintOutcome, PrintResult
from pos_app.devices.printer.escpos import EscPosPrinter
from pos_app.devices.sim.printer import Fault, Kick, PrinterSim
from pos_app.devices.transport.tcp import TcpLink
from pos_app.receipts import escpos
from pos_app.receipts.layout import receipt_document
from tests.devices.support import CLOCK, eventually, no_jitter, receipt
from tests.support.pace import Watch

JOB = escpos.render(receipt_document(receipt()), escpos.PROFILES["epson80"])
DEADLINE_MS = 1000
SLACK_S = 0.6


@pytest.fixture
def sim() -> Iterator[PrinterSim]:
    with PrinterSim() as made:
        yield made


@pytest.fixture
def printer(sim: PrinterSim) -> Iterator[EscPosPrinter]:
    made = EscPosPrinter("printer", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter, deadline_ms=DEADLINE_MS)
    yield made
    made.close()


def test_the_receipt_that_was_sent_is_the_receipt_that_is_printed(sim: PrinterSim, printer: EscPosPrinter) -> None:
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    (job,) = sim.jobs
    assert job.qrs == ("OTR:S0319-T1-A-000042:9f2c77ab",)
    assert "Whole milk 1 L" in job.text


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.PAPER_OUT, "printer.paper_out"),
        (Fault.COVER_OPEN, "printer.cover_open"),
        (Fault.OFFLINE, "printer.offline"),
        (Fault.STALL, "printer.no_answer"),
    ],
)
def test_a_printer_that_cannot_print_is_sent_nothing(
    sim: PrinterSim, printer: EscPosPrinter, fault: Fault, reason: str
) -> None:
    sim.fail(fault)
    assert printer.print_job(JOB) == PrintResult(PrintOutcome.FAILED, reason)
    sim.mend()
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    assert len(sim.jobs) == 1


def test_low_paper_is_told_but_prints(sim: PrinterSim, printer: EscPosPrinter) -> None:
    sim.fail(Fault.PAPER_LOW)
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    assert printer.health == Health(DeviceState.READY, "printer.paper_low")
    assert printer.status().paper_low is True


def test_paper_that_ends_in_mid_receipt_leaves_a_doubt_at_once(sim: PrinterSim, printer: EscPosPrinter) -> None:
    assert printer.status().online is True  # connected and idle

    def run_out_as_it_prints() -> None:
        sim.fail(Fault.PAPER_OUT)

    results: list[PrintResult] = []
    big = b"\x1b@" + b"line\n" * 2000 + b"\x1dVB\x00"
    writer = Thread(target=lambda: results.append(printer.print_job(big)))
    sim.hold_up_after(6000, run_out_as_it_prints)
    writer.start()
    writer.join(5)
    assert results == [PrintResult(PrintOutcome.UNKNOWN, "printer.paper_out")]
    assert printer.health.state is DeviceState.FAULT


def test_a_printer_that_falls_silent_in_mid_job_costs_no_more_than_the_deadline(
    sim: PrinterSim, printer: EscPosPrinter
) -> None:
    sim.hold_up_after(100, lambda: sim.fail(Fault.STALL))
    began = Watch()
    result = printer.print_job(JOB * 5)
    assert began.took_s < DEADLINE_MS / 1000 + SLACK_S
    assert result == PrintResult(PrintOutcome.UNKNOWN, "printer.not_confirmed")
    sim.mend()
    assert eventually(lambda: printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED)


def test_a_printer_that_takes_nothing_more_costs_no_more_than_the_deadline(
    sim: PrinterSim, printer: EscPosPrinter
) -> None:
    sim.hold_up_after(1000, lambda: sim.fail(Fault.STALL))
    began = Watch()
    result = printer.print_job(b"\x1b@" + b"x" * 16_000_000)
    assert began.took_s < DEADLINE_MS / 1000 + SLACK_S
    assert result == PrintResult(PrintOutcome.UNKNOWN, "printer.stalled")


def test_a_printer_switched_off_and_on_between_receipts_is_found_again(printer: EscPosPrinter, sim: PrinterSim) -> None:
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    sim.close()
    with PrinterSim(port=sim.port) as again:
        assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
        assert len(again.jobs) == 1


def test_a_host_that_swallows_everything_is_unreachable_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        link = TcpLink("127.0.0.1", deaf.getsockname()[1], CLOCK)
        printer = EscPosPrinter("deaf", link, CLOCK, no_jitter, deadline_ms=1000)
        began = Watch()
        assert printer.print_job(JOB) == PrintResult(PrintOutcome.FAILED, "printer.no_answer")
        assert began.took_s < 1.0 + SLACK_S
        printer.close()


def test_a_printer_that_never_answers_questions_is_never_said_to_have_printed(sim: PrinterSim) -> None:
    printer = EscPosPrinter("one way", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter, two_way=False)
    assert printer.print_job(JOB) == PrintResult(PrintOutcome.UNKNOWN, "printer.one_way")
    assert printer.kick_drawer() == PrintResult(PrintOutcome.UNKNOWN, "printer.one_way")
    assert sim.wait_for(lambda: len(sim.jobs) == 1 and len(sim.kicks) == 1)
    assert printer.status() == PrinterStatus()
    assert printer.health == Health(DeviceState.READY, "printer.one_way")
    printer.close()


def test_the_drawer_opens_without_paper_too(sim: PrinterSim, printer: EscPosPrinter) -> None:
    assert printer.kick_drawer(2).outcome is PrintOutcome.CONFIRMED
    sim.fail(Fault.PAPER_OUT)
    assert printer.kick_drawer(5).outcome is PrintOutcome.CONFIRMED
    assert list(sim.kicks) == [Kick(2, 0), Kick(5, 0)]


def test_no_receipt_opens_the_drawer(sim: PrinterSim, printer: EscPosPrinter) -> None:
    for name in ("epson80", "plain80"):
        job = escpos.render(receipt_document(receipt()), escpos.PROFILES[name])
        assert printer.print_job(job).outcome is PrintOutcome.CONFIRMED
    assert not sim.kicks


def test_two_threads_printing_at_once_print_two_whole_receipts(sim: PrinterSim, printer: EscPosPrinter) -> None:
    results: list[PrintResult] = []
    threads = [Thread(target=lambda: results.append(printer.print_job(JOB))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert {result.outcome for result in results} == {PrintOutcome.CONFIRMED}
    assert [job.text for job in sim.jobs] == [sim.jobs[0].text] * 4


def test_a_watched_printer_shows_its_fault_and_its_cure_by_itself(sim: PrinterSim) -> None:
    seen: list[Health] = []
    printer = EscPosPrinter("printer", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter, changed=seen.append)
    printer.start()
    assert eventually(lambda: printer.health == Health(DeviceState.READY))
    sim.fail(Fault.COVER_OPEN)
    assert eventually(lambda: printer.health.code == "printer.cover_open", within_s=2.0)
    sim.mend()
    assert eventually(lambda: printer.health == Health(DeviceState.READY), within_s=2.0)
    printer.close()
    assert [health.code for health in seen] == ["", "printer.cover_open", "", ""]


def test_the_tables_of_till_toml_make_a_working_counter(sim: PrinterSim) -> None:
    tables = device_tables(
        [
            {"driver": "drawer.printer", "name": "drawer", "printer": "receipts", "open_level": "high"},
            {
                "driver": "printer.escpos_tcp",
                "name": "receipts",
                "host": sim.host,
                "port": sim.port,
                "profile": "epson80",
            },
            {"driver": "scanner.serial", "name": "counter", "port": "nowhere"},
            {"driver": "scanner.wedge", "name": "hand", "prefix": "~"},
        ]
    )
    changes: list[tuple[str, DeviceState]] = []
    around = Surroundings(CLOCK, no_jitter, changed=lambda name, health: changes.append((name, health.state)))
    devices = Devices.make(tables, around)
    devices.start()
    assert devices.printer is not None
    assert devices.drawer is not None
    assert devices.drawer.kick().outcome is PrintOutcome.CONFIRMED
    assert devices.drawer.is_open() is True
    assert devices.printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    assert devices.wedge is not None
    assert devices.wedge.prefix == "~"
    assert eventually(lambda: devices.health()["counter"].code == "device.not_found")
    assert devices.health()["receipts"].state is DeviceState.READY
    devices.close()
    assert ("receipts", DeviceState.READY) in changes


def test_status_a_printer_sends_unasked_confuses_nothing(sim: PrinterSim, printer: EscPosPrinter) -> None:
    turn_it_on = b"\x1da\xff"
    assert printer.print_job(turn_it_on + JOB).outcome is PrintOutcome.CONFIRMED
    sim.fail(Fault.COVER_OPEN)
    assert printer.print_job(JOB).reason == "printer.cover_open"
    sim.mend()
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    assert len(sim.jobs) == 2


@pytest.mark.parametrize(("level", "open_at_rest"), [("low", True), ("high", False), ("none", None)])
def test_a_drawer_is_read_by_its_own_level(sim: PrinterSim, level: str, open_at_rest: bool | None) -> None:
    printer = EscPosPrinter("printer", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter)
    assert PrinterDrawer("drawer", printer, open_level=OpenLevel(level)).is_open() is open_at_rest
    printer.close()
