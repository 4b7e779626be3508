"""Training begins and ends in the real journal, with who wanted it and who agreed; what happens between is not in it."""

from collections.abc import Callable

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.storage import prefs
from pos_app.storage.store import SYSTEM_ACTOR, TillStore
from retail_core.domain.approvals import Act, Approval, allow
from retail_core.domain.events import AuditNoted
from retail_core.domain.roles import Permission

START = "start_training"
MARK = "training"
AT_RESTART = "restart"


def begin(
    writer: Writer, operator: SoldBy, approval: Approval | None, done: Callable[[bool], None], failed: Failed
) -> None:
    """Write down that training begins; `done` when it is on disk. Raises ApprovalNeededError.

    The mark stays in the file until training has ended, so that a crash does not hide when it did.
    """
    by = allow(operator.role, Permission.TRAIN, Act(START, operator.operator_id), approval)

    def work(store: TillStore) -> bool:
        with store.unit() as conn:
            store.append(AuditNoted("training_started", by=by), operator.operator_id)
            prefs.put_pref(conn, MARK, operator.operator_id)
        return True

    writer.submit(work, done, failed)


def settle(writer: Writer, ended_by: str, done: Callable[[bool], None] = lambda _: None) -> None:
    """The real till is open again: write down that training is over, if it was on; `ended_by` nobody after a restart."""

    def work(store: TillStore) -> bool:
        if MARK not in prefs.read_prefs(store.conn):
            return False
        with store.unit() as conn:
            reason = "" if ended_by else AT_RESTART
            store.append(AuditNoted("training_ended", reason=reason), ended_by or SYSTEM_ACTOR)
            prefs.put_pref(conn, MARK, "")
        return True

    writer.submit(work, done, lambda _: None)
