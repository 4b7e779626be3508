"""Receipts that tills want sent by e-mail: one row each, with its state. Where it goes stands in `private` alone."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Row, delete, select, update

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.streams import key_of
from hq_server.storage.tables import mail, place, private
from retail_core.domain.mailing import MailState
from retail_core.domain.paper_events import MailWanted
from retail_core.wire.envelope import Entry


class MailRow(msgspec.Struct, frozen=True):
    """A receipt on its way. `why` is the code of what went wrong last, `answer` what the mail server said to it."""

    store: str
    mail_id: str
    receipt: str
    wanted_ms: int
    state: MailState
    tries: int
    next_ms: int
    why: str
    answer: str
    changed_ms: int


def add(unit: Unit, store: str, wanted: Sequence[tuple[Entry, MailWanted]], now_ms: int) -> None:
    """Queue what tills want; a wish that came before changes nothing."""
    rows: list[bulk.Row] = [
        {
            "store": store, "mail_id": key_of(entry), "receipt": event.receipt, "wanted_ms": entry.at,
            "state": MailState.WAITING.value, "tries": 0, "next_ms": now_ms, "why": "", "answer": "",
            "changed_ms": now_ms,
        }
        for entry, event in wanted
    ]  # fmt: skip
    bulk.insert_new(unit, mail, rows)


def due(conn: Connection, now_ms: int, limit: int) -> Sequence[MailRow]:
    """Those to try now, the longest waiting first."""
    stores = select(place.c.place_id)  # by store, so that the index serves it
    asked = select(mail).where(
        mail.c.store.in_(stores), mail.c.state == MailState.WAITING.value, mail.c.next_ms <= now_ms
    )
    return [_mail(row) for row in conn.execute(asked.order_by(mail.c.next_ms, mail.c.mail_id).limit(limit))]


def mail_of(conn: Connection, store: str, mail_id: str) -> MailRow | None:
    row = conn.execute(select(mail).where(mail.c.store == store, mail.c.mail_id == mail_id)).one_or_none()
    return None if row is None else _mail(row)


def mails(conn: Connection, *, state: MailState | None, store: str | None, limit: int) -> Sequence[MailRow]:
    """The newest first."""
    asked = select(mail)
    if state is not None:
        asked = asked.where(mail.c.state == state.value)
    if store is not None:
        asked = asked.where(mail.c.store == store)
    return [_mail(row) for row in conn.execute(asked.order_by(mail.c.wanted_ms.desc(), mail.c.mail_id).limit(limit))]


def change(unit: Unit, before: MailRow, after: MailRow) -> bool:
    """False when it is not as `before` says any more: somebody else was first."""
    row = msgspec.to_builtins(after)
    here = (mail.c.store == before.store) & (mail.c.mail_id == before.mail_id)
    same = (mail.c.state == before.state.value) & (mail.c.tries == before.tries) & (mail.c.next_ms == before.next_ms)
    return unit.conn.execute(update(mail).where(here & same).values(**row)).rowcount == 1


def letter(conn: Connection, store: str, mail_id: str) -> bytes:
    """Where it goes and what it says; empty once that was erased."""
    return (
        conn.execute(
            select(private.c.part).where(private.c.store == store, private.c.id == mail_id)
        ).scalar_one_or_none()
        or b""
    )


def forget_letter(unit: Unit, store: str, mail_id: str) -> None:
    """What was sent is nobody's business any more."""
    unit.conn.execute(delete(private).where(private.c.store == store, private.c.id == mail_id))


def _mail(row: Row[tuple[object, ...]]) -> MailRow:
    return MailRow(
        row.store, row.mail_id, row.receipt, row.wanted_ms, MailState(row.state), row.tries, row.next_ms, row.why,
        row.answer, row.changed_ms,
    )  # fmt: skip
