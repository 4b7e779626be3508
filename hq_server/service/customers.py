"""Customers at HQ: made here or at a till, shipped to the stores that need them, and erased everywhere.

Which stores have a customer says `service.whereabouts`; their points go where they go. What a till wrote about a person came beside its fact; erasing takes that away too.
"""

from collections.abc import Mapping, Sequence

import msgspec

from hq_server.service import bought, value
from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.service.whereabouts import stores_with
from hq_server.storage import catalogue, customers, feed, loyalty
from hq_server.storage.customers import CustomerRow
from hq_server.storage.database import Unit
from retail_core.domain.cases import CaseKind
from retail_core.domain.customers import (
    Consent,
    Customer,
    Person,
    Purpose,
    card_key,
    checked,
    wanted,
)
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import CustomerConsented, CustomerCreated
from retail_core.domain.ids import CustomerId
from retail_core.domain.places import PlaceKind
from retail_core.durable.customers import KIND
from retail_core.wire.envelope import Entry, commitment

MAX_FOUND = 50


class CustomerWish(msgspec.Struct, frozen=True):
    """A customer as the office wants them; without a number they are new."""

    person: Person
    home_store: str
    tier: str = ""
    customer_id: str = ""


class PersonFact(msgspec.Struct, frozen=True):
    """What a till says of a customer, and the entry that says it."""

    entry: Entry
    event: CustomerCreated | CustomerConsented


def put(hq: Hq, wanted_: Sequence[CustomerWish]) -> Sequence[str]:
    """Make or change customers; all of them, or none. Returns their numbers.

    Raises `customer.*` for details that cannot be or a card somebody else has, `customer.erased`, `place.unknown`.
    """
    people = [(one, checked(one.person)) for one in wanted_]

    def work(unit: Unit) -> Sequence[str]:
        stores = _stores(unit)
        return [_put(hq, unit, one, person, stores) for one, person in people]

    return hq.database.write(work)


def _put(hq: Hq, unit: Unit, wish: CustomerWish, person: Person, stores: frozenset[str]) -> str:
    if wish.home_store not in stores:
        raise RuleViolationError("place.unknown", place=wish.home_store[:40])
    customer_id = CustomerId(wish.customer_id or hq.ids.next())
    before = customers.find(unit.conn, customer_id)
    if before and before.erased:
        raise RuleViolationError("customer.erased", customer=customer_id)
    taken = _taken_cards(unit, person, customer_id)
    if taken:
        raise RuleViolationError("customer.card_taken", customer=next(iter(taken.values())))
    known = before.customer if before else Customer(customer_id, person.name)
    changed = msgspec.structs.replace(
        known, name=person.name, phone=person.phone, email=person.email, cards=person.cards, tier=wish.tier
    )
    row = before or CustomerRow(known, wish.home_store)
    written = msgspec.structs.replace(row, customer=changed, home_store=wish.home_store, changed_ms=hq.clock.now_ms())
    customers.put(unit, written)
    if before and before.home_store != wish.home_store:
        _publish(hq, unit, customer_id, None, [before.home_store])
    publish(hq, unit, written)
    return customer_id


def change(hq: Hq, unit: Unit, row: CustomerRow, customer: Customer) -> None:
    """What follows from a customer's purchases, such as another tier; the stores that have them are told."""
    changed = msgspec.structs.replace(row, customer=customer, changed_ms=hq.clock.now_ms())
    customers.put(unit, changed)
    publish(hq, unit, changed)


def consent(hq: Hq, customer_id: str, purpose: Purpose, text_version: str, *, given: bool) -> None:
    """A customer said yes or no to the office. Raises `customer.unknown`."""

    def work(unit: Unit) -> None:
        _known(unit, customer_id)
        said = Consent(purpose, given, text_version, hq.clock.now_ms())
        customers.say(unit, customer_id, hq.ids.next(), said)
        _forget_what_was_not_agreed(hq, unit, customer_id, said)
        publish(hq, unit, _known(unit, customer_id))

    hq.database.write(work)


def erase(hq: Hq, customer_id: str) -> None:
    """Forget a person: here at once, in stores and tills at their next contact. Raises `customer.unknown`.

    Sales stay, and so do the chains of every journal: none of them says who it was.
    """

    def work(unit: Unit) -> None:
        row = _known(unit, customer_id)
        stores = stores_with(hq, unit, row)
        customers.forget(unit, msgspec.structs.replace(row, changed_ms=hq.clock.now_ms()))
        _publish(hq, unit, customer_id, None, stores)
        bought.forget(hq, unit, customer_id)

    hq.database.write(work)


def find(hq: Hq, text: str) -> Sequence[CustomerRow]:
    """Those whose card, phone, e-mail or name this may be; at most MAX_FOUND."""
    return hq.database.read(lambda conn: customers.search(conn, wanted(text), MAX_FOUND))


def points_of(hq: Hq, rows: Sequence[CustomerRow]) -> Sequence[int]:
    """How many points each of these has."""
    numbers = [row.customer.customer_id for row in rows]
    return hq.database.read(lambda conn: [loyalty.balance(conn, number) for number in numbers])


# ── what tills say ───────────────────────────────────────────────────────────────────────────────


def fold(hq: Hq, unit: Unit, store: str, facts: Sequence[PersonFact]) -> None:
    """Take in new customers and words of consent, in the order in which they came."""
    changed: dict[str, None] = {}
    for fact in facts:
        customer_id = fact.event.customer_id
        if isinstance(fact.event, CustomerCreated):
            _created(hq, unit, store, fact.entry, fact.event)
        else:
            event = fact.event
            said = Consent(event.purpose, event.given, event.text_version, fact.entry.at + fact.entry.clock)
            customers.say(unit, customer_id, fact.entry.id, said)
            _forget_what_was_not_agreed(hq, unit, customer_id, said)
        changed[customer_id] = None
    for customer_id in changed:
        row = customers.find(unit.conn, customer_id)
        if row and not row.erased:
            publish(hq, unit, row)


def note_bought(hq: Hq, unit: Unit, store: str, when: Mapping[CustomerId, int]) -> None:
    """These customers bought here: a store that did not have one gets them."""
    for customer_id in sorted(when):
        row = customers.find(unit.conn, customer_id)
        if row is None or row.erased:
            continue  # the fact that makes them is still on its way, from another till
        had = set(stores_with(hq, unit, row))
        customers.bought(unit, customer_id, store, when[customer_id])
        if store not in had:
            _publish(hq, unit, customer_id, row.customer, [store])


def _created(hq: Hq, unit: Unit, store: str, entry: Entry, event: CustomerCreated) -> None:
    """Details that do not match what the fact vouches for, or are gone already, are not believed."""
    before = customers.find(unit.conn, event.customer_id)
    if before is not None or entry.private is None or commitment(entry.private) != event.commit:
        return
    try:
        person = checked(msgspec.json.decode(entry.private.part, type=Person))
    except (msgspec.DecodeError, RuleViolationError):
        return
    taken = _taken_cards(unit, person, event.customer_id)
    if taken:
        evidence: dict[str, str | int] = {"code": "customer.card_taken", "customer": event.customer_id}
        evidence["holder"] = next(iter(taken.values()))
        open_cases(unit, [new_case(hq, CaseKind.CUSTOMER_CONFLICT, store, event.customer_id, evidence)])
        cards = tuple(card for card in person.cards if card_key(card) not in taken)
        person = msgspec.structs.replace(person, cards=cards)
    known = Customer(event.customer_id, person.name, person.phone, person.email, person.cards)
    customers.put(unit, CustomerRow(known, store, store, entry.id, changed_ms=hq.clock.now_ms()))


def _taken_cards(unit: Unit, person: Person, customer_id: str) -> dict[str, str]:
    """Keys of cards that somebody else has, and who."""
    held = customers.holders(unit.conn, [card_key(card) for card in person.cards])
    return {key: holder for key, holder in held.items() if holder != customer_id}


def _forget_what_was_not_agreed(hq: Hq, unit: Unit, customer_id: str, said: Consent) -> None:
    """Whoever says no to being remembered is not, from then on: the stores' histories go."""
    if said.purpose is Purpose.LOYALTY and not said.given:
        bought.forget(hq, unit, customer_id)


# ── to the stores ────────────────────────────────────────────────────────────────────────────────


def publish(hq: Hq, unit: Unit, row: CustomerRow) -> None:
    """The customer as they are now, to every store that has them."""
    _publish(hq, unit, row.customer.customer_id, row.customer, stores_with(hq, unit, row))


def _publish(hq: Hq, unit: Unit, customer_id: str, doc: Customer | None, stores: Sequence[str]) -> None:
    for store in sorted({store for store in stores if store}):
        feed.publish(unit, feed.store_scope(store), [feed.Change(KIND, customer_id, doc)], hq.clock.now_ms())
    value.publish_points(hq, unit, CustomerId(customer_id), stores, gone=doc is None)


def _stores(unit: Unit) -> frozenset[str]:
    return frozenset(place.place_id for place in catalogue.places(unit.conn) if place.kind == PlaceKind.STORE)


def _known(unit: Unit, customer_id: str) -> CustomerRow:
    row = customers.find(unit.conn, customer_id)
    if row is None or row.erased:
        raise RuleViolationError("customer.unknown", customer=customer_id[:40])
    return row
