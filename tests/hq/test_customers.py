"""Customers at HQ: which stores have them, what tills say of them, and that a person who is erased is gone."""

import msgspec
import pytest

from hq_server.service import cases, customers, ingest
from hq_server.service.customers import CustomerWish
from hq_server.service.whereabouts import BOUGHT_WITHIN_MS
from hq_server.storage import feed
from hq_server.storage.tables import customer_directory, event, private
from retail_core.domain.cases import CaseKind
from retail_core.domain.customers import Customer, Person, Purpose
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import CustomerConsented, CustomerCreated
from retail_core.domain.ids import CustomerId
from retail_core.domain.roles import Role
from retail_core.wire.envelope import Private, commitment
from retail_core.wire.events import encode_event
from tests.hq.running import RunningHq
from tests.hq.support import NOON_MS, OTHER_STORE, STORE, Machine, Shop, enrolled, sale

pytestmark = pytest.mark.xdist_group("hq-customers")
JORDAN = Person("Jordan Lee", "+49151234567", "jordan@example.org", ("2600001",))


def in_store(shop: Shop, store: str) -> dict[str, Customer | None]:
    """What a store's agent finds, read from the beginning; None for who was taken away."""
    page = shop.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(store), 0, 500))
    return {
        row.key: msgspec.json.decode(row.doc, type=Customer) if row.op == "put" else None
        for row in page.rows
        if row.kind == "customer"
    }


def made(shop: Shop, person: Person = JORDAN, store: str = STORE, tier: str = "", customer_id: str = "") -> str:
    return customers.put(shop.hq, [CustomerWish(person, store, tier, customer_id)])[0]


def says_created(machine: Machine, customer_id: str, person: Person, *, vouched: bool = True) -> None:
    part = Private(bytes(16), msgspec.json.encode(person))
    created = CustomerCreated(CustomerId(customer_id), commitment(part) if vouched else "00" * 32)
    machine.says_raw(*encode_event(created), private=part)


def push(shop: Shop, machine: Machine) -> None:
    ingest.take(shop.hq, shop.contacts, machine.node, *machine.batch())


def test_the_home_store_has_a_customer_and_a_move_takes_them_along(shop: Shop) -> None:
    number = made(shop, tier="gold")
    assert in_store(shop, STORE)[number] == Customer(
        CustomerId(number), "Jordan Lee", JORDAN.phone, JORDAN.email, JORDAN.cards, "gold"
    )
    assert in_store(shop, OTHER_STORE) == {}
    made(shop, store=OTHER_STORE, customer_id=number)
    assert in_store(shop, STORE)[number] is None
    assert in_store(shop, OTHER_STORE)[number] is not None


def test_a_store_where_a_customer_bought_has_them_too_for_400_days(shop: Shop) -> None:
    number = made(shop)
    till = enrolled(shop.hq, "till-b", OTHER_STORE)
    till.says(msgspec.structs.replace(sale("R-1", ("LAMP", 1, 4950)), customer=CustomerId(number)))
    push(shop, till)
    assert in_store(shop, OTHER_STORE)[number] is not None
    shop.clock.later(BOUGHT_WITHIN_MS + 1)
    made(shop, Person("Jordan Li"), customer_id=number)
    found = in_store(shop, OTHER_STORE)[number]
    assert found is not None
    assert found.name == "Jordan Lee"  # no longer told of changes there


def test_a_sale_of_a_customer_nobody_knows_yet_is_a_sale(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-c")
    till.says(msgspec.structs.replace(sale("R-2", ("LAMP", 1, 4950)), customer=CustomerId("c-later")))
    push(shop, till)
    assert in_store(shop, STORE) == {}


def test_a_customer_made_at_a_till_is_real_at_once(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-d")
    says_created(till, "c-1", Person(" Ana  María ", "0151 777"))
    till.says(CustomerConsented(CustomerId("c-1"), Purpose.LOYALTY, given=True, text_version="loyalty/1"))
    till.says(CustomerConsented(CustomerId("c-1"), Purpose.MARKETING, given=True, text_version="m/1"), at_ms=NOON_MS)
    till.says(
        CustomerConsented(CustomerId("c-1"), Purpose.MARKETING, given=False, text_version="m/1"), at_ms=NOON_MS + 1
    )
    push(shop, till)
    push(shop, till)  # the answer was lost
    found = in_store(shop, STORE)["c-1"]
    assert found is not None
    assert (found.name, found.phone) == ("Ana María", "0151777")
    assert (found.agreed(Purpose.LOYALTY), found.agreed(Purpose.MARKETING)) == (True, False)
    assert [row.customer.customer_id for row in customers.find(shop.hq, "maria")] == ["c-1"]


def test_details_the_fact_does_not_vouch_for_are_not_believed(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-e")
    says_created(till, "c-2", JORDAN, vouched=False)
    says_created(till, "c-3", Person("4111 1111 1111 1111"))
    push(shop, till)
    assert in_store(shop, STORE) == {}


def test_a_card_two_people_have_opens_a_case_and_stays_with_the_first(shop: Shop) -> None:
    first = made(shop)
    with pytest.raises(RuleViolationError, match=r"customer\.card_taken"):
        made(shop, Person("Somebody Else", cards=("OTL:2600001",)))
    till = enrolled(shop.hq, "till-f")
    says_created(till, "c-4", Person("Somebody Else", cards=("2600001", "2600002")))
    push(shop, till)
    found = in_store(shop, STORE)["c-4"]
    assert found is not None
    assert found.cards == ("2600002",)
    (case,) = [
        c for c in cases.listed(shop.hq, state=None, store=STORE, limit=9) if c.kind is CaseKind.CUSTOMER_CONFLICT
    ]
    assert case.evidence == {"code": "customer.card_taken", "customer": "c-4", "holder": first}


def test_who_is_erased_is_gone_everywhere_and_every_fact_stays(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-g")
    says_created(till, "c-5", JORDAN)
    push(shop, till)
    customers.consent(shop.hq, "c-5", Purpose.MARKETING, "m/1", given=True)
    customers.erase(shop.hq, "c-5")
    assert in_store(shop, STORE) == {"c-5": None}
    assert customers.find(shop.hq, "jordan") == customers.find(shop.hq, "2600001") == []
    left = shop.hq.database.read(
        lambda conn: (
            conn.execute(private.select()).all(),
            conn.execute(customer_directory.select()).all(),
            len(conn.execute(event.select()).all()),
        )
    )
    assert left == ([], [], 1)
    with pytest.raises(RuleViolationError, match=r"customer\.unknown"):
        customers.erase(shop.hq, "c-5")
    with pytest.raises(RuleViolationError, match=r"customer\.erased"):
        made(shop, customer_id="c-5")
    push(shop, till)  # again, from a copy that still has the details
    assert in_store(shop, STORE) == {"c-5": None}


def test_no_hashed_body_holds_a_detail(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-h")
    says_created(till, "c-6", JORDAN)
    push(shop, till)
    bodies = shop.hq.database.read(lambda conn: b"".join(row.body for row in conn.execute(event.select())))
    for detail in (b"Jordan", b"234567", b"jordan@", b"2600001"):
        assert detail not in bodies


@pytest.mark.parametrize(
    ("person", "store", "code"),
    [(Person(""), STORE, "customer.bad_name"), (JORDAN, "S0000", "place.unknown")],
)
def test_what_makes_no_sense_is_refused_with_its_reason(shop: Shop, person: Person, store: str, code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        made(shop, person, store)
    assert refused.value.code == code


def test_over_the_api(running: RunningHq) -> None:
    body = {"name": "Zoë Klein", "home_store": STORE, "phone": "0151 88 77 66", "cards": ["OTL:77001"], "tier": "gold"}
    with running.as_role(Role.HQ_OPERATOR) as office, running.as_role(Role.HQ_VIEWER) as viewer:
        assert viewer.put("/api/customers", json=[body]).status_code == 403
        assert viewer.post("/api/customers/find", json={"text": "zoe"}).status_code == 403
        (number,) = office.put("/api/customers", json=[body]).json()["customer_ids"]
        yes = {"purpose": "marketing", "given": True, "text_version": "m/1"}
        assert office.post(f"/api/customers/{number}/consents", json=yes).json() == {"customer_id": number}
        (found,) = office.post("/api/customers/find", json={"text": "zoe kl"}).json()["customers"]
        assert (found["name"], found["cards"], found["consents"][0]["given"]) == ("Zoë Klein", ["77001"], True)
        other = body | {"name": "Other", "customer_id": "c-77"}
        assert office.put("/api/customers", json=[other]).status_code == 409
        assert office.post("/api/customers/nobody/erase").status_code == 404
        assert office.post(f"/api/customers/{number}/erase").json() == {"customer_id": number}
        assert office.post("/api/customers/find", json={"text": "zoe"}).json() == {"customers": []}
        assert office.put("/api/customers", json=[body] * 501).status_code == 422
