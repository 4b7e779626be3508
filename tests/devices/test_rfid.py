"""RFID: what tags say, what readers say, and how thousands of reads become units of goods."""

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from epcpy.utils.parsers import hex_to_tag_encodable  # a second opinion on our reading of the standard
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.ports import DeviceState, TagRead
from pos_app.devices.rfid import m100
from pos_app.devices.rfid.epc import decode, encode_sgtin_96, gtin_and_serial
from pos_app.devices.rfid.inventory import CountSession, Inventory, Locate, Presence, PresenceRules
from pos_app.devices.rfid.llrp import messages, wire
from pos_app.devices.rfid.llrp.client import LlrpClient, RefusedError
from pos_app.devices.rfid.llrp.messages import Capabilities, Kind, Settings
from pos_app.devices.rfid.llrp.reader import LlrpReader
from pos_app.devices.rfid.m100_reader import M100Reader
from pos_app.devices.sim.llrp import LlrpSim
from pos_app.devices.sim.m100 import M100Sim
from pos_app.devices.sim.tags import sgtin_96
from pos_app.devices.transport.serial_port import PortIdentity
from retail_core.domain.gtin import check_digit
from tests.devices.support import CLOCK, eventually, foreign_vectors, no_jitter, vectors

QUICK = Settings(keepalive_ms=200)


# ── what a tag says ──────────────────────────────────────────────────────────────────────────────


def test_every_scheme_of_the_vectors_is_read_and_named() -> None:
    for case in vectors("epc_tds.json"):
        epc = bytes.fromhex(case["hex"].ljust(-(-len(case["hex"]) // 2) * 2, "0"))
        known = decode(epc)
        assert known is not None, case
        assert (known.tag_uri, known.pure_identity) == (case["tag_uri"], case["pure_identity"])
        if case["gs1"]:
            assert known.element_string == case["gs1"]
        if known.scheme == "sgtin":
            assert gtin_and_serial(epc) == (known.gtin, known.serial)


@given(st.integers(0, 10**13 - 1), st.integers(0, 2**38 - 1), st.integers(6, 12))
def test_a_unit_written_on_a_tag_is_read_as_the_same_unit(body: int, serial: int, company_digits: int) -> None:
    text = f"{body:013d}"
    gtin = text + check_digit(text)
    epc = encode_sgtin_96(gtin, serial, company_digits=company_digits)
    assert gtin_and_serial(epc) == (gtin, str(serial))
    known = decode(epc)
    assert known is not None
    assert hex_to_tag_encodable(epc.hex()).epc_uri == known.pure_identity


@given(st.binary(max_size=40))
def test_no_bytes_break_the_reading_of_a_tag(epc: bytes) -> None:
    known = decode(epc)
    unit = gtin_and_serial(epc)
    assert unit is None or len(unit[0]) == 14
    assert known is None or known.tag_uri.isascii()


def test_the_simulators_own_writing_agrees() -> None:
    assert gtin_and_serial(sgtin_96("04006381333931", 7)) == ("04006381333931", "7")


# ── LLRP ─────────────────────────────────────────────────────────────────────────────────────────


def test_messages_of_real_readers_are_framed_and_walked_through() -> None:
    seen: set[int] = set()
    for line in foreign_vectors("llrp_messages.tsv").read_text().splitlines():
        kind, _, hexed = line.split("\t")
        framer = wire.Framer()
        (message,) = framer.feed(bytes.fromhex(hexed))
        assert message.type == int(kind)
        seen.add(message.type)
        if message.type == Kind.RO_ACCESS_REPORT:
            assert all(read.epc for read in messages.reads(message))
            assert messages.reads(message)
        elif message.type == Kind.GET_READER_CAPABILITIES_RESPONSE:
            known = messages.capabilities(message)
            assert known.antennas
            assert known.powers_cdbm
        elif message.type == Kind.READER_EVENT_NOTIFICATION:
            assert messages.connection_refused(message) is not None
        elif message.type in range(30, 36):
            assert messages.status(message)[0] in {0, 100}  # one of them refuses its ROSpec
    assert {61, 63, 11, 13} <= seen


def cut(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(0, 300)))
def test_however_a_stream_is_cut_the_messages_are_the_same(bodies: list[bytes], cuts: list[int]) -> None:
    data = b"".join(wire.message(n, n, body) for n, body in enumerate(bodies))
    framer = wire.Framer()
    made = [message for piece in cut(data, cuts) for message in framer.feed(piece)]
    assert [(message.id, message.body) for message in made] == list(enumerate(bodies))


@given(st.binary(max_size=200))
def test_no_answer_of_a_broken_reader_does_more_than_end_the_connection(noise: bytes) -> None:
    client = LlrpClient(QUICK)
    try:
        client.feed(noise)
        for kind in (Kind.RO_ACCESS_REPORT, Kind.READER_EVENT_NOTIFICATION, Kind.ERROR_MESSAGE):
            client.feed(wire.message(kind, 1, noise))
    except wire.LlrpError:
        return


def test_trap_32_power_and_hop_table_are_taken_from_the_readers_own_tables() -> None:
    known = Capabilities(4, {1: 1000, 2: 2000, 3: 3000}, hop_table=2, hopping=True, modes=(1000,))
    assert [known.power_index(dbm) for dbm in (25, 5, 30, None)] == [2, 1, 3, 3]
    added = messages.add_rospec(1, Settings((1, 2), 25), known)
    assert added.count(bytes.fromhex("00e0000a000200000002")) == 2
    assert Capabilities().power_index(25) == 0


def reader_on(sim: LlrpSim, settings: Settings = QUICK) -> tuple[LlrpReader, list[TagRead]]:
    reader, reads = LlrpReader("reader", sim.host, sim.port, settings, CLOCK, no_jitter), list[TagRead]()
    reader.start(reads.extend)
    reader.begin_inventory()
    return reader, reads


def test_the_wanted_power_reaches_the_reader_and_every_tag_is_seen() -> None:
    with LlrpSim() as sim:
        sim.field.fill(500)
        sim.field.rate = 5_000
        reader, reads = reader_on(sim, Settings(power_dbm=20, keepalive_ms=500))
        assert eventually(lambda: len({read.epc for read in reads}) == 500)
        assert sim.power_index == 3
        reader.close()


def test_trap_31_a_connection_that_dies_in_mid_message_is_made_again_and_reading_goes_on() -> None:
    with LlrpSim() as sim:
        sim.field.fill(20)
        reader, reads = reader_on(sim)
        assert eventually(lambda: reads)
        sim.drop(mid_message=True)
        assert eventually(lambda: sim.connections == 2 and sim.reading)
        reads.clear()
        assert eventually(lambda: reads)
        reader.close()


def test_trap_31_a_silent_reader_is_given_up_after_three_missed_keepalives() -> None:
    with LlrpSim() as sim:
        reader, _ = reader_on(sim)
        assert eventually(lambda: reader.health.state is DeviceState.READY)
        sim.silent = True
        assert eventually(lambda: reader.health.code == "device.lost", within_s=3.0)
        sim.silent = False
        assert eventually(lambda: reader.health.state is DeviceState.READY)
        reader.close()


def test_trap_31_a_reader_that_is_in_use_is_left_to_its_user() -> None:
    with LlrpSim() as sim:
        first, _ = reader_on(sim)
        assert eventually(lambda: sim.reading)
        second, _ = reader_on(sim)
        assert eventually(lambda: second.health.code == "device.in_use")
        assert sim.reading
        second.close()
        first.close()


def test_a_reader_that_refuses_the_inventory_says_why_and_a_lost_antenna_is_told() -> None:
    with LlrpSim() as sim:
        sim.refuse_rospec = True
        reader, _ = reader_on(sim)
        assert eventually(lambda: "bad parameter" in reader.health.detail)
        sim.refuse_rospec = False
        assert eventually(lambda: sim.reading)
        sim.lose_antenna(2)
        assert eventually(lambda: (reader.health.code, reader.health.detail) == ("rfid.antenna_lost", "2"))
        reader.close()


def test_a_refusal_has_a_code() -> None:
    client = LlrpClient(QUICK)
    with pytest.raises(RefusedError) as refused:
        client.feed(wire.message(Kind.ERROR_MESSAGE, 1, wire.tlv(287, b"\x00\x65\x00\x02no")))
    assert refused.value.code == "rfid.refused"


# ── serial modules ───────────────────────────────────────────────────────────────────────────────


def test_frames_of_the_m100_family() -> None:
    known = {case["name"]: case["hex"] for case in vectors("m100_frames.json")["frames"]}
    assert m100.begin_polling().hex() == known["multi poll 10000"]
    assert m100.end_polling().hex() == known["stop multi poll"]
    assert m100.frame(m100.SINGLE_POLL).hex() == known["single poll"]
    notice = m100.frame(m100.SINGLE_POLL, b"\xc9\x34\x00" + bytes(range(12)) + b"\x12\x34", m100.NOTICE)
    (found,) = m100.Framer().feed(notice)
    assert m100.tag(found) == m100.Tag(bytes(range(12)), -5_500)


@given(
    st.lists(st.binary(max_size=30), max_size=6), st.lists(st.integers(0, 300)), st.binary(max_size=10).filter(lambda b: 0xBB not in b)
)  # fmt: skip
def test_however_frames_are_cut_and_whatever_stands_before_them_they_are_found(
    params: list[bytes], cuts: list[int], junk: bytes
) -> None:
    data = junk + b"".join(m100.frame(0x22, one, m100.NOTICE) for one in params)
    framer = m100.Framer()
    made = [frame for piece in cut(data, cuts) for frame in framer.feed(piece)]
    assert [frame.params for frame in made] == params


@given(st.binary(max_size=600))
def test_noise_on_the_line_is_no_tag_that_was_not_sent(noise: bytes) -> None:
    framer = m100.Framer()
    for frame in framer.feed(noise):
        found = m100.tag(frame)
        assert found is None or len(found.epc) <= 62


def test_a_module_unplugged_in_mid_notice_is_back_within_three_seconds_and_reads_on(tmp_path: Path) -> None:
    with M100Sim(tmp_path / "module") as sim:
        sim.field.fill(5)
        reads = list[TagRead]()
        reader = M100Reader("module", PortIdentity(sim.path), CLOCK, no_jitter, power_dbm=20)
        reader.start(reads.extend)
        reader.begin_inventory()
        assert eventually(lambda: len({read.epc for read in reads}) == 5)
        sim.unplug(mid_message=True)
        assert eventually(lambda: reader.health.state is not DeviceState.READY)
        reads.clear()
        sim.plug_in()
        assert eventually(lambda: reads, within_s=3.0)
        reader.close()


# ── from reads to units ──────────────────────────────────────────────────────────────────────────


def read(n: int, at_ms: int = 0, cdbm: int = -5_000, count: int = 1) -> TagRead:
    return TagRead(sgtin_96("09521234543213", n), 1, cdbm, "reader", at_ms, count)


def test_trap_33_a_flood_of_reads_is_one_tag_with_first_last_count_and_best_signal() -> None:
    inventory = Inventory()
    assert len(inventory.take([read(1, 10, -6_000), read(1, 20, -4_000), read(2, 20)])) == 2
    assert inventory.take([read(1, 30, -7_000, count=3)]) == []
    one = next(iter(inventory))
    assert (one.first_ms, one.last_ms, one.count, one.best_cdbm) == (10, 30, 5, -4_000)
    assert inventory.reads == 6


def test_trap_34_a_stray_tag_is_no_unit_and_one_that_left_may_come_back() -> None:
    presence = Presence(PresenceRules(least_reads=2, least_cdbm=-6_000, away_ms=1_000))
    assert presence.take([read(1, 0)], 0).came == ()  # once is chance
    assert presence.take([read(9, 0, -8_000), read(9, 5, -8_000)], 5).came == ()  # weak is the next table
    came = presence.take([read(1, 10)], 10).came
    assert [(unit.gtin, unit.serial) for unit in came] == [("09521234543213", "1")]
    assert presence.take([read(1, 500)], 500).came == ()
    went = presence.take([], 2_000).went
    assert went == (came[0].epc,)
    assert presence.take([read(1, 2_100, count=2)], 2_100).came == came
    presence.clear()
    assert presence.take([read(1, 2_200, count=2)], 2_200).came == came


@given(st.lists(st.integers(0, 30), max_size=80), st.randoms(use_true_random=False))
def test_a_count_is_the_same_in_any_order_and_after_a_pause(serials: list[int], chance: random.Random) -> None:
    shuffled = serials[:]
    chance.shuffle(shuffled)
    one, other = CountSession(0), CountSession(0)
    one.take(read(n) for n in serials)
    half = len(shuffled) // 2
    other.take(read(n) for n in shuffled[:half])
    resumed = CountSession.resumed(other.saved(), 5)
    resumed.take(read(n) for n in shuffled[half:])
    assert one.quantities == resumed.quantities
    assert sum(one.quantities.values()) == len(set(serials))


def test_progress_of_a_count_tells_reads_a_second_and_tags_that_are_no_goods() -> None:
    count = CountSession(1_000)
    count.take([read(1), read(1), TagRead(bytes(12), 1, -5_000, "reader", 0)])
    progress = count.progress(3_000)
    assert (progress.reads, progress.distinct, progress.mapped, progress.unknown) == (3, 2, 1, 1)
    assert progress.reads_per_s == 1.5


def test_the_way_to_an_item_is_heard_and_falls_silent() -> None:
    locate = Locate(sgtin_96("09521234543213", 1))
    assert locate.beep_every_ms(0) is None
    for at_ms in range(0, 1_000, 50):
        locate.take([read(1, at_ms, -7_000), read(2, at_ms, -3_000)])
    far = locate.near_percent(1_000)
    for at_ms in range(1_000, 2_000, 50):
        locate.take([read(1, at_ms, -3_200)])
    assert far < 20
    assert locate.near_percent(2_000) > 80
    assert locate.beep_every_ms(2_000) < 200  # type: ignore[operator]
    assert locate.near_percent(4_000) == 0
