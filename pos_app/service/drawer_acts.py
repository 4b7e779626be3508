"""What is done to a drawer, each act one transaction on the writer's thread: opened, moved, counted, closed, the day closed.

An act that is repeated changes nothing and answers what it answered before. What an operator alone may not do raises
ApprovalNeededError with the very act that somebody else has to agree to.
"""

from collections.abc import Sequence

import msgspec

from pos_app.service.completing import SoldBy
from pos_app.service.drawer_keeping import open_session
from pos_app.service.drawer_report import Around, Facts, Unpaid, day_facts, drawn_up, unpaid_of
from pos_app.service.two_people import agreed
from pos_app.storage import drawer, parked, spool, waiting
from pos_app.storage.drawer_traces import traces
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Act, Approval, allow
from retail_core.domain.drawer import (
    MAX_ROUNDS,
    Counted,
    DrawerAct,
    DrawerRules,
    DrawerSession,
    MoveKind,
    Pieces,
    SessionState,
    check_float,
    check_move,
    count_again,
    needs_reason,
    sum_of,
)
from retail_core.domain.drawer_events import DayClosed, DrawerClosed, DrawerCounted, DrawerMoved, DrawerOpened
from retail_core.domain.drawer_totals import added_up, with_move
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.people import ByTwo
from retail_core.domain.roles import Permission, check, may
from retail_core.domain.sale import Sale
from retail_core.domain.variance import Cause, causes

FLOAT_REASON = "opening_float"
COUNT_REASON = "count"
Z_DIGITS = 4


class CountResult(msgspec.Struct, frozen=True):
    """What came of a count. `variance_minor` is None while the count is to be repeated by somebody who must not know it."""

    counted_minor: int
    again: bool
    variance_minor: int | None
    causes: tuple[Cause, ...] = ()
    needs_reason: bool = False


class ZReport(msgspec.Struct, frozen=True):
    """A closed session's report. `repeated`: it was closed before, and this is what was printed then."""

    session_id: str
    z_number: str
    facts: Facts
    repeated: bool = False


# ── opening and moving ───────────────────────────────────────────────────────────────────────────


def open_with_float(store: TillStore, who: SoldBy, float_minor: int, pieces: tuple[Pieces, ...] = ()) -> DrawerSession:
    """Begin a session. One that a sale began by itself is told its float, once.

    Raises `drawer.open_already` and what `check_float` and `sum_of` raise.
    """
    check(who.role, Permission.KEEP_DRAWER)
    amount = sum_of(pieces) if pieces else float_minor
    check_float(amount)
    session = store.session
    if session is None:
        with store.unit():
            return open_session(
                store,
                who.operator_id,
                DrawerOpened(store.new_id(), store.drawer, store.config.currency, amount, pieces),
            )
    if not session.by_itself or session.totals.moved(MoveKind.FLOAT).count or not amount:
        raise RuleViolationError("drawer.open_already", drawer=session.drawer)
    return _moved(store, who, session, store.new_id(), MoveKind.FLOAT, amount, FLOAT_REASON, "")


def move_cash(
    store: TillStore,
    who: SoldBy,
    act_id: str,
    kind: MoveKind,
    amount_minor: int,
    reason: str,
    approval: Approval | None,
) -> DrawerSession:
    """Loan, drop or bank deposit. Raises ApprovalNeededError, `drawer.none_open` and what `check_move` raises."""
    session = _open(store)
    if drawer.has_move(store.conn, act_id):
        return session
    check(who.role, Permission.KEEP_DRAWER)
    check_move(kind, amount_minor, reason, session.expected_minor)
    act = Act(f"cash_{kind.value}", f"{session.session_id}/{act_id}", amount_minor)
    by = allow(who.role, Permission.MOVE_CASH, act, approval)
    return _moved(store, who, session, act_id, kind, amount_minor, reason, by)


def open_without_sale(
    store: TillStore, who: SoldBy, act_id: str, reason: str, rules: DrawerRules, approval: Approval | None
) -> DrawerSession:
    """Note that the drawer is opened beside a sale; more often than the rules allow takes a second person."""
    check(who.role, Permission.KEEP_DRAWER)
    if drawer.has_move(store.conn, act_id):
        return _open(store)
    session = store.session
    if session is None:
        session = open_with_float(store, who, 0)
    check_move(MoveKind.NO_SALE, 0, reason, 0)
    by = ""
    if session.totals.no_sales >= rules.free_no_sales:
        act = Act("no_sale", f"{session.session_id}/{act_id}", session.totals.no_sales + 1)
        by = allow(who.role, Permission.MOVE_CASH, act, approval)
    return _moved(store, who, session, act_id, MoveKind.NO_SALE, 0, reason, by)


def _moved(
    store: TillStore, who: SoldBy, session: DrawerSession, act_id: str, kind: MoveKind, minor: int, reason: str, by: str
) -> DrawerSession:
    after = msgspec.structs.replace(session.after(DrawerAct.MOVE), totals=with_move(session.totals, kind, minor))
    with store.unit() as conn:
        at = store.append(
            DrawerMoved(session.session_id, session.drawer, kind, minor, reason, by), who.operator_id
        ).entry.at
        drawer.put_move(conn, session.session_id, drawer.Move(act_id, kind, minor, at, who.operator_id, reason))
        return _keep(store, after)


# ── counting and closing ─────────────────────────────────────────────────────────────────────────


def begin_count(store: TillStore, who: SoldBy, approval: Approval | None) -> DrawerSession:
    """The drawer is opened to be counted; one's own by anybody, another's by who may. Raises ApprovalNeededError."""
    session = _open(store)
    by = _may_count(who, session, approval)
    if session.state is SessionState.COUNTED:
        return session  # it is open already
    return _moved(store, who, session, store.new_id(), MoveKind.COUNTING, 0, COUNT_REASON, by)


def count(store: TillStore, who: SoldBy, session_id: str, pieces: tuple[Pieces, ...], around: Around) -> CountResult:
    """Take a blind count down. A large difference is counted once more before anybody is told how large it is."""
    session = _open(store)
    if session.session_id != session_id:
        raise RuleViolationError("drawer.closed_already", drawer=session.drawer)
    _began_count(store, who, session)
    if session.state is SessionState.COUNTED and len(session.counts) >= MAX_ROUNDS:
        raise RuleViolationError("drawer.counted_too_often", rounds=MAX_ROUNDS)
    earlier = session.counts if session.state is SessionState.COUNTED else ()
    made = Counted(who.operator_id, store.now_ms(), sum_of(pieces), session.expected_minor, pieces)
    after = msgspec.structs.replace(session.after(DrawerAct.COUNT), counts=(*earlier, made))
    event = DrawerCounted(
        session_id, session.drawer, len(after.counts), made.counted_minor, made.expected_minor, pieces
    )
    with store.unit():
        store.append(event, who.operator_id)
        _keep(store, after)
    again = count_again(after.counts, around.rules)
    if again and not may(who.role, Permission.SEE_EXPECTED):
        return CountResult(made.counted_minor, again, None)
    return result_of(store, after, around)


def result_of(store: TillStore, session: DrawerSession, around: Around) -> CountResult:
    """The count that holds, with what may explain its difference."""
    made = session.counts[-1]
    found = causes(made.variance_minor, traces(store.conn, session))
    named = tuple(msgspec.structs.replace(each, who=around.name_of(each.who)) for each in found)
    again = count_again(session.counts, around.rules)
    return CountResult(made.counted_minor, again, made.variance_minor, named, needs_reason(made))


def close(
    store: TillStore, who: SoldBy, session_id: str, reason: str, around: Around, approval: Approval | None
) -> ZReport:
    """End a session with its Z. Closed before, it answers with the same report.

    Raises `drawer.none_open`, `drawer.not_counted`, `drawer.count_again`, `drawer.variance_reason`, ApprovalNeededError.
    """
    if known := drawer.closed(store.conn, session_id):
        facts = msgspec.json.decode(known.z, type=Facts)
        return ZReport(session_id, known.z_number, facts, repeated=True)
    session = _open(store)
    check(who.role, Permission.KEEP_DRAWER)
    after = session.after(DrawerAct.CLOSE)
    made = session.counts[-1]
    if count_again(session.counts, around.rules):
        raise RuleViolationError("drawer.count_again")
    if needs_reason(made) and not reason:
        raise RuleViolationError("drawer.variance_reason")
    by = ""
    if abs(made.variance_minor) > around.rules.limit_minor:
        act = Act("drawer_variance", session_id, made.variance_minor)
        by = agreed(around.by_two, ByTwo.VARIANCE, who, act, approval)
    return _closed(store, who, after, made, reason, by, around)


def _closed(
    store: TillStore, who: SoldBy, session: DrawerSession, made: Counted, reason: str, by: str, around: Around
) -> ZReport:
    unpaid = unpaid_baskets(store, around)
    with store.unit() as conn:
        series = store.journal.series
        number = drawer.next_z(conn, series)
        z_number = f"{store.drawer}-{series}-Z{number:0{Z_DIGITS}d}"
        event = DrawerClosed(
            session.session_id, session.drawer, series, number, session.currency, session.opened_ms, session.opened_by,
            session.float_minor, made.counted_minor, session.expected_minor, session.totals, reason, by, len(unpaid),
        )  # fmt: skip
        at_ms = store.append(event, who.operator_id).entry.at
        facts = drawn_up(
            store, session, around, at_ms=at_ms, by=who.name, z_number=z_number, counted=made, reason=reason,
            approved_by=around.name_of(by), unpaid=unpaid,
        )  # fmt: skip
        document = msgspec.json.encode(facts)
        drawer.close(conn, session, z_number, document)
        spool.put_job(conn, spool.REPORT, z_number, document, at_ms)
        store.session = None
    return ZReport(session.session_id, z_number, facts)


def x_report(store: TillStore, who: SoldBy, around: Around, approval: Approval | None, *, paper: bool) -> Facts:
    """The session so far. It tells what should be in the drawer, so a cashier needs somebody to agree."""
    session = _open(store)
    by = allow(who.role, Permission.SEE_EXPECTED, Act("x_report", session.session_id), approval)
    facts = drawn_up(
        store, session, around, at_ms=store.now_ms(), by=who.name, approved_by=around.name_of(by),
        unpaid=unpaid_baskets(store, around),
    )  # fmt: skip
    with store.unit() as conn:
        store.append(AuditNoted("x_report", session.session_id, by=by), who.operator_id)
        if paper:
            spool.put_job(conn, spool.REPORT, f"X {session.session_id}", msgspec.json.encode(facts), facts.at_ms)
    return facts


def close_day(store: TillStore, who: SoldBy, around: Around, approval: Approval | None) -> tuple[Facts, bool]:
    """The newest trading day over all its sessions; (facts, whether it was closed like this before).

    Raises `day.drawer_open` while a session goes on and `day.nothing` before there ever was one.
    """
    if store.session is not None:
        raise RuleViolationError("day.drawer_open", drawer=store.drawer)
    date = drawer.last_date(store.conn)
    if date is None:
        raise RuleViolationError("day.nothing")
    by = allow(who.role, Permission.CLOSE_DAY, Act("close_day", date), approval)
    sessions = drawer.sessions_of(store.conn, date)
    z_numbers = tuple(z_number for _, z_number in sessions)
    known = drawer.day_of(store.conn, date)
    repeated = known is not None and known.z_numbers == z_numbers
    day = known if known is not None and repeated else _day(store, date, (known.n if known else 0) + 1, sessions)
    facts = day_facts(store, day, sessions, around, at_ms=store.now_ms(), by=who.name)
    facts = msgspec.structs.replace(facts, approved_by=around.name_of(by), unpaid=unpaid_baskets(store, around))
    with store.unit() as conn:
        if not repeated:
            store.append(day, who.operator_id)
            drawer.put_day(conn, day)
        spool.put_job(conn, spool.REPORT, f"{store.drawer} {date}", msgspec.json.encode(facts), facts.at_ms)
    return facts, repeated


def reprint_z(store: TillStore, who: SoldBy, z_number: str) -> None:
    """Print a Z once more, marked as a copy. Raises `drawer.no_such_z`."""
    found = next((known for known in drawer.newest_closed(store.conn) if known.z_number == z_number), None)
    if found is None:
        raise RuleViolationError("drawer.no_such_z", z=z_number[:40])
    facts = msgspec.structs.replace(msgspec.json.decode(found.z, type=Facts), copy=True)
    with store.unit() as conn:
        store.append(AuditNoted("z_reprinted", z_number), who.operator_id)
        spool.put_job(conn, spool.REPORT, z_number, msgspec.json.encode(facts), store.now_ms())


def unpaid_baskets(store: TillStore, around: Around) -> tuple[Unpaid, ...]:
    """Baskets nobody has paid yet, the open one first. Closing neither waits for them nor touches them."""
    kept = waiting.read(store.conn)
    here = (around.open_basket, unpaid_of(Sale(kept)) if kept else None)
    aside = (Unpaid(each.at_ms, each.total_minor, each.first) for each in parked.listed(store.conn))
    return (*(one for one in here if one), *aside)


def _day(store: TillStore, date: str, n: int, sessions: Sequence[tuple[DrawerSession, str]]) -> DayClosed:
    variance = sum(session.counts[-1].variance_minor for session, _ in sessions if session.counts)
    totals = added_up(session.totals for session, _ in sessions)
    return DayClosed(
        store.drawer, date, n, store.config.currency, tuple(z_number for _, z_number in sessions), totals, variance
    )


def _open(store: TillStore) -> DrawerSession:
    if store.session is None:
        raise RuleViolationError("drawer.none_open")
    return store.session


def _may_count(who: SoldBy, session: DrawerSession, approval: Approval | None) -> str:
    check(who.role, Permission.KEEP_DRAWER)
    if session.opened_by == who.operator_id or session.by_itself:
        return ""
    return allow(who.role, Permission.CLOSE_ANY_DRAWER, Act("count_drawer", session.session_id), approval)


def _began_count(store: TillStore, who: SoldBy, session: DrawerSession) -> None:
    """Somebody else's drawer is counted by those who may, or after one of them agreed when the count was begun."""
    check(who.role, Permission.KEEP_DRAWER)
    own = session.by_itself or session.opened_by == who.operator_id
    began = MoveKind.COUNTING, who.operator_id
    if own or may(who.role, Permission.CLOSE_ANY_DRAWER):
        return
    if not any((move.kind, move.operator) == began for move in drawer.moves_of(store.conn, session.session_id)):
        raise RuleViolationError("drawer.of_somebody_else")


def _keep(store: TillStore, session: DrawerSession) -> DrawerSession:
    store.session = session
    drawer.keep(store.conn, session)
    return session
