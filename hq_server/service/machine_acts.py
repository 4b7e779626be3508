"""Who let a machine in, shut one out or asked for its keys: a fact of the store's journal each, and a line of the page of machines."""

from collections.abc import Sequence
from enum import StrEnum

from hq_server.service import journal
from hq_server.service.context import Hq
from hq_server.storage import machine_acts
from hq_server.storage.database import Unit
from hq_server.storage.machine_acts import MachineAct
from retail_core.domain.events import AuditNoted

LISTED = 20


class What(StrEnum):
    """The kinds of acts, as the journal names them."""

    CODE_MADE = "enrolment_code_made"
    CODE_USED = "enrolment_code_used"
    CODE_RAN_OUT = "enrolment_code_ran_out"
    CODE_SPOILED = "enrolment_code_spoiled"  # ended by wrong proofs
    REPLACED = "node_replaced"
    SHUT_OUT = "machine_shut_out"
    KEYS_RELEASED = "keys_released"
    KEYS_TAKEN = "keys_taken"


def note(hq: Hq, unit: Unit, store: str, register: str, fact: AuditNoted, who: str) -> None:
    """Write one act down in the caller's transaction; `fact.what` is one of `What`."""
    (placed,) = journal.write(hq, unit, store, [fact], who)
    until_ms = fact.amount_minor if fact.what == What.CODE_MADE else 0
    machine_acts.add(unit, MachineAct(store, placed.entry.id, placed.entry.at, fact.what, register, who, until_ms))


def latest(hq: Hq) -> Sequence[tuple[MachineAct, str]]:
    """The last acts, each with the name of its store."""
    return hq.database.read(lambda conn: machine_acts.newest(conn, LISTED))
