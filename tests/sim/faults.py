"""Faults planted on purpose: each must be caught, or the simulator proves nothing."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Planted(StrEnum):
    """One wrong decision each, as somebody might really build it."""

    NO_ID_DEDUPE = "HQ applies every event it is sent, known id or not"
    NO_EPOCH = "a till that went back in time goes on in its old epoch"
    PURGE_ON_AGENTS_ACK = "the till forgets what the store's agent has"
    NO_SALVAGE = "a relay whose branch disagrees with HQ's drops it"
    OLD_EPOCH_REFUSED = "HQ takes no events of an epoch once it has seen a newer one"
    NO_CHAIN_CHECK = "receivers and senders compare numbers only"
    ACK_BY_NUMBER = (
        "after a rollback everything up to the acknowledged number counts as sent, whichever branch it was on"
    )
    ANSWER_BEFORE_COMMIT = "HQ answers before its transaction is durable"
    RESENT_FROM_HEAD = "after a lost answer the sender goes on behind what it sent"
    EFFECTS_APART = "HQ applies what a batch does in one transaction and remembers that it did in another"
    RELAY_SPEAKS_FOR_HQ = "a relay answers what it has itself as what HQ has"
    NOT_COMPARED_AGAIN = "what HQ had before it came back from a backup still counts as acknowledged"
    GENERATION_IGNORED = "an agent goes on at its place in the feed when HQ came back from a backup"
    CURSOR_BEFORE_ROWS = "the place in the feed is written before the rows it stands for"
    SIGNATURE_LOST = "a relay keeps the signature of the first copy of an event only, even when that had none"
    CLAIM_NOT_KEPT = "the store role grants a claim without looking who has it"
    GRANTED_UNTOLD = "a claim is granted to who has not heard what others did with the thing"
    ROLE_KEPT = "a machine that was away goes on with the store role that another one took over"
    SERIES_AGAIN = "a till that went back in time goes on with its old receipt numbers"
    STALE_ORDER_WINS = "HQ's older copy of an order hides what this till did"
    OTHERS_MOVES_IGNORED = "a till counts only its own moves of a card"
    CANCELLED_BEATS_COLLECTED = "HQ forgets a hand-over that comes after a cancellation"
    DISPUTES_UNSAID = "HQ opens no exception when two decided on one order"
    CUT_FORGOTTEN = "a count is written without saying where the other tills stood"
    LATE_SALES_AGAIN = "sales that come to HQ after a count are taken off it, although they were made before"
    UNIT_FORGOTTEN = "the store role forgets that a tagged unit was sold as soon as its sale is written"
    UNIT_NEVER_BACK = "the store role goes on to say that a tagged unit is sold after it came back"
    NOTHING_GIVEN_BACK = "a payment that comes to nothing keeps what it claimed"
    CLAIM_NEVER_ENDS = "a claim that nobody gave back holds for ever"
    UNIT_TWICE_UNSAID = "HQ opens no exception when a tagged unit was sold twice"


BROUGHT_OUT_BY: Mapping[Planted, str] = MappingProxyType(
    {
        Planted.NO_ID_DEDUPE: "machine put back",
        Planted.NO_EPOCH: "machine put back",
        Planted.PURGE_ON_AGENTS_ACK: "alone and wiped",
        Planted.NO_SALVAGE: "two branches",
        Planted.OLD_EPOCH_REFUSED: "two branches",
        Planted.NO_CHAIN_CHECK: "machine put back",
        Planted.ACK_BY_NUMBER: "till put back",
        Planted.ANSWER_BEFORE_COMMIT: "restless",
        Planted.RESENT_FROM_HEAD: "two branches",
        Planted.EFFECTS_APART: "restless",
        Planted.RELAY_SPEAKS_FOR_HQ: "alone and wiped",
        Planted.NOT_COMPARED_AGAIN: "hq put back",
        Planted.GENERATION_IGNORED: "hq put back",
        Planted.CURSOR_BEFORE_ROWS: "restless",
        Planted.SIGNATURE_LOST: "machine put back",
        Planted.CLAIM_NOT_KEPT: "busy counter",
        Planted.GRANTED_UNTOLD: "busy counter",
        Planted.ROLE_KEPT: "store role taken over",
        Planted.SERIES_AGAIN: "till put back",
        Planted.STALE_ORDER_WINS: "busy counter",
        Planted.OTHERS_MOVES_IGNORED: "busy counter",
        Planted.CANCELLED_BEATS_COLLECTED: "busy counter",
        Planted.DISPUTES_UNSAID: "busy counter",
        Planted.CUT_FORGOTTEN: "clocks jump",
        Planted.LATE_SALES_AGAIN: "busy counter",
        Planted.UNIT_FORGOTTEN: "busy counter",
        Planted.UNIT_NEVER_BACK: "busy counter",
        Planted.NOTHING_GIVEN_BACK: "busy counter",
        Planted.CLAIM_NEVER_ENDS: "restless",
        Planted.UNIT_TWICE_UNSAID: "busy counter",
    }
)
"""The misfortune in which each is looked for: a fault that only shows after a rollback needs days with rollbacks."""
