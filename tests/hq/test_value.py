"""Gift cards, credit and accounts at HQ: every move counted once, every store told, and cases for what went wrong."""

import msgspec
import pytest

from hq_server.service import cases, ingest, masterdata, value
from hq_server.service.value import NewInstrument
from hq_server.storage import feed
from hq_server.storage.catalogue import PlaceRow
from retail_core.domain.cases import CaseKind
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Role
from retail_core.domain.value import (
    Instrument,
    InstrumentState,
    OwnMove,
    ValueFact,
    ValueKind,
    ValueMoved,
    instrument_of,
    spendable,
)
from tests.hq.running import RunningHq
from tests.hq.support import OTHER_STORE, STORE, Machine, Shop, enrolled

pytestmark = pytest.mark.xdist_group("hq-value")
CODE = "OTG:7QK2M9XD4821"
CARD, TAIL = instrument_of(CODE)


def told(shop: Shop, store: str = STORE) -> Instrument:
    """What the tills of a store know of the card."""
    page = shop.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(store), 0, 500))
    (doc,) = [row.doc for row in page.rows if row.kind == "instrument"]
    return msgspec.json.decode(doc, type=Instrument)


def move(what: ValueFact, move_id: str, amount: int) -> ValueMoved:
    return ValueMoved(what, move_id, CARD, ValueKind.GIFT_CARD, amount, "EUR", TAIL, move_id.partition(":")[0])


def push(shop: Shop, till: Machine, after: int = 0) -> None:
    ingest.take(shop.hq, shop.contacts, till.node, *till.batch(after))


def put(shop: Shop, amount: int = 0, **more: object) -> None:
    wanted = NewInstrument(CODE, ValueKind.GIFT_CARD, "EUR", amount)
    value.put(shop.hq, [msgspec.structs.replace(wanted, **more)], "office")


def problems(shop: Shop) -> list[object]:
    listed = cases.listed(shop.hq, state=None, store=None, limit=9)
    return [case.evidence["code"] for case in listed if case.kind is CaseKind.VALUE_CONFLICT]


def test_a_card_is_sold_in_one_store_and_spent_in_another(shop: Shop) -> None:
    put(shop, for_sale=True, offline_limit=2000)
    assert told(shop).state is InstrumentState.INACTIVE
    here = enrolled(shop.hq, "till-1").says(move(ValueFact.ISSUED, "s1:1", 5000))
    push(shop, here)
    assert (told(shop, OTHER_STORE).balance, told(shop, OTHER_STORE).state) == (5000, InstrumentState.ACTIVE)
    there = enrolled(shop.hq, "till-2", OTHER_STORE).says(move(ValueFact.REDEEMED, "s2:v", 1670))
    push(shop, there)
    assert (told(shop).balance, told(shop, OTHER_STORE).balance) == (3330, 3330)
    assert problems(shop) == []


def test_a_till_knows_which_of_its_own_moves_hq_has_counted(shop: Shop) -> None:
    put(shop, 5000, offline_limit=2000)
    till = enrolled(shop.hq, "till-1").says(
        move(ValueFact.REDEEMED, "s1:v", 1000), move(ValueFact.REDEEMED, "s2:v", 500)
    )
    own = [OwnMove("till-1/epoch-1", 1, -1000), OwnMove("till-1/epoch-1", 2, -500)]
    assert spendable(told(shop), own, fresh=True).amount == 3500
    ingest.take(shop.hq, shop.contacts, till.node, *till.batch(0, 1))
    assert spendable(told(shop), own, fresh=True).amount == 3500
    push(shop, till, 1)
    assert spendable(told(shop), own, fresh=True).amount == 3500
    assert spendable(told(shop), own, fresh=False).amount == 2000
    assert told(shop, OTHER_STORE).seen == {}


def test_a_move_that_comes_again_counts_once(shop: Shop) -> None:
    put(shop, 5000)
    till = enrolled(shop.hq, "till-1").says(move(ValueFact.REDEEMED, "s1:v", 1000))
    push(shop, till)
    push(shop, till)
    till.says(move(ValueFact.REDEEMED, "s1:v", 1000), move(ValueFact.REDEEMED, "s1:v", 1000))
    push(shop, till, 1)
    assert told(shop).balance == 4000
    assert problems(shop) == []


def test_what_was_spent_beyond_the_balance_is_kept_and_is_a_case(shop: Shop) -> None:
    put(shop, 1000)
    push(shop, enrolled(shop.hq, "till-1").says(move(ValueFact.REDEEMED, "s1:v", 1500)))
    assert told(shop).balance == -500
    (case,) = [c for c in cases.listed(shop.hq, state=None, store=STORE, limit=9) if c.kind is CaseKind.VALUE_CONFLICT]
    assert (case.evidence["code"], case.value_minor) == ("value.overdrawn", 500)


def test_credit_a_till_gave_is_known_everywhere_without_having_been_announced(shop: Shop) -> None:
    push(shop, enrolled(shop.hq, "till-1").says(move(ValueFact.ISSUED, "s1:c", 700)))
    assert (told(shop, OTHER_STORE).balance, told(shop, OTHER_STORE).tail) == (700, TAIL)
    assert problems(shop) == []


def test_a_locked_card_is_told_and_a_spending_of_it_is_a_case(shop: Shop) -> None:
    put(shop, 5000)
    put(shop, locked=True)
    assert (told(shop).state, told(shop).balance) == (InstrumentState.LOCKED, 5000)
    push(shop, enrolled(shop.hq, "till-1").says(move(ValueFact.REDEEMED, "s1:v", 1000)))
    assert problems(shop) == ["value.spent_while_locked"]
    put(shop, offline_limit=300, expires="2027-01-01")
    assert (told(shop).state, told(shop).balance, told(shop).offline_limit) == (InstrumentState.ACTIVE, 4000, 300)
    with pytest.raises(RuleViolationError, match=r"value\.exists"):
        put(shop, 100)


def test_a_move_that_cannot_be_one_is_kept_aside(shop: Shop) -> None:
    put(shop, 5000)
    push(
        shop,
        enrolled(shop.hq, "till-1").says(move(ValueFact.REDEEMED, "s1:v", -1000), move(ValueFact.REDEEMED, "s2:v", 1)),
    )
    assert told(shop).balance == 4999
    assert CaseKind.QUARANTINED_EVENT in {c.kind for c in cases.listed(shop.hq, state=None, store=STORE, limit=9)}


def test_a_correction_is_booked_once(shop: Shop) -> None:
    put(shop, 5000)
    for _ in range(2):
        value.adjust(shop.hq, CARD, "fix-1", -400, "sold by mistake", "office")
    assert told(shop).balance == 4600
    other, _ = instrument_of("00000000")
    with pytest.raises(RuleViolationError, match=r"value\.unknown"):
        value.adjust(shop.hq, other, "fix-2", 1, "", "office")


def test_a_new_store_is_told_of_every_card(shop: Shop) -> None:
    put(shop, 5000)
    new = PlaceRow("S0999", "store", "999 New", "north", "UTC", "EUR")
    masterdata.put_places(shop.hq, [new])
    masterdata.put_places(shop.hq, [new])
    assert told(shop, "S0999").balance == 5000


def test_over_the_api(running: RunningHq) -> None:
    row = {"code": "GIFT-0001-0002", "kind": "gift_card", "currency": "EUR", "amount": 2500, "offline_limit": 1000}
    with running.as_role(Role.HQ_OPERATOR) as office, running.as_role(Role.HQ_VIEWER) as viewer:
        assert viewer.put("/api/instruments", json=[row]).status_code == 403
        made = office.put("/api/instruments", json=[row]).json()["instruments"][0]
        assert (made["balance"], made["state"], made["tail"]) == (2500, "active", "0002")
        assert office.put("/api/instruments", json=[row]).status_code == 409
        fix = {"instrument": made["instrument"], "move_id": "fix-1", "amount": -500, "reason": "goodwill"}
        assert office.post("/api/instruments/adjust", json=fix).json()["balance"] == 2000
        book = office.post("/api/instruments/find", json={"code": "gift00010002"}).json()
        assert (book["instrument"]["balance"], [one["delta"] for one in book["moves"]]) == (2000, [-500, 2500])
        assert office.get(f"/api/instruments/{made['instrument']}").json() == book
        assert "GIFT" not in office.get("/api/instruments").text
        assert office.get("/api/instruments/none").status_code == 404
        assert office.put("/api/instruments", json=[{**row, "code": "x"}]).json()["code"] == "value.bad_code"
