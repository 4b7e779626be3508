"""Sign-in by badge or PIN.

A badge is one fast hash and is answered at once. A PIN is found by trying every active operator's keyed verifier, those
who were here last first, and ten wrong ones lock; hashing takes tens of milliseconds for each operator's salt, so it runs
on the worker, never on the screen's thread. A second person who agrees to one act is found the same way and changes nothing about who is signed in.
"""

from collections.abc import Callable, Mapping, Sequence

from pos_app.runtime.worker import Worker
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.audit_notes import AuditNotes
from pos_app.service.completing import SoldBy
from pos_app.storage import pin_guard, staff_here
from pos_app.storage.pin_guard import PinGuard
from pos_app.storage.readers import Links
from pos_app.storage.staff_here import SeenHere
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Act, Approval, ApprovalNeededError, allow, check_approver
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.people import PeopleRules
from retail_core.domain.roles import Permission, Role
from retail_core.durable.link import StaffRow
from retail_core.trust.pins import badge_matches, badge_secret, check_pin_form, pin_matches

TOPIC = "sign_in"
APPROVAL_TOPIC = "approval"
MS_PER_MINUTE = 60_000
SAVE_LOCK_EVERY_MS = 60_000
NOBODY = "nobody"
UNLOCK = "unlock_pins"
PIN, BADGE, BADGE_AND_PIN = "pin", "badge", "badge and pin"


class SigningIn:
    """Who is at this till."""

    def __init__(
        self,
        facts: Links,
        worker: Worker,
        writer: Writer,
        clock: Clock,
        device_secret: bytes,
        guard: PinGuard,
        seen: Mapping[str, SeenHere],
    ) -> None:
        self._facts = facts
        self._worker = worker
        self._writer = writer
        self._clock = clock
        self._secret = device_secret
        self._notes = AuditNotes(writer)
        self._guard = guard
        self._counted_at_ms = clock.monotonic_ms()
        self._by_badge: StaffRow | None = None  # their badge was read, their PIN is awaited
        self.seen = dict(seen)
        self.operator: SoldBy | None = None
        self.check_role: Callable[[Role], None] = lambda _: None
        """Raises RuleViolationError when nobody of this role may be at the till now."""

    def sign_in(self, pin: str, done: Callable[[SoldBy], None], failed: Failed) -> None:
        """Answers with the operator, or with `pin.malformed`, `pin.wrong` (tries left), `pin.locked`, `staff.none`."""
        named = self._by_badge
        how = BADGE_AND_PIN if named else PIN
        among = [named] if named else None
        self._find_by_pin(TOPIC, pin, lambda row: self._let_in(row, how, done, failed), failed, among)

    def sign_in_by_badge(self, label: str, done: Callable[[SoldBy], None], failed: Failed) -> None:
        """Answers at once with the operator, or with `badge.unknown`; `badge.pin_too` (name) where the store wants the
        PIN as well, which the next `sign_in` then takes from nobody else.

        A lock after wrong PINs does not keep a badge out: what is on it cannot be guessed.
        """
        row = self.holder(label)
        if row is None:
            self._note(AuditNoted("badge_refused"), self.operator.operator_id if self.operator else NOBODY)
            failed(RuleViolationError("badge.unknown"))
        elif self.operator and self.operator.operator_id == row.operator_id:
            done(self.operator)
        elif self.rules.pin_after_badge:
            self._by_badge = row
            failed(RuleViolationError("badge.pin_too", name=row.name))
        else:
            self._let_in(row, BADGE, done, failed)

    def holder(self, label: str) -> StaffRow | None:
        """Whose badge this is; None for nobody who may sign in here."""
        try:
            secret = badge_secret(label)
        except RuleViolationError:
            return None
        return next((row for row in self._facts.staff() if badge_matches(self._secret, row.badge, secret)), None)

    def forget_badge(self) -> None:
        """Nobody's PIN is awaited any more."""
        self._by_badge = None

    def approver(self, needed: ApprovalNeededError, pin: str, done: Callable[[Approval], None], failed: Failed) -> None:
        """Answers with the agreement of whoever this PIN belongs to; wrong PINs count as they do at the sign-in.

        Refused besides with `approval.own` and `approval.not_allowed`. Who is signed in stays signed in.
        """
        self._find_by_pin(APPROVAL_TOPIC, pin, lambda row: self._agreed(needed, row, done, failed), failed)

    def approver_by_badge(
        self, needed: ApprovalNeededError, owner: StaffRow, done: Callable[[Approval], None], failed: Failed
    ) -> None:
        """The same for a badge that was scanned; `owner` is whose it is."""
        self._agreed(needed, owner, done, failed)

    def staff(self) -> Sequence[StaffRow]:
        """Everybody who may sign in here."""
        return self._facts.staff()

    @property
    def locked_minutes(self) -> int:
        """How long PINs are still locked; 0 when they are not."""
        self._count_down()
        return -(-self._guard.lock_left_ms // MS_PER_MINUTE)

    def unlock(self, approval: Approval | None = None) -> None:
        """Let PINs be tried again, before the half hour is over. Raises ApprovalNeededError."""
        operator = self.operator
        if operator is None:
            raise RuleViolationError("operator.not_signed_in")
        act = Act(UNLOCK, operator.operator_id, self.locked_minutes)
        by = allow(operator.role, Permission.MANAGE_STAFF, act, approval)
        self._guard = PinGuard()
        self._keep_guard()
        self._note(AuditNoted("pins_unlocked", by=by), operator.operator_id)

    def sign_out(self) -> None:
        if self.operator:
            self._note(AuditNoted("signed_out", self.operator.operator_id), self.operator.operator_id)
        self.operator = None

    def tick(self) -> None:
        """Call about once a minute: keeps what is left of a lock, so that a restart does not start it anew."""
        passed = self._clock.monotonic_ms() - self._counted_at_ms
        if self._guard.lock_left_ms and passed >= SAVE_LOCK_EVERY_MS:
            self._count_down()
            self._keep_guard()

    def _find_by_pin(
        self, topic: str, pin: str, found: Callable[[StaffRow], None], failed: Failed,
        among: Sequence[StaffRow] | None = None,
    ) -> None:  # fmt: skip
        try:
            check_pin_form(pin)
            self._check_unlocked()
        except RuleViolationError as refused:
            failed(refused)
            return
        staff = among or self._here_last_first(self._facts.staff())
        if not staff:
            failed(RuleViolationError("staff.none"))
            return
        self._worker.ask(topic, lambda: self._find(staff, pin), lambda row: self._answered(row, found, failed), failed)

    def _here_last_first(self, staff: Sequence[StaffRow]) -> list[StaffRow]:
        return sorted(staff, key=lambda row: -self.seen[row.operator_id].at_ms if row.operator_id in self.seen else 0)

    def _find(self, staff: Sequence[StaffRow], pin: str) -> StaffRow | None:
        return next((row for row in staff if pin_matches(self._secret, row.verifier, row.pin_salt, pin)), None)

    def _answered(self, row: StaffRow | None, found: Callable[[StaffRow], None], failed: Failed) -> None:
        if row is None:
            self._guard = pin_guard.after_failure(self._guard)
            self._counted_at_ms = self._clock.monotonic_ms()
            self._keep_guard(refused=True)
            try:
                self._check_unlocked()
            except RuleViolationError as locked:
                failed(locked)
                return
            failed(RuleViolationError("pin.wrong", tries_left=pin_guard.MAX_FAILURES - self._guard.failures))
            return
        if self._guard.failures:
            self._guard = PinGuard()
            self._keep_guard()
        found(row)

    def _let_in(self, row: StaffRow, how: str, done: Callable[[SoldBy], None], failed: Failed) -> None:
        try:
            self.check_role(row.role)
        except RuleViolationError as refused:
            failed(refused)
        else:
            self._enter(row, how, done)

    def _enter(self, row: StaffRow, how: str, done: Callable[[SoldBy], None]) -> None:
        """They are at the till now; whoever was before them is not."""
        before, self._by_badge = self.operator, None
        self.operator = SoldBy(row.operator_id, row.name, row.role)
        here = self.seen[row.operator_id] = SeenHere(self._clock.now_ms(), how)

        left = [(AuditNoted("signed_out", before.operator_id), str(before.operator_id))] if before else []
        self._notes.write(*left, (AuditNoted("signed_in", row.operator_id, reason=how), row.operator_id))

        def work(store: TillStore) -> None:
            with store.unit() as conn:
                staff_here.note_here(conn, row.operator_id, here)

        self._writer.submit(work, lambda _: None, lambda _: None)
        done(self.operator)

    @property
    def rules(self) -> PeopleRules:
        """What the store asks of its people; the defaults until HQ has said anything."""
        settings = self._facts.settings()
        return settings.people if settings else PeopleRules()

    def _agreed(
        self, needed: ApprovalNeededError, row: StaffRow, done: Callable[[Approval], None], failed: Failed
    ) -> None:
        asks = self.operator.operator_id if self.operator else None
        act = needed.act
        try:
            check_approver(needed, asks, row.operator_id, row.role)
        except RuleViolationError as refused:
            note = AuditNoted("approval_refused", act.subject, act.amount, act.what, row.operator_id)
            self._note(note, asks or row.operator_id)
            failed(refused)
            return
        self._note(AuditNoted("approved", act.subject, act.amount, act.what, row.operator_id), asks or row.operator_id)
        done(Approval(act, row.operator_id, row.name, row.role))

    def _check_unlocked(self) -> None:
        self._count_down()
        if self._guard.lock_left_ms:
            raise RuleViolationError("pin.locked", minutes=-(-self._guard.lock_left_ms // MS_PER_MINUTE))

    def _count_down(self) -> None:
        now = self._clock.monotonic_ms()
        self._guard = pin_guard.after_waiting(self._guard, now - self._counted_at_ms)
        self._counted_at_ms = now

    def _keep_guard(self, *, refused: bool = False) -> None:
        guard = self._guard

        def work(store: TillStore) -> None:
            with store.unit() as conn:
                pin_guard.put_guard(conn, guard)
                if refused:
                    store.append(AuditNoted("pin_refused", amount_minor=guard.failures), NOBODY)

        self._writer.submit(work, lambda _: None, lambda _: None)

    def _note(self, event: AuditNoted, operator_id: str) -> None:
        self._notes.write((event, operator_id))
