"""Who may come in: people by password, programs by API token, nodes by their key. Secrets are only compared hashed."""

import hmac

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hq_server.service.context import AUDIENCE, Hq, sha256
from hq_server.storage import access
from hq_server.storage.access import ApiToken, Node, Session, User
from hq_server.storage.database import Unit
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Permission, Role, may
from retail_core.trust import tokens
from retail_core.trust.keys import b64

PASSWORD_MIN_CHARS, PASSWORD_MAX_CHARS = 12, 200
MAX_WRONG_PASSWORDS = 10
LOCKED_MS = 30 * 60_000
SESSION_MS = 12 * 3_600_000
TOKEN_DAYS = 365
BEARER_S = tokens.BEARER_S
DAY_MS = 86_400_000
TOKEN_PREFIX = "omt_"
SECRET_BYTES = 32
HQ_ROLES = frozenset({Role.HQ_VIEWER, Role.HQ_OPERATOR, Role.HQ_ADMIN, Role.SERVICE})
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _HASHER.hash("nobody has this password")  # so that an unknown name takes as long as a wrong password


class Caller(msgspec.Struct, frozen=True):
    """Somebody a route knows: a person, a program, or an enrolled node."""

    name: str
    role: Role
    node: Node | None = None
    csrf: str = ""

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission)


class SignedIn(msgspec.Struct, frozen=True):
    """A new session; the secret goes into the cookie and nowhere else."""

    secret: str
    until_ms: int


# ── people ───────────────────────────────────────────────────────────────────────────────────────


def put_user(hq: Hq, name: str, password: str, role: str) -> None:
    """Make a person or change their password and role. Raises `user.unknown_role`, `user.bad_name`, `password.too_short`."""
    if role not in HQ_ROLES or role == Role.SERVICE:
        raise RuleViolationError("user.unknown_role", role=role[:40])
    if not (0 < len(name) <= 60 and name.isprintable()):
        raise RuleViolationError("user.bad_name")
    if not PASSWORD_MIN_CHARS <= len(password) <= PASSWORD_MAX_CHARS:
        raise RuleViolationError("password.too_short", least=PASSWORD_MIN_CHARS)
    hashed = _HASHER.hash(password)
    hq.database.write(lambda unit: access.put_user(unit, User(name, hashed, role, True, 0, 0)))


def sign_in(hq: Hq, name: str, password: str) -> SignedIn:
    """Raises RuleViolationError `sign_in.refused` or, after ten wrong passwords, `sign_in.locked` for half an hour."""
    now_ms = hq.clock.now_ms()
    known = hq.database.read(lambda conn: access.find_user(conn, name[:60]))
    # hashing takes its time by design, so not while a transaction is open
    fits = _password_fits(known.password_hash if known and known.active else _NOBODY, password)

    def work(unit: Unit) -> SignedIn | str:
        user = access.lock_user(unit, name[:60])
        if user is None or not user.active:
            return "sign_in.refused"
        if user.locked_until_ms > now_ms:
            return "sign_in.locked"
        if not fits or known is None or user.password_hash != known.password_hash:
            access.put_user(unit, _after_wrong(user, now_ms))
            return "sign_in.refused"
        access.put_user(unit, msgspec.structs.replace(user, failed=0, locked_until_ms=0))
        made = SignedIn(b64(hq.rand(SECRET_BYTES)), now_ms + SESSION_MS)
        access.add_session(unit, sha256(made.secret), user.name, b64(hq.rand(SECRET_BYTES)), made.until_ms, now_ms)
        return made

    made = hq.database.write(work)
    if isinstance(made, str):
        raise RuleViolationError(made)
    return made


def session(hq: Hq, secret: str) -> Caller | None:
    """The person behind a cookie, or None."""
    found: Session | None = hq.database.read(lambda conn: access.session_of(conn, sha256(secret)))
    if found is None or found.until_ms < hq.clock.now_ms():
        return None
    return Caller(found.user_name, Role(found.role), csrf=found.csrf)


def sign_out(hq: Hq, secret: str) -> None:
    hq.database.write(lambda unit: access.end_session(unit, sha256(secret)))


# ── programs ─────────────────────────────────────────────────────────────────────────────────────


def new_token(hq: Hq, name: str, role: str, days: int = TOKEN_DAYS) -> tuple[ApiToken, str]:
    """An API token and its text, which is shown once. Raises `token.unknown_role` or `token.bad_term`."""
    if role not in HQ_ROLES:
        raise RuleViolationError("token.unknown_role", role=role[:40])
    if not 0 < days <= 3 * TOKEN_DAYS:
        raise RuleViolationError("token.bad_term", days=days)
    now_ms = hq.clock.now_ms()
    token_id, secret = hq.rand(6).hex(), b64(hq.rand(SECRET_BYTES))
    made = ApiToken(token_id, name[:60], role, now_ms, now_ms + days * DAY_MS, None)
    hq.database.write(lambda unit: access.add_token(unit, made, sha256(secret)))
    return made, f"{TOKEN_PREFIX}{token_id}_{secret}"


def revoke_token(hq: Hq, token_id: str) -> None:
    """Raises `token.unknown`."""
    now_ms = hq.clock.now_ms()
    if not hq.database.write(lambda unit: access.revoke_token(unit, token_id[:40], now_ms)):
        raise RuleViolationError("token.unknown")


def caller_of(hq: Hq, bearer: str) -> Caller:
    """Whom a bearer token stands for. Raises RuleViolationError `token.*`."""
    if bearer.startswith(TOKEN_PREFIX):
        return _program(hq, bearer)
    return _node(hq, bearer)


def _program(hq: Hq, bearer: str) -> Caller:
    token_id, _, secret = bearer.removeprefix(TOKEN_PREFIX).partition("_")
    found = hq.database.read(lambda conn: access.token_of(conn, token_id[:40])) if token_id.isalnum() else None
    if found is None or not hmac.compare_digest(found[1], sha256(secret)):
        raise RuleViolationError("token.unknown")
    token = found[0]
    if token.revoked_ms is not None or token.until_ms < hq.clock.now_ms():
        raise RuleViolationError("token.expired")
    return Caller(token.name, Role(token.role))


# ── nodes ────────────────────────────────────────────────────────────────────────────────────────


def node_token(hq: Hq, assertion: str) -> str:
    """A fifteen-minute token for a signed assertion used once. Raises `token.*` or `node.revoked`."""
    node = _known_node(hq, tokens.unchecked_subject(assertion))
    now_s = hq.clock.now_ms() // 1000
    claims = tokens.check_assertion(assertion, node.public_key, AUDIENCE, now_s)
    if claims.expires_s > now_s + tokens.ASSERTION_S + tokens.LEEWAY_S:
        raise RuleViolationError("token.too_long")
    used = f"{node.node_id}/{claims.token_id}"[:200]
    until_s = claims.expires_s + tokens.LEEWAY_S
    if not hq.database.write(lambda unit: access.use_assertion(unit, used, until_s, now_s)):
        raise RuleViolationError("token.used_before")
    return tokens.bearer(node.node_id, hq.key, AUDIENCE, now_s, hq.ids.next(), store=node.store, role=Role.NODE.value)


def _node(hq: Hq, bearer: str) -> Caller:
    claims = tokens.check_bearer(bearer, hq.key.public_text, AUDIENCE, hq.clock.now_ms() // 1000)
    if claims.role != Role.NODE:
        raise RuleViolationError("token.bad_signature")
    node = _known_node(hq, claims.subject)
    return Caller(node.node_id, Role.NODE, node)


def still_trusted(hq: Hq, node: Node) -> None:
    """Raises `node.revoked` or `token.unknown`."""
    _known_node(hq, node.node_id)


def _known_node(hq: Hq, node_id: str) -> Node:
    node = hq.database.read(lambda conn: access.node_of(conn, node_id[:80])) if "\x00" not in node_id else None
    if node is None:
        raise RuleViolationError("token.unknown")
    if node.revoked_ms is not None:
        raise RuleViolationError("node.revoked", node=node.node_id)
    return node


def _password_fits(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password[:PASSWORD_MAX_CHARS])
    except (VerificationError, InvalidHashError):
        return False


def _after_wrong(user: User, now_ms: int) -> User:
    failed = user.failed + 1
    if failed < MAX_WRONG_PASSWORDS:
        return msgspec.structs.replace(user, failed=failed)
    return msgspec.structs.replace(user, failed=0, locked_until_ms=now_ms + LOCKED_MS)
