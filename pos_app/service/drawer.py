"""The drawer as staff deal with it: open, move money, open without a sale, count, close, and the reports.

Every act is asked here on the screen's thread and done on the writer's, in the order it was asked for. Nothing waits for
head office, a printer, stock or a lot: a report is printed from the spool whenever there is paper.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service import drawer_acts as acts
from pos_app.service.completing import SoldBy
from pos_app.service.drawer_acts import CountResult, ZReport
from pos_app.service.drawer_report import Around, Facts, Unpaid, unpaid_of
from pos_app.service.two_people import by_two
from pos_app.storage import drawer
from pos_app.storage.drawer import Move
from pos_app.storage.readers import Links, Reference
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Approval
from retail_core.domain.drawer import Denominations, DrawerRules, DrawerSession, MoveKind, Pieces, denominations
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import IdSource
from retail_core.domain.roles import Permission, may
from retail_core.domain.sale import Sale

T = TypeVar("T")
SHOWN_CLOSED = 30


class ClosedSession(msgspec.Struct, frozen=True):
    """A Z of the past, for the list of those that can be printed again."""

    z_number: str
    facts: Facts


class DrawerView(msgspec.Struct, frozen=True):
    """How the drawer stands. `expected_minor` is None for whoever must not know it; `last` is the count that holds."""

    session: DrawerSession | None
    opened_by: str = ""
    moves: tuple[Move, ...] = ()
    expected_minor: int | None = None
    unpaid: tuple[Unpaid, ...] = ()
    late: bool = False  # the session's trading day is over by the clock
    last: CountResult | None = None
    closed: tuple[ClosedSession, ...] = ()


class DrawerDesk:
    """All methods run on the screen's thread and answer there."""

    def __init__(self, facts: Links, catalogue: Reference, writer: Writer, ids: IdSource, currency: str) -> None:
        self._facts = facts
        self._catalogue = catalogue
        self._writer = writer
        self._ids = ids
        self.currency = currency
        self.open_sale: Callable[[], Sale | None] = lambda: None  # the basket on the screen
        self.operator: SoldBy | None = None
        self.kick: Callable[[], None] = lambda: None  # the counter opens the drawer
        self.printed: Callable[[], None] = lambda: None  # the counter prints what is queued

    @property
    def denominations(self) -> Denominations:
        """Notes and coins the drawer is counted by."""
        return denominations(self.currency)

    def rules(self) -> DrawerRules:
        settings = self._facts.settings()
        return settings.drawer if settings else DrawerRules()

    def new_act(self) -> str:
        """The id of an act that is about to be asked for: asked twice under one id, it is done once."""
        return self._ids.next()

    def view(self, done: Callable[[DrawerView], None], failed: Failed) -> None:
        """How the drawer stands now."""
        around = self._around()

        def work(store: TillStore, who: SoldBy) -> DrawerView:
            return _view(store, who, around)

        self._ask(work, done, failed)

    # ── opening and moving ───────────────────────────────────────────────────────────────────────

    def open(
        self, float_minor: int, pieces: tuple[Pieces, ...], done: Callable[[DrawerSession], None], failed: Failed
    ) -> None:
        """Begin a session with a float, as a sum or by denomination. Fails with `drawer.open_already`."""
        self._ask(lambda store, who: acts.open_with_float(store, who, float_minor, pieces), done, failed)

    def move(
        self,
        act_id: str,
        kind: MoveKind,
        amount_minor: int,
        reason: str,
        done: Callable[[DrawerSession], None],
        failed: Failed,
        approval: Approval | None = None,
    ) -> None:
        """Loan, drop or bank deposit; the drawer opens. Fails with ApprovalNeededError for a cashier alone."""

        def work(store: TillStore, who: SoldBy) -> DrawerSession:
            return acts.move_cash(store, who, act_id, kind, amount_minor, reason, approval)

        self._ask(work, self._kicking(done), failed)

    def no_sale(
        self,
        act_id: str,
        reason: str,
        done: Callable[[DrawerSession], None],
        failed: Failed,
        approval: Approval | None = None,
    ) -> None:
        """Open the drawer without a sale, with a reason; it opens only once that is in the journal."""
        rules = self.rules()

        def work(store: TillStore, who: SoldBy) -> DrawerSession:
            return acts.open_without_sale(store, who, act_id, reason, rules, approval)

        self._ask(work, self._kicking(done), failed)

    # ── counting and closing ─────────────────────────────────────────────────────────────────────

    def begin_count(
        self, done: Callable[[DrawerSession], None], failed: Failed, approval: Approval | None = None
    ) -> None:
        """Open the drawer to be counted. Fails with ApprovalNeededError for somebody else's session."""
        self._ask(lambda store, who: acts.begin_count(store, who, approval), self._kicking(done), failed)

    def count(
        self, session_id: str, pieces: tuple[Pieces, ...], done: Callable[[CountResult], None], failed: Failed
    ) -> None:
        """A blind count, submitted."""
        around = self._around()
        self._ask(lambda store, who: acts.count(store, who, session_id, pieces, around), done, failed)

    def close(
        self,
        session_id: str,
        reason: str,
        done: Callable[[ZReport], None],
        failed: Failed,
        approval: Approval | None = None,
    ) -> None:
        """End the session; its Z is printed. Asked for twice, it answers twice the same."""
        around = self._around()

        def closed(report: ZReport) -> None:
            self.printed()
            done(report)

        self._ask(lambda store, who: acts.close(store, who, session_id, reason, around, approval), closed, failed)

    # ── reports ──────────────────────────────────────────────────────────────────────────────────

    def x_report(
        self,
        done: Callable[[Facts], None],
        failed: Failed,
        approval: Approval | None = None,
        *,
        paper: bool = True,
    ) -> None:
        """The session so far, on the screen and, with `paper`, printed."""
        around = self._around()

        def drawn(facts: Facts) -> None:
            self.printed()
            done(facts)

        self._ask(lambda store, who: acts.x_report(store, who, around, approval, paper=paper), drawn, failed)

    def close_day(self, done: Callable[[Facts, bool], None], failed: Failed, approval: Approval | None = None) -> None:
        """The newest trading day of this till; (facts, whether it was closed like this before)."""
        around = self._around()

        def drawn(answer: tuple[Facts, bool]) -> None:
            self.printed()
            done(*answer)

        self._ask(lambda store, who: acts.close_day(store, who, around, approval), drawn, failed)

    def reprint(self, z_number: str, done: Callable[[None], None], failed: Failed) -> None:
        """A Z once more, marked as a copy."""

        def queued(nothing: None) -> None:
            self.printed()
            done(nothing)

        self._ask(lambda store, who: acts.reprint_z(store, who, z_number), queued, failed)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, work: Callable[[TillStore, SoldBy], T], done: Callable[[T], None], failed: Failed) -> None:
        operator = self.operator
        if operator is None:
            failed(RuleViolationError("operator.not_signed_in"))
            return
        self._writer.submit(lambda store: work(store, operator), done, failed)

    def _kicking(self, done: Callable[[DrawerSession], None]) -> Callable[[DrawerSession], None]:
        def opened(session: DrawerSession) -> None:
            self.kick()
            done(session)

        return opened

    def _around(self) -> Around:
        settings = self._facts.settings()
        names = {str(row.operator_id): row.name for row in self._facts.staff()}
        taxes = self._catalogue.names_of_rates()
        header = settings.receipt_header if settings else ()
        rules, language = (settings.drawer, settings.lang) if settings else (DrawerRules(), "")
        return Around(rules, names, header, taxes, language, unpaid_of(self.open_sale()), by_two(self._facts))


def _view(store: TillStore, who: SoldBy, around: Around) -> DrawerView:
    closed = tuple(
        ClosedSession(each.z_number, msgspec.json.decode(each.z, type=Facts))
        for each in drawer.newest_closed(store.conn, SHOWN_CLOSED)
    )
    session, unpaid = store.session, acts.unpaid_baskets(store, around)
    if session is None:
        return DrawerView(None, unpaid=unpaid, closed=closed)
    sees = may(who.role, Permission.SEE_EXPECTED)
    last = acts.result_of(store, session, around) if session.last_count else None
    if last and last.again and not sees:
        last = CountResult(last.counted_minor, True, None)
    return DrawerView(
        session,
        around.name_of(session.opened_by),
        _named(drawer.moves_of(store.conn, session.session_id), around),
        session.expected_minor if sees else None,
        unpaid,
        session.biz_date < store.date_by_clock(store.now_ms()),
        last,
        closed,
    )


def _named(moves: Sequence[Move], around: Around) -> tuple[Move, ...]:
    return tuple(msgspec.structs.replace(move, operator=around.name_of(move.operator)) for move in moves)
