"""A label printer in all its moods: the till knows what became labels, and nobody waits for ever."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pos_app.devices.config import device_tables
from pos_app.devices.label.status import HostStatus, StatusReader, trouble
from pos_app.devices.label.tables import ZplTcpTable
from pos_app.devices.label.zpl_printer import ZplPrinter
from pos_app.devices.manager import Devices, Surroundings
from pos_app.devices.ports import DeviceState, Health, PrintOutcome, PrintResult
from pos_app.devices.sim.label import LabelFault, LabelSim
from pos_app.devices.sim.label_paper import LabelPaper
from pos_app.devices.sim.panel import Panel
from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.zpl_reader import Format, Reader
from pos_app.devices.transport.tcp import TcpLink
from pos_app.receipts import zpl
from pos_app.receipts.label_codes import item_code
from pos_app.receipts.labels import LabelFacts, price_label
from pos_app.ui.lamps import device_lamps
from retail_core.domain.errors import EnvironmentFault
from tests.devices.support import CLOCK, eventually, no_jitter
from tests.support.pace import Watch

LABEL = price_label(LabelFacts("Whole milk 1 L", 119, "EUR", "1001", item_code("4006381333931")))
JOB = zpl.render(LABEL)
TEN = zpl.render(LABEL, copies=10)
DEADLINE_MS = 1500
SLACK_S = 0.6


@pytest.fixture
def sim() -> Iterator[LabelSim]:
    with LabelSim() as made:
        yield made


def driver(sim: LabelSim, *, two_way: bool = True, heard: list[Health] | None = None) -> ZplPrinter:
    return ZplPrinter(
        "labels", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter,
        two_way=two_way, deadline_ms=DEADLINE_MS, changed=(heard if heard is not None else []).append,
    )  # fmt: skip


@pytest.fixture
def printer(sim: LabelSim) -> Iterator[ZplPrinter]:
    made = driver(sim)
    yield made
    made.close()


def test_a_confirmed_job_has_come_out_whole_and_can_be_scanned(sim: LabelSim, printer: ZplPrinter) -> None:
    assert printer.print_job(JOB + TEN) == PrintResult(PrintOutcome.CONFIRMED)
    assert len(sim.labels) == 11
    (code,) = zxingcpp.read_barcodes(sim.labels[10].picture())
    assert code.bytes == b"4006381333931"
    assert printer.health == Health(DeviceState.READY)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (LabelFault.PAPER_OUT, "label.paper_out"),
        (LabelFault.HEAD_OPEN, "label.head_open"),
        (LabelFault.RIBBON_OUT, "label.ribbon_out"),
        (LabelFault.PAUSE, "label.paused"),
        (LabelFault.BUFFER_FULL, "label.buffer_full"),
        (LabelFault.SILENT, "label.no_answer"),
    ],
)
def test_a_printer_that_cannot_print_is_sent_nothing(
    sim: LabelSim, printer: ZplPrinter, fault: LabelFault, reason: str
) -> None:
    sim.fail(fault)
    began = Watch()
    assert printer.print_job(JOB) == PrintResult(PrintOutcome.FAILED, reason)
    assert began.took_s < DEADLINE_MS / 1000 + SLACK_S
    assert printer.health == Health(DeviceState.FAULT, reason, sim.where)
    sim.mend()
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    assert len(sim.labels) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (LabelFault.PAPER_OUT, "label.paper_out"),
        (LabelFault.HEAD_OPEN, "label.head_open"),
        (LabelFault.TAKE, "label.still_printing"),
        (LabelFault.SILENT, "label.no_answer"),
    ],
)
def test_what_stops_in_mid_job_leaves_a_doubt_in_time(
    sim: LabelSim, printer: ZplPrinter, fault: LabelFault, reason: str
) -> None:
    sim.after_labels(3, lambda: sim.fail(fault))
    began = Watch()
    assert printer.print_job(TEN) == PrintResult(PrintOutcome.UNKNOWN, reason)
    assert began.took_s < DEADLINE_MS / 1000 + SLACK_S
    assert (printer.health.state is DeviceState.READY) == (fault is LabelFault.TAKE)
    sim.mend()
    assert sim.wait_for(lambda: len(sim.labels) == 10)  # the printer goes on by itself
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    assert len(sim.labels) == 11


def test_a_buffer_that_fills_up_in_mid_job_is_no_doubt(sim: LabelSim, printer: ZplPrinter) -> None:
    sim.after_labels(3, lambda: sim.fail(LabelFault.BUFFER_FULL))
    assert printer.print_job(TEN) == PrintResult(PrintOutcome.CONFIRMED)


def test_a_printer_switched_off_in_mid_job_leaves_a_doubt_and_prints_when_it_is_back(
    sim: LabelSim, printer: ZplPrinter
) -> None:
    sim.after_labels(3, sim.unplug)
    assert printer.print_job(TEN) == PrintResult(PrintOutcome.UNKNOWN, "label.link_died")
    assert printer.print_job(JOB) == PrintResult(PrintOutcome.FAILED, "label.unreachable")
    assert printer.health == Health(DeviceState.ABSENT, "label.unreachable", sim.where)
    sim.plug_in()
    assert printer.print_job(JOB) == PrintResult(PrintOutcome.CONFIRMED)
    assert len(sim.labels) == 4


def test_a_line_cut_in_mid_job_leaves_a_doubt(sim: LabelSim, printer: ZplPrinter) -> None:
    sim.cut_link_after(60)
    assert printer.print_job(JOB) == PrintResult(PrintOutcome.UNKNOWN, "label.link_died")
    assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED


def test_a_printer_that_never_answers_prints_but_is_never_believed(sim: LabelSim) -> None:
    sim.fail(LabelFault.SILENT)
    printer = driver(sim, two_way=False)
    assert printer.print_job(JOB) == PrintResult(PrintOutcome.UNKNOWN, "label.one_way")
    assert sim.wait_for(lambda: len(sim.labels) == 1)
    assert printer.health == Health(DeviceState.READY, "label.one_way")
    printer.close()


def test_two_tills_share_one_printer(sim: LabelSim) -> None:
    tills = [driver(sim), driver(sim)]
    for till in (*tills, *tills):
        assert till.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    assert len(sim.labels) == 4
    for till in tills:
        till.close()


def test_a_fault_is_seen_before_the_next_label_and_so_is_its_end(sim: LabelSim) -> None:
    heard: list[Health] = []
    sim.fail(LabelFault.HEAD_OPEN)
    printer = driver(sim, heard=heard)
    printer.start()
    assert eventually(lambda: printer.health.code == "label.head_open", 1.0)
    (lamp,) = device_lamps([("label", printer.health)])
    assert lamp.text == "Labels: head open"
    sim.mend()
    assert eventually(lambda: printer.health == Health(DeviceState.READY), 2.9)
    printer.close()
    printer.close()
    assert heard[-1] == Health(DeviceState.ABSENT)


def test_closing_does_not_wait_for_a_long_job_and_nothing_is_told_afterwards(sim: LabelSim) -> None:
    heard: list[Health] = []
    sim.after_labels(2, lambda: sim.fail(LabelFault.TAKE))
    printer = ZplPrinter(
        "labels", TcpLink(sim.host, sim.port, CLOCK), CLOCK, no_jitter, deadline_ms=60_000, changed=heard.append
    )
    results: list[PrintResult] = []
    job = Thread(target=lambda: results.append(printer.print_job(TEN)))
    job.start()
    assert sim.wait_for(lambda: len(sim.labels) == 2)
    began = Watch()
    printer.close()
    assert began.took_s < 1.5
    job.join(2)
    assert [result.outcome for result in results] == [PrintOutcome.UNKNOWN]
    assert heard[-1] == Health(DeviceState.ABSENT)
    assert printer.print_job(JOB) == PrintResult(PrintOutcome.FAILED, "label.unreachable")


# ── what it says about itself ────────────────────────────────────────────────────────────────────

WELL = HostStatus(
    paper_out=False, paused=False, formats_waiting=0, buffer_full=False, half_format=False, memory_damaged=False,
    too_hot=False, head_open=False, ribbon_out=False, to_be_taken=False, labels_left=0,
)  # fmt: skip


def answer(first: str = "030,0,0,0304,000,0,0,0,000,0,0,0", second: str = "000,0,0,0,0,2,4,0,00000000,1,000") -> bytes:
    return b"".join(b"\x02" + line.encode() + b"\x03\r\n" for line in (first, second, "1234,0"))


@pytest.mark.parametrize(
    ("said", "code", "idle"),
    [
        (answer(), "", True),
        (answer("030,1,1,0304,000,0,0,0,000,0,0,0"), "label.paper_out", True),
        (answer("030,0,1,0304,000,0,0,0,000,0,0,0"), "label.paused", True),
        (answer("030,0,0,0304,000,1,0,0,000,0,0,0"), "label.buffer_full", True),
        (answer("030,0,0,0304,000,0,0,0,000,1,0,0"), "label.memory_damaged", True),
        (answer("030,0,0,0304,000,0,0,0,000,0,0,1"), "label.too_hot", True),
        (answer("030,0,0,0304,012,0,0,0,000,0,0,0"), "", False),
        (answer("030,0,0,0304,000,0,0,1,000,0,0,0"), "", False),
        (answer("030,1,1,0304,000,0,0,0,000,0,0,0", "000,0,1,0,0,2,4,0,00000000,1,000"), "label.head_open", True),
        (answer(second="000,0,0,1,1,2,4,0,00000000,1,000"), "label.ribbon_out", True),
        (answer(second="000,0,0,0,0,2,4,1,00000042,1,000"), "", False),
    ],
)
def test_what_the_printer_says_is_understood(said: bytes, code: str, idle: bool) -> None:
    (status,) = StatusReader().feed(b"junk" + said)
    assert (trouble(status), status.idle) == (code, idle)


@given(st.lists(st.one_of(st.binary(max_size=40), st.just(answer()), st.just(b"\x02"), st.just(b"1,2,3\x03"))),
       st.lists(st.integers(0, 400), max_size=8))  # fmt: skip
def test_any_bytes_in_any_pieces_are_survived_and_never_taken_twice(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    reader = StatusReader()
    pieces = [status for start, end in pairwise(bounds) for status in reader.feed(data[start:end])]
    assert pieces == StatusReader().feed(data)
    assert StatusReader().feed(data + b"\x03" + answer())[-1] == WELL


def test_half_an_answer_says_nothing() -> None:
    first, second, last = answer().split(b"\r\n")[:3]
    assert StatusReader().feed(second + second + last) == []
    assert StatusReader().feed(first + last + second + last) == []
    for end in range(len(answer()) - 3):
        assert StatusReader().feed(answer()[:end]) == []
    assert StatusReader().feed(b"\x02" + b"0" * 100_000 + b"\x03" + answer()) == [WELL]


# ── the simulator and the table ──────────────────────────────────────────────────────────────────


@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from(
    [b"^XA", b"^XZ", b"^FO", b"^GFA,9,9,1,", b"^FD", b"^BXN,6,200,,,,_", b"^BQN,2,4", b"^BCN,9", b"^A0N,20", b"^PQ3"]
))))  # fmt: skip
def test_the_simulator_survives_any_bytes(parts: list[bytes]) -> None:
    for made in Reader().feed(b"".join(parts) + b"^XZ"):
        if isinstance(made, Format):
            LabelPaper(made.commands).picture()


def test_the_panel_holds_both_printers_and_labels_are_numbered_pictures(tmp_path: Path) -> None:
    with LabelSim(out=tmp_path) as labels, PrinterSim() as receipts:
        panel = Panel([receipts, labels])
        printer = driver(labels)
        assert panel.obey("label paper out") == "ok"
        assert printer.print_job(JOB).reason == "label.paper_out"
        assert panel.obey("label mend") == "ok"
        assert panel.obey("label unplug") == "ok"
        assert printer.print_job(JOB).reason == "label.unreachable"
        assert panel.obey("label plug in") == "ok"
        assert printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
        assert panel.obey("label show") == "labels 1, waiting 0"
        assert panel.obey("label dance").startswith("no: ")
        assert panel.obey("show") == "receipts 0, drawer kicks 0"
        printer.close()
    (code,) = zxingcpp.read_barcodes(Image.open(tmp_path / "label-000001.png"))
    assert code.bytes == b"4006381333931"


def test_the_till_has_a_label_printer_from_its_table(sim: LabelSim) -> None:
    raw: dict[str, object] = {
        "driver": "label.zpl_tcp",
        "name": "labels",
        "host": sim.host,
        "port": sim.port,
        "dpi": 300,
    }
    (table,) = device_tables([raw])
    assert table == ZplTcpTable(name="labels", host=sim.host, port=sim.port, dpi=300)
    devices = Devices.make((table,), Surroundings(CLOCK, no_jitter))
    assert devices.label_printer is not None
    devices.start()
    assert eventually(lambda: devices.health()["labels"].state is DeviceState.READY)
    assert devices.label_printer.print_job(JOB).outcome is PrintOutcome.CONFIRMED
    devices.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"dpi": 200}, {"width_mm": 5}, {"height_mm": 400}, {"deadline_ms": 10}, {"deadline_ms": 600_000}, {"port": 0},
        {"host": ""}, {"baud": 9600},
    ],
)  # fmt: skip
def test_a_mistake_in_its_table_is_told(wrong: dict[str, object]) -> None:
    with pytest.raises(EnvironmentFault) as told:
        device_tables([{"driver": "label.zpl_tcp", "name": "labels", "host": "192.0.2.9", **wrong}])
    assert (told.value.code, told.value.facts["table"]) == ("device.bad_table", 1)
