"""Answers of scales, byte by byte: bits are bits, halves are waited for, and nothing is taken for a weight of zero."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.ports import DeviceState, WeightState
from pos_app.devices.scale.nci import Nci
from pos_app.devices.scale.reading import ScaleProtocol, Weighed, WeightUnit, grams_of
from pos_app.devices.scale.serial import NO_ANSWER, STALE_MS, SerialScale
from pos_app.devices.scale.sma import Sma
from pos_app.devices.scale.toledo8217 import Toledo8217
from pos_app.devices.sim.scale import PROTOCOLS, ScaleSim
from pos_app.devices.transport.serial_port import PortIdentity
from tests.devices.support import CLOCK, eventually, no_jitter, vectors

READERS = {"toledo8217": Toledo8217, "sma": Sma, "nci": Nci}
STATES = {"in_motion": WeightState.MOVING, "over_capacity": WeightState.OVER, "under_zero": WeightState.UNDER}


def test_every_recorded_dialogue_of_a_toledo_is_understood() -> None:
    for dialogue in vectors("toledo8217.json")["dialogues"]:
        answers = Toledo8217().feed(bytes.fromhex(dialogue["reply"]))
        if "weight_g" in dialogue:
            step = dialogue.get("division_g", 1)
            assert answers == [Weighed(WeightState.STABLE, (dialogue["weight_g"] + step // 2) // step * step)]
        elif "state" in dialogue:
            assert [answer.state for answer in answers] == [STATES[dialogue["state"].partition("+")[0]]]


@pytest.mark.parametrize(
    ("bits", "state"),
    [(0x01, WeightState.MOVING), (0x02, WeightState.OVER), (0x03, WeightState.OVER), (0x04, WeightState.UNDER),
     (0x05, WeightState.UNDER), (0x10, WeightState.ZERO), (0x20, WeightState.FAULT), (0x40, WeightState.FAULT)],
)  # fmt: skip
def test_trap_22_the_status_is_bits_and_an_error_is_never_zero_kilograms(bits: int, state: WeightState) -> None:
    (answer,) = Toledo8217().feed(b"\x02?" + bytes([bits]) + b"\r")
    assert answer.state is state
    assert answer.grams == (0 if state is WeightState.ZERO else None)


def test_a_line_set_to_eight_bits_still_has_the_parity_bit() -> None:
    even = bytes(byte | 0x80 * (byte.bit_count() % 2) for byte in b"\x0201.253\r")
    assert Toledo8217().feed(even) == [Weighed(WeightState.STABLE, 1253)]


@pytest.mark.parametrize(
    ("text", "unit", "grams"),
    [
        (b"01.253", WeightUnit.KG, 1253), (b" 1.00", WeightUnit.LB, 454), (b"16.0", WeightUnit.OZ, 454),
        (b"500", WeightUnit.G, 500), (b"-0.005", WeightUnit.KG, -5), (b"1.2.3", WeightUnit.KG, None), (b"^^^^^", WeightUnit.KG, None),
        (b"", WeightUnit.KG, None), (b"0.0005", WeightUnit.KG, 1),
    ],
)  # fmt: skip
def test_weights_become_whole_grams(text: bytes, unit: WeightUnit, grams: int | None) -> None:
    assert grams_of(text, unit) == grams


@pytest.mark.parametrize(
    ("reader", "answer", "expected"),
    [
        (Sma(), b"\n 1G       1.253kg \r", Weighed(WeightState.STABLE, 1253)),
        (Sma(), b"\n 1GM      1.253kg \r", Weighed(WeightState.MOVING, 1253)),
        (Sma(), b"\nZ1G       0.000lb \r", Weighed(WeightState.ZERO, 0)),
        (Sma(), b"\nO1G      16.000kg \r", Weighed(WeightState.OVER)),
        (Sma(), b"\nE1G       0.000kg \r", Weighed(WeightState.FAULT)),
        (Sma(), b"\n?\r", Weighed(WeightState.FAULT)),
        (Nci(), b"\n01.253KG\r\n00\r\x03", Weighed(WeightState.STABLE, 1253)),
        (Nci(), b"\n  2.00LB\r\nS00\r\x03", Weighed(WeightState.STABLE, 907)),
        (Nci(), b"\n10\r\x03", Weighed(WeightState.MOVING)),
        (Nci(), b"\n^^^^^^KG\r\n02\r\x03", Weighed(WeightState.OVER)),
        (Nci(), b"\n01\r\x03", Weighed(WeightState.UNDER)),
        (Nci(), b"\n?\r\x03", Weighed(WeightState.FAULT)),
        (Nci(), b"\n40\r\x03", Weighed(WeightState.FAULT)),
    ],
)  # fmt: skip
def test_answers_of_the_other_families(reader: ScaleProtocol, answer: bytes, expected: Weighed) -> None:
    assert reader.feed(answer) == [expected]


def in_pieces(reader: ScaleProtocol, data: bytes, cuts: Sequence[int]) -> list[Weighed]:
    made: list[Weighed] = []
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in pairwise(edges):
        made += reader.feed(data[start:end])
    return made


@given(
    st.sampled_from(sorted(PROTOCOLS)), st.lists(st.tuples(st.integers(0, 15_000), st.sampled_from(["stable", "moving", "over"]))),
    st.lists(st.integers(0, 200)),
)  # fmt: skip
def test_however_the_bytes_are_cut_the_answers_are_the_same(
    protocol: str, said: list[tuple[int, str]], cuts: list[int]
) -> None:
    data = b"".join(PROTOCOLS[protocol][2](grams, state) for grams, state in said)
    whole = READERS[protocol]().feed(data)
    assert in_pieces(READERS[protocol](), data, cuts) == whole
    assert len(whole) == len(said)


@given(st.sampled_from(sorted(PROTOCOLS)), st.binary(max_size=300))
def test_no_noise_on_the_line_breaks_a_reader_or_becomes_a_weight_below_nothing(protocol: str, noise: bytes) -> None:
    for answer in READERS[protocol]().feed(noise):
        assert answer.grams is None or answer.grams >= 0


def test_half_an_answer_and_a_pulled_cable_leave_no_weight_and_it_comes_back(tmp_path: Path) -> None:
    with ScaleSim("toledo8217", tmp_path / "scale") as sim:
        scale = SerialScale("scale", PortIdentity(sim.path), Toledo8217(), CLOCK, no_jitter, bits=8, parity="N")
        scale.start()
        sim.place(1253)
        assert eventually(lambda: scale.read().grams == 1253)
        sim.cut_next_answer()
        assert eventually(lambda: scale.read().state is WeightState.STALE, within_s=STALE_MS / 1000 + 1)
        sim.place(400)
        sim.plug_in()
        assert eventually(lambda: scale.read().grams == 400, within_s=3.0)
        scale.close()


def test_trap_21_a_scale_that_falls_silent_is_not_called_connected(tmp_path: Path) -> None:
    with ScaleSim("nci", tmp_path / "scale") as sim:
        scale = SerialScale("scale", PortIdentity(sim.path), Nci(), CLOCK, no_jitter, bits=8, parity="N")
        sim.place(800)  # before the till is there: read by level, so it counts
        scale.start()
        assert eventually(lambda: scale.read().grams == 800)
        sim.fail("silent")
        assert eventually(lambda: scale.health.code == NO_ANSWER, within_s=STALE_MS / 1000 + 1)
        sim.fail("stable")
        assert eventually(lambda: scale.health.state is DeviceState.READY)
        scale.close()
