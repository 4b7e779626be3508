"""LLRP: what readers say, hostile bytes, and a reader that drops, falls silent, restarts or belongs to somebody else."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.ports import DeviceState
from pos_app.devices.rfid.llrp import answers, messages, wire
from pos_app.devices.rfid.llrp.client import AntennasLost, Became, Complaint, LlrpClient, RefusedError, State
from pos_app.devices.rfid.llrp.messages import Capabilities, Kind, Settings
from pos_app.devices.rfid.llrp.reader import LlrpReader
from pos_app.devices.sim.llrp import MODE, LlrpSim
from tests.devices.rfid import Reads, cut, unit
from tests.devices.support import CLOCK, eventually, foreign_vectors, no_jitter

QUICK = Settings(keepalive_ms=200)
ANSWER_MS = 300
OK = bytes.fromhex("011f000800000000")


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────


def test_messages_of_real_readers_are_framed_and_walked_through() -> None:
    seen: set[int] = set()
    for line in foreign_vectors("llrp_messages.tsv").read_text().splitlines():
        kind, _, hexed = line.split("\t")
        framer = wire.Framer()
        (message,) = framer.feed(bytes.fromhex(hexed))
        assert message.type == int(kind)
        seen.add(message.type)
        if message.type == Kind.RO_ACCESS_REPORT:
            (read,) = answers.reads(message)
            assert (read.epc.hex(), read.antenna, read.rssi_cdbm, read.count) == (
                "303ba1b3000055800000053f",
                3,
                -6_700,
                1,
            )
        elif message.type == Kind.GET_READER_CAPABILITIES_RESPONSE:
            known = answers.capabilities(message)
            assert known.antennas
            assert known.powers_cdbm
            assert known.firmware
        elif message.type == Kind.READER_EVENT_NOTIFICATION:
            assert answers.news(message).attempt is not None
        elif message.type in range(30, 36):
            assert answers.status(message)[0] in {0, 100}  # one of them refuses its ROSpec
    assert {61, 63, 11, 13} <= seen


@given(st.lists(st.binary(max_size=40), max_size=6), st.lists(st.integers(0, 300)))
def test_however_a_stream_is_cut_the_messages_are_the_same(bodies: list[bytes], cuts: list[int]) -> None:
    data = b"".join(wire.message(n, n, body) for n, body in enumerate(bodies))
    framer = wire.Framer()
    made = [message for piece in cut(data, cuts) for message in framer.feed(piece)]
    assert [(message.id, message.body) for message in made] == list(enumerate(bodies))


@pytest.mark.parametrize("length", [0, 9, wire.MAX_MESSAGE_BYTES + 1, 0xFFFFFFFF])
def test_a_message_of_an_impossible_length_ends_the_connection_at_once(length: int) -> None:
    with pytest.raises(wire.LlrpError):
        wire.Framer().feed(b"\x04\x3d" + length.to_bytes(4, "big") + bytes(4))


def test_reports_are_read_with_everything_a_reader_may_put_in() -> None:
    times = b"\x82" + bytes(8) + b"\x83" + bytes(8) + b"\x84" + bytes(8) + b"\x85" + bytes(8)  # UTC and uptime
    other = b"\x87\x00\x01\x89" + bytes(4) + wire.tlv(1023, b"\x00\x00\x65\x1a" + bytes(6)) + wire.tlv(999, b"x")
    ends = b"\x81\x00\x03\x86\xce\x88\x00\x07"
    short = wire.tlv(241, b"\x00\x40" + bytes(range(8)))
    report = b"".join(wire.tlv(240, epc + times + other + ends) for epc in (b"\x8d" + unit(1), short))
    made = answers.reads(wire.Message(Kind.RO_ACCESS_REPORT, 1, report + wire.tlv(240, ends)))  # the last has no EPC
    assert made == [answers.Read(unit(1), 3, -5_000, 7), answers.Read(bytes(range(8)), 3, -5_000, 7)]


PIECES = st.one_of(
    st.binary(max_size=20),
    st.sampled_from([b"\x8d", b"\x81", b"\x86", b"\x88", b"\x00\xf1", b"\x00\xf1\xff\xff\xff\xff", b"\xff", b"\x00"]),
    st.sampled_from(sorted(wire.TV_BYTES)).map(lambda kind: bytes([0x80 | kind])),
)
NESTS = ((240,), (246, 256), (246, 255), (246, 252), (246, 249), (287,), (137,), (143,), (143, 144), (143, 144, 146), (143, 144, 328), (221,))  # fmt: skip


@given(
    st.lists(PIECES, max_size=8).map(b"".join),
    st.sampled_from(NESTS),
    st.sampled_from(sorted(Kind)),
    st.binary(max_size=4),
)
def test_no_answer_of_a_broken_reader_does_more_than_end_the_connection(
    noise: bytes, nest: tuple[int, ...], kind: Kind, before: bytes
) -> None:
    body = noise
    for outer in reversed(nest):
        body = wire.tlv(outer, (before if outer == 143 else b"") + body)
    message = wire.Message(kind, 1, body)
    for understand in (answers.reads, answers.news, answers.status, answers.capabilities, answers.antennas_connected):
        try:
            understand(message)
        except wire.LlrpError:
            continue
    client = LlrpClient(QUICK)
    try:
        client.feed(wire.message(kind, 1, body) + noise)
    except wire.LlrpError:
        return


@pytest.mark.parametrize("cut_off", [b"\x81", b"\x8d" + bytes(12) + b"\x88", b"\x00", b"\x00\xf1\xff", b"\x86"])
def test_a_report_that_is_cut_off_in_a_parameter_is_a_broken_connection_and_no_dead_thread(cut_off: bytes) -> None:
    with pytest.raises(wire.LlrpError):
        answers.reads(wire.Message(61, 1, wire.tlv(240, cut_off)))


def test_an_epc_that_claims_to_be_longer_than_its_parameter_is_not_made_of_what_follows() -> None:
    lying = wire.tlv(241, b"\x00\x60" + bytes(8)) + b"\x81\x00\x03\x86\xce"
    huge = wire.tlv(241, b"\x02\x00" + bytes(64))
    for content in (lying, huge):
        with pytest.raises(wire.LlrpError):
            answers.reads(wire.Message(61, 1, wire.tlv(240, content)))


# ── the conversation ─────────────────────────────────────────────────────────────────────────────


def test_trap_32_power_and_hop_table_are_taken_from_the_readers_own_tables() -> None:
    known = Capabilities(4, {1: 1000, 2: 2000, 3: 3000}, hop_table=2, hopping=True, modes=(1000,))
    assert [known.power_index(dbm) for dbm in (25, 5, 30, None)] == [2, 1, 3, 3]
    added = messages.add_rospec(1, Settings((1, 2), 25), known)
    assert added.count(bytes.fromhex("00e0000a000200000002")) == 2
    assert Capabilities().power_index(25) == 0


def test_session_and_mode_are_asked_for_only_as_the_table_says() -> None:
    plain = messages.add_rospec(1, Settings(session=2), Capabilities(4))
    assert bytes.fromhex("0150000b80004000000000") in plain  # session 2, 64 tags
    assert bytes.fromhex("014f0008") not in plain  # no mode: the reader's own choice
    assert bytes.fromhex("014f000803e80000") in messages.add_rospec(1, Settings(mode=1000), Capabilities(4))


def told(status: int) -> bytes:
    return wire.message(Kind.READER_EVENT_NOTIFICATION, 0, wire.tlv(246, wire.tlv(256, status.to_bytes(2, "big"))))


def event(kind: int, content: bytes) -> bytes:
    return wire.message(Kind.READER_EVENT_NOTIFICATION, 0, wire.tlv(246, wire.tlv(kind, content)))


def ready_client(settings: Settings = QUICK) -> LlrpClient:
    """One that has been through its setting up, reading nothing yet."""
    client = LlrpClient(settings)
    client.feed(told(0))
    general = wire.tlv(137, b"\x00\x04" + bytes(10) + b"\x00\x01v")
    for kind in (11, 12, 31, 13, 30, 34):
        client.feed(wire.message(kind, 1, OK + (general if kind == 11 else b"")))
    assert client.state is State.READY
    client.take_output()
    return client


def reading_client(settings: Settings = QUICK) -> LlrpClient:
    client = ready_client(settings)
    client.begin()
    assert client.feed(wire.message(32, 1, OK)) == [Became(State.READING)]
    return client


def test_the_conversation_goes_in_its_order_and_capabilities_come_first() -> None:
    client, asked = LlrpClient(QUICK), list[int]()
    assert client.take_output() == b""  # the reader speaks first
    client.feed(told(0))
    for kind in (11, 12, 31, 13, 30, 34):
        asked += [message.type for message in wire.Framer().feed(client.take_output())]
        client.feed(wire.message(kind, 1, OK))
    asked += [message.type for message in wire.Framer().feed(client.take_output())]
    assert asked == [1, 2, 21, 3, 20, 24, 64]


@pytest.mark.parametrize(("status", "code"), [(1, "device.in_use"), (2, "device.in_use"), (3, "rfid.refused")])
def test_trap_31_a_refused_connection_has_its_code(status: int, code: str) -> None:
    with pytest.raises(RefusedError) as refused:
        LlrpClient(QUICK).feed(told(status))
    assert refused.value.code == code


def test_trap_31_another_client_that_knocks_is_no_reason_to_leave() -> None:
    client = reading_client()
    assert client.feed(told(4)) == []
    assert client.state is State.READING


def test_a_refusal_in_words_has_a_code_whether_something_was_asked_or_not() -> None:
    words = wire.message(Kind.ERROR_MESSAGE, 1, wire.tlv(287, b"\x00\x65\x00\x02no"))
    for client in (LlrpClient(QUICK), reading_client()):
        with pytest.raises(RefusedError) as refused:
            client.feed(words)
        assert refused.value.code == "rfid.refused"


def test_a_reader_that_does_not_know_its_antennas_is_used_all_the_same() -> None:
    client = LlrpClient(QUICK)
    client.feed(told(0))
    client.feed(wire.message(11, 1, OK))
    client.feed(wire.message(Kind.ERROR_MESSAGE, 1, wire.tlv(287, b"\x00\x6d\x00\x00")))
    (asked,) = wire.Framer().feed(client.take_output())[-1:]
    assert asked.type == Kind.DELETE_ROSPEC


def test_what_a_reader_has_not_it_is_not_asked_for() -> None:
    general = wire.tlv(137, b"\x00\x02" + bytes(10) + b"\x00\x01v")
    for settings, code in ((Settings((1, 3)), "rfid.no_such_antenna"), (Settings(mode=7), "rfid.no_such_mode")):
        client = LlrpClient(settings)
        client.feed(told(0))
        with pytest.raises(RefusedError) as refused:
            client.feed(wire.message(11, 1, OK + general))
        assert refused.value.code == code


def test_a_lost_antenna_is_told_until_its_cable_is_back_and_others_are_no_concern() -> None:
    client = reading_client(Settings((1, 2)))
    assert client.feed(event(255, b"\x00\x00\x02")) == [AntennasLost((2,))]
    assert client.feed(event(255, b"\x00\x00\x02")) == []
    assert client.feed(event(255, b"\x00\x00\x01")) == [AntennasLost((1, 2))]
    assert client.feed(event(255, b"\x00\x00\x04")) == []
    assert client.feed(event(255, b"\x01\x00\x01") + event(255, b"\x01\x00\x02"))[-1] == AntennasLost(())


def test_a_reader_that_complains_is_quoted_and_one_that_stops_or_closes_is_left() -> None:
    client = reading_client()
    assert client.feed(event(252, b"\x00\x03hot")) == [Complaint("hot")]
    assert client.feed(event(249, b"\x01\x00\x00\x00\x01" + bytes(4))) == []  # somebody else's ROSpec
    with pytest.raises(wire.LlrpError):
        client.feed(event(249, b"\x01" + messages.ROSPEC_ID.to_bytes(4, "big") + bytes(4)))
    with pytest.raises(wire.LlrpError):
        reading_client().feed(event(257, b""))


# ── the reader, on its simulator ─────────────────────────────────────────────────────────────────


@contextmanager
def reader_on(sim: LlrpSim, settings: Settings = QUICK) -> Iterator[tuple[LlrpReader, Reads]]:
    reader, reads = LlrpReader("reader", sim.host, sim.port, settings, CLOCK, no_jitter, answer_ms=ANSWER_MS), Reads()
    reader.start(reads)
    reader.begin_inventory()
    yield reader, reads
    reader.close()


def test_the_wanted_power_and_antennas_reach_the_reader_and_every_tag_is_seen() -> None:
    with LlrpSim() as sim:
        sim.field.fill(500)
        sim.field.put(bytes(range(16)))  # an EPC of 128 bits
        sim.field.rate = 5_000
        with reader_on(sim, Settings((1, 3), power_dbm=20, mode=MODE, keepalive_ms=500)) as (_, reads):
            assert eventually(lambda: len(reads.epcs) == 501)
            assert sim.power_index == 3
            assert {read.antenna for read in reads} == {1, 3}


def test_trap_31_a_connection_that_dies_in_mid_message_is_made_again_and_reading_goes_on() -> None:
    with LlrpSim() as sim:
        sim.field.fill(20)
        with reader_on(sim) as (_, reads):
            assert eventually(lambda: reads)
            sim.drop(mid_message=True)
            assert eventually(lambda: sim.connections == 2 and sim.reading)
            reads.clear()
            assert eventually(lambda: reads)


def test_trap_31_a_silent_reader_is_given_up_after_three_missed_keepalives() -> None:
    with LlrpSim() as sim, reader_on(sim) as (reader, _):
        assert eventually(lambda: sim.reading and reader.health.state is DeviceState.READY)
        sim.keeps_alive = False
        assert eventually(lambda: reader.health.code == "rfid.no_answer", within_s=3.0)
        sim.keeps_alive = True
        assert eventually(lambda: sim.reading and reader.health.state is DeviceState.READY)


def test_trap_31_a_reader_whose_network_restarted_and_that_accepts_but_says_nothing_is_tried_again() -> None:
    with LlrpSim() as sim:
        sim.silent = True
        with reader_on(sim) as (reader, _):
            assert eventually(lambda: reader.health.detail == "the reader does not answer")
            sim.silent = False
            assert eventually(lambda: reader.health.state is DeviceState.READY)


def test_a_reader_that_keeps_alive_but_never_answers_is_not_waited_for_for_ever() -> None:
    with LlrpSim() as sim:
        sim.answers_start = False
        with reader_on(sim) as (reader, reads):
            assert eventually(lambda: reader.health.detail == "the reader does not answer")
            sim.answers_start = True
            sim.field.fill(1)
            assert eventually(lambda: reads)


def test_trap_31_a_reader_that_is_in_use_is_left_to_its_user() -> None:
    with LlrpSim() as sim, reader_on(sim) as (first, reads):
        assert eventually(lambda: sim.reading)
        with reader_on(sim) as (second, _):
            assert eventually(lambda: second.health.code == "device.in_use")
            assert sim.reading
            handfuls = reads.handfuls
            assert eventually(lambda: reads.handfuls > handfuls)
            assert (first.health.state, sim.connections) == (DeviceState.READY, 1)


def test_a_reader_that_restarts_has_forgotten_everything_and_reads_on() -> None:
    with LlrpSim() as sim:
        sim.field.fill(3)
        with reader_on(sim) as (reader, reads):
            assert eventually(lambda: reads)
            sim.switch_off()
            assert eventually(lambda: reader.health.code == "rfid.unreachable")
            sim.switch_on()
            reads.clear()
            assert eventually(lambda: len(reads.epcs) == 3)


def test_a_reader_that_stops_by_itself_is_started_again() -> None:
    with LlrpSim() as sim:
        sim.field.fill(3)
        with reader_on(sim) as (_, reads):
            assert eventually(lambda: reads)
            sim.end_rospec()
            assert eventually(lambda: sim.connections == 2)
            reads.clear()
            assert eventually(lambda: reads)


def test_a_reader_that_refuses_the_inventory_says_why() -> None:
    with LlrpSim() as sim:
        sim.refuse_rospec = sim.refuse_config = True
        with reader_on(sim) as (reader, _):
            assert eventually(lambda: "bad parameter" in reader.health.detail)
            assert reader.health.code == "rfid.refused"
            sim.refuse_rospec = False
            assert eventually(lambda: sim.reading)


def test_an_antenna_without_its_cable_is_told_from_the_start_and_while_reading() -> None:
    with LlrpSim() as sim:
        sim.lose_antenna(2)
        with reader_on(sim, Settings((1, 2), keepalive_ms=200)) as (reader, _):
            assert eventually(lambda: (reader.health.code, reader.health.detail) == ("rfid.antenna_lost", "2"))
            assert eventually(lambda: sim.reading)
            sim.find_antenna(2)
            assert eventually(lambda: reader.health.state is DeviceState.READY)
            sim.lose_antenna(1)
            assert eventually(lambda: (reader.health.code, reader.health.detail) == ("rfid.antenna_lost", "1"))


def test_closing_while_the_reader_is_not_there_is_prompt() -> None:
    with LlrpSim() as sim:
        sim.switch_off()
        with reader_on(sim) as (reader, _):
            assert eventually(lambda: reader.health.code == "rfid.unreachable")
        assert reader.health.state is DeviceState.ABSENT
