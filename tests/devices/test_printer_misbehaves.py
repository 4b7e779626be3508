"""Printers that talk nonsense, never stop talking, read too slowly or never confirm: every answer comes in time."""

import random
import socket
from collections.abc import Callable, Iterator
from threading import Event, Thread

import pytest

from pos_app.devices.ports import DeviceState, PrintOutcome, PrintResult
from pos_app.devices.printer import status as said
from pos_app.devices.printer.escpos import STATUS_MS, EscPosPrinter
from pos_app.devices.printer.status import InOrder, RealTime, StatusReader
from pos_app.devices.sim.printer import Fault, PrinterSim
from pos_app.devices.transport.tcp import TcpLink
from pos_app.receipts import escpos
from pos_app.receipts.layout import receipt_document
from tests.devices.support import CLOCK, eventually, no_jitter, receipt
from tests.support.pace import Watch

JOB = escpos.render(receipt_document(receipt()), escpos.PROFILES["epson80"])
DEADLINE_MS = 1000
SLACK_S = 0.8
HAPPY = b"\x12"  # the answer to DLE EOT of a printer that lacks nothing


class OddPrinter:
    """A socket that says `unasked` all the time and answers as `reply` says. It reads `read_bytes` at a time."""

    def __init__(self, reply: Callable[[bytes], bytes], unasked: bytes = b"", read_bytes: int = 4096) -> None:
        self._reply, self._unasked, self._read_bytes = reply, unasked, read_bytes
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port: int = self._listener.getsockname()[1]
        self.received = b""
        self._closing = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                line = self._listener.accept()[0]
            except TimeoutError:
                continue
            with line:
                line.settimeout(0.02)
                self._serve(line)
        self._listener.close()

    def _serve(self, line: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                if self._unasked:
                    line.sendall(self._unasked)
                data = line.recv(self._read_bytes)
                if not data:
                    return
                self.received += data
                line.sendall(self._reply(data))
            except TimeoutError:
                continue
            except OSError:
                return

    def close(self) -> None:
        self._closing.set()
        self._thread.join()


def answers_questions(data: bytes) -> bytes:
    """All is well, and nothing is ever confirmed."""
    return HAPPY * data.count(b"\x10\x04")


def silent(_: bytes) -> bytes:
    return b""


@pytest.fixture
def opened() -> Iterator[Callable[[OddPrinter], EscPosPrinter]]:
    """Drives one; both are closed at the end."""
    made: list[EscPosPrinter | OddPrinter] = []

    def drive(odd: OddPrinter) -> EscPosPrinter:
        printer = EscPosPrinter("odd", TcpLink("127.0.0.1", odd.port, CLOCK), CLOCK, no_jitter, deadline_ms=DEADLINE_MS)
        made.extend([printer, odd])
        return printer

    yield drive
    for one in made:
        one.close()


def in_time(act: Callable[[], PrintResult], deadline_ms: int = DEADLINE_MS) -> PrintResult:
    began = Watch()
    result = act()
    assert began.took_s < deadline_ms / 1000 + SLACK_S
    return result


Opened = Callable[[OddPrinter], EscPosPrinter]


def test_a_printer_that_never_stops_talking_holds_up_nobody(opened: Opened) -> None:
    printer = opened(OddPrinter(silent, unasked=b"\x80\x10\x00\xff" * 2000))
    assert in_time(lambda: printer.print_job(JOB)) == PrintResult(PrintOutcome.FAILED, "printer.no_answer")
    assert in_time(printer.kick_drawer, 2000).outcome is PrintOutcome.FAILED
    assert printer.health.state is DeviceState.FAULT


def test_one_that_floods_the_line_with_good_news_has_confirmed_nothing(opened: Opened) -> None:
    printer = opened(OddPrinter(silent, unasked=HAPPY * 2000))
    assert in_time(lambda: printer.print_job(JOB)).outcome is not PrintOutcome.CONFIRMED


def test_nonsense_never_ends_the_driver(opened: Opened) -> None:
    chance = random.Random(12)
    odd = OddPrinter(lambda data: answers_questions(data) + chance.randbytes(40))
    printer = opened(odd)
    in_time(lambda: printer.print_job(JOB))
    in_time(printer.kick_drawer, 2000)
    printer.status()


def test_a_printer_that_takes_a_byte_now_and_then_costs_no_more_than_the_deadline(opened: Opened) -> None:
    printer = opened(OddPrinter(answers_questions, read_bytes=16))
    result = in_time(lambda: printer.print_job(b"\x1b@" + b"x" * 16_000_000))
    assert result == PrintResult(PrintOutcome.UNKNOWN, "printer.stalled")


def test_a_receipt_that_is_never_confirmed_keeps_no_drawer_shut(opened: Opened) -> None:
    odd = OddPrinter(answers_questions)
    printer = opened(odd)
    results: list[PrintResult] = []
    job = Thread(target=lambda: results.append(printer.print_job(JOB)))
    job.start()
    assert eventually(lambda: odd.received.endswith(b"\x1dr\x01"))
    kick = Thread(target=lambda: results.append(printer.kick_drawer(5)))
    kick.start()
    assert eventually(lambda: b"\x10\x14\x01\x01\x01" in odd.received, within_s=DEADLINE_MS / 2000)
    assert not results  # the job still waits for its answer
    job.join()
    kick.join()
    assert set(results) == {PrintResult(PrintOutcome.UNKNOWN, "printer.not_confirmed")}
    assert odd.received.count(b"\x10\x14\x01\x01\x01") + odd.received.count(b"\x1bp\x01") == 1


def test_a_question_put_while_a_receipt_is_printed_does_not_end_in_calling_the_printer_unreachable() -> None:
    codes: list[str] = []
    with PrinterSim() as sim:
        link = TcpLink(sim.host, sim.port, CLOCK)
        printer = EscPosPrinter("p", link, CLOCK, no_jitter, changed=lambda health: codes.append(health.code))
        assert printer.status().online

        begun = Event()

        def take_a_while() -> None:
            begun.set()
            Event().wait(STATUS_MS / 1000 - 0.03)  # nearly all the time a question may take

        sim.hold_up_after(100, take_a_while)
        job = Thread(target=lambda: printer.print_job(JOB))
        job.start()
        assert begun.wait(2.0)
        assert printer.status().online
        job.join()
        assert printer.status().online
        printer.close()
    assert codes == ["", ""]  # ready, and closed at the end


def test_a_name_no_host_can_have_is_a_printer_that_cannot_be_reached() -> None:
    printer = EscPosPrinter("p", TcpLink("till..printer", 9100, CLOCK), CLOCK, no_jitter, deadline_ms=DEADLINE_MS)
    assert printer.print_job(JOB) == PrintResult(PrintOutcome.FAILED, "printer.unreachable")
    printer.close()


def test_half_an_automatic_status_swallows_no_answer() -> None:
    reader = StatusReader()
    reader.asked(said.PRINTER)
    assert reader.feed(b"\x10\x00") == []
    assert reader.feed(b"\x12\x03") == [RealTime(said.PRINTER, 0x12), InOrder(0x03)]


def test_paper_that_was_out_and_a_printer_that_fell_silent_are_both_known_within_a_second() -> None:
    with PrinterSim() as sim:
        printer = EscPosPrinter("p", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter)
        printer.start()
        assert eventually(lambda: printer.health.state is DeviceState.READY)
        for fault, code in ((Fault.STALL, "printer.no_answer"), (Fault.PAPER_OUT, "printer.paper_out")):
            sim.fail(fault)
            assert eventually(lambda code=code: printer.health.code == code, within_s=1.0)
            sim.mend()
            assert eventually(lambda: printer.health.state is DeviceState.READY, within_s=2.0)
        printer.close()
