"""HQ certifies the key each till signs its receipts with, and says so in the feed of its store."""

import msgspec

from hq_server.service import enrolment, shutting_out
from hq_server.storage import access, feed
from hq_server.storage.database import Unit
from retail_core.domain.receipts import PaidReceipt
from retail_core.durable.link import NodeDoc
from retail_core.trust.keys import SigningKey
from retail_core.trust.receipts import ReceiptSigner, read_receipt
from retail_core.wire.messages import EnrolAnswer, EnrolRequest
from tests.hq.support import STORE, Shop
from tests.hq.test_sync_http import signing_request

PAID = PaidReceipt(f"{STORE}-T7-A-000001", 1_764_000_000, "EUR", 0, ())


def published(shop: Shop, node_id: str) -> NodeDoc:
    doc = shop.hq.database.read(lambda conn: feed.doc_of(conn, feed.store_scope(STORE), "node", node_id))
    assert doc is not None
    return msgspec.json.decode(doc, type=NodeDoc)


def enrolled(shop: Shop, till: SigningKey) -> EnrolAnswer:
    code = enrolment.new_code(shop.hq, STORE, "T7", "till", "Ines", store_role=False).code
    agent = SigningKey.new()
    return enrolment.enrol(shop.hq, EnrolRequest(code, agent.public_text, signing_request(agent), till.public_text))


def test_a_till_that_is_enrolled_writes_receipts_any_store_believes(shop: Shop) -> None:
    key = SigningKey.new()
    answer = enrolled(shop, key)
    assert answer.till_node is not None
    certificate = published(shop, answer.till_node).receipt_certificate
    text = ReceiptSigner(key, certificate, answer.feed_public_key).text(PAID)
    assert read_receipt(text, answer.feed_public_key) == PAID
    assert published(shop, answer.agent_node).receipt_certificate == ""


def test_a_till_enrolled_by_an_older_release_is_certified_when_hq_starts(shop: Shop) -> None:
    key = SigningKey.new()
    answer = enrolled(shop, key)
    assert answer.till_node is not None
    old = {"node_id": answer.till_node, "register": "T7", "role": "till", "public_key": key.public_text}

    def as_before(unit: Unit) -> None:
        feed.publish(unit, feed.store_scope(STORE), [feed.Change("node", str(answer.till_node), old)], 1)

    shop.hq.database.write(as_before)
    assert published(shop, answer.till_node).receipt_certificate == ""
    assert enrolment.certify_tills(shop.hq) == 1
    assert published(shop, answer.till_node).receipt_certificate
    assert enrolment.certify_tills(shop.hq) == 0
    shutting_out.revoke(shop.hq, answer.till_node, "Ines")
    assert published(shop, answer.till_node).receipt_certificate == ""
    assert enrolment.certify_tills(shop.hq) == 0
    assert shop.hq.database.read(lambda conn: access.node_of(conn, str(answer.till_node)))
