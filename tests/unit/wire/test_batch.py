"""Batches: nothing said twice, nothing lost by splitting, no damaged byte taken for the truth, no bomb let in."""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import pairwise

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from retail_core.domain.errors import InvariantError, RuleViolationError
from retail_core.sync.damage import stand_in
from retail_core.trust.keys import SigningKey, verify
from retail_core.wire.batch import (
    MAX_WINDOW_BYTES,
    WireDamageError,
    decode_batch,
    encode_batch,
    encode_lines,
    expand,
    signatures_to_check,
    trim_to_signed,
)
from retail_core.wire.envelope import (
    GENESIS,
    Draft,
    Entry,
    Head,
    Private,
    StreamEntry,
    StreamId,
    commitment,
    place,
    seal_entry,
)
from retail_core.wire.messages import MAX_COMPRESSED_BYTES, MAX_EVENTS_PER_BATCH, MAX_EXPANDED_BYTES

KEY = SigningKey.new()
OLD, STREAM = StreamId("T1", "epoch-1"), StreamId("T1", "epoch-2")
MIB = 1024 * 1024


def chain(stream: StreamId, n: int, *, skip: int = 0) -> list[Entry]:
    """The origin chain of one epoch from entry `skip` + 1 on."""
    made: list[Entry] = []
    prev = GENESIS
    for seq in range(1, n + 1):
        private = Private(bytes([seq]) * 4, b"person") if seq % 3 == 0 else None
        commit = commitment(private) if private else ""
        body = b'{"commit":"%s","subject":"op-%d","what":"signed_in"}' % (commit.encode(), seq)
        draft = Draft(
            f"{stream.epoch}-{seq:03d}", stream.node, stream.epoch, "audit.signed_in", 1, 1000 + seq, "2026-11-23", "op",
            body, -seq if seq % 2 else 0, private,
        )  # fmt: skip
        made.append(seal_entry(draft, seq, prev, KEY.sign))
        prev = made[-1].entry_hash
    return made[skip:]


def put_in_a_row(entries: Sequence[Entry]) -> list[StreamEntry]:
    head, found = Head(), list[StreamEntry]()
    for entry in entries:
        found.append(place(entry, head))
        head = Head(found[-1].seq, found[-1].chain_hash)
    return found


@cache
def after_a_rollback() -> tuple[StreamEntry, ...]:
    """A new epoch: its opening, then what of the old one nobody may lack, then new entries."""
    own = chain(STREAM, 20)
    return tuple(put_in_a_row([own[0], *chain(OLD, 15, skip=7), *own[1:]]))


def without(placed: StreamEntry, *names: str) -> StreamEntry:
    blank = {"sig": b"", "private": None}
    return msgspec.structs.replace(
        placed, entry=msgspec.structs.replace(placed.entry, **{name: blank[name] for name in names})
    )


def receive(data: bytes, after: Head = Head()) -> list[StreamEntry]:  # noqa: B008 - immutable
    """What a receiver accepts: every hash computed, the signatures that cover the batch checked."""
    found = decode_batch(STREAM, after, data)
    for placed in signatures_to_check(found):
        if not verify(KEY.public_text, placed.entry.entry_hash, placed.entry.sig):
            raise WireDamageError("test.bad_signature")
    return found


def refusal(move) -> str:
    with pytest.raises(RuleViolationError) as refused:
        move()
    assert len(str(refused.value)) < 300
    return refused.value.code


# ── nothing is lost ──────────────────────────────────────────────────────────────────────────────


@given(st.sets(st.integers(1, 26)), st.booleans())
def test_a_stream_cut_anywhere_arrives_whole(cuts: set[int], full: bool) -> None:
    stream = list(after_a_rollback())
    head, arrived = Head(), list[StreamEntry]()
    edges = [0, *sorted(cuts), len(stream)]
    for start, end in pairwise(edges):
        batch = encode_batch(STREAM, stream[start:end], full=full)
        arrived += receive(expand([batch]), head)
        head = Head(arrived[-1].seq, arrived[-1].chain_hash) if arrived else head
    assert [without(placed, "sig") for placed in arrived] == [without(placed, "sig") for placed in stream]
    assert not full or arrived == stream


@given(st.sets(st.integers(0, 26)), st.integers(0, 26), st.integers(0, 27))
def test_a_relay_sends_only_as_far_as_it_has_signatures(unsigned: set[int], start: int, end: int) -> None:
    copy = [without(placed, "sig") if n in unsigned else placed for n, placed in enumerate(after_a_rollback())]
    part = copy[start:end]
    good = trim_to_signed(part)
    assert list(good) == part[: len(good)]
    assert all(placed.entry.sig for placed in signatures_to_check(good))
    before = Head(part[0].seq - 1, copy[start - 1].chain_hash if start else GENESIS) if part else Head()
    assert len(receive(encode_lines(STREAM, good), before)) == len(good)
    # not one more would do
    for longer in range(len(good) + 1, len(part) + 1):
        assert not all(placed.entry.sig for placed in signatures_to_check(part[:longer]))


def test_a_stream_without_any_signature_stays_here() -> None:
    copy = [without(placed, "sig") for placed in after_a_rollback()]
    assert list(trim_to_signed(copy)) == []
    assert refusal(lambda: encode_lines(STREAM, copy)) == "batch.unsigned_end"


def test_nothing_to_say_is_no_bytes() -> None:
    assert encode_lines(STREAM, []) == b""
    assert decode_batch(STREAM, Head(), b"") == []
    assert expand([]) == b""
    assert list(signatures_to_check([])) == []


def test_a_line_says_nothing_the_reader_knows() -> None:
    lines = [json.loads(line) for line in encode_lines(STREAM, after_a_rollback()).splitlines()]
    signed = [line["seq"] for line in lines if "sig" in line]
    assert signed == [1, 9, 28]  # the end of each origin's run: the opening, the old epoch, the new one
    assert [line["seq"] for line in lines if "prev" in line] == [1, 2, 10]
    assert all(("origin" in line) == (line["seq"] > 1) for line in lines)
    assert not any("hash" in line for line in lines)
    plain = [json.loads(line) for line in encode_lines(OLD, put_in_a_row(chain(OLD, 5))).splitlines()]
    assert not any("origin" in line for line in plain)


def test_an_erased_person_changes_no_hash_on_the_way() -> None:
    stream = after_a_rollback()
    erased = receive(encode_lines(STREAM, [without(placed, "private") for placed in stream]))
    assert [placed.chain_hash for placed in erased] == [placed.chain_hash for placed in stream]


def test_a_salvaged_branch_keeps_its_origin() -> None:
    branch = STREAM.salvage
    assert (branch.node, branch.origin_node, STREAM.origin_node) == ("T1~fork", "T1", "T1")
    stream = put_in_a_row(chain(STREAM, 5))
    arrived = decode_batch(branch, Head(), encode_lines(branch, stream))
    assert [placed.entry.node for placed in arrived] == ["T1"] * 5


def test_entries_are_numbered_from_one() -> None:
    draft = Draft("id", "T1", "e", "audit.x", 1, 1, "2026-11-23", "op", b"{}")
    with pytest.raises(InvariantError, match="seq_from_one"):
        seal_entry(draft, 0, GENESIS, KEY.sign)


# ── damage ───────────────────────────────────────────────────────────────────────────────────────


@cache
def personless(*, full: bool) -> bytes:
    return encode_lines(STREAM, [without(placed, "private") for placed in after_a_rollback()[5:14]], full=full)


@pytest.mark.parametrize("full", [False, True])
def test_no_damaged_byte_is_taken_for_the_truth(full: bool) -> None:
    data, before = personless(full=full), Head(5, after_a_rollback()[4].chain_hash)
    truth = receive(data, before)
    harmless = 0
    for at in range(len(data)):
        damaged = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        try:
            found = receive(damaged, before)
        except WireDamageError:
            continue
        # what is left: a signature nobody needs, or a digit of a hash in capitals
        assert [without(placed, "sig") for placed in found] == [without(placed, "sig") for placed in truth]
        harmless += 1
    assert harmless < len(data) // 5


@settings(max_examples=150)
@given(st.integers(0, 8), st.integers(0, 8), st.sampled_from(["drop", "swap", "repeat", "splice"]))
def test_no_line_can_be_dropped_swapped_repeated_or_brought_from_elsewhere(one: int, two: int, how: str) -> None:
    lines = personless(full=False).splitlines()
    if how == "drop":
        changed = lines[:one] + lines[one + 1 :]
    elif how == "swap":
        changed = lines[:]
        changed[one], changed[two] = changed[two], changed[one]
    elif how == "repeat":
        changed = [*lines[: one + 1], *lines[one:]]
    else:
        changed = lines[:]
        changed[one] = changed[one].replace(b"op-", b"op-9")
    if changed == lines:
        return
    before = Head(5, after_a_rollback()[4].chain_hash)
    data = b"\n".join(changed) + b"\n"
    with pytest.raises(WireDamageError):
        receive(data, before)


def test_a_batch_after_another_history_has_another_chain() -> None:
    data = encode_lines(STREAM, after_a_rollback()[3:6])
    honest = decode_batch(STREAM, Head(3, after_a_rollback()[2].chain_hash), data)
    assert honest[-1].chain_hash == after_a_rollback()[5].chain_hash
    assert decode_batch(STREAM, Head(3, bytes(32)), data)[-1].chain_hash != honest[-1].chain_hash
    assert refusal(lambda: decode_batch(STREAM, Head(4), data)) == "wire.seq_jump"


def line(**changed: object) -> bytes:
    """One line as somebody else's program might write it."""
    fields: dict[str, object] = {
        "seq": 1, "id": "a", "type": "audit.x", "v": 1, "at": 1, "biz_date": "2026-11-23", "actor": "op", "body": {},
        "prev": "00" * 32,
    }  # fmt: skip
    kept = {name: value for name, value in (fields | changed).items() if value is not None}
    return json.dumps(kept).encode() + b"\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xfe\n", "wire.bad_line"),
        (b'{"seq":1,"id":"\xff"}\n', "wire.bad_line"),
        (b"not json\n", "wire.bad_line"),
        (b"\n", "wire.bad_line"),
        (b"[]\n", "wire.bad_line"),
        (b'{"body":' + b"[" * 30_000 + b"\n", "wire.bad_line"),
        (line(body=None), "wire.bad_line"),
        (line(seq="1"), "wire.bad_line"),
        (line(seq=0), "wire.bad_line"),
        (line(seq=2), "wire.seq_jump"),
        (line(seq=2**60), "wire.bad_line"),
        (line(clock=-(2**63)), "wire.bad_line"),
        (line(origin={"node": "n", "epoch": "e", "seq": 0}), "wire.bad_line"),
        (line(origin={"node": "n", "epoch": "e", "seq": 2**60}), "wire.bad_line"),
        (line(id="\ud800"), "wire.bad_line"),
        (line(prev=None), "wire.no_prev_hash"),
        (line(prev="00"), "wire.no_prev_hash"),
        (line(prev="zz"), "wire.bad_line"),
        (line(hash="zz"), "wire.hash_differs"),
        (line(hash="00" * 32), "wire.hash_differs"),
        (line(sig="*"), "wire.bad_line"),
        (line(private={"salt": "*", "part": ""}), "wire.bad_line"),
        (line() * (MAX_EVENTS_PER_BATCH + 1), "wire.too_many_lines"),
    ],
)
def test_what_is_no_batch_is_refused_by_name(data: bytes, code: str) -> None:
    assert refusal(lambda: [decode_batch(STREAM, Head(), data)]) == code


def test_a_line_that_is_well_formed_is_read() -> None:
    assert [placed.entry.id for placed in decode_batch(STREAM, Head(), line())] == ["a"]
    assert [placed.entry.id for placed in decode_batch(STREAM, Head(), line()[:-1])] == ["a"]
    assert [placed.entry.id for placed in decode_batch(STREAM, Head(), line(from_tomorrow=[1]))] == ["a"]


def test_strange_names_and_numbers_are_read_as_they_are_so_that_they_stop_no_stream() -> None:
    strange = line(id="nul\x00", actor="a\nb", type="x" * 70_000, v=10**30, at=10**40)
    (placed,) = decode_batch(STREAM, Head(), strange)
    assert (placed.entry.id, placed.entry.actor, placed.entry.v, placed.entry.at) == ("nul\x00", "a\nb", 10**30, 10**40)


@given(st.binary(max_size=200))
def test_no_bytes_stop_the_receiver(data: bytes) -> None:
    for attempt in (lambda: decode_batch(STREAM, Head(), data), lambda: expand([data])):
        with suppress(WireDamageError):
            attempt()


def test_a_full_batch_is_taken() -> None:
    stream = put_in_a_row(chain(OLD, 3))
    many = [msgspec.structs.replace(stream[0], seq=n) for n in range(1, MAX_EVENTS_PER_BATCH + 1)]
    data = b"".join(line(seq=at.seq) for at in many)
    assert len(decode_batch(OLD, Head(), data)) == MAX_EVENTS_PER_BATCH


# ── compression ──────────────────────────────────────────────────────────────────────────────────


def test_a_batch_is_read_in_any_pieces() -> None:
    data = encode_batch(STREAM, after_a_rollback())
    whole = encode_lines(STREAM, after_a_rollback())
    for size in (1, 7, 64, 1000):
        assert expand(data[at : at + size] for at in range(0, len(data), size)) == whole


@pytest.mark.parametrize("cut", [1, 3, 5, 50, -1])
def test_a_batch_cut_short_is_noticed(cut: int) -> None:
    data = encode_batch(STREAM, after_a_rollback())
    assert refusal(lambda: expand([data[:cut]])) == "wire.truncated"


def test_what_is_not_compressed_or_goes_on_after_its_end_is_refused() -> None:
    assert refusal(lambda: expand([b"plain text, not zstd"])) == "wire.not_zstd"
    data = encode_batch(STREAM, after_a_rollback())
    assert refusal(lambda: expand([data, b"more"])) == "wire.not_zstd"
    assert refusal(lambda: expand([data, data])) == "wire.not_zstd"


def test_a_window_larger_than_ours_is_refused() -> None:
    far = zstandard.ZstdCompressionParameters.from_level(3, window_log=MAX_WINDOW_BYTES.bit_length())
    stream = zstandard.ZstdCompressor(compression_params=far).compressobj()
    data = stream.compress(b"x" * 100) + stream.flush()
    assert refusal(lambda: expand([data])) == "wire.not_zstd"


def test_the_size_on_the_wire_is_limited_too() -> None:
    empty_blocks = b"\x28\xb5\x2f\xfd\x00\x50" + b"\x00\x00\x00" * (MAX_COMPRESSED_BYTES // 3)
    assert refusal(lambda: expand([empty_blocks])) == "wire.too_large"


def test_the_reader_may_ask_for_less() -> None:
    data = zstandard.compress(b"x" * 5000)
    assert expand([data], limit=5000) == b"x" * 5000
    assert refusal(lambda: expand([data], limit=4999)) == "wire.too_large"


BOMB = f"""
from pathlib import Path
from retail_core.wire.batch import WireDamageError, decode_batch, expand
from retail_core.wire.envelope import commitment, Head, StreamId

def peak_kib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

def bomb(mib, byte):  # one repeated byte, 128 KiB for every four bytes sent
    blocks = mib * 8
    return b"\\x28\\xb5\\x2f\\xfd\\x00\\x50" + b"".join(
        ((131072 << 3) | 2 | (n == blocks - 1)).to_bytes(3, "little") + byte for n in range(blocks))

def refused(move):
    before = peak_kib()
    try:
        move()
    except WireDamageError as damage:
        print(damage.code, peak_kib() - before)

zeros, lines = bomb(1024, b"\\0"), bomb({MAX_EXPANDED_BYTES // MIB}, b"\\n")
expand([bomb(1, b"x")])
refused(lambda: expand([zeros]))
lines = expand([lines])
refused(lambda: decode_batch(StreamId("n", "e"), Head(), lines))
"""


def test_a_bomb_of_a_gibibyte_costs_little_memory() -> None:
    done = subprocess.run([sys.executable, "-c", BOMB], capture_output=True, text=True, timeout=30, check=True)
    (code, extra_kib), (code_of_lines, extra_kib_of_lines) = (text.split() for text in done.stdout.splitlines())
    assert (code, code_of_lines) == ("wire.too_large", "wire.too_many_lines")
    assert int(extra_kib) <= 32 * 1024
    assert int(extra_kib_of_lines) <= 1024


def test_a_personal_part_that_is_not_the_one_promised_is_noticed() -> None:
    (third,) = put_in_a_row(chain(STREAM, 3))[2:]
    other = msgspec.structs.replace(third.entry, private=Private(b"salt", b"somebody else"))
    batch = encode_batch(STREAM, [msgspec.structs.replace(third, entry=other)])
    with pytest.raises(WireDamageError) as noticed:
        decode_batch(STREAM, Head(2, bytes(32)), expand([batch]))
    assert (noticed.value.code, noticed.value.facts["seq"]) == ("wire.private_differs", 3)


def test_what_stands_for_a_lost_entry_keeps_its_place_in_both_chains() -> None:
    first, lost, last = put_in_a_row(chain(STREAM, 3))
    sent = [first, stand_in(lost), last]
    arrived = decode_batch(STREAM, Head(), expand([encode_batch(STREAM, sent)]))
    assert [one.chain_hash for one in arrived] == [first.chain_hash, lost.chain_hash, last.chain_hash]
    assert arrived[1].entry.type == "sync.damaged"
    lines = encode_lines(STREAM, sent).replace(lost.entry.entry_hash.hex().encode(), b"00")
    with pytest.raises(WireDamageError, match="bad_line"):
        decode_batch(STREAM, Head(), lines)
