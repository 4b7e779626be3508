"""Points at HQ: counted once, told to the stores that have the customer, taken back once, and leading to a tier."""

import msgspec
import pytest

from hq_server.service import customers, ingest, loyalty, settings
from hq_server.service.customers import CustomerWish
from hq_server.storage import feed
from retail_core.domain.bought import MOST_KEPT, Bought
from retail_core.domain.customers import Customer, Person, Purpose
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted
from retail_core.domain.ids import CustomerId
from retail_core.domain.loyalty import LoyaltyRules, TierRule, earning, points_of, receipts_back
from retail_core.domain.roles import Role
from retail_core.domain.value import Instrument
from tests.hq.running import RunningHq
from tests.hq.support import NOON_MS, OTHER_STORE, STORE, Machine, Shop, enrolled, returned, sale

pytestmark = pytest.mark.xdist_group("hq-loyalty")
RULES = LoyaltyRules(earn_points=1, tiers=(TierRule("Silver", 110, 60), TierRule("Gold", 150, 90)))


@pytest.fixture
def jordan(shop: Shop) -> CustomerId:
    settings.change_settings(shop.hq, STORE, {}, {"loyalty": msgspec.to_builtins(RULES)})
    return CustomerId(customers.put(shop.hq, [CustomerWish(Person("Jordan Lee", "0151 777"), STORE)])[0])


def told(shop: Shop, kind: str, store: str = STORE) -> dict[str, msgspec.Raw]:
    page = shop.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(store), 0, 500))
    return {row.key: row.doc for row in page.rows if row.kind == kind and row.op == "put"}


def points(shop: Shop, customer_id: CustomerId, store: str = STORE) -> int | None:
    """What the tills of a store know; None when they were told of no points."""
    doc = told(shop, "instrument", store).get(points_of(customer_id))
    return msgspec.json.decode(doc, type=Instrument).balance if doc else None


def bought(receipt: str, customer_id: CustomerId, *lines: tuple[str, int, int]) -> SaleCompleted:
    return msgspec.structs.replace(sale(receipt, *lines), customer=customer_id)


def says(machine: Machine, event: SaleCompleted) -> Machine:
    """A sale and what it earns, as a till writes them."""
    machine.says(event)
    move = earning(event, RULES)
    return machine.says(move) if move else machine


def push(shop: Shop, machine: Machine) -> None:
    ingest.take(shop.hq, shop.contacts, machine.node, *machine.batch())


def test_points_are_counted_once_and_told_where_the_customer_is(shop: Shop, jordan: CustomerId) -> None:
    till = says(enrolled(shop.hq, "till-a"), bought(f"{STORE}-T1-A-000001", jordan, ("LAMP", 1, 4950)))
    push(shop, till)
    push(shop, till)  # the answer was lost
    assert (points(shop, jordan), points(shop, jordan, OTHER_STORE)) == (49, None)
    there = says(
        enrolled(shop.hq, "till-b", OTHER_STORE), bought(f"{OTHER_STORE}-T1-A-000001", jordan, ("LAMP", 1, 100))
    )
    push(shop, there)
    assert (points(shop, jordan), points(shop, jordan, OTHER_STORE)) == (50, 50)
    (found,) = customers.find(shop.hq, "jordan")
    assert customers.points_of(shop.hq, [found]) == [50]


def test_what_another_till_takes_back_takes_its_points_along_once(shop: Shop, jordan: CustomerId) -> None:
    receipt = f"{STORE}-T1-A-000001"
    push(shop, says(enrolled(shop.hq, "till-a"), bought(receipt, jordan, ("LAMP", 1, 4950), ("MUG", 1, 550))))
    assert points(shop, jordan) == 55
    back = returned(f"{OTHER_STORE}-T1-A-000007", receipt, (1, "LAMP", 1, 4950, "sellable"))
    assert receipts_back(back) == {receipt: 4950}
    there = enrolled(shop.hq, "till-b", OTHER_STORE).says(back)
    push(shop, there)
    push(shop, there)
    assert points(shop, jordan) == 5


def test_what_the_same_till_takes_back_it_says_itself(shop: Shop, jordan: CustomerId) -> None:
    receipt = f"{STORE}-T1-A-000001"
    till = says(enrolled(shop.hq, "till-a"), bought(receipt, jordan, ("LAMP", 1, 4950)))
    till.says(returned(f"{STORE}-T1-A-000002", receipt, (1, "LAMP", 1, 4950, "sellable")))
    push(shop, till)
    assert points(shop, jordan) == 49


def test_a_tier_follows_from_a_years_points_and_the_store_is_told(shop: Shop, jordan: CustomerId) -> None:
    def tier() -> str:
        return msgspec.json.decode(told(shop, "customer")[jordan], type=Customer).tier

    till = says(enrolled(shop.hq, "till-a"), bought(f"{STORE}-T1-A-000001", jordan, ("LAMP", 1, 5900)))
    push(shop, till)
    assert tier() == ""
    push(shop, says(till, bought(f"{STORE}-T1-A-000002", jordan, ("MUG", 1, 100))))
    assert tier() == "Silver"
    push(shop, says(till, bought(f"{STORE}-T1-A-000003", jordan, ("LAMP", 1, 3000))))
    assert tier() == "Gold"


def test_people_give_points_once_and_in_the_open(shop: Shop, jordan: CustomerId) -> None:
    assert loyalty.give(shop.hq, jordan, "welcome-1", 200, "welcome", "office") == 200
    assert loyalty.give(shop.hq, jordan, "welcome-1", 200, "welcome", "office") == 200
    assert points(shop, jordan) == 200
    assert loyalty.give(shop.hq, jordan, "slip-1", -50, "counted wrong", "office") == 150
    with pytest.raises(RuleViolationError, match=r"customer\.unknown"):
        loyalty.give(shop.hq, "nobody", "m", 1, "why", "office")


def test_points_over_the_api(running: RunningHq) -> None:
    body = {"move_id": "welcome-2", "points": 25, "reason": "welcome"}
    with running.as_role(Role.HQ_OPERATOR) as office:
        person = {"name": "Zoë Klein", "home_store": STORE, "phone": "0151 88 77 66"}
        (number,) = office.put("/api/customers", json=[person]).json()["customer_ids"]
        assert office.post(f"/api/customers/{number}/points", json=body).json() == {"customer_id": number, "points": 25}
        assert office.post("/api/customers/find", json={"text": "zoe"}).json()["customers"][0]["points"] == 25
        assert office.post("/api/customers/nobody/points", json=body).status_code == 404


def histories(shop: Shop, customer_id: CustomerId, store: str) -> list[str]:
    doc = told(shop, "bought", store).get(customer_id)
    return [one.receipt for one in msgspec.json.decode(doc, type=Bought).sales] if doc else []


def test_a_store_is_told_what_was_bought_there_by_who_agreed_until_they_say_no(shop: Shop, jordan: CustomerId) -> None:
    here, there = enrolled(shop.hq, "till-a"), enrolled(shop.hq, "till-b", OTHER_STORE)
    receipts = [f"{STORE}-T1-A-{n:06d}" for n in range(1, MOST_KEPT + 3)]
    push(shop, says(here, bought(receipts[0], jordan, ("LAMP", 1, 4950))))
    assert histories(shop, jordan, STORE) == []  # nobody has asked yet
    customers.consent(shop.hq, jordan, Purpose.LOYALTY, "loyalty/1", given=True)
    for n, receipt in enumerate(receipts[1:]):
        here.says(bought(receipt, jordan, ("LAMP", 1, 4950)), at_ms=NOON_MS + n)
    push(shop, here)
    push(shop, here)
    push(shop, says(there, bought(f"{OTHER_STORE}-T1-A-000001", jordan, ("LAMP", 1, 100))))
    assert histories(shop, jordan, STORE) == receipts[:1:-1]
    assert histories(shop, jordan, OTHER_STORE) == [f"{OTHER_STORE}-T1-A-000001"]
    customers.consent(shop.hq, jordan, Purpose.LOYALTY, "loyalty/1", given=False)
    assert histories(shop, jordan, STORE) == histories(shop, jordan, OTHER_STORE) == []


def test_who_is_erased_has_no_history_in_any_store(shop: Shop, jordan: CustomerId) -> None:
    customers.consent(shop.hq, jordan, Purpose.LOYALTY, "loyalty/1", given=True)
    push(shop, says(enrolled(shop.hq, "till-a"), bought(f"{STORE}-T1-A-000001", jordan, ("LAMP", 1, 4950))))
    assert histories(shop, jordan, STORE)
    customers.erase(shop.hq, jordan)
    assert histories(shop, jordan, STORE) == []


def test_the_points_of_an_erased_customer_are_gone_from_the_stores(shop: Shop, jordan: CustomerId) -> None:
    till = says(enrolled(shop.hq, "till-a"), bought(f"{STORE}-T1-A-000001", jordan, ("LAMP", 1, 4950)))
    push(shop, till)
    customers.erase(shop.hq, jordan)
    assert points(shop, jordan) is None
    push(shop, says(till, bought(f"{STORE}-T1-A-000002", jordan, ("LAMP", 1, 4950))))  # of a till that did not know
    assert points(shop, jordan) is None
