"""Staff of the stores: checked, kept, and published to the tills. PINs and badges are kept as hashes only."""

import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from hq_server.service.context import Hq
from hq_server.service.fields import Id, Name, ShortText
from hq_server.storage import feed, staff
from hq_server.storage.database import Unit
from hq_server.storage.staff import StaffKey, StaffRow
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Role
from retail_core.trust import pins

STORE_ROLES = frozenset({Role.CASHIER, Role.ASSOCIATE, Role.SUPERVISOR, Role.MANAGER})
TAG_BYTES = 16
Hashed = tuple[bytes, bytes]
"""Salt and hash of a PIN."""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of a store's staff. A PIN or a badge that is not given stays as it is; an empty badge takes it away."""

    store: Id
    operator_id: Id
    name: Name
    role: ShortText = Role.CASHIER.value
    pin: ShortText | None = None
    active: bool = True
    lang: ShortText = "en"
    badge: ShortText | None = None


def put_staff(hq: Hq, people: Sequence[Person]) -> None:
    """All of them or none. Hashing a PIN takes about 50 ms each.

    Raises `staff.unknown_role`, `staff.pin_needed`, `staff.pin_taken`, `staff.badge_taken`, `pin.malformed`,
    `badge.malformed`.
    """
    hashed = [_hashed(hq, one) for one in people]

    def work(unit: Unit) -> None:
        keys: dict[str, dict[str, StaffKey]] = {}
        for one, pin in zip(people, hashed, strict=True):
            if one.store not in keys:
                keys[one.store] = staff.keys_of(unit.conn, one.store)
            _put(hq, unit, one, pin, keys[one.store])

    hq.database.write(work)


def _put(hq: Hq, unit: Unit, one: Person, pin: Hashed | None, of_store: dict[str, StaffKey]) -> None:
    salt, pin_hash = pin or _known_pin(unit, one)
    row = StaffRow(one.store, one.operator_id, one.name, one.role, salt, pin_hash, one.active, one.lang)
    key = _key(hq, one, staff.key_of(unit.conn, one.store, one.operator_id))
    of_store.pop(one.operator_id, None)
    if one.active:
        _check_alone(key, one, of_store)
        of_store[one.operator_id] = key
    staff.put_staff(unit, [row])
    staff.put_key(unit, one.store, one.operator_id, key)
    doc = {
        "operator_id": row.operator_id, "name": row.name, "role": row.role, "pin_salt": row.pin_salt.hex(),
        "pin_hash": row.pin_hash.hex(), "active": row.active, "lang": row.lang, "badge_hash": key.badge_hash.hex(),
    }  # fmt: skip
    change = feed.Change("staff", row.operator_id, doc)
    feed.publish(unit, feed.store_scope(row.store), [change], hq.clock.now_ms())


def _key(hq: Hq, person: Person, known: StaffKey) -> StaffKey:
    badge, tag = known.badge_hash, known.pin_tag
    if person.badge is not None:
        badge = pins.badge_hash(pins.badge_secret(person.badge)) if person.badge else b""
    if person.pin is not None:
        # keyed, so that the database alone does not say which PIN it is
        said = f"pin-tag/1/{person.store}/{person.pin}"
        tag = hmac.new(hq.secret, said.encode(), hashlib.sha256).digest()[:TAG_BYTES]
    return StaffKey(badge, tag)


def _check_alone(key: StaffKey, person: Person, others: dict[str, StaffKey]) -> None:
    """A PIN or a badge names one person; two with the same would sign in as each other."""
    for other in others.values():
        if key.pin_tag and key.pin_tag == other.pin_tag:
            raise RuleViolationError("staff.pin_taken", operator=person.operator_id)
        if key.badge_hash and key.badge_hash == other.badge_hash:
            raise RuleViolationError("staff.badge_taken", operator=person.operator_id)


def _hashed(hq: Hq, person: Person) -> Hashed | None:
    if person.role not in STORE_ROLES:
        raise RuleViolationError("staff.unknown_role", operator=person.operator_id, role=person.role[:40])
    if person.badge:
        pins.badge_secret(person.badge)
    if person.pin is None:
        return None
    pins.check_pin_form(person.pin)
    salt = hq.rand(pins.SALT_BYTES)
    return salt, pins.pin_hash(person.pin, salt)


def _known_pin(unit: Unit, person: Person) -> Hashed:
    known = staff.staff_of(unit.conn, person.store, person.operator_id)
    if known is None:
        raise RuleViolationError("staff.pin_needed", operator=person.operator_id)
    return known.pin_salt, known.pin_hash
