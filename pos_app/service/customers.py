"""Customers at this till: found among those HQ shipped and those made here, made in a moment, with what they bought.

Looking one up by card or number reads one row; searching runs on the worker. A customer made here can be used at once:
HQ makes them real for the other stores, and when it erases one, the copy here goes too.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from pos_app.runtime.worker import Worker
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.storage import customers_here
from pos_app.storage.customers_here import Purchase, Remembered
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.bought import BoughtOnce
from retail_core.domain.clock import Clock
from retail_core.domain.customers import (
    Consent,
    ConsentText,
    Customer,
    CustomerRules,
    Person,
    Purpose,
    Wanted,
    card_key,
    checked,
    keys_of,
    wanted,
    with_consent,
)
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import CustomerConsented, CustomerCreated
from retail_core.domain.ids import CustomerId, IdSource
from retail_core.domain.roles import Permission, check
from retail_core.wire.envelope import Private, commitment

TOPIC = "customers"
MAX_FOUND = 20
MAX_PURCHASES = 20
SALT_BYTES = 16
Found = Sequence[Customer]


class Customers:
    """`here` is read on the screen's thread, `there` only on the worker's. `rand` gives that many random bytes."""

    def __init__(
        self, here: Links, there: Links, worker: Worker, writer: Writer, clock: Clock, ids: IdSource,
        rand: Callable[[int], bytes], remembered: Remembered, *, name_of: Callable[[str], str] = str,
    ) -> None:  # fmt: skip
        self._here, self._there = here, there
        self._worker, self._writer = worker, writer
        self._clock, self._ids, self._rand = clock, ids, rand
        self._own = {customer.customer_id: customer for customer in remembered.made}
        self._said = dict(remembered.said)
        self._name_of = name_of  # of an item, in the words of the catalogue

    # ── finding ──────────────────────────────────────────────────────────────────────────────────

    def find(self, text: str, done: Callable[[Found], None], failed: Failed) -> None:
        """Those whose card, phone, e-mail or name this may be; a newer question makes an older one's answer disappear."""
        asked = wanted(text)
        own = [one for one in self._own.values() if one.name and any(_fits(one, question) for question in asked)]

        def answered(found: Found) -> None:
            known = {one.customer_id for one in found}
            done([*(one for one in own if one.customer_id not in known), *found][:MAX_FOUND])

        self._worker.ask(TOPIC, lambda: self._there.find_customers(asked, MAX_FOUND), answered, failed)

    def get(self, customer_id: str) -> Customer | None:
        own = self._own.get(CustomerId(customer_id))
        found = self._here.customer(customer_id) or (own if own and own.name else None)
        return self._with_said(found) if found else None

    def of_card(self, label: str) -> Customer | None:
        """Whoever has the card that was scanned or typed."""
        key = card_key(label)
        return self._here.customer_of_card(label) or next((c for c in self._own.values() if key in keys_of(c)), None)

    def purchases(self, customer_id: str, done: Callable[[Sequence[Purchase]], None], failed: Failed) -> None:
        """What the customer bought in this store, the newest first: at this till, and elsewhere as head office says."""
        told = [self._elsewhere(one) for one in self._here.bought(customer_id).sales]

        def work(store: TillStore) -> Sequence[Purchase]:
            own = customers_here.purchases(store.conn, customer_id, MAX_PURCHASES)
            known = {one.receipt for one in own}
            others = [one for one in told if one.receipt not in known]
            return sorted((*own, *others), key=lambda one: -one.at_ms)[:MAX_PURCHASES]

        self._writer.submit(work, done, failed)

    def _elsewhere(self, one: BoughtOnce) -> Purchase:
        names = tuple(self._name_of(sku) for sku in one.skus)
        return Purchase(one.receipt, one.at_ms, one.total_minor, one.currency, one.lines, names)

    def consent_texts(self) -> tuple[ConsentText, ...]:
        """What a customer is asked, in order; each with the version of its text."""
        settings = self._here.settings()
        return (settings.customers if settings else CustomerRules()).texts

    def say(
        self, operator: SoldBy, customer: Customer, purpose: Purpose, done: Callable[[Customer], None], failed: Failed, *,
        given: bool,
    ) -> None:  # fmt: skip
        """A customer says yes or no to the text of now; it holds here at once. Raises `permission.denied`."""
        check(operator.role, Permission.SELL)
        version = next((text.version for text in self.consent_texts() if text.purpose is purpose), "")
        said = Consent(purpose, given, version, self._clock.now_ms())
        customer_id = customer.customer_id

        def work(store: TillStore) -> None:
            with store.unit() as conn:
                store.append(CustomerConsented(customer_id, purpose, given, version), operator.operator_id)
                customers_here.say(conn, customer_id, said)

        def written(_: None) -> None:
            self._said[customer_id] = with_consent(self._said.get(customer_id, ()), said)
            done(self._with_said(customer))

        self._writer.submit(work, written, failed)

    def _with_said(self, customer: Customer) -> Customer:
        """What a customer said here goes before what head office heard earlier."""
        said, consents = self._said.get(customer.customer_id), customer.consents
        for one in said or ():
            consents = with_consent(consents, one)
        return msgspec.structs.replace(customer, consents=consents) if said else customer

    # ── making ───────────────────────────────────────────────────────────────────────────────────

    def make(
        self, operator: SoldBy | None, person: Person, said: Mapping[Purpose, bool], done: Callable[[Customer], None],
        failed: Failed,
    ) -> None:  # fmt: skip
        """A new customer with what they agreed to. Nothing is written unless they agreed to be kept at all.

        Fails with `customer.*`: details that cannot be, neither phone nor e-mail, one who is known already, no consent.
        """
        try:
            made, consents = self._checked(operator, person, said)
        except RuleViolationError as refused:
            failed(refused)
            return
        part = Private(self._rand(SALT_BYTES), msgspec.json.encode(made.person))
        actor = operator.operator_id if operator else ""

        def work(store: TillStore) -> None:
            with store.unit() as conn:
                created = store.append(CustomerCreated(made.customer_id, commitment(part)), actor, part)
                for event in consents:
                    store.append(event, actor)
                customers_here.put(conn, made, created.entry.id)

        def written(_: None) -> None:
            self._own[made.customer_id] = made
            done(made)

        self._writer.submit(work, written, failed)

    def _checked(
        self, operator: SoldBy | None, person: Person, said: Mapping[Purpose, bool]
    ) -> tuple[Customer, tuple[CustomerConsented, ...]]:
        if operator is None:
            raise RuleViolationError("operator.not_signed_in")
        check(operator.role, Permission.SELL)
        tidy = checked(person)
        if not (tidy.phone or tidy.email):
            raise RuleViolationError("customer.no_way_to_reach")
        if not said.get(Purpose.LOYALTY):
            raise RuleViolationError("customer.no_consent")
        known = next((one for one in self._same_details(tidy)), None)
        if known:
            raise RuleViolationError("customer.known_already", name=known.name)
        customer_id, at_ms = CustomerId(self._ids.next()), self._clock.now_ms()
        asked = [text for text in self.consent_texts() if text.purpose in said]
        consents = tuple(Consent(text.purpose, said[text.purpose], text.version, at_ms) for text in asked)
        events = tuple(CustomerConsented(customer_id, c.purpose, c.given, c.text_version) for c in consents)
        return Customer(customer_id, tidy.name, tidy.phone, tidy.email, tidy.cards, consents=consents), events

    def _same_details(self, person: Person) -> Found:
        """Who has this phone, e-mail or card already."""
        whole = [Wanted((key,), whole=True) for key in keys_of(person) if key[0] != "n"]
        keys = {question.starts[0] for question in whole}
        own = [one for one in self._own.values() if keys.intersection(keys_of(one))]
        return [*own, *self._here.find_customers(whole, 1)]

    # ── what HQ did with them ────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """The agent may have brought those made here, or word that one was erased."""
        if not self._own and not self._said:
            return
        gone = self._here.customers_gone()
        for number in [number for number, said in self._said.items() if number in gone or self._has(number, said)]:
            del self._said[number]
            self._write(lambda store, number=number: _heard(store, number))
        for number, own in list(self._own.items()):
            if number in gone:
                del self._own[number]
                self._write(lambda store, number=number: _forget(store, number))
            elif own.name and self._here.customer(number):
                self._own[number] = Customer(number, "")
                self._write(lambda store, number=number: _shipped(store, number))

    def _has(self, number: CustomerId, said: tuple[Consent, ...]) -> bool:
        """True when head office has shipped every word that was said here, or a later one."""
        shipped = self._here.customer(number)
        latest = {one.purpose: one.at_ms for one in shipped.consents} if shipped else {}
        return all(latest.get(one.purpose, 0) >= one.at_ms for one in said)

    def _write(self, work: Callable[[TillStore], None]) -> None:
        self._writer.submit(work, lambda _: None, _next_start)


def _fits(customer: Customer, question: Wanted) -> bool:
    keys = keys_of(customer)
    if question.whole:
        return question.starts[0] in keys
    return all(any(key.startswith(start) for key in keys) for start in question.starts)


def _forget(store: TillStore, number: str) -> None:
    with store.unit() as conn:
        customers_here.forget(conn, number)


def _heard(store: TillStore, number: str) -> None:
    with store.unit() as conn:
        customers_here.heard(conn, number)


def _shipped(store: TillStore, number: str) -> None:
    with store.unit() as conn:
        customers_here.shipped(conn, number)


def _next_start(_: CodedError) -> None:
    """The next start of the till finds the row again and tries once more."""
