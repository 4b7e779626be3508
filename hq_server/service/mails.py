"""The post room: receipts that tills want sent by e-mail go out through the retailer's mail server, each until its end.

A try is written down before the first byte goes out, so a process that dies in the middle cannot try for ever; the same
Message-ID each time lets the receiver's side tell a letter that came twice.
"""

import logging
from collections.abc import Sequence
from typing import Protocol

import msgspec

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import mails
from hq_server.storage.database import Unit
from hq_server.storage.mails import MailRow
from retail_core.domain.cases import CaseKind
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.events import MailWanted
from retail_core.domain.mailing import MAX_TRIES, MailAction, MailState, after, next_try_ms
from retail_core.domain.paper_events import Mail, checked_address
from retail_core.wire.envelope import Entry

MAIL = "mail"  # topic: something waits to be sent
MAX_ROUND = 100
MAX_LISTED = 500
MAX_ANSWER_CHARS = 200
log = logging.getLogger(__name__)


class RefusedError(Exception):
    """The mail server will not take this letter, now (`for_good` false) or ever."""

    def __init__(self, why: str, answer: str, *, for_good: bool) -> None:
        super().__init__(why)
        self.why, self.answer, self.for_good = why, answer, for_good


class PostOffice(Protocol):
    """Where letters are handed in."""

    def hand_in(self, letter_id: str, letter: Mail, at_ms: int) -> None:
        """Raises RefusedError for this letter, EnvironmentFault `mail.*` when none can be handed in at all."""
        ...


def want(hq: Hq, unit: Unit, store: str, wanted: Sequence[tuple[Entry, MailWanted]]) -> None:
    """Queue what tills wrote down, in the transaction that takes it in."""
    if wanted:
        mails.add(unit, store, wanted, hq.clock.now_ms())
        unit.changed.add(MAIL)


def send_due(hq: Hq, office: PostOffice) -> int:
    """Hand in what is due, at most MAX_ROUND letters; returns how many were taken.

    A mail server that cannot be reached is tried with one letter a round; the others lose no try by it.
    """
    sent = 0
    for row in hq.database.read(lambda conn: mails.due(conn, hq.clock.now_ms(), MAX_ROUND)):
        trying = _begin(hq, row)
        if trying is None:
            continue
        try:
            sent += _send(hq, office, trying)
        except EnvironmentFault as fault:
            log.warning("mail waits: %s", fault, extra={"code": fault.code})
            _end(hq, trying, MailAction.DEFER, fault.code, str(fault.facts.get("why", "")))
            break
    return sent


def retry(hq: Hq, store: str, mail_id: str) -> MailRow:
    """Try a failed one again from the start. Raises `mail.unknown`, `mail.illegal_move`."""

    def work(unit: Unit) -> MailRow:
        before = mails.mail_of(unit.conn, store, mail_id)
        if before is None:
            raise RuleViolationError("mail.unknown", mail=mail_id[:60])
        now_ms = hq.clock.now_ms()
        state = after(before.state, MailAction.RETRY)
        again = msgspec.structs.replace(before, state=state, tries=0, next_ms=now_ms, changed_ms=now_ms)
        mails.change(unit, before, again)
        unit.changed.add(MAIL)
        return again

    return hq.database.write(work)


def listed(hq: Hq, *, state: MailState | None, store: str | None, limit: int) -> Sequence[MailRow]:
    """The newest first; none of them says whom it is for."""
    return hq.database.read(lambda conn: mails.mails(conn, state=state, store=store, limit=min(limit, MAX_LISTED)))


# ── one letter ───────────────────────────────────────────────────────────────────────────────────


def _begin(hq: Hq, row: MailRow) -> MailRow | None:
    """Count the try before it is made; None when another process has it."""
    now_ms, tries = hq.clock.now_ms(), row.tries + 1
    due_again_ms = next_try_ms(now_ms, min(tries, MAX_TRIES - 1))
    trying = msgspec.structs.replace(row, tries=tries, next_ms=due_again_ms, changed_ms=now_ms)
    return trying if hq.database.write(lambda unit: mails.change(unit, row, trying)) else None


def _send(hq: Hq, office: PostOffice, row: MailRow) -> int:
    part = hq.database.read(lambda conn: mails.letter(conn, row.store, row.mail_id))
    if not part:
        _end(hq, row, MailAction.ERASE)
        return 0
    try:
        letter = msgspec.json.decode(part, type=Mail)
        office.hand_in(row.mail_id, msgspec.structs.replace(letter, to=checked_address(letter.to)), row.wanted_ms)
    except msgspec.DecodeError:
        _end(hq, row, MailAction.REFUSE, "mail.unreadable")
    except RuleViolationError as bad:
        _end(hq, row, MailAction.REFUSE, bad.code)
    except RefusedError as refused:
        _end(hq, row, MailAction.REFUSE if refused.for_good else MailAction.DEFER, refused.why, refused.answer)
    else:
        _end(hq, row, MailAction.ACCEPT)
        return 1
    return 0


def _end(hq: Hq, row: MailRow, action: MailAction, why: str = "", answer: str = "") -> None:
    """What became of a try. One that ends in failure is a case for somebody."""
    if action is MailAction.DEFER and row.tries >= MAX_TRIES:
        action = MailAction.REFUSE
    state = after(row.state, action)
    done = msgspec.structs.replace(
        row, state=state, why=why, answer=answer[:MAX_ANSWER_CHARS], changed_ms=hq.clock.now_ms()
    )

    def work(unit: Unit) -> None:
        if not mails.change(unit, row, done):
            return
        if state is MailState.SENT:
            mails.forget_letter(unit, row.store, row.mail_id)
        if state is MailState.FAILED:
            evidence: dict[str, str | int] = {"code": why, "receipt": row.receipt, "tries": row.tries}
            open_cases(unit, [new_case(hq, CaseKind.MAIL_FAILED, row.store, row.mail_id, evidence)])

    hq.database.write(work)
