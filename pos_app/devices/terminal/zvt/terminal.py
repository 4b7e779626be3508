"""A ZVT terminal on TCP. One order at a time; the caller's thread waits, never the screen's.

ZVT carries no number of ours, so asking again rests on two things: what was written down before the first byte, and the
terminal's own last payment (repeat receipt). If that is the payment we made before, nothing was taken; a number that no
tender of ours has, with an amount that fits, is this one's; anything else is left to people.
"""

import logging
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock

import msgspec

from pos_app.devices.ports import DeviceState, Health, PaymentOutcome, PaymentState
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from pos_app.devices.terminal.journal import JournalFault, PaymentJournal
from pos_app.devices.terminal.zvt import apdu
from pos_app.devices.terminal.zvt.apdu import Apdu, Framer, StatusInformation
from pos_app.devices.terminal.zvt.conversation import NOT_REGISTERED, Conversation, Doing, End, Ending, reason_of
from retail_core.domain.clock import Clock
from retail_core.domain.payments import Act, PaymentRecord, Stage, Step

log = logging.getLogger(__name__)

DEFAULT_PORT = 20007
CONNECT_S = 3.0
QUIET_S = 0.05  # junk before our first sentence is read away until it stops this long
MAX_JUNK_READS = 20
ACK_MS = 5_000
SILENCE_MS = 60_000  # between two of the terminal's sentences while a customer acts
ORDER_MS = 180_000
LOOK_S = 0.2
READ_BYTES = 4096
WATCH_S = 30.0
BUSY_S = 5.0

UNREACHABLE = "terminal.unreachable"
LINK_DIED = "terminal.link_died"
SILENT = "terminal.silent"
BUSY = "terminal.busy"
NO_RECORD = "terminal.never_asked"
NOT_TAKEN = "terminal.not_taken"
NO_BASELINE = "terminal.no_earlier_payment"
OTHER_PAYMENT = "terminal.other_payment"
CURRENCIES = {
    "EUR": 978,
    "CHF": 756,
    "GBP": 826,
    "USD": 840,
    "DKK": 208,
    "SEK": 752,
    "NOK": 578,
    "PLN": 985,
    "CZK": 203,
}


@dataclass(frozen=True)
class ZvtSettings:
    """Where the terminal is and how it wants to be spoken to."""

    host: str
    port: int = DEFAULT_PORT
    password: str = "000000"
    terminal_prints: bool = True
    silence_ms: int = SILENCE_MS
    order_ms: int = ORDER_MS
    watch_s: float = WATCH_S


@dataclass(frozen=True)
class TerminalEvents:
    """Told what goes on, on the terminal's thread: the terminal's number for it and its text; lines to print."""

    doing: Callable[[int, str], None] = lambda _code, _text: None
    lines: Callable[[tuple[str, ...]], None] = lambda _: None


class _LinkError(OSError):
    """The terminal did not answer to the end; `sent` says whether it may have understood the order."""

    def __init__(self, code: str, *, sent: bool) -> None:
        super().__init__(code)
        self.code, self.sent = code, sent


class ZvtTerminal:
    """A `CardTerminal`."""

    def __init__(
        self,
        name: str,
        settings: ZvtSettings,
        journal: PaymentJournal,
        clock: Clock,
        jitter: Jitter,
        events: TerminalEvents = TerminalEvents(),
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._journal = journal
        self._clock = clock
        self._events = events
        self._changed = changed
        self._health = Health(DeviceState.ABSENT)
        self._one = Lock()
        self._abort = Event()
        self._watch = Supervisor(name, self._look_after, jitter=jitter)

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._health

    def start(self) -> None:
        self._watch.start()

    def close(self) -> None:
        self._abort.set()
        self._watch.close()
        self._note(Health(DeviceState.ABSENT))

    def abort(self) -> None:
        """Ask the terminal to stop; the payment under way still answers for itself."""
        self._abort.set()

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
        """Ask the terminal how it is. Waits a few seconds at most."""
        if self._one.acquire(timeout=BUSY_S):
            try:
                self._look()
            finally:
                self._one.release()
        return self._health

    # ── taking and giving ────────────────────────────────────────────────────────────────────────

    def _take(self, act: Act, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        if currency not in CURRENCIES or not 0 < amount_minor < 10**12:
            reason = "terminal.wrong_currency" if currency not in CURRENCIES else "terminal.amount_too_high"
            return PaymentOutcome(PaymentState.ABORTED, tender_id, 0, currency, reason=reason)
        record = PaymentRecord(tender_id, act, Stage.SENT, amount_minor, currency, self._clock.now_ms())
        return self._served(tender_id, lambda: self._take_once(record))

    def _take_once(self, record: PaymentRecord) -> PaymentOutcome:
        known = self._journal.find(record.tender_id)
        if known is not None:  # asked before: what became of it, never again
            return self._enquire(record.tender_id)
        self._abort.clear()
        self._journal.begin(record)
        number = CURRENCIES[record.currency]
        pays = record.act is Act.PAY
        order = (
            apdu.authorisation(record.amount_minor, number)
            if pays
            else apdu.refund(self._settings.password, record.amount_minor, number)
        )
        try:
            ending = self._order(order)
        except _LinkError as lost:
            if not lost.sent:
                return self._settled(record.tender_id, Step.ABORT, _facts(record, reason=lost.code))
            self._settled(record.tender_id, Step.DOUBT, _facts(record, reason=lost.code))
            return self._enquire(record.tender_id)
        return self._ended(record, ending)

    def _ended(self, record: PaymentRecord, ending: Ending) -> PaymentOutcome:
        said = ending.said
        if ending.end is End.COMPLETED and said.result == 0:
            return self._settled(record.tender_id, Step.APPROVE, _facts_of(record, ending))
        if ending.end is End.COMPLETED and said.result is None:  # it said yes to something, but not to what
            self._settled(record.tender_id, Step.DOUBT, _facts(record, reason="terminal.no_result"))
            return self._enquire(record.tender_id)
        code = ending.code or said.result or 0xFF
        step = Step.ABORT if code == 0x6C or ending.end is End.REFUSED else Step.DECLINE
        return self._settled(record.tender_id, step, _facts(record, reason=reason_of(code)))

    def _enquire(self, tender_id: str) -> PaymentOutcome:
        record = self._journal.find(tender_id)
        if record is None:
            return PaymentOutcome(PaymentState.ABORTED, tender_id, 0, "", reason=NO_RECORD)
        if record.stage is Stage.REVERSING:
            return self._reverse(tender_id)
        if record.stage not in {Stage.SENT, Stage.UNKNOWN}:
            return outcome_of(record)
        try:
            ending = self._order(apdu.with_password(apdu.REPEAT_RECEIPT, self._settings.password))
        except _LinkError as lost:
            return self._settled(tender_id, Step.DOUBT, _facts(record, reason=lost.code))
        return self._judge(record, ending)

    def _judge(self, record: PaymentRecord, ending: Ending) -> PaymentOutcome:
        """What the terminal's last payment says of this tender."""
        said, number = ending.said, number_of(ending.said)
        if ending.end is not End.COMPLETED or not number:
            return self._settled(record.tender_id, Step.DOUBT, _facts(record, reason="terminal.no_last_payment"))
        owner, latest = self._journal.owner_of(number), self._journal.latest()
        if latest is None:
            return self._settled(record.tender_id, Step.DOUBT, _facts(record, reason=NO_BASELINE))
        if owner == latest:  # the payment before this one is still the terminal's last
            return self._settled(record.tender_id, Step.ABORT, _facts(record, reason=NOT_TAKEN))
        if said.result not in (0, None):
            return self._settled(record.tender_id, Step.DECLINE, _facts(record, reason=reason_of(said.result)))
        if owner is not None or said.amount_minor is None or said.amount_minor > record.amount_minor:
            return self._settled(record.tender_id, Step.DOUBT, _facts(record, reason=OTHER_PAYMENT))
        return self._settled(record.tender_id, Step.APPROVE, _facts_of(record, ending))

    def _reverse(self, tender_id: str) -> PaymentOutcome:
        record = self._journal.find(tender_id)
        if record is None:
            return PaymentOutcome(PaymentState.ABORTED, tender_id, 0, "", reason=NO_RECORD)
        if record.stage in {Stage.SENT, Stage.UNKNOWN}:
            known = self._enquire(tender_id)
            if known.state is not PaymentState.APPROVED:
                return known
        record = self._journal.find(tender_id) or record
        if record.stage not in {Stage.APPROVED, Stage.REVERSING}:
            return outcome_of(record)
        self._journal.move(tender_id, Step.BEGIN_REVERSAL)
        try:
            ending = self._order(apdu.reversal(self._settings.password, record.receipt))
        except _LinkError as lost:
            reason = lost.code
            return PaymentOutcome(
                PaymentState.UNKNOWN, tender_id, record.approved_minor, record.currency, reason=reason
            )
        code = ending.code or ending.said.result or 0
        if (ending.end is End.COMPLETED and not code) or reason_of(code) == "terminal.already_reversed":
            return self._settled(tender_id, Step.REVERSE, _facts(record, reason="reversed"))
        return self._settled(tender_id, Step.KEEP, _facts(record, reason=reason_of(code)))

    def _end_of_day(self) -> PaymentOutcome:
        try:
            ending = self._order(apdu.with_password(apdu.END_OF_DAY, self._settings.password))
        except _LinkError as lost:
            return PaymentOutcome(PaymentState.UNKNOWN, "", 0, "", reason=lost.code)
        if ending.end is End.COMPLETED and ending.said.result in (0, None):
            return PaymentOutcome(PaymentState.APPROVED, "", ending.said.amount_minor or 0, "")
        return PaymentOutcome(PaymentState.ABORTED, "", 0, "", reason=reason_of(ending.code))

    def _settled(self, tender_id: str, step: Step, facts: PaymentRecord) -> PaymentOutcome:
        return outcome_of(self._journal.move(tender_id, step, facts))

    def _served(self, tender_id: str, act: Callable[[], PaymentOutcome]) -> PaymentOutcome:
        if not self._one.acquire(timeout=BUSY_S):
            return PaymentOutcome(PaymentState.UNKNOWN, tender_id, 0, "", reason=BUSY)
        try:
            return act()
        except JournalFault as fault:
            return PaymentOutcome(PaymentState.UNKNOWN, tender_id, 0, "", reason=fault.code)
        finally:
            self._one.release()

    # ── one order ────────────────────────────────────────────────────────────────────────────────

    def _order(self, order: Apdu) -> Ending:
        """Register, give the order, and hear it out. Raises _LinkError."""
        with self._connected() as link:
            talk = _Talk(link, self._settings, self._clock, self._abort, self._doing)
            talk.drop_junk()
            registered = talk.hear_out(self._registration(), sent=False)
            if registered.end is not End.COMPLETED:
                raise _LinkError(reason_of(registered.code), sent=False)
            ending = talk.hear_out(order, sent=True)
            if ending.end is End.REFUSED and ending.code == NOT_REGISTERED:
                talk.hear_out(self._registration(), sent=False)
                ending = talk.hear_out(order, sent=True)
        if ending.lines:
            self._events.lines(ending.lines)
        self._note(Health(DeviceState.READY))
        return ending

    def _registration(self) -> Apdu:
        return apdu.registration(self._settings.password, 978, terminal_prints=self._settings.terminal_prints)

    def _connected(self) -> socket.socket:
        try:
            link = socket.create_connection((self._settings.host, self._settings.port), timeout=CONNECT_S)
        except OSError:
            self._note(Health(DeviceState.ABSENT, UNREACHABLE, f"{self._settings.host}:{self._settings.port}"))
            raise _LinkError(UNREACHABLE, sent=False) from None
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link

    def _doing(self, doing: Doing) -> None:
        self._events.doing(doing.code, doing.text)

    # ── health ───────────────────────────────────────────────────────────────────────────────────

    def _look_after(self, control: Control) -> None:
        while not control.stopping:
            if self._one.acquire(blocking=False):
                try:
                    self._look()
                finally:
                    self._one.release()
            control.wait(self._settings.watch_s)

    def _look(self) -> None:
        try:
            ending = self._order(apdu.with_password(apdu.STATUS_ENQUIRY, self._settings.password))
        except _LinkError as lost:
            if lost.code != UNREACHABLE:
                self._note(Health(DeviceState.FAULT, lost.code))
            return
        if ending.end is not End.COMPLETED:
            self._note(Health(DeviceState.FAULT, reason_of(ending.code)))

    def _note(self, health: Health) -> None:
        if health != self._health:
            self._health = health
            self._changed(health)


class _Talk:
    """One connection, as long as one order needs it."""

    def __init__(
        self, link: socket.socket, settings: ZvtSettings, clock: Clock, abort: Event, doing: Callable[[Doing], None]
    ) -> None:
        self._link, self._settings, self._clock = link, settings, clock
        self._abort, self._doing = abort, doing
        self._framer = Framer()

    def drop_junk(self) -> None:
        """A converter's banner or the rest of an old conversation is not for us."""
        for _ in range(MAX_JUNK_READS):
            if not select.select([self._link], [], [], QUIET_S)[0] or not self._link.recv(READ_BYTES):
                return

    def hear_out(self, order: Apdu, *, sent: bool) -> Ending:
        """Give an order and hear the terminal to its last word. Raises _LinkError; `sent`: money may have moved."""
        conversation = Conversation(order)
        self._send(order.bytes, sent=sent)
        began_ms = heard_ms = self._clock.monotonic_ms()
        asked_to_stop = False
        while conversation.ending is None:
            now_ms = self._clock.monotonic_ms()
            limit_ms = self._settings.silence_ms if conversation.acknowledged else ACK_MS
            if now_ms - heard_ms > limit_ms or now_ms - began_ms > self._settings.order_ms:
                raise _LinkError(SILENT, sent=sent)
            if self._abort.is_set() and sent and not asked_to_stop and conversation.acknowledged:
                asked_to_stop = True
                self._send(Apdu(apdu.ABORT).bytes, sent=sent)
            for said in self._heard(sent=sent):
                heard_ms = now_ms
                reply, doing = conversation.take(said)
                if reply:
                    self._send(reply, sent=sent)
                if doing:
                    self._doing(doing)
        return conversation.ending

    def _heard(self, *, sent: bool) -> list[Apdu]:
        try:
            if not select.select([self._link], [], [], LOOK_S)[0]:
                return []
            data = self._link.recv(READ_BYTES)
        except OSError:
            raise _LinkError(LINK_DIED, sent=sent) from None
        if not data:
            raise _LinkError(LINK_DIED, sent=sent)
        return self._framer.feed(data)

    def _send(self, data: bytes, *, sent: bool) -> None:
        try:
            self._link.sendall(data)
        except OSError:
            raise _LinkError(LINK_DIED, sent=sent) from None


_STATES = {
    Stage.SENT: PaymentState.UNKNOWN, Stage.UNKNOWN: PaymentState.UNKNOWN, Stage.APPROVED: PaymentState.APPROVED,
    Stage.DECLINED: PaymentState.DECLINED, Stage.ABORTED: PaymentState.ABORTED, Stage.REVERSED: PaymentState.ABORTED,
    Stage.REVERSING: PaymentState.UNKNOWN,
}  # fmt: skip


def outcome_of(record: PaymentRecord) -> PaymentOutcome:
    """What the till is told of a record. A partial approval has a smaller amount than was asked for."""
    paid = record.stage is Stage.APPROVED
    return PaymentOutcome(
        _STATES[record.stage], record.tender_id, record.approved_minor if paid else record.amount_minor, record.currency,
        masked_card=record.masked_card, reference=str(record.receipt or ""), reason=record.reason, card_name=record.card_name,
    )  # fmt: skip


def _facts(record: PaymentRecord, *, reason: str) -> PaymentRecord:
    return msgspec.structs.replace(record, reason=reason)


def number_of(said: StatusInformation) -> int:
    """What tells payments apart: the trace number, or the receipt number of terminals that count only those."""
    return said.trace or said.receipt or 0


def _facts_of(record: PaymentRecord, ending: Ending) -> PaymentRecord:
    said = ending.said
    return msgspec.structs.replace(
        record, approved_minor=record.amount_minor if said.amount_minor is None else said.amount_minor,
        trace=number_of(said), receipt=said.receipt or 0, masked_card=said.masked_card, card_name=said.card_name, reason="",
    )  # fmt: skip
