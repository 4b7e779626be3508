"""A till that went back in time: how it is seen, and what it does about it. No I/O.

Seen by the guard file, by a receiver whose chain disagrees with ours or is ahead of it, and by asking a witness (agent or
HQ) at start. The reaction is always the same: a new epoch and number series, and every entry above the last
acknowledgement of HQ *that lies on our chain* goes up again with its content unchanged. Receivers tell known from new
by id, so sending too much costs bytes and sending too little costs sales: in doubt everything is sent.
"""

from enum import StrEnum

import msgspec

from retail_core.wire.envelope import Head

START_QUESTION_MS = 500
"""Selling begins without an answer after this long."""
GUARD_RESERVE = 32


class Standing(StrEnum):
    """Our chain beside a witness's."""

    AGREES = "agrees"  # the witness's head lies on our chain
    ROLLED_BACK = "rolled_back"  # the witness has seen more of our epoch than we have
    FORKED = "forked"  # the witness has other entries at our positions


class Reason(StrEnum):
    """`why` of `epoch.opened`."""

    FIRST_START = "first start"
    ROLLED_BACK = "rolled back"
    FORK = "fork"
    REPLACED = "replaced"


class OpenedEpoch(msgspec.Struct, frozen=True):
    """What the till does in one transaction: begin an epoch and a series, publish again what lies above."""

    why: Reason
    republish_above: int


def standing(own_head: int, own_hash_there: bytes | None, witness: Head) -> Standing:
    """Compare with what a witness holds of our epoch; `own_hash_there` is our chain hash at its position, if any."""
    if witness.seq == 0 or own_hash_there == witness.chain_hash:
        return Standing.AGREES
    return Standing.ROLLED_BACK if witness.seq > own_head else Standing.FORKED


def guard_saw_more(reserved_upto: int, head_seq: int) -> bool:
    """True when a journal is further back than a crash can explain (the guard runs at most `GUARD_RESERVE` ahead)."""
    return head_seq < reserved_upto - GUARD_RESERVE


def republish_above(acked: Head, own_hash_there: bytes | None) -> int:
    """The position above which entries go up again.

    `acked` is HQ's last acknowledgement as recorded here. After a rollback it may belong to the other branch, although
    its number fits ours; then nothing is known to be at HQ, and everything is published again.
    """
    return acked.seq if own_hash_there == acked.chain_hash else 0


def react(seen: Standing, acked: Head, own_hash_there: bytes | None) -> OpenedEpoch | None:
    """What a standing asks of the till; None when nothing is wrong."""
    if seen is Standing.AGREES:
        return None
    why = Reason.ROLLED_BACK if seen is Standing.ROLLED_BACK else Reason.FORK
    return OpenedEpoch(why, republish_above(acked, own_hash_there))


# ── the question at start ────────────────────────────────────────────────────────────────────────


class Question(msgspec.Struct, frozen=True):
    """Asked of agent and HQ when the till starts. `begin` becomes true once and stays so."""

    until_ms: int
    seen: Standing = Standing.AGREES
    begin: bool = False


def ask(now_ms: int) -> Question:
    """The till has started and somebody is being asked."""
    return Question(now_ms + START_QUESTION_MS)


def answered(question: Question, seen: Standing) -> Question:
    """Somebody answered. After selling has begun a bad answer still counts; the new epoch then opens between sales."""
    worst = question.seen if seen is Standing.AGREES else seen
    return Question(question.until_ms, worst, begin=True)


def waited(question: Question, now_ms: int) -> Question:
    """Time has passed without an answer."""
    return msgspec.structs.replace(question, begin=question.begin or now_ms >= question.until_ms)
