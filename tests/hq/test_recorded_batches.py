"""A till nobody ever updated: what it recorded on its first version goes into head office as it is today."""

import json

import pytest
import zstandard
from sqlalchemy import func, select

from hq_server.service import cases
from hq_server.service.ingest import take
from hq_server.storage import access
from hq_server.storage.access import Node
from hq_server.storage.tables import event
from retail_core.domain.cases import CaseKind
from retail_core.wire.envelope import GENESIS
from retail_core.wire.messages import PushAnswer, PushHeader
from tests.golden.make import BATCH_FILE, EVENTS_FILE
from tests.hq.support import NOON_MS, STORE, Shop

RECORDED = json.loads(BATCH_FILE.read_text())
LAST_HASH = json.loads(EVENTS_FILE.read_text())[-1]["chain_hash"]
FORMS = ("lines", "full_lines")
UNREADABLE = {CaseKind.QUARANTINED_EVENT, CaseKind.SAME_ID_DIFFERENT_CONTENT, CaseKind.FORKED_STREAM}


def known_till(shop: Shop) -> Node:
    till = Node(RECORDED["node"], STORE, "T1", "till", RECORDED["public_key"], False, NOON_MS)
    shop.hq.database.write(lambda unit: access.add_nodes(unit, [till]))
    return till


def said(shop: Shop, till: Node, lines: list[str]) -> PushAnswer:
    header = PushHeader(till.node_id, RECORDED["epoch"], 0, GENESIS, NOON_MS)
    body = zstandard.ZstdCompressor().compress("".join(f"{line}\n" for line in lines).encode())
    answer = take(shop.hq, shop.contacts, till, header, body).answer
    assert isinstance(answer, PushAnswer), answer
    return answer


@pytest.mark.parametrize("form", FORMS)
def test_a_recorded_batch_is_taken_whole_and_counts_once(shop: Shop, form: str) -> None:
    till, lines = known_till(shop), RECORDED[form]
    first = said(shop, till, lines)
    assert (first.through, first.through_hash) == (len(lines), LAST_HASH)
    assert first.quarantined == ()
    assert said(shop, till, lines) == first
    asked = select(func.count()).where(event.c.node == till.node_id)
    assert shop.hq.database.read(lambda conn: conn.execute(asked).scalar_one()) == len(lines)
    opened = {case.kind for case in cases.listed(shop.hq, state=None, store=None, limit=50)}
    assert not opened & UNREADABLE
