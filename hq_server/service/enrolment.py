"""How a machine comes to belong to a store: one code, used once, within ten minutes.

A code is `LLLL-SSSSSSSS`: four letters find it, eight (40 bits) prove it; five wrong proofs end it. Who made one, which machine
used it, and that nobody did, are facts of the store's journal; the code itself is written nowhere.
"""

import msgspec

from hq_server.service import authority, journal, machine_acts
from hq_server.service.context import TODAY, Hq, sha256
from hq_server.service.machine_acts import What
from hq_server.service.replacing import retire
from hq_server.storage import access, catalogue, feed
from hq_server.storage.access import EnrolmentCode, Node
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Unit
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.places import NodeRole, PlaceKind
from retail_core.durable.link import NodeDoc
from retail_core.trust.keys import PublicKey
from retail_core.trust.pickup import CODE_ALPHABET, CODE_BYTES, code_from, normal_code
from retail_core.trust.receipts import certify
from retail_core.wire.messages import EnrolAnswer, EnrolRequest

CODE_MS = 10 * 60_000
LOCATOR_CHARS = 4
SERIES_GRANTED = 10
NOT_A_CODE = "enrol.code_refused"


class CodeMade(msgspec.Struct, frozen=True):
    """What a person takes to the machine, with HQ's fingerprint."""

    code: str
    until_ms: int
    ca_sha256: str


def new_code(hq: Hq, store: str, register: str, role: str, by: str, *, store_role: bool) -> CodeMade:
    """Raises `place.unknown`, `enrol.unknown_role` or `enrol.bad_register`."""
    if role not in set(NodeRole):
        raise RuleViolationError("enrol.unknown_role", role=role[:40])
    if not (0 < len(register) <= 10 and register.isascii() and register.isalnum()):
        raise RuleViolationError("enrol.bad_register", register=register[:20])
    now_ms = hq.clock.now_ms()
    locator, secret = code_from(hq.rand(CODE_BYTES))[:LOCATOR_CHARS], code_from(hq.rand(CODE_BYTES))

    def work(unit: Unit) -> None:
        place = catalogue.place_of(unit.conn, store)
        if place is None or place.kind != PlaceKind.STORE:
            raise RuleViolationError("place.unknown", place=store[:40])
        with_till = role != NodeRole.AGENT
        made = EnrolmentCode(locator, sha256(secret), store, register, role, store_role, with_till, now_ms + CODE_MS)
        access.add_code(unit, made, now_ms)
        note = AuditNoted(What.CODE_MADE, register, made.until_ms, f"{role} store_role" if store_role else role)
        machine_acts.note(hq, unit, store, register, note, by)

    hq.database.write(work)
    return CodeMade(f"{locator}-{secret}", now_ms + CODE_MS, authority.fingerprint(hq.ca_pem))


def enrol(hq: Hq, asked: EnrolRequest) -> EnrolAnswer:
    """Raises `enrol.code_refused` (wrong, used, late or tried too often: nobody is told which), `enrol.bad_key`, `enrol.bad_csr`."""
    for key in (asked.agent_public_key, asked.till_public_key):
        _check_key(key)
    locator, secret = _parts(asked.code)
    now_ms = hq.clock.now_ms()
    if not hq.database.read(lambda conn: access.code_waits(conn, locator, now_ms)):  # cheap, before anything is signed
        raise RuleViolationError(NOT_A_CODE)
    agent_id, till_id = hq.ids.next(), hq.ids.next()
    names = _names(agent_id)
    tls_certificate = authority.agent_certificate(hq.ca_pem, hq.ca_key, asked.tls_csr_pem, names, now_ms)

    def work(unit: Unit) -> EnrolAnswer | None:
        code = access.redeem_code(unit, locator, sha256(secret), now_ms)
        if code is None:
            access.note_wrong_try(unit, locator)
            return None
        place = catalogue.place_of(unit.conn, code.store)
        if place is None:
            raise RuleViolationError("place.unknown", place=code.store)
        made = _nodes(asked, code, agent_id, till_id, now_ms)
        access.add_nodes(unit, made)
        note = AuditNoted(What.CODE_USED, code.register, reason=" ".join(one.node_id for one in made))
        machine_acts.note(hq, unit, code.store, code.register, note, agent_id)
        publish_nodes(hq, unit, code.store, [*retire(hq, unit, made, now_ms), *made], now_ms)
        first = access.grant_series(unit, code.store, code.register, SERIES_GRANTED)
        series = tuple(series_name(n) for n in range(first, first + SERIES_GRANTED))
        return _answer(hq, code, place, made, series, tls_certificate)

    answer = hq.database.write(work)
    if answer is None:
        raise RuleViolationError(NOT_A_CODE)
    return answer


def close_codes(hq: Hq) -> int:
    """Write down the codes that ended with nobody having used them; how many there were."""
    now_ms = hq.clock.now_ms()

    def work(unit: Unit) -> int:
        over = access.take_unused_codes(unit, now_ms)
        for one in over:
            what = What.CODE_SPOILED if one.tries >= access.MAX_CODE_TRIES else What.CODE_RAN_OUT
            note = AuditNoted(what, one.register, one.until_ms, one.role)
            machine_acts.note(hq, unit, one.store, one.register, note, journal.HQ_NODE)
        return len(over)

    return hq.database.write(work)


def certificate(hq: Hq, node: Node, tls_csr_pem: str) -> str:
    """A new certificate for the LAN server of an agent that is still trusted. Raises `enrol.bad_csr`."""
    return authority.agent_certificate(hq.ca_pem, hq.ca_key, tls_csr_pem, _names(node.node_id), hq.clock.now_ms())


def certify_tills(hq: Hq) -> int:
    """Publish tills that an older release enrolled without a certificate for their receipts; how many there were."""

    def work(unit: Unit) -> int:
        waiting = [one for one in access.nodes(unit.conn) if _signs_receipts(one) and not _is_certified(unit, one)]
        for one in waiting:
            publish_nodes(hq, unit, one.store, [one], hq.clock.now_ms())
        return len(waiting)

    return hq.database.write(work)


def publish_nodes(hq: Hq, unit: Unit, store: str, made: list[Node], now_ms: int) -> None:
    """Tell a store which machines belong to it, so that they can trust each other without HQ."""
    changes = [
        feed.Change(
            "node",
            one.node_id,
            {
                "node_id": one.node_id, "register": one.register, "role": one.role, "public_key": one.public_key,
                "revoked": one.revoked_ms is not None, "receipt_certificate": _certificate(hq, one),
            },
        )
        for one in made
    ]  # fmt: skip
    feed.publish(unit, feed.store_scope(store), changes, now_ms)
    unit.changed.add(TODAY)


def _names(agent_id: str) -> list[str]:
    return [agent_id, "localhost", "127.0.0.1"]


def _signs_receipts(one: Node) -> bool:
    return one.role != NodeRole.AGENT and one.revoked_ms is None


def _certificate(hq: Hq, one: Node) -> str:
    return certify(hq.key, f"{one.store}-{one.register}", one.public_key) if _signs_receipts(one) else ""


def _is_certified(unit: Unit, one: Node) -> bool:
    doc = feed.doc_of(unit.conn, feed.store_scope(one.store), "node", one.node_id)
    return doc is not None and bool(msgspec.json.decode(doc, type=NodeDoc).receipt_certificate)


def series_name(n: int) -> str:
    """A, B … Z, AA, AB …: number series of a register, in the order they are granted.

    >>> [series_name(n) for n in (0, 25, 26, 701, 702)]
    ['A', 'Z', 'AA', 'ZZ', 'AAA']
    """
    name = ""
    n += 1
    while n:
        n, rest = divmod(n - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _nodes(asked: EnrolRequest, code: EnrolmentCode, agent_id: str, till_id: str, now_ms: int) -> list[Node]:
    agent = NodeRole.AGENT.value
    made = [Node(agent_id, code.store, code.register, agent, asked.agent_public_key, code.store_role, now_ms)]
    if code.with_till and asked.till_public_key:
        made.append(Node(till_id, code.store, code.register, code.role, asked.till_public_key, False, now_ms))
    return made


def _answer(
    hq: Hq, code: EnrolmentCode, place: PlaceRow, made: list[Node], series: tuple[str, ...], certificate: str
) -> EnrolAnswer:
    till = made[1].node_id if len(made) > 1 else None
    return EnrolAnswer(
        code.store, place.name, place.zone, place.timezone, place.currency, code.register, code.role,
        made[0].node_id, till, series, hq.ca_pem, certificate, hq.key.public_text, code.store_role,
    )  # fmt: skip


def _check_key(text: str | None) -> None:
    try:
        if text is not None:
            PublicKey(text)
    except ValueError as bad:
        raise RuleViolationError("enrol.bad_key") from bad


def _parts(typed: str) -> tuple[str, str]:
    code = normal_code(typed[:40])
    if len(code) != LOCATOR_CHARS + 8 or any(char not in CODE_ALPHABET for char in code):
        raise RuleViolationError(NOT_A_CODE)
    return code[:LOCATOR_CHARS], code[LOCATOR_CHARS:]
