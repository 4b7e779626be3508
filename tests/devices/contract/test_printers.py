"""What every printer and drawer promises: the truth about what became paper, and an answer within the deadline."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

import pytest

from pos_app.devices.drawer import OpenLevel, PrinterDrawer
from pos_app.devices.fakes.printer import FakeCashDrawer, FakeLabelPrinter, FakeReceiptPrinter
from pos_app.devices.ports import CashDrawer, DeviceState, Health, PrintOutcome, PrintResult
from pos_app.devices.printer.escpos import EscPosPrinter
from pos_app.devices.sim.printer import Fault, PrinterSim
from pos_app.devices.transport.tcp import TcpLink
from tests.devices.support import CLOCK, eventually, no_jitter
from tests.support.pace import Watch

JOB = b"\x1b@Whole milk\n\x1dVB\x00"


class Printer(Protocol):
    @property
    def health(self) -> Health: ...

    def print_job(self, job: bytes) -> PrintResult: ...

    def close(self) -> None: ...


@dataclass
class Bench:
    printer: Printer
    printed: Callable[[], int]
    run_out: Callable[[], None]
    mend: Callable[[], None]
    switch_off: Callable[[], None]
    die_in_next_job: Callable[[], None]


def fake_bench(fake: FakeReceiptPrinter | FakeLabelPrinter) -> Bench:
    return Bench(
        fake, lambda: len(fake.jobs), lambda: fake.fail("printer.paper_out"), fake.mend, fake.unplug,
        fake.die_in_next_job,
    )  # fmt: skip


@pytest.fixture(params=["fake", "fake label", "escpos tcp"])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with ExitStack() as stack:
        if request.param == "fake":
            made = fake_bench(FakeReceiptPrinter())
        elif request.param == "fake label":
            made = fake_bench(FakeLabelPrinter())
        else:
            sim = stack.enter_context(PrinterSim())
            driver = EscPosPrinter("printer", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter, deadline_ms=3000)
            made = Bench(
                driver, lambda: len(sim.jobs), lambda: sim.fail(Fault.PAPER_OUT), sim.mend, sim.close,
                lambda: sim.cut_link_after(12),
            )  # fmt: skip
        stack.callback(made.printer.close)
        yield made


def test_what_is_confirmed_is_on_paper(bench: Bench) -> None:
    for count in (1, 2, 3):
        assert bench.printer.print_job(JOB) == PrintResult(PrintOutcome.CONFIRMED)
        assert bench.printed() == count
    assert bench.printer.health == Health(DeviceState.READY)


def test_without_paper_nothing_is_sent_and_the_reason_is_told(bench: Bench) -> None:
    bench.run_out()
    assert bench.printer.print_job(JOB) == PrintResult(PrintOutcome.FAILED, "printer.paper_out")
    assert bench.printer.health.code == "printer.paper_out"
    bench.mend()
    assert bench.printed() == 0
    assert bench.printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED


def test_a_printer_that_is_off_fails_with_a_reason_in_time(bench: Bench) -> None:
    bench.switch_off()
    began = Watch()
    assert bench.printer.print_job(JOB) == PrintResult(PrintOutcome.FAILED, "printer.unreachable")
    assert began.took_s < 3.5
    assert bench.printer.health.state is DeviceState.ABSENT


def test_a_link_that_dies_in_mid_job_leaves_a_doubt_and_the_next_job_prints(bench: Bench) -> None:
    bench.die_in_next_job()
    assert bench.printer.print_job(JOB) == PrintResult(PrintOutcome.UNKNOWN, "printer.link_died")
    assert eventually(lambda: bench.printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED)


def test_closing_twice_is_no_error(bench: Bench) -> None:
    bench.printer.close()
    bench.printer.close()
    assert bench.printer.health.state is DeviceState.ABSENT


@dataclass
class Till:
    drawer: CashDrawer
    push_shut: Callable[[], None]
    switch_off: Callable[[], None]


@pytest.fixture(params=["fake", "behind a printer"])
def till(request: pytest.FixtureRequest) -> Iterator[Till]:
    with ExitStack() as stack:
        if request.param == "fake":
            fake = FakeCashDrawer()
            made = Till(fake, fake.push_shut, fake.unplug)
        else:
            sim = stack.enter_context(PrinterSim())
            printer = EscPosPrinter("printer", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter)
            stack.callback(printer.close)
            made = Till(PrinterDrawer("drawer", printer, open_level=OpenLevel.HIGH), sim.close_drawer, sim.close)
        stack.callback(made.drawer.close)
        yield made


def test_a_kicked_drawer_is_open_until_it_is_pushed_shut(till: Till) -> None:
    assert till.drawer.is_open() is False
    assert till.drawer.kick() == PrintResult(PrintOutcome.CONFIRMED)
    assert till.drawer.is_open() is True
    till.push_shut()
    assert till.drawer.is_open() is False


def test_a_drawer_nobody_answers_for_is_neither_open_nor_shut(till: Till) -> None:
    till.switch_off()
    assert till.drawer.kick().outcome is PrintOutcome.FAILED
    assert till.drawer.is_open() is None
