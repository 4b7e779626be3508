"""A ZVT terminal on TCP. One order at a time; the caller's thread waits, never the screen's.

ZVT carries no number of ours, so what became of a payment is found by two things: what was written down before the
first byte, and the terminal's own last doing (repeat receipt), judged by `retail_core.domain.payments.judge`. Nothing is
asked of the terminal for a new tender while an older one can still be asked about. A terminal belongs to one till: with
two, what the one took could be mistaken for what the other is in doubt about.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from types import MappingProxyType

import msgspec

from pos_app.devices.ports import DeviceState, Health, PaymentOutcome, PaymentState
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from pos_app.devices.terminal.events import NO_EVENTS, TerminalEvents
from pos_app.devices.terminal.journal import JournalFault, PaymentJournal
from pos_app.devices.terminal.outcomes import outcome_of
from pos_app.devices.terminal.zvt import apdu
from pos_app.devices.terminal.zvt.apdu import StatusInformation
from pos_app.devices.terminal.zvt.conversation import (
    ABORT_REASONS,
    STOPPED,
    Doing,
    End,
    Ending,
    reason_of,
)
from pos_app.devices.terminal.zvt.talk import (
    BUSY,
    READY,
    UNREACHABLE,
    LastTold,
    LinkLostError,
    Talk,
    ZvtLine,
    ZvtSettings,
    never,
)
from retail_core.domain.clock import Clock
from retail_core.domain.payments import (
    CONTRADICTION,
    FOR_PEOPLE,
    IN_DOUBT,
    OTHER_REVERSED,
    Act,
    LastDone,
    PaymentRecord,
    Stage,
    Step,
    judge,
    same,
)

log = logging.getLogger(__name__)

WATCH_S = 30.0
BUSY_S = 5.0
CUSTOMER_MS = 120_000  # as long a terminal that does not say "ready" may still be waiting for a card
MAX_AMOUNT_MINOR = 10**12 - 1

CLOSED = "terminal.closed"
STOPPED_BEFORE = "terminal.aborted_there"
NO_RECORD = "terminal.never_asked"
NO_RESULT = "terminal.no_result"
NO_RECEIPT_NUMBER = "terminal.no_receipt_number"
OTHER_TERMINAL = "terminal.other_terminal"
EARLIER_IN_DOUBT = "terminal.earlier_in_doubt"
STILL_RUNS = "terminal.may_still_run"
REVERSED = "reversed"
ALREADY_REVERSED = 0xB4
WRONG_CURRENCY, AMOUNT_TOO_HIGH = "terminal.wrong_currency", "terminal.amount_too_high"
CURRENCIES = MappingProxyType(
    {"EUR": 978, "CHF": 756, "GBP": 826, "USD": 840, "DKK": 208, "SEK": 752, "NOK": 578, "PLN": 985, "CZK": 203}
)


class ZvtTerminal:
    """A `CardTerminal`."""

    def __init__(
        self,
        name: str,
        settings: ZvtSettings,
        journal: PaymentJournal,
        clock: Clock,
        jitter: Jitter,
        events: TerminalEvents = NO_EVENTS,
        changed: Callable[[Health], None] = lambda _: None,
        *,
        watch_s: float = WATCH_S,
        busy_s: float = BUSY_S,
    ) -> None:
        """`watch_s`: between two looks after it; `busy_s`: how long a second order waits for the first to end."""
        self._name, self._settings, self._journal, self._clock = name, settings, journal, clock
        self._events, self._changed, self._watch_s, self._busy_s = events, changed, watch_s, busy_s
        self._line = ZvtLine(settings, clock, self._doing)
        self._health = Health(DeviceState.ABSENT)
        self._one = Lock()
        self._under_way = ""  # the tender the one order is about
        self._stops: set[str] = set()  # tenders somebody wants an end of
        self._closed = False
        self._watch = Supervisor(name, self._look_after, jitter=jitter)

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._health

    def start(self) -> None:
        """Look after it; payments a crash has left in doubt are asked about at once."""
        self._watch.start()

    def close(self) -> None:
        self._closed = True
        self._watch.close()
        self._note(Health(DeviceState.ABSENT))

    def abort(self, tender_id: str = "") -> None:
        wanted = tender_id or self._under_way
        if wanted:
            self._stops.add(wanted)

    # ── what the till asks ───────────────────────────────────────────────────────────────────────

    def authorise(self, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        return self._take(Act.PAY, tender_id, amount_minor, currency)

    def refund(self, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        return self._take(Act.REFUND, tender_id, amount_minor, currency)

    def enquire(self, tender_id: str) -> PaymentOutcome:
        return self._served(tender_id, lambda: self._enquire(tender_id))

    def reverse(self, tender_id: str) -> PaymentOutcome:
        return self._served(tender_id, lambda: self._reverse(tender_id))

    def end_of_day(self) -> PaymentOutcome:
        """Close the terminal's day. `amount_minor` is its total; ABORTED or UNKNOWN with a reason otherwise."""
        return self._served("", self._end_of_day)

    def status(self) -> Health:
        """Ask the terminal how it is. Waits a few seconds at most for another order to end."""
        if self._one.acquire(timeout=self._busy_s):
            try:
                self._look()
            finally:
                self._one.release()
        return self._health

    # ── taking ───────────────────────────────────────────────────────────────────────────────────

    def _take(self, act: Act, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        if currency not in CURRENCIES or not 0 < amount_minor <= MAX_AMOUNT_MINOR:
            reason = WRONG_CURRENCY if currency not in CURRENCIES else AMOUNT_TOO_HIGH
            return PaymentOutcome(PaymentState.ABORTED, tender_id, 0, currency, reason=reason)
        record = PaymentRecord(
            tender_id, act, Stage.SENT, amount_minor, currency, self._clock.now_ms(), terminal=self._name
        )
        try:
            return self._served(tender_id, lambda: self._take_once(record))
        finally:
            self._stops.discard(tender_id)

    def _take_once(self, record: PaymentRecord) -> PaymentOutcome:
        if self._journal.find(record.tender_id) is not None:  # asked before: what became of it, never again
            return self._enquire(record.tender_id)
        hindrance = self._hindrance() or self._unwanted(record) or self._unwritten(record)
        if hindrance:
            return PaymentOutcome(PaymentState.ABORTED, record.tender_id, 0, record.currency, reason=hindrance)
        number = CURRENCIES[record.currency]
        order = (
            apdu.authorisation(record.amount_minor, number)
            if record.act is Act.PAY
            else apdu.refund(self._settings.password, record.amount_minor, number)
        )
        try:
            with self._talk() as talk:
                ending = talk.move_money(order, lambda: self._closed or record.tender_id in self._stops)
        except LinkLostError as lost:
            if not lost.sent:
                return self._settled(record, Step.ABORT, lost.code)
            told = msgspec.structs.replace(record, trace=lost.said.trace or 0, receipt=lost.said.receipt or 0)
            self._settled(told, Step.DOUBT, lost.code)
            return self._enquire(record.tender_id)
        return replace(self._taken(record, ending), lines=ending.lines)

    def _unwanted(self, record: PaymentRecord) -> str:
        """Somebody stopped it before it reached the terminal."""
        return STOPPED_BEFORE if record.tender_id in self._stops else ""

    def _unwritten(self, record: PaymentRecord) -> str:
        """Write down that it is asked for; why that could not be done, else empty."""
        try:
            self._journal.begin(record)
        except JournalFault as fault:
            return fault.code
        return ""

    def _taken(self, record: PaymentRecord, ending: Ending) -> PaymentOutcome:
        said = ending.said
        if ending.done and said.result is not None:
            return self._settled(_with(record, said), Step.APPROVE, "", said)
        if ending.done:  # it said yes, but not to what
            self._settled(record, Step.DOUBT, NO_RESULT)
            return self._enquire(record.tender_id)
        if said.result == 0:  # it took the money, and then says that it did not
            return self._settled(record, Step.DOUBT, CONTRADICTION, said)
        code = ending.code or said.result or 0xFF
        step = Step.ABORT if code == STOPPED or ending.end is End.REFUSED else Step.DECLINE
        return self._settled(record, step, reason_of(code), said)

    def _hindrance(self) -> str:
        """Why nothing new may be sent; empty when all that can be known of the past is."""
        if self._closed:
            return CLOSED
        try:
            if not any(entry.mark.numbered for entry in self._journal.log(self._name)):
                mark = self._last_done().said.mark  # what was before us; a terminal with a printer prints it once more
                if mark.numbered:
                    self._journal.see(self._name, mark)
        except LinkLostError as lost:
            return lost.code
        for record in self._journal.unsettled(self._name):
            if record.reason not in FOR_PEOPLE:
                now = self._enquire(record.tender_id)
                if now.state is PaymentState.UNKNOWN and now.reason not in FOR_PEOPLE:
                    return EARLIER_IN_DOUBT
        return ""

    # ── asking what became of it ─────────────────────────────────────────────────────────────────

    def _enquire(self, tender_id: str) -> PaymentOutcome:
        record = self._journal.find(tender_id)
        if record is None:
            return PaymentOutcome(PaymentState.ABORTED, tender_id, 0, "", reason=NO_RECORD)
        if record.stage not in IN_DOUBT:
            return outcome_of(record)
        if record.terminal not in {"", self._name}:
            return replace(outcome_of(record), reason=OTHER_TERMINAL)
        try:
            last = self._last_done()
        except LinkLostError as lost:
            return self._settled(record, Step.DOUBT, lost.code)
        said, known = last.said, self._journal.log(record.terminal)
        verdict = judge(record, LastDone(said.mark, said.result, said.amount_minor), known)
        waited = self._clock.now_ms() - record.at_ms > CUSTOMER_MS
        if verdict.step in {Step.ABORT, Step.DECLINE} and not (last.ready or waited):
            return self._settled(record, Step.DOUBT, STILL_RUNS)
        new = None if any(same(entry.mark, said.mark) for entry in known) else said
        if verdict.step is Step.APPROVE:
            return replace(self._settled(_with(record, said), verdict.step, "", new), lines=last.lines)
        reason = REVERSED if verdict.step is Step.REVERSE else verdict.reason
        return self._settled(record, verdict.step, reason, new)

    def _last_done(self) -> LastTold:
        with self._talk() as talk:
            return talk.last_done()

    # ── giving back ──────────────────────────────────────────────────────────────────────────────

    def _reverse(self, tender_id: str) -> PaymentOutcome:
        known = self._enquire(tender_id)  # a payment or an earlier reversal in doubt is cleared up first
        record = self._journal.find(tender_id)
        if record is None or record.stage is not Stage.APPROVED:
            return known
        if record.terminal not in {"", self._name}:
            return replace(known, reason=OTHER_TERMINAL)
        if not record.receipt:  # zero would mean whatever was last
            return replace(known, reason=NO_RECEIPT_NUMBER)
        hindrance = self._hindrance()
        if hindrance:
            return replace(known, reason=hindrance)
        record = self._journal.move(tender_id, Step.BEGIN_REVERSAL)
        try:
            with self._talk() as talk:
                ending = talk.move_money(apdu.reversal(self._settings.password, record.receipt), never)
        except LinkLostError as lost:
            if not lost.sent:
                return self._settled(record, Step.KEEP, lost.code)
            self._settled(record, Step.DOUBT, lost.code)
            return self._enquire(tender_id)
        return replace(self._reversed(record, ending), lines=ending.lines)

    def _reversed(self, record: PaymentRecord, ending: Ending) -> PaymentOutcome:
        said, code = ending.said, ending.code or ending.said.result or 0
        if code == ALREADY_REVERSED:
            return self._settled(record, Step.REVERSE, REVERSED)
        if ending.done:
            other = said.amount_minor not in {None, 0, record.approved_minor}
            step, reason = (Step.DOUBT, OTHER_REVERSED) if other else (Step.REVERSE, REVERSED)
            return self._settled(record, step, reason, said)
        if said.result == 0:
            return self._settled(record, Step.DOUBT, CONTRADICTION, said)
        return self._settled(record, Step.KEEP, reason_of(code), said)

    def _end_of_day(self) -> PaymentOutcome:
        try:
            with self._talk() as talk:
                ending = talk.move_money(apdu.with_password(apdu.END_OF_DAY, self._settings.password), never)
        except LinkLostError as lost:
            return PaymentOutcome(PaymentState.UNKNOWN, "", 0, "", reason=lost.code)
        if ending.said.mark.numbered:
            self._journal.see(self._name, ending.said.mark)
        if ending.done:
            return PaymentOutcome(PaymentState.APPROVED, "", ending.said.amount_minor or 0, "", lines=ending.lines)
        return PaymentOutcome(PaymentState.ABORTED, "", 0, "", reason=reason_of(ending.code), lines=ending.lines)

    # ── one at a time ────────────────────────────────────────────────────────────────────────────

    def _served(self, tender_id: str, act: Callable[[], PaymentOutcome]) -> PaymentOutcome:
        if not self._one.acquire(timeout=self._busy_s):
            return self._busy(tender_id)
        try:
            self._under_way = tender_id
            return act()
        except JournalFault as fault:
            return PaymentOutcome(PaymentState.UNKNOWN, tender_id, 0, "", reason=fault.code)
        finally:
            self._under_way = ""
            self._one.release()

    def _busy(self, tender_id: str) -> PaymentOutcome:
        """Nothing was done; of a tender nobody has begun that means that nothing was taken."""
        try:
            begun = tender_id == self._under_way or self._journal.find(tender_id) is not None
        except JournalFault:
            begun = True
        return PaymentOutcome(PaymentState.UNKNOWN if begun else PaymentState.ABORTED, tender_id, 0, "", reason=BUSY)

    def _settled(
        self, record: PaymentRecord, step: Step, reason: str, said: StatusInformation | None = None
    ) -> PaymentOutcome:
        """Write down one step and why; `said` when the terminal's number for it is news."""
        facts = msgspec.structs.replace(record, reason=reason)
        return outcome_of(self._journal.move(record.tender_id, step, facts, said.mark if said else None))

    @contextmanager
    def _talk(self, *, registered: bool = True) -> Iterator[Talk]:
        try:
            with self._line.open(registered=registered) as talk:
                yield talk
        except LinkLostError as lost:
            away = lost.code == UNREACHABLE
            detail = self._line.where if away else ""
            self._note(Health(DeviceState.ABSENT if away else DeviceState.FAULT, lost.code, detail))
            raise
        if self._health.code not in ABORT_REASONS.values():  # what is wrong inside it, its next status may take back
            self._note(Health(DeviceState.READY))

    def _doing(self, doing: Doing) -> None:
        if not self._closed:
            self._events.doing(doing.code, doing.text)

    # ── looking after it ─────────────────────────────────────────────────────────────────────────

    def _look_after(self, control: Control) -> None:
        while not control.stopping:
            if self._one.acquire(blocking=False):
                try:
                    self._look()
                    self._clear_up()
                except JournalFault as fault:
                    log.warning("payments in doubt could not be read", extra={"code": fault.code})
                finally:
                    self._one.release()
            control.wait(self._watch_s)

    def _look(self) -> None:
        try:
            with self._talk(registered=False) as talk:
                ending = talk.how_it_is()
        except LinkLostError:
            return  # noted
        code = (ending.status if ending.end is End.COMPLETED else ending.code) or READY
        wrong = code in ABORT_REASONS and reason_of(code) != BUSY
        self._note(Health(DeviceState.FAULT, reason_of(code)) if wrong else Health(DeviceState.READY))

    def _clear_up(self) -> None:
        """Ask about what a crash or a dead line has left in doubt, when the terminal can be asked."""
        if self._health.state is not DeviceState.READY:
            return
        for record in self._journal.unsettled(self._name):
            if record.reason not in FOR_PEOPLE:
                outcome = self._enquire(record.tender_id)
                if outcome.state is not PaymentState.UNKNOWN and not self._closed:
                    self._events.settled(outcome)

    def _note(self, health: Health) -> None:
        if health != self._health and not (self._closed and health.state is not DeviceState.ABSENT):
            self._health = health
            self._changed(health)


def _with(record: PaymentRecord, said: StatusInformation) -> PaymentRecord:
    """With what the terminal says of an approved one. An amount of nothing is one it did not tell."""
    return msgspec.structs.replace(
        record, approved_minor=said.amount_minor or record.amount_minor, trace=said.trace or 0, receipt=said.receipt or 0,
        masked_card=said.masked_card, card_name=said.card_name,
    )  # fmt: skip
