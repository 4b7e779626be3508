"""Serial modules of the M100 family: frames, faults and the cable."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.ports import DeviceState
from pos_app.devices.rfid import m100
from pos_app.devices.rfid.m100_reader import M100Reader
from pos_app.devices.sim.m100 import M100Sim
from pos_app.devices.transport.serial_port import PortIdentity
from tests.devices.rfid import Reads, cut
from tests.devices.support import CLOCK, eventually, no_jitter, vectors

QUIET_MS, LOST_MS = 150, 400


def test_frames_of_the_m100_family() -> None:
    known = {case["name"]: case["hex"] for case in vectors("m100_frames.json")["frames"]}
    assert m100.begin_polling().hex() == known["multi poll 10000"]
    assert m100.end_polling().hex() == known["stop multi poll"]
    assert m100.frame(m100.SINGLE_POLL).hex() == known["single poll"]


def test_the_notice_of_the_modules_manual_is_read() -> None:
    """Its printed example: one tag at -55 dBm."""
    notice = bytes.fromhex("bb02220011c9340030751feb705c5904e3d50d703a76ef7e")
    (frame,) = m100.Framer().feed(notice)
    assert m100.tag(frame) == m100.Tag(bytes.fromhex("30751feb705c5904e3d50d70"), -5_500)
    (none,) = m100.Framer().feed(bytes.fromhex("bb01ff000115167e"))
    assert (m100.tag(none), m100.error(none)) == (None, m100.NO_TAG)


@given(
    st.lists(st.binary(max_size=30), max_size=6),
    st.lists(st.integers(0, 300)),
    st.binary(max_size=10).filter(lambda b: 0xBB not in b),
)
def test_however_frames_are_cut_and_whatever_stands_before_them_they_are_found(
    params: list[bytes], cuts: list[int], junk: bytes
) -> None:
    data = junk + b"".join(m100.frame(0x22, one, m100.NOTICE) for one in params)
    framer = m100.Framer()
    made = [frame for piece in cut(data, cuts) for frame in framer.feed(piece)]
    assert [frame.params for frame in made] == params


@pytest.mark.parametrize("harm", [1 << bit for bit in range(16)])
def test_a_damaged_frame_takes_none_of_those_behind_it_with_it(harm: int) -> None:
    broken = bytearray(m100.frame(0x22, b"before", m100.NOTICE))
    length = int.from_bytes(broken[3:5], "big") ^ harm  # it seems to reach into the next ones, or to end early
    broken[3:5] = length.to_bytes(2, "big")
    after = m100.frame(0x22, b"after", m100.NOTICE)
    framer = m100.Framer()
    made = framer.feed(bytes(broken) + 50 * after)
    assert sum(frame.params == b"after" for frame in made) == 50


@given(st.binary(max_size=600), st.binary(min_size=2, max_size=10))
def test_after_any_noise_and_a_pause_the_next_tag_is_heard(noise: bytes, epc: bytes) -> None:
    framer = m100.Framer()
    for frame in framer.feed(noise):
        found = m100.tag(frame)
        assert found is None or len(found.epc) <= 62
    framer.reset()
    epc = epc[: len(epc) // 2 * 2]
    notice = m100.frame(0x22, bytes([0xC9, len(epc) // 2 << 3, 0]) + epc + b"\x12\x34", m100.NOTICE)
    assert [m100.tag(frame) for frame in framer.feed(notice)] == [m100.Tag(epc, -5_500)]


@contextmanager
def module_on(tmp_path: Path, power_dbm: int | None = 20) -> Iterator[tuple[M100Sim, M100Reader, Reads]]:
    with M100Sim(tmp_path / "module") as sim:
        sim.field.fill(5)
        reads = Reads()
        reader = M100Reader(
            "module", PortIdentity(sim.path), CLOCK, no_jitter,
            power_dbm=power_dbm, quiet_ms=QUIET_MS, lost_ms=LOST_MS,
        )  # fmt: skip
        reader.start(reads)
        reader.begin_inventory()
        yield sim, reader, reads
        reader.close()


def test_a_module_unplugged_in_mid_notice_is_back_within_three_seconds_and_reads_on(tmp_path: Path) -> None:
    with module_on(tmp_path) as (sim, reader, reads):
        assert eventually(lambda: len(reads.epcs) == 5)
        assert sim.power_cdbm == 2_000
        sim.unplug(mid_message=True)
        assert eventually(lambda: reader.health.state is not DeviceState.READY)
        reads.clear()
        sim.plug_in()
        assert eventually(lambda: reads, within_s=3.0)


def test_a_module_that_hangs_is_noticed_though_its_port_is_still_there(tmp_path: Path) -> None:
    with module_on(tmp_path) as (sim, reader, reads):
        assert eventually(lambda: reads)
        sim.silent = True
        assert eventually(lambda: reader.health.code == "rfid.no_answer")
        reads.clear()
        sim.silent = False
        assert eventually(lambda: reads, within_s=3.0)


def test_a_module_whose_order_has_run_out_is_told_again_and_a_quiet_one_is_not_given_up(tmp_path: Path) -> None:
    with module_on(tmp_path) as (sim, reader, reads):
        sim.says_no_tag = False
        assert eventually(lambda: reads)
        sim.forget_order()
        reads.clear()
        assert eventually(lambda: reads)
        sim.field.fill(0)
        handfuls = reads.handfuls
        assert eventually(lambda: reads.handfuls > handfuls + 2)  # a while without any tag
        assert reader.health.state is DeviceState.READY
        sim.field.fill(5)
        reads.clear()
        assert eventually(lambda: reads)


def test_a_power_the_module_has_not_is_told(tmp_path: Path) -> None:
    with module_on(tmp_path, power_dbm=36) as (_, reader, reads):
        assert eventually(lambda: reader.health.code == "rfid.refused")
        assert reader.health.detail == "command b6: error 17"
        assert not reads
