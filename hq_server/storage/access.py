"""Who may come in: people, sessions, API tokens, nodes and enrolment codes. Secrets are kept as SHA-256 or argon2 only."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import (
    api_token,
    counter,
    enrolment_code,
    hq_user,
    identity,
    node,
    node_contact,
    register_series,
    used_assertion,
    web_session,
)

MAX_CODE_TRIES = 5


class User(msgspec.Struct, frozen=True):
    name: str
    password_hash: str
    role: str
    active: bool
    failed: int
    locked_until_ms: int


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser."""

    user_name: str
    role: str
    csrf: str
    until_ms: int


class ApiToken(msgspec.Struct, frozen=True):
    token_id: str
    name: str
    role: str
    made_ms: int
    until_ms: int
    revoked_ms: int | None


class Node(msgspec.Struct, frozen=True):
    """An enrolled machine's program."""

    node_id: str
    store: str
    register: str
    role: str
    public_key: str
    store_role: bool
    enrolled_ms: int
    revoked_ms: int | None = None


class EnrolmentCode(msgspec.Struct, frozen=True):
    locator: str
    secret_sha256: bytes
    store: str
    register: str
    role: str
    store_role: bool
    with_till: bool
    until_ms: int


class UnusedCode(msgspec.Struct, frozen=True):
    """A code that is over, and how many wrong proofs it was given."""

    store: str
    register: str
    role: str
    until_ms: int
    tries: int


class Contact(msgspec.Struct, frozen=True):
    """What HQ last heard of a node."""

    store: str
    node: str
    seen_ms: int
    clock_offset_ms: int
    queued: int
    oldest_ms: int


# ── people ───────────────────────────────────────────────────────────────────────────────────────


def put_user(unit: Unit, user: User) -> None:
    bulk.put(unit, hq_user, [msgspec.structs.asdict(user)])


def find_user(conn: Connection, name: str) -> User | None:
    return _user(conn.execute(select(hq_user).where(hq_user.c.name == name)).one_or_none())


def lock_user(unit: Unit, name: str) -> User | None:
    """A person's row, held until the end of the transaction."""
    return _user(unit.conn.execute(select(hq_user).where(hq_user.c.name == name).with_for_update()).one_or_none())


def count_users(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(hq_user)).scalar_one())


def add_session(unit: Unit, secret_sha256: bytes, user_name: str, csrf: str, until_ms: int, now_ms: int) -> None:
    unit.conn.execute(delete(web_session).where(web_session.c.until_ms < now_ms))
    row = {"secret_sha256": secret_sha256, "user_name": user_name, "csrf": csrf, "until_ms": until_ms}
    bulk.insert_new(unit, web_session, [row])


def session_of(conn: Connection, secret_sha256: bytes) -> Session | None:
    """A session of a person who may still sign in."""
    row = conn.execute(
        select(web_session.c.user_name, hq_user.c.role, web_session.c.csrf, web_session.c.until_ms)
        .join(hq_user, hq_user.c.name == web_session.c.user_name)
        .where(web_session.c.secret_sha256 == secret_sha256, hq_user.c.active.is_(True))
    ).one_or_none()
    return None if row is None else Session(row.user_name, row.role, row.csrf, row.until_ms)


def end_session(unit: Unit, secret_sha256: bytes) -> None:
    unit.conn.execute(delete(web_session).where(web_session.c.secret_sha256 == secret_sha256))


def add_token(unit: Unit, token: ApiToken, secret_sha256: bytes) -> None:
    bulk.insert_new(unit, api_token, [msgspec.structs.asdict(token) | {"secret_sha256": secret_sha256}])


def token_of(conn: Connection, token_id: str) -> tuple[ApiToken, bytes] | None:
    row = conn.execute(select(api_token).where(api_token.c.token_id == token_id)).one_or_none()
    return None if row is None else (_token(row), row.secret_sha256)


def tokens(conn: Connection) -> Sequence[ApiToken]:
    return [_token(row) for row in conn.execute(select(api_token).order_by(api_token.c.made_ms))]


def revoke_token(unit: Unit, token_id: str, now_ms: int) -> bool:
    here = (api_token.c.token_id == token_id) & api_token.c.revoked_ms.is_(None)
    return unit.conn.execute(update(api_token).where(here).values(revoked_ms=now_ms)).rowcount == 1


# ── nodes ────────────────────────────────────────────────────────────────────────────────────────


def add_nodes(unit: Unit, made: Sequence[Node]) -> None:
    bulk.insert_new(unit, node, [msgspec.structs.asdict(one) for one in made])


def node_of(conn: Connection, node_id: str) -> Node | None:
    row = conn.execute(select(node).where(node.c.node_id == node_id)).one_or_none()
    return None if row is None else _node(row)


def nodes(conn: Connection, store: str | None = None) -> Sequence[Node]:
    asked = select(node).order_by(node.c.store, node.c.register, node.c.node_id)
    return [_node(row) for row in conn.execute(asked if store is None else asked.where(node.c.store == store))]


def revoke_node(unit: Unit, node_id: str, now_ms: int) -> bool:
    here = (node.c.node_id == node_id) & node.c.revoked_ms.is_(None)
    return unit.conn.execute(update(node).where(here).values(revoked_ms=now_ms)).rowcount == 1


def note_contact(unit: Unit, contact: Contact) -> None:
    bulk.put(unit, node_contact, [msgspec.structs.asdict(contact)])


def contact_of(conn: Connection, store: str, node: str) -> Contact | None:
    """What was last heard of one node."""
    here = (node_contact.c.store == store) & (node_contact.c.node == node)
    row = conn.execute(select(node_contact).where(here)).one_or_none()
    return Contact(row.store, row.node, row.seen_ms, row.clock_offset_ms, row.queued, row.oldest_ms) if row else None


def contacts(conn: Connection) -> Sequence[Contact]:
    rows = conn.execute(select(node_contact))
    return [Contact(row.store, row.node, row.seen_ms, row.clock_offset_ms, row.queued, row.oldest_ms) for row in rows]


# ── enrolment ────────────────────────────────────────────────────────────────────────────────────


def add_code(unit: Unit, code: EnrolmentCode, now_ms: int) -> None:
    used = enrolment_code.c.used_ms.is_not(None)  # those that nobody used go with `take_unused_codes`
    unit.conn.execute(delete(enrolment_code).where(used, enrolment_code.c.until_ms < now_ms - 86_400_000))
    bulk.insert_new(unit, enrolment_code, [msgspec.structs.asdict(code) | {"tries": 0, "used_ms": None}])


def code_waits(conn: Connection, locator: str, now_ms: int) -> bool:
    """True for a code that somebody may still use up."""
    table = enrolment_code
    usable = table.c.used_ms.is_(None) & (table.c.until_ms >= now_ms) & (table.c.tries < MAX_CODE_TRIES)
    return conn.execute(select(table.c.locator).where(table.c.locator == locator, usable)).scalar() is not None


def redeem_code(unit: Unit, locator: str, secret_sha256: bytes, now_ms: int) -> EnrolmentCode | None:
    """Use a code up. One conditional statement decides, so two machines cannot both win."""
    table = enrolment_code
    usable = (
        (table.c.locator == locator)
        & table.c.used_ms.is_(None)
        & (table.c.until_ms >= now_ms)
        & (table.c.tries < MAX_CODE_TRIES)
        & (table.c.secret_sha256 == secret_sha256)
    )
    if unit.conn.execute(update(table).where(usable).values(used_ms=now_ms)).rowcount != 1:
        return None
    row = unit.conn.execute(select(table).where(table.c.locator == locator)).one()
    return EnrolmentCode(
        row.locator, row.secret_sha256, row.store, row.register, row.role, row.store_role, row.with_till, row.until_ms
    )


def take_unused_codes(unit: Unit, now_ms: int) -> Sequence[UnusedCode]:
    """Remove the codes that ended with nobody having used them; each is returned once."""
    table = enrolment_code
    over = (table.c.until_ms < now_ms) | (table.c.tries >= MAX_CODE_TRIES)
    gone = delete(table).where(table.c.used_ms.is_(None), over)
    rows = unit.conn.execute(
        gone.returning(table.c.store, table.c.register, table.c.role, table.c.until_ms, table.c.tries)
    )
    return [UnusedCode(*row) for row in rows]


def note_wrong_try(unit: Unit, locator: str) -> None:
    table = enrolment_code
    unit.conn.execute(update(table).where(table.c.locator == locator).values(tries=table.c.tries + 1))


def grant_series(unit: Unit, store: str, register: str, how_many: int) -> int:
    """Number series are never given twice for a register; returns the first of the newly granted ones, from 0."""
    bulk.insert_new(unit, register_series, [{"store": store, "register": register, "granted": 0}])
    here = (register_series.c.store == store) & (register_series.c.register == register)
    granted = update(register_series).where(here).values(granted=register_series.c.granted + how_many)
    return int(unit.conn.execute(granted.returning(register_series.c.granted)).scalar_one()) - how_many


def use_assertion(unit: Unit, token_id: str, until_s: int, now_s: int) -> bool:
    """False when this assertion was used before."""
    unit.conn.execute(delete(used_assertion).where(used_assertion.c.until_s < now_s))
    insert = postgresql.insert(used_assertion) if unit.postgres else sqlite.insert(used_assertion)
    added = insert.values(token_id=token_id, until_s=until_s).on_conflict_do_nothing()
    return unit.conn.execute(added.returning(used_assertion.c.token_id)).scalar() is not None


# ── HQ itself ────────────────────────────────────────────────────────────────────────────────────


def identity_value(unit: Unit, name: str, if_new: str) -> str:
    """A word of HQ's own that is drawn once, such as the feed's generation."""
    bulk.insert_new(unit, identity, [{"name": name, "value": if_new}])
    return unit.conn.execute(select(identity.c.value).where(identity.c.name == name)).scalar_one()


def word(conn: Connection, name: str) -> str:
    """A word of `identity_value`, empty when there is none."""
    return conn.execute(select(identity.c.value).where(identity.c.name == name)).scalar_one_or_none() or ""


def draw_again(unit: Unit, name: str, value: str) -> str:
    """Another value for a word of `identity_value`."""
    bulk.insert_new(unit, identity, [{"name": name, "value": value}])
    unit.conn.execute(update(identity).where(identity.c.name == name).values(value=value))
    return value


def next_count(unit: Unit, name: str, start: int) -> int:
    """The next number of a counter that begins at `start`."""
    bulk.insert_new(unit, counter, [{"name": name, "value": start - 1}])
    moved = update(counter).where(counter.c.name == name).values(value=counter.c.value + 1)
    return int(unit.conn.execute(moved.returning(counter.c.value)).scalar_one())


def _user(row: Row[tuple[object, ...]] | None) -> User | None:
    if row is None:
        return None
    return User(row.name, row.password_hash, row.role, row.active, row.failed, row.locked_until_ms)


def _token(row: Row[tuple[object, ...]]) -> ApiToken:
    return ApiToken(row.token_id, row.name, row.role, row.made_ms, row.until_ms, row.revoked_ms)


def _node(row: Row[tuple[object, ...]]) -> Node:
    return Node(
        row.node_id, row.store, row.register, row.role, row.public_key, row.store_role, row.enrolled_ms, row.revoked_ms
    )
