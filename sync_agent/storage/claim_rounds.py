"""Claims on their way: what the till beside us waits for, what the store role decides in one go, and the answers."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.claims import ClaimKind
from retail_core.durable.engine import transaction
from retail_core.durable.migrate import has_table
from retail_core.durable.shared import put_claim_answer, put_news
from retail_core.wire.claim_rounds import MAX_CLAIMS, ClaimRound, ClaimRoundReply
from retail_core.wire.messages import ClaimReply, ClaimRequest
from sync_agent.storage import shared
from sync_agent.storage.files import Files

ASK_VALID_MS = 2_000
"""Nobody waits for an older question any more."""

KINDS = frozenset(ClaimKind)
"""A till may be newer than its agent: of what this one does not know the till's written rule decides."""


class Ask(msgspec.Struct, frozen=True):
    """A claim the till beside us waits for."""

    ask_id: str
    request: ClaimRequest


def asks(files: Files, now_ms: int) -> Sequence[Ask]:
    """What has no answer yet, the oldest first, as many as go into one round."""
    conn = files.till()
    if conn is None or not has_table(conn, "claim_ask"):
        return ()
    since = (now_ms - ASK_VALID_MS,)
    known = {row[0] for row in files.link.execute("SELECT ask_id FROM claim_answer WHERE at_ms > ?", since)}
    rows = conn.execute("SELECT ask_id, kind, key, for_ms FROM claim_ask WHERE at_ms > ? ORDER BY at_ms, ask_id", since)
    found = [
        Ask(ask_id, ClaimRequest(ClaimKind(kind), key, for_ms))
        for ask_id, kind, key, for_ms in rows
        if ask_id not in known and kind in KINDS
    ]
    return found[:MAX_CLAIMS]


def decide(files: Files, holder: str, asked: ClaimRound, now_ms: int) -> ClaimRoundReply:
    """As the store role: each claim by itself, all of them in one transaction."""
    with transaction(files.store, files.store_path):
        return ClaimRoundReply(tuple(shared.claim(files, holder, request, now_ms) for request in asked.claims))


def answer(files: Files, replies: Sequence[tuple[Ask, ClaimReply | None]], now_ms: int) -> None:
    """For the till beside us, with what is told of the things; None where nobody could be asked."""
    with transaction(files.link, files.link_path):
        for ask, reply in replies:
            if reply and reply.told:
                put_news(files.link, reply.told)
            put_claim_answer(files.link, ask.ask_id, reply, now_ms)
