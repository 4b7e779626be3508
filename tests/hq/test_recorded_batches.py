"""A till nobody ever updated, and one that is newer than head office: what they wrote down is taken, whatever its version."""

import json
from uuid import uuid4

import msgspec
import pytest
import zstandard
from sqlalchemy import func, select

from hq_server.service import cases
from hq_server.service.ingest import take
from hq_server.storage import access
from hq_server.storage.access import Node
from hq_server.storage.tables import event, sale
from retail_core.domain.cases import CaseKind
from retail_core.wire.batch import encode_lines
from retail_core.wire.events import encode_event
from retail_core.wire.messages import PushAnswer, PushHeader
from tests.golden.make import BATCH_FILE, EVENTS_FILE
from tests.golden.releases import recorded
from tests.hq.running import RunningHq, decoded, push
from tests.hq.support import NOON_MS, STORE, Shop, enrolled
from tests.hq.support import sale as sale_of

RECORDED = json.loads(BATCH_FILE.read_text())
LAST_HASH = json.loads(EVENTS_FILE.read_text())[-1]["chain_hash"]
BATCHES = [pytest.param({**RECORDED, "last_hash": LAST_HASH}, id="first chain")] + [
    pytest.param(release.pushed, id=release.version) for release in recorded()
]
FORMS = ("lines", "full_lines")
UNREADABLE = {CaseKind.QUARANTINED_EVENT, CaseKind.SAME_ID_DIFFERENT_CONTENT, CaseKind.FORKED_STREAM}
OLDEST_HEADERS = ("Sync-Node", "Sync-Epoch", "Sync-From", "Sync-Prev")
"""The others came to say more; whoever leaves them out is understood all the same."""


def known_till(shop: Shop, batch: dict) -> Node:
    till = Node(batch["node"], STORE, "T1", "till", batch["public_key"], False, NOON_MS)
    shop.hq.database.write(lambda unit: access.add_nodes(unit, [till]))
    return till


def said(shop: Shop, till: Node, batch: dict, lines: list[str], *, bare: bool = False) -> PushAnswer:
    plain = PushHeader(till.node_id, batch["epoch"], 0).to_http()
    fields = {name: text for name, text in batch.get("headers", plain).items() if not bare or name in OLDEST_HEADERS}
    header = PushHeader.from_http({name.lower(): text for name, text in fields.items()})
    body = zstandard.ZstdCompressor().compress("".join(f"{line}\n" for line in lines).encode())
    answer = take(shop.hq, shop.contacts, till, header, body).answer
    assert isinstance(answer, PushAnswer), answer
    return answer


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("batch", BATCHES)
def test_a_recorded_batch_is_taken_whole_and_counts_once(shop: Shop, batch: dict, form: str) -> None:
    till, lines = known_till(shop, batch), batch[form]
    first = said(shop, till, batch, lines, bare=True)
    assert (first.through, first.through_hash) == (len(lines), batch["last_hash"])
    assert first.quarantined == ()
    again = said(shop, till, batch, lines)
    assert msgspec.structs.replace(again, clock_offset_ms=0) == first
    asked = select(func.count()).where(event.c.node == till.node_id)
    assert shop.hq.database.read(lambda conn: conn.execute(asked).scalar_one()) == len(lines)
    opened = {case.kind for case in cases.listed(shop.hq, state=None, store=None, limit=50)}
    assert not opened & UNREADABLE


# ── the other way round: a till that was brought up to date before head office ───────────────────


def of_tomorrow(body: bytes, **more: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(body), **more}, order="sorted")


@pytest.mark.parametrize("form", FORMS)
def test_what_a_newer_till_writes_down_is_kept_for_the_day_it_is_understood(running: RunningHq, form: str) -> None:
    """Over the wire: kinds, versions and words nobody here knows, in bodies, lines and headers."""
    name = f"tomorrow-{uuid4()}"
    till = enrolled(running.hq, name)
    first, last = sale_of(f"{name}-1", ("LAMP", 1, 4950)), sale_of(f"{name}-2", ("LAMP", 1, 4950))
    type_, version, body = encode_event(first)
    till.says_raw(type_, version, of_tomorrow(body, mood="good", weather={"rain": [1]}))
    till.says_raw(type_, 9, of_tomorrow(body, lines="by another rule"))
    till.says_raw("shelf.photographed", 1, b'{"picture":"AAEC"}')
    till.says_raw("audit.robot_waved", 3, b'{"what":"robot_waved"}')
    till.says(last)
    header = PushHeader(name, till.epoch, 0, clock_ms=running.hq.clock.now_ms())
    lines = [
        of_tomorrow(line, smell="roses")
        for line in encode_lines(till.stream, till.entries, full=form == "full_lines").splitlines()
    ]
    packed = zstandard.ZstdCompressor().compress(b"".join(line + b"\n" for line in lines))
    with running.as_node(till) as client:
        client.headers.update({"Sync-Protocol": "tillsync/9", "Sync-Mood": "good"})
        answer = push(client, header, packed)
        assert answer.status_code == 200, answer.text
        told = decoded(answer)
        assert (told["through"], told["quarantined"]) == (5, [2, 3, 4])
        assert decoded(push(client, header, packed))["quarantined"] == [2, 3, 4], "said again, nothing is new"
    receipts = select(sale.c.receipt).where(sale.c.receipt.startswith(name)).order_by(sale.c.receipt)
    assert running.hq.database.read(lambda conn: list(conn.execute(receipts).scalars())) == [f"{name}-1", f"{name}-2"]
    open_cases = cases.listed(running.hq, state=None, store=STORE, limit=50)
    aside = [case for case in open_cases if case.evidence.get("node") == name]
    assert {(case.kind, case.evidence["code"]) for case in aside} == {
        (CaseKind.QUARANTINED_EVENT, "event.unknown_version"), (CaseKind.QUARANTINED_EVENT, "event.unknown_type"),
    }  # fmt: skip
    assert len(aside) == 3


def test_a_reader_that_knows_many_more_kinds_is_told_what_there_is(running: RunningHq) -> None:
    knows = ",".join(["tax:9", *(f"kind_of_tomorrow_{n}:{n}" for n in range(100))])
    with running.as_node(enrolled(running.hq, f"tomorrow-{uuid4()}")) as client:
        answer = client.get("/v1/pull", params={"scope": "catalogue", "cursor": 0, "accepts": knows})
    assert answer.status_code == 200, answer.text
    kinds = {msgspec.json.decode(line)["kind"] for line in answer.content.splitlines()}
    assert kinds == {"tax"}
