"""A receipt printer that speaks ESC/POS, on any line, and the drawer behind it.

A job is sent only to a printer that has just said it can print; it counts as printed only when the printer answers a
question put after the cut. A printer that never answers (`two_way` off) is never said to have printed. The connection
is kept between jobs; one that died meanwhile is opened again before anything of a job goes out. Between jobs the printer
tells by itself when its paper, cover or drawer changes (Automatic Status Back).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from pos_app.devices.ports import DeviceState, Health, PrinterStatus, PrintOutcome, PrintResult
from pos_app.devices.printer import status as said
from pos_app.devices.printer.status import ASK_DRAWER_IN_ORDER, ASK_PAPER_IN_ORDER, InOrder, StatusReader
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from pos_app.devices.transport.link import Link
from retail_core.domain.clock import Clock

DEFAULT_DEADLINE_MS = 10_000
CONNECT_MS = 2_000
STATUS_MS = 700
KICK_MS = 2_000
ASK_AGAIN_MS = 500
ASK_EVERY_MS = 300  # one whose plug was pulled says nothing any more, not even goodbye; a second later it is known
LISTEN_MS = 30
LISTEN_AGAIN_S = 0.1
PULSE_WAITS_MS = 100
CHUNK_BYTES = 4096
PULSE_ON, PULSE_OFF = 50, 250  # units of 2 ms; as most printers' manuals advise
PIN_2, PIN_5 = 2, 5

UNREACHABLE = "printer.unreachable"
NO_ANSWER = "printer.no_answer"
BUSY = "printer.busy"
STALLED = "printer.stalled"
LINK_DIED = "printer.link_died"
NOT_CONFIRMED = "printer.not_confirmed"
ONE_WAY = "printer.one_way"
PAPER_LOW = "printer.paper_low"
QUESTIONS = (said.PRINTER, said.OFFLINE, said.PAPER)
NOBODY_KNOWS = PrinterStatus()


class _NotReadyError(Exception):
    """Nothing of the job went out; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(eq=False)
class _Pulse:
    """A drawer that is to open; whoever takes it out of the queue sends it."""

    connector: int


class EscPosPrinter:
    """A `ReceiptPrinter`. Any thread may call it; one caller at a time is served, the others wait their deadline."""

    def __init__(
        self,
        name: str,
        link: Link,
        clock: Clock,
        jitter: Jitter,
        *,
        two_way: bool = True,
        deadline_ms: int = DEFAULT_DEADLINE_MS,
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        """`two_way`: it answers questions about itself. `deadline_ms` bounds one job."""
        self._name = name
        self._link = link
        self._two_way, self._deadline_ms = two_way, deadline_ms
        self._clock = clock
        self._changed = changed
        self._reader = StatusReader()
        self._status = NOBODY_KNOWS
        self._health = Health(DeviceState.ABSENT)
        self._lock = Lock()
        self._pulses: deque[_Pulse] = deque()
        self._watch = Supervisor(name, self._look_after, jitter=jitter)

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._health

    def start(self) -> None:
        """Look after it once a second, so that a fault is seen before the next receipt."""
        self._watch.start()

    def close(self) -> None:
        self._watch.close()
        if self._lock.acquire(timeout=self._deadline_ms / 1000):
            self._link.close()
            self._lock.release()
        self._note(Health(DeviceState.ABSENT))

    def print_job(self, job: bytes) -> PrintResult:
        deadline_ms = self._clock.monotonic_ms() + self._deadline_ms
        return self._serve(lambda: self._print(job, deadline_ms), deadline_ms)

    def kick_drawer(self, pin: int = PIN_2) -> PrintResult:
        """Open the drawer on connector pin 2 or 5, also when there is no paper. A tiny write of its own.

        A job that only waits for its answer sends it on: a stuck receipt keeps no drawer shut.
        """
        deadline_ms = self._clock.monotonic_ms() + KICK_MS
        pulse = _Pulse(0 if pin == PIN_2 else 1)
        self._pulses.append(pulse)
        result = self._serve(lambda: self._kick(pulse, deadline_ms), deadline_ms)
        if result.reason == BUSY and not self._taken_back(pulse):
            return PrintResult(PrintOutcome.UNKNOWN, NOT_CONFIRMED)
        return result

    def status(self) -> PrinterStatus:
        """While a job is being printed, what was known before it."""
        if self._two_way and self._lock.acquire(timeout=STATUS_MS / 1000):
            try:  # the time begins here: a job that took most of it is no reason to call the printer silent
                self._make_ready(self._clock.monotonic_ms() + STATUS_MS, any_trouble=True)
            except _NotReadyError:
                self._status = NOBODY_KNOWS
            finally:
                self._lock.release()
        return self._status

    # ── one job ──────────────────────────────────────────────────────────────────────────────────

    def _serve(self, act: Callable[[], PrintResult], deadline_ms: int) -> PrintResult:
        left_s = max(0, deadline_ms - self._clock.monotonic_ms()) / 1000
        if not self._lock.acquire(timeout=left_s):
            return PrintResult(PrintOutcome.FAILED, BUSY)
        try:
            return act()
        except _NotReadyError as why:
            return PrintResult(PrintOutcome.FAILED, why.code)
        finally:
            self._lock.release()

    def _print(self, job: bytes, deadline_ms: int) -> PrintResult:
        self._make_ready(deadline_ms)
        confirm = ASK_PAPER_IN_ORDER if self._two_way else b""
        try:
            for start in range(0, len(job), CHUNK_BYTES):
                self._link.write(job[start : start + CHUNK_BYTES], deadline_ms)
            self._link.write(confirm, deadline_ms)
            answer = self._await_answer(deadline_ms) if confirm else None
        except OSError as lost:
            return self._lost(lost)
        if answer is None:
            return self._doubt(ONE_WAY if not confirm else said.trouble(self._status) or NOT_CONFIRMED)
        self._status = said.paper_after(self._status, answer)
        if self._status.paper_out:
            return self._doubt(said.trouble(self._status))
        self._note_status()
        return PrintResult(PrintOutcome.CONFIRMED)

    def _kick(self, pulse: _Pulse, deadline_ms: int) -> PrintResult:
        if not self._taken_back(pulse):
            return PrintResult(PrintOutcome.UNKNOWN, NOT_CONFIRMED)
        self._make_ready(deadline_ms, any_trouble=True)
        connector = pulse.connector
        if said.trouble(self._status):  # it would keep ESC p until there is paper; DLE DC4 it obeys at once
            command = kick_at_once(connector)
            question = said.ask(said.PRINTER)
            self._reader.asked(said.PRINTER)
        else:
            command = kick_command(PIN_5 if connector else PIN_2)
            question = ASK_DRAWER_IN_ORDER
        try:
            self._link.write(command, deadline_ms)
            if not self._two_way:
                return PrintResult(PrintOutcome.UNKNOWN, ONE_WAY)
            self._link.write(question, deadline_ms)
            answered = self._hear(deadline_ms, (said.RealTime, InOrder))
        except OSError as lost:
            return self._lost(lost)
        return PrintResult(PrintOutcome.CONFIRMED) if answered else self._doubt(NOT_CONFIRMED)

    def _await_answer(self, deadline_ms: int) -> InOrder | None:
        """The answer that comes after the cut; None when the deadline or a trouble came first."""
        ask_ms = self._clock.monotonic_ms() + ASK_AGAIN_MS
        while (now_ms := self._clock.monotonic_ms()) < deadline_ms:
            self._send_pulses(deadline_ms)
            for answer in self._reader.feed(self._link.read(min(ask_ms, deadline_ms, now_ms + PULSE_WAITS_MS))):
                if isinstance(answer, InOrder):
                    return answer
                self._status = said.updated(self._status, answer)
            if said.trouble(self._status) and not self._reader.waiting:
                return None
            if now_ms >= ask_ms:
                self._ask(deadline_ms)
                ask_ms = now_ms + ASK_AGAIN_MS
        return None

    def _taken_back(self, pulse: _Pulse) -> bool:
        """False when a job has sent it meanwhile."""
        try:
            self._pulses.remove(pulse)
        except ValueError:
            return False
        return True

    def _send_pulses(self, deadline_ms: int) -> None:
        while self._pulses:
            try:
                pulse = self._pulses.popleft()
            except IndexError:  # taken back just now
                return
            self._link.write(kick_at_once(pulse.connector), deadline_ms)

    def _lost(self, lost: OSError) -> PrintResult:
        """The link died: whether anything of the job is on its way decides."""
        code = STALLED if isinstance(lost, TimeoutError) else LINK_DIED
        if self._link.bytes_out == 0:
            self._drop(code)
            return PrintResult(PrintOutcome.FAILED, code)
        return self._doubt(code)

    def _doubt(self, code: str) -> PrintResult:
        if code != ONE_WAY:
            self._drop(code)  # a late answer to this job must not confirm the next one
        return PrintResult(PrintOutcome.UNKNOWN, code)

    # ── readiness ────────────────────────────────────────────────────────────────────────────────

    def _make_ready(self, deadline_ms: int, *, any_trouble: bool = False) -> None:
        """An open link to a printer that answers (and, unless `any_trouble`, can print), or _NotReadyError."""
        if self._link.is_open:
            now_ms = self._clock.monotonic_ms()
            try:
                self._learn_status(now_ms + (deadline_ms - now_ms) // 2)
            except (OSError, _NotReadyError):
                self._link.close()  # it was switched off meanwhile, perhaps; try afresh
        if not self._link.is_open:
            self._connect(deadline_ms)
        self._link.bytes_out = 0
        self._note_status()
        if (code := said.trouble(self._status)) and not any_trouble:
            raise _NotReadyError(code)

    def _connect(self, deadline_ms: int) -> None:
        self._reader = StatusReader()
        self._status = NOBODY_KNOWS
        try:
            self._link.open(min(deadline_ms, self._clock.monotonic_ms() + CONNECT_MS))
            self._learn_status(deadline_ms)
        except (OSError, UnicodeError):  # UnicodeError: a name in till.toml that no host can have
            self._drop(UNREACHABLE)
            raise _NotReadyError(UNREACHABLE) from None

    def _learn_status(self, deadline_ms: int) -> None:
        if not self._two_way:
            return
        self._link.read(self._clock.monotonic_ms())  # late answers to something else
        self._reader, self._status = StatusReader(), NOBODY_KNOWS
        self._ask(deadline_ms)
        until_ms = min(deadline_ms, self._clock.monotonic_ms() + STATUS_MS)
        if not self._hear(until_ms, said.RealTime, answers=len(QUESTIONS)):
            self._drop(NO_ANSWER)
            raise _NotReadyError(NO_ANSWER)

    def _ask(self, deadline_ms: int) -> None:
        for question in QUESTIONS:
            self._reader.asked(question)
            self._link.write(said.ask(question), deadline_ms)

    def _hear(self, deadline_ms: int, kind: type | tuple[type, ...], answers: int = 1) -> bool:
        """Take in what the printer says until there were `answers` answers of this `kind`; False at the deadline.

        A printer that never stops talking is not listened to for longer either.
        """
        heard = 0
        while heard < answers:
            for answer in self._reader.feed(self._link.read(deadline_ms)):
                self._status = said.updated(self._status, answer)
                heard += isinstance(answer, kind)
            if heard < answers and self._clock.monotonic_ms() >= deadline_ms:
                return False
        return True

    # ── health ───────────────────────────────────────────────────────────────────────────────────

    def _look_after(self, control: Control) -> None:
        asked_ms = -ASK_EVERY_MS
        while not control.stopping:
            if self._clock.monotonic_ms() - asked_ms >= ASK_EVERY_MS:
                asked_ms = self._clock.monotonic_ms()
                self.status()
                self._want_news()
            self._listen()
            control.wait(LISTEN_AGAIN_S)

    def _want_news(self) -> None:
        """The printer is to tell of changes by itself; one that cannot is asked anyway."""
        if self._two_way and self._lock.acquire(blocking=False):
            try:
                if self._link.is_open and not said.trouble(self._status):
                    self._link.write(said.TELL_CHANGES, self._clock.monotonic_ms() + STATUS_MS)
            except OSError:
                self._drop(LINK_DIED)
            finally:
                self._lock.release()

    def _listen(self) -> None:
        """Take in what the printer says by itself, for a moment; a job never waits for this."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._link.is_open:
                for answer in self._reader.feed(self._link.read(self._clock.monotonic_ms() + LISTEN_MS)):
                    self._status = said.updated(self._status, answer)
                if self._two_way and self._status != NOBODY_KNOWS:
                    self._note_status()
        except OSError:
            self._drop(LINK_DIED)
        finally:
            self._lock.release()

    def _drop(self, code: str) -> None:
        self._link.abort()
        absent = code == UNREACHABLE
        self._note(Health(DeviceState.ABSENT if absent else DeviceState.FAULT, code, self._where()))

    def _note_status(self) -> None:
        code = said.trouble(self._status)
        if code:
            self._note(Health(DeviceState.FAULT, code, self._where()))
        else:
            low = PAPER_LOW if self._status.paper_low else ""
            self._note(Health(DeviceState.READY, low if self._two_way else ONE_WAY))

    def _note(self, health: Health) -> None:
        if health != self._health:
            self._health = health
            self._changed(health)

    def _where(self) -> str:
        return self._link.where


def kick_at_once(connector: int) -> bytes:
    """DLE DC4: the same pulse, obeyed also by a printer that prints nothing now. It may stand only between commands."""
    return bytes((0x10, 0x14, 1, connector, PULSE_ON // 50))


def kick_command(pin: int) -> bytes:
    """ESC p: the pulse that opens a drawer on connector pin 2 or 5."""
    return b"\x1bp" + bytes((0 if pin == PIN_2 else 1, PULSE_ON, PULSE_OFF))
