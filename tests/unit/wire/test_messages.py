"""What client and server say to each other beside the batches."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.trust.keys import SigningKey, verify
from retail_core.wire.envelope import GENESIS, StreamId
from retail_core.wire.messages import (
    DamagedAnswer,
    EnrolRequest,
    ErrorBody,
    FeedRow,
    ForkAnswer,
    GapAnswer,
    PageHead,
    PushAnswer,
    PushHeader,
    SnapshotManifest,
)

HASHES = st.binary(min_size=32, max_size=32)
NAMES = st.text("ABCabc0123~-", min_size=1, max_size=40)
HEADERS = {
    "sync-node": "agent-T1", "sync-epoch": "e1", "sync-from": "3", "sync-prev": "ab" * 32, "sync-clock": "-40",
    "sync-acked": f"2 {'cd' * 32}",
}  # fmt: skip


@given(NAMES, NAMES, st.integers(0, 2**40), HASHES, st.integers(-(2**40), 2**40), st.integers(0, 2**53 - 1), HASHES)
def test_the_head_of_a_push_survives_the_way(
    node: str, epoch: str, from_seq: int, prev: bytes, clock: int, acked: int, acked_hash: bytes
) -> None:
    header = PushHeader(node, epoch, from_seq, prev, clock, acked, acked_hash)
    assert PushHeader.from_http({name.lower(): text for name, text in header.to_http().items()}) == header
    assert header.stream == StreamId(node, epoch)


def test_a_push_may_leave_out_what_it_does_not_know() -> None:
    header = PushHeader.from_http(
        {name: HEADERS[name] for name in ("sync-node", "sync-epoch", "sync-from", "sync-prev")}
    )
    assert (header.clock_ms, header.acked_seq, header.acked_hash) == (0, 0, GENESIS)


@pytest.mark.parametrize(
    "changed",
    [
        {"sync-node": None}, {"sync-from": "x"}, {"sync-from": "-1"}, {"sync-prev": "ab"}, {"sync-prev": "zz" * 32},
        {"sync-acked": "-1 " + "cd" * 32}, {"sync-acked": "1"}, {"sync-acked": "1 cd"}, {"sync-clock": ""},
        {"sync-from": "9" * 5000}, {"sync-from": str(2**60)}, {"sync-acked": f"{2**60} {'cd' * 32}"}, {"sync-clock": str(-(2**60))},
    ],
)  # fmt: skip
def test_a_malformed_head_is_refused(changed: dict[str, str | None]) -> None:
    headers = {name: text for name, text in (HEADERS | changed).items() if text is not None}
    with pytest.raises((ValueError, KeyError)):
        PushHeader.from_http(headers)


def test_answers_tell_themselves_apart_on_the_wire() -> None:
    def wire(answer: object) -> object:
        return msgspec.json.decode(msgspec.json.encode(answer))

    assert wire(GapAnswer(4)) == {"code": "gap", "expected": 4}
    assert wire(ForkAnswer(4, "ab")) == {"code": "fork", "through": 4, "through_hash": "ab"}
    assert wire(DamagedAnswer()) == {"code": "damaged", "seq": None}
    assert wire(PushAnswer(7, "ab")) == {
        "through": 7, "through_hash": "ab", "hq_through": 0, "hq_through_hash": "", "quarantined": [],
        "clock_offset_ms": 0, "next": {"max_events": 500, "delay_ms": 0},
    }  # fmt: skip
    assert wire(ErrorBody("sale.not_open", "The sale is closed.")) == {
        "code": "sale.not_open", "message": "The sale is closed.", "facts": {},
    }  # fmt: skip
    answer = msgspec.json.decode(b'{"code":"gap","expected":4}', type=GapAnswer | ForkAnswer | DamagedAnswer)
    assert answer == GapAnswer(4)


def test_an_enrolment_says_nothing_but_what_is_asked() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(
            b'{"code":"x","agent_public_key":"","tls_csr_pem":"","private_key":"oops"}', type=EnrolRequest
        )


def test_a_feed_page_is_signed_with_its_place_and_its_rows() -> None:
    hq, body = (
        SigningKey.new(),
        msgspec.json.encode(FeedRow(7, "price", "1001", doc=msgspec.Raw(b'{"price_minor":99}'))),
    )
    head = PageHead("price:north", 6, 7, 7, "g1")
    signature = hq.sign(head.signed_bytes(body))
    assert verify(hq.public_text, head.signed_bytes(body), signature)
    for changed in ({"scope": "price:south"}, {"from_rev": 5}, {"to_rev": 8}, {"head": 8}, {"generation": "g2"}):
        assert not verify(hq.public_text, msgspec.structs.replace(head, **changed).signed_bytes(body), signature)
    assert not verify(hq.public_text, head.signed_bytes(body + b" "), signature)


def test_a_snapshot_is_signed_but_for_the_key_of_its_reader() -> None:
    manifest = SnapshotManifest("s1", "north", "s1.db", 4096, "ab" * 32, 1, "g1", {"b": 2, "a": 1}, "sealed")
    told = manifest.signed_bytes()
    assert msgspec.structs.replace(manifest, sealed_key="other", signature="x").signed_bytes() == told
    assert msgspec.structs.replace(manifest, cursors={"a": 1, "b": 2}).signed_bytes() == told
    for changed in (
        {"id": "s2"}, {"zone": "south"}, {"file": "x"}, {"size": 1}, {"sha256": "cd"}, {"schema": 2},
        {"generation": "g2"}, {"cursors": {"a": 1}},
    ):  # fmt: skip
        assert msgspec.structs.replace(manifest, **changed).signed_bytes() != told


def test_a_deleted_row_has_no_document() -> None:
    assert msgspec.json.encode(FeedRow(7, "item", "1001", "del")) == b'{"rev":7,"kind":"item","key":"1001","op":"del"}'
