"""What a printer says about itself is understood to the bit; silence is never taken for good news."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.ports import PrinterStatus
from pos_app.devices.printer.status import (
    AutoStatus,
    InOrder,
    RealTime,
    StatusReader,
    paper_after,
    trouble,
    updated,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "escpos_status.json").read_text())
TROUBLES = {"paper_out": "printer.paper_out", "cover_open": "printer.cover_open", "offline": "printer.offline"}


@pytest.mark.parametrize("case", sorted(VECTORS["dle_eot"]))
def test_real_time_answers(case: str) -> None:
    reader, status = StatusReader(), PrinterStatus()
    for n, hexed in VECTORS["dle_eot"][case].items():
        reader.asked(int(n))
        (answer,) = reader.feed(bytes.fromhex(hexed))
        assert answer == RealTime(int(n), int(hexed, 16))
        status = updated(status, answer)
    assert trouble(status) == TROUBLES.get(case, "")
    assert bool(status.paper_low) is (case in {"paper_near_end", "paper_out"})
    assert bool(status.drawer_pin_high) is (case == "drawer_sensor_high")


@pytest.mark.parametrize("case", sorted(VECTORS["asb_4bytes"]))
def test_unasked_status(case: str) -> None:
    (answer,) = StatusReader().feed(bytes.fromhex(VECTORS["asb_4bytes"][case]))
    assert isinstance(answer, AutoStatus)
    status = updated(PrinterStatus(), answer)
    assert trouble(status) == TROUBLES.get(case, "")
    assert status.drawer_pin_high is (case == "pin3_high")
    assert status.paper_low is (case in {"paper_near_end", "paper_out"})


@pytest.mark.parametrize("case", sorted(VECTORS["gs_r_1"]))
def test_answers_in_order(case: str) -> None:
    (answer,) = StatusReader().feed(bytes.fromhex(VECTORS["gs_r_1"][case]))
    assert isinstance(answer, InOrder)
    assert trouble(paper_after(PrinterStatus(online=True), answer)) == TROUBLES.get(case, "")


def test_a_printer_that_says_nothing_is_unknown() -> None:
    assert PrinterStatus() == PrinterStatus(None, None, None, None, None)
    assert updated(PrinterStatus(), RealTime(1, 0x12)).paper_out is None


def test_unasked_status_between_answers_is_told_apart() -> None:
    reader = StatusReader()
    reader.asked(4)
    assert reader.feed(bytes.fromhex("18000f00" + "7e" + "00")) == [
        AutoStatus(bytes.fromhex("18000f00")),
        RealTime(4, 0x7E),
        InOrder(0),
    ]


@given(st.binary(max_size=200), st.lists(st.sampled_from([1, 2, 4]), max_size=20))
def test_noise_on_the_line_is_survived(noise: bytes, asked: list[int]) -> None:
    reader, status = StatusReader(), PrinterStatus()
    for n in asked:
        reader.asked(n)
    for answer in reader.feed(noise):
        status = updated(status, answer)
