"""Staff at HQ: badges and PINs leave it as hashes, and each names one person of a store."""

import msgspec
import pytest

from hq_server.service import staff
from hq_server.service.staff import Person
from hq_server.storage import feed
from retail_core.domain.errors import RuleViolationError
from retail_core.durable.link import StaffDoc
from retail_core.trust.pins import badge_hash
from tests.hq.support import OTHER_STORE, STORE, Shop

pytestmark = pytest.mark.xdist_group("hq-staff")
BADGE = "ANA0-7QK2-M9XD-41"


def known(shop: Shop, store: str = STORE) -> dict[str, StaffDoc]:
    page = shop.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(store), 0, 500))
    docs = [msgspec.json.decode(row.doc, type=StaffDoc) for row in page.rows if row.kind == "staff"]
    return {doc.operator_id: doc for doc in docs}


def put(shop: Shop, operator: str, store: str = STORE, **fields: str | bool) -> None:
    staff.put_staff(
        shop.hq, [msgspec.convert({"store": store, "operator_id": operator, "name": operator} | fields, Person)]
    )


def refusal(shop: Shop, operator: str, **fields: str | bool) -> str:
    with pytest.raises(RuleViolationError) as refused:
        put(shop, operator, STORE, **fields)
    return refused.value.code


def test_a_badge_reaches_the_tills_as_a_hash_and_can_be_taken_away(shop: Shop) -> None:
    put(shop, "ana", pin="1234", badge=f"OTB:{BADGE}")
    assert known(shop)["ana"].badge_hash == badge_hash(BADGE).hex()
    put(shop, "ana")
    assert known(shop)["ana"].badge_hash == badge_hash(BADGE).hex()
    put(shop, "ana", badge="")
    assert known(shop)["ana"].badge_hash == ""


def test_a_pin_or_a_badge_names_one_person_of_a_store(shop: Shop) -> None:
    put(shop, "ana", pin="1234", badge=BADGE)
    assert refusal(shop, "bo", pin="1234") == "staff.pin_taken"
    assert refusal(shop, "bo", pin="4321", badge=BADGE) == "staff.badge_taken"
    assert refusal(shop, "bo", pin="4321", badge="too-short") == "badge.malformed"
    put(shop, "bo", OTHER_STORE, pin="1234", badge=BADGE)  # another store's tills never see both
    put(shop, "ana", pin="1234")


def test_who_has_left_leaves_the_pin_to_others_and_does_not_get_it_back_by_returning(shop: Shop) -> None:
    put(shop, "ana", pin="1234", badge=BADGE)
    put(shop, "ana", active=False)
    put(shop, "bo", pin="1234")
    assert refusal(shop, "ana", active=True) == "staff.pin_taken"
    put(shop, "ana", pin="5678")
    assert known(shop)["ana"].badge_hash == badge_hash(BADGE).hex()
