"""The bytes of a released version never change, and what was written yesterday is read tomorrow."""

import hashlib
import json
from typing import Any

import msgspec
import pytest

from retail_core.domain.events import Event, FulfilmentFact
from retail_core.trust.keys import verify
from retail_core.wire import events as wire_events
from retail_core.wire.batch import decode_batch, encode_lines, signatures_to_check
from retail_core.wire.envelope import GENESIS, Entry, Head, Private, StreamId, chain_hash, commitment, entry_hash, place
from retail_core.wire.events import (
    BadEventError,
    UnknownEventError,
    decode_event,
    encode_event,
    event_type,
)
from tests.golden.later import LATER
from tests.golden.make import BATCH_FILE, EVENTS_FILE, JOURNAL_FILE, LATER_FOLDER, PLAIN_FIELDS
from tests.golden.samples import EVENTS, PERSON, entries

GOLDEN = json.loads(EVENTS_FILE.read_text())
BATCH = json.loads(BATCH_FILE.read_text())
JOURNAL = json.loads(JOURNAL_FILE.read_text())
LATER_GOLDEN: list[tuple[str, dict[str, Any], Event]] = [
    (area, golden, event)
    for area, events in LATER.items()
    for golden, event in zip(json.loads((LATER_FOLDER / f"{area}.json").read_text()), events, strict=True)
]
STREAM = StreamId(BATCH["node"], BATCH["epoch"])


def unsigned(_: bytes) -> bytes:
    return b""


# ── events ───────────────────────────────────────────────────────────────────────────────────────


def test_every_type_of_event_has_its_golden_bytes() -> None:
    pinned = {golden["type"] for golden in (*GOLDEN, *(golden for _, golden, _ in LATER_GOLDEN))}
    assert pinned >= set(wire_events._FIXED) | {f"fulfilment.{fact.value}" for fact in FulfilmentFact}
    assert len(GOLDEN) == len(EVENTS)
    assert {file.stem for file in LATER_FOLDER.glob("*.json")} == set(LATER)


@pytest.mark.parametrize(("area", "golden", "event"), LATER_GOLDEN)
def test_an_event_of_later_is_written_and_read_as_pinned(area: str, golden: dict[str, Any], event: Event) -> None:
    assert encode_event(event) == (golden["type"], golden["v"], golden["body"].encode()), area
    assert decode_event(golden["type"], golden["v"], golden["body"].encode()) == event


@pytest.mark.parametrize("n", range(len(GOLDEN)), ids=[f"{n}-{golden['type']}" for n, golden in enumerate(GOLDEN)])
def test_an_event_is_written_and_read_as_pinned(n: int) -> None:
    golden, (event, _) = GOLDEN[n], EVENTS[n]
    assert encode_event(event) == (golden["type"], golden["v"], golden["body"].encode())
    assert decode_event(golden["type"], golden["v"], golden["body"].encode()) == event


def test_the_hashes_of_entries_and_positions_are_as_pinned() -> None:
    head = Head()
    for golden, entry in zip(GOLDEN, entries(unsigned), strict=True):
        at = place(entry, head)
        head = Head(at.seq, at.chain_hash)
        assert (entry.entry_hash.hex(), at.chain_hash.hex()) == (golden["entry_hash"], golden["chain_hash"])


def test_the_hash_is_the_documented_one() -> None:
    golden, entry = GOLDEN[0], entries(unsigned)[0]
    header = "id-0001\nnode-T1\n0192f3a1-7c1e-7d5c-8f00-00000000e001\n1\nepoch.opened\n1\n1764000001000\n2025-11-24\nop-1\n0\n"
    body = hashlib.sha256(golden["body"].encode()).digest()
    assert entry.entry_hash == hashlib.sha256(bytes(32) + header.encode() + body).digest()
    assert golden["chain_hash"] == hashlib.sha256(bytes(32) + entry.entry_hash).hexdigest()
    assert entry.body_sha256 == body


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "x"}, {"node": "x"}, {"epoch": "x"}, {"type": "x"}, {"v": 2}, {"at": 2}, {"biz_date": "x"}, {"actor": "x"},
        {"clock": 1}, {"body": b"{ }"},
    ],
)  # fmt: skip
def test_no_part_of_an_entry_can_change_under_its_hash(changed: dict[str, object]) -> None:
    entry = entries(unsigned)[0]
    other = msgspec.structs.replace(entry, **changed)
    assert entry_hash(other, 1, GENESIS) != entry.entry_hash
    assert entry_hash(entry, 2, GENESIS) != entry.entry_hash
    assert entry_hash(entry, 1, bytes(31) + b"\1") != entry.entry_hash


# ── batch ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "full"), [("lines", False), ("full_lines", True)])
def test_the_golden_batch_is_read_and_written_again_byte_for_byte(name: str, full: bool) -> None:
    data = ("\n".join(BATCH[name]) + "\n").encode()
    found = decode_batch(STREAM, Head(), data)
    assert [at.chain_hash.hex() for at in found] == [golden["chain_hash"] for golden in GOLDEN]
    assert encode_lines(STREAM, found, full=full) == data
    checked = found if full else list(signatures_to_check(found))
    assert all(verify(BATCH["public_key"], at.entry.entry_hash, at.entry.sig) for at in checked)
    assert len(checked) == (len(found) if full else 1)
    assert [at.entry.private for at in found if at.entry.private] == [PERSON]


# ── journal ──────────────────────────────────────────────────────────────────────────────────────


def entry_of(row: dict) -> Entry:
    private = row["private"] and Private(bytes.fromhex(row["private"][0]), row["private"][1].encode())
    prev_hash, hashed, sig = (bytes.fromhex(row[name]) for name in ("prev_hash", "entry_hash", "sig"))
    plain = {name: row[name] for name in PLAIN_FIELDS}
    return Entry(**plain, body=row["body"].encode(), prev_hash=prev_hash, entry_hash=hashed, sig=sig, private=private)


def journal() -> list[Entry]:
    return [entry_of(row) for row in JOURNAL["entries"]]


def check_chains(found: list[Entry]) -> None:
    before, chained = GENESIS, GENESIS
    for seq, (entry, row) in enumerate(zip(found, JOURNAL["entries"], strict=True), start=1):
        assert (entry.seq, entry.prev_hash) == (seq, before)
        assert entry.entry_hash == entry_hash(entry, seq, before)
        assert verify(JOURNAL["public_key"], entry.entry_hash, entry.sig)
        before, chained = entry.entry_hash, chain_hash(chained, entry.entry_hash)
        assert chained.hex() == row["chain_hash"]


def test_a_person_can_be_forgotten_without_breaking_a_chain() -> None:
    found = journal()
    personal = [entry for entry in found if entry.private]
    assert [entry.private for entry in personal] == [PERSON]
    assert json.loads(personal[0].body)["commit"] == commitment(PERSON)
    assert b"Lena" not in b"".join(entry.body for entry in found)
    check_chains(found)
    check_chains([msgspec.structs.replace(entry, private=None) for entry in found])


def test_another_name_or_salt_does_not_fit_the_commitment() -> None:
    assert commitment(Private(PERSON.salt, PERSON.part + b" ")) != commitment(PERSON)
    assert commitment(Private(bytes(16), PERSON.part)) != commitment(PERSON)


# ── versions and poison ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("type_", ["sale.exploded", "fulfilment.exploded", "", "sale", "fulfilment", "\x00" * 500])
def test_an_unknown_type_is_told_from_a_broken_one(type_: str) -> None:
    with pytest.raises(UnknownEventError) as unknown:
        decode_event(type_, 1, b"{}")
    assert unknown.value.code == "event.unknown_type"
    assert len(str(unknown.value)) < 500


@pytest.mark.parametrize("version", [-1, 0, 2, 99])
def test_a_version_of_tomorrow_or_of_nobody_is_unknown(version: int) -> None:
    with pytest.raises(UnknownEventError) as unknown:
        decode_event("sale.completed", version, GOLDEN[2]["body"].encode())
    assert unknown.value.code == "event.unknown_version"


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("sale.completed", b"{}"),
        ("sale.completed", b"not json"),
        ("sale.completed", b"\xff\xfe"),
        ("sale.completed", b""),
        ("sale.completed", GOLDEN[2]["body"].replace("238", '"238"').encode()),
        ("sale.completed", GOLDEN[2]["body"].replace("238", "2.38").encode()),
        ("sale.completed", b"[" * 100_000),
        ("sale.completed", b'{"x":' + b"[" * 100_000),
        ("fulfilment.picked", b'{"what":"ready","order_id":"O-1","order_v":4}'),
        ("audit.signed_in", b'{"what":"signed_out"}'),
        ("audit", b'{"what":"signed_in"}'),
    ],
)
def test_a_broken_body_is_named_and_nothing_worse(type_: str, body: bytes) -> None:
    with pytest.raises(BadEventError) as bad:
        decode_event(type_, 1, body)
    assert bad.value.code == "event.malformed"


def test_fields_of_a_later_release_are_ignored() -> None:
    body = GOLDEN[0]["body"].encode().replace(b"{", b'{"from_tomorrow":{"a":[1]},', 1)
    assert decode_event("epoch.opened", 1, body) == EVENTS[0][0]


def test_an_old_version_is_lifted_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {
        ("audit.signed_in", -1): lambda body: body.replace(b"who", b"was"),
        ("audit.signed_in", 0): lambda body: body.replace(b"was", b"subject"),
    }
    monkeypatch.setattr(wire_events, "UPCASTERS", steps)
    event = decode_event("audit.signed_in", -1, b'{"who":"op-1","what":"signed_in"}')
    assert (event_type(event), getattr(event, "subject", None)) == ("audit.signed_in", "op-1")
