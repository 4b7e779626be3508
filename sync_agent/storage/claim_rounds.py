"""Claims on their way: what the till beside us waits for, what the store role decides in one go, and the answers."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.claims import ClaimKind
from retail_core.durable.engine import Connection, transaction
from retail_core.durable.migrate import has_table
from retail_core.durable.shared import put_claim_answer, put_news
from retail_core.durable.unit_answers import put_unit_answer
from retail_core.wire.claim_rounds import MAX_CLAIMS, MAX_UNIT_CLAIMS, ClaimRound, ClaimRoundReply, UnitsRequest
from retail_core.wire.messages import ClaimReply, ClaimRequest
from sync_agent.storage import shared, units
from sync_agent.storage.files import Files

ASK_VALID_MS = 2_000
"""Nobody waits for an older question any more."""

KINDS = frozenset(ClaimKind)
"""A till may be newer than its agent: of what this one does not know the till's written rule decides."""


class Ask(msgspec.Struct, frozen=True):
    """A claim the till beside us waits for."""

    ask_id: str
    request: ClaimRequest


class UnitsAsk(msgspec.Struct, frozen=True):
    """Tagged units of a sale the till beside us waits for."""

    ask_id: str
    request: UnitsRequest


class Asked(msgspec.Struct, frozen=True):
    """What goes into one round."""

    claims: Sequence[Ask] = ()
    units: Sequence[UnitsAsk] = ()

    @property
    def nothing(self) -> bool:
        return not self.claims and not self.units

    @property
    def round(self) -> ClaimRound:
        return ClaimRound(tuple(ask.request for ask in self.claims), tuple(ask.request for ask in self.units))


def asks(files: Files, now_ms: int) -> Asked:
    """What has no answer yet, the oldest first, as much as goes into one round."""
    conn = files.till()
    if conn is None:
        return Asked()
    since_ms = now_ms - ASK_VALID_MS
    return Asked(_claims(files, conn, since_ms)[:MAX_CLAIMS], _units(files, conn, since_ms)[:MAX_UNIT_CLAIMS])


def _claims(files: Files, conn: Connection, since_ms: int) -> list[Ask]:
    if not has_table(conn, "claim_ask"):
        return []
    known = {row[0] for row in files.link.execute("SELECT ask_id FROM claim_answer WHERE at_ms > ?", (since_ms,))}
    rows = conn.execute(
        "SELECT ask_id, kind, key, for_ms FROM claim_ask WHERE at_ms > ? ORDER BY at_ms, ask_id", (since_ms,)
    )
    return [
        Ask(ask_id, ClaimRequest(ClaimKind(kind), key, for_ms))
        for ask_id, kind, key, for_ms in rows
        if ask_id not in known and kind in KINDS
    ]


def _units(files: Files, conn: Connection, since_ms: int) -> list[UnitsAsk]:
    if not has_table(conn, "unit_ask"):  # of an older till
        return []
    known = {row[0] for row in files.link.execute("SELECT ask_id FROM unit_answer WHERE at_ms > ?", (since_ms,))}
    rows = conn.execute("SELECT ask_id, epcs, for_ms FROM unit_ask WHERE at_ms > ? ORDER BY at_ms, ask_id", (since_ms,))
    return [
        UnitsAsk(ask_id, UnitsRequest(msgspec.json.decode(epcs, type=tuple[str, ...]), for_ms))
        for ask_id, epcs, for_ms in rows
        if ask_id not in known
    ]


def decide(files: Files, holder: str, asked: ClaimRound, now_ms: int) -> ClaimRoundReply:
    """As the store role: each claim by itself, all of them in one transaction."""
    with transaction(files.store, files.store_path):
        return ClaimRoundReply(
            tuple(shared.claim(files, holder, request, now_ms) for request in asked.claims),
            tuple(units.claim(files.store, holder, request, now_ms) for request in asked.units),
        )


def answer(files: Files, asked: Asked, told: ClaimRoundReply, now_ms: int) -> None:
    """For the till beside us, with what is told of the things. Where an answer is missing nobody could be asked."""
    with transaction(files.link, files.link_path):
        for n, ask in enumerate(asked.claims):
            reply: ClaimReply | None = told.claims[n] if n < len(told.claims) else None
            if reply and reply.told:
                put_news(files.link, reply.told)
            put_claim_answer(files.link, ask.ask_id, reply, now_ms)
        for n, ask in enumerate(asked.units):
            put_unit_answer(files.link, ask.ask_id, told.units[n] if n < len(told.units) else None, now_ms)
