"""A label printer that speaks ZPL, on any line.

It is often shared by the tills of a store, so the line is open only while something is asked or printed. A job is sent
only to a printer that has just said it can print, and counts as printed when the printer then says, twice, that it has
nothing left to do. A printer that never answers (`two_way` off) is never said to have printed.
"""

from collections.abc import Callable
from threading import Event, Lock

from pos_app.devices.label import status as said
from pos_app.devices.label.status import HostStatus, StatusReader
from pos_app.devices.ports import DeviceState, Health, PrintOutcome, PrintResult
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from pos_app.devices.transport.link import Link
from retail_core.domain.clock import Clock

DEFAULT_DEADLINE_MS = 30_000
CONNECT_MS = 2_000
STATUS_MS = 1_000
ASK_AGAIN_MS = 150
LOOK_EVERY_S = 2.0
CHUNK_BYTES = 4096
IDLE_ANSWERS = 2  # one may have been given before it began to work on the job's end

UNREACHABLE = "label.unreachable"
NO_ANSWER = "label.no_answer"
BUSY = "label.busy"
STALLED = "label.stalled"
LINK_DIED = "label.link_died"
STILL_PRINTING = "label.still_printing"
NOT_CONFIRMED = "label.not_confirmed"
ONE_WAY = "label.one_way"


class _NotReadyError(Exception):
    """Nothing of the job went out; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ZplPrinter:
    """A `LabelPrinter`. Any thread may call it; one caller at a time is served, the others wait their deadline."""

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
        self._clock = clock
        self._two_way, self._deadline_ms = two_way, deadline_ms
        self._changed = changed
        self._reader = StatusReader()
        self._health = Health(DeviceState.ABSENT)
        self._lock = Lock()
        self._closing = Event()
        self._watch = Supervisor(name, self._look_after, jitter=jitter)

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._health

    def start(self) -> None:
        """Look after it every other second, so that a fault is seen before the next label."""
        self._watch.start()

    def close(self) -> None:
        """A job under way ends in doubt at its next question."""
        self._closing.set()
        self._watch.close()
        if self._lock.acquire(timeout=STATUS_MS / 1000):
            self._link.close()
            self._lock.release()
        self._note(Health(DeviceState.ABSENT))

    def print_job(self, job: bytes) -> PrintResult:
        deadline_ms = self._now_ms() + self._deadline_ms
        if self._closing.is_set():
            return PrintResult(PrintOutcome.FAILED, UNREACHABLE)
        if not self._lock.acquire(timeout=self._deadline_ms / 1000):
            return PrintResult(PrintOutcome.FAILED, BUSY)
        try:
            if self._now_ms() >= deadline_ms:
                return PrintResult(PrintOutcome.FAILED, BUSY)
            return self._print(job, deadline_ms)
        except _NotReadyError as why:
            return PrintResult(PrintOutcome.FAILED, why.code)
        finally:
            self._link.close()
            self._lock.release()

    # ── one job ──────────────────────────────────────────────────────────────────────────────────

    def _print(self, job: bytes, deadline_ms: int) -> PrintResult:
        self._make_ready(deadline_ms)
        self._link.bytes_out = 0
        try:
            for start in range(0, len(job), CHUNK_BYTES):
                self._link.write(job[start : start + CHUNK_BYTES], deadline_ms)
            return self._await_end(deadline_ms) if self._two_way else PrintResult(PrintOutcome.UNKNOWN, ONE_WAY)
        except OSError as lost:
            code = STALLED if isinstance(lost, TimeoutError) else LINK_DIED
            self._drop(code)
            outcome = PrintOutcome.UNKNOWN if self._link.bytes_out else PrintOutcome.FAILED
            return PrintResult(outcome, code)

    def _await_end(self, deadline_ms: int) -> PrintResult:
        """Ask until it has nothing left to do, cannot go on, or time is up."""
        idle, last = 0, None
        while self._now_ms() < deadline_ms and not self._closing.is_set():
            status = self._ask(min(deadline_ms, self._now_ms() + STATUS_MS))
            if status is None:
                continue
            last = status
            self._note_status(status)
            if code := self._stopped_by(status):
                return PrintResult(PrintOutcome.UNKNOWN, code)
            idle = idle + 1 if status.idle else 0
            if idle == IDLE_ANSWERS:
                return PrintResult(PrintOutcome.CONFIRMED)
            self._closing.wait(max(0, min(ASK_AGAIN_MS, deadline_ms - self._now_ms())) / 1000)
        if last is None:
            self._drop(NO_ANSWER)
            return PrintResult(PrintOutcome.UNKNOWN, NO_ANSWER)
        return PrintResult(PrintOutcome.UNKNOWN, NOT_CONFIRMED if last.idle else STILL_PRINTING)

    def _stopped_by(self, status: HostStatus) -> str:
        """What keeps the rest of the job from being printed; a full buffer empties by itself."""
        code = said.trouble(status)
        return "" if code == said.BUFFER_FULL else code

    # ── readiness ────────────────────────────────────────────────────────────────────────────────

    def _make_ready(self, deadline_ms: int) -> None:
        """An open line to a printer that can print, or _NotReadyError."""
        status = self._open_and_ask(deadline_ms)
        if status is not None and (code := said.trouble(status)):
            raise _NotReadyError(code)

    def _open_and_ask(self, deadline_ms: int) -> HostStatus | None:
        """None when it cannot be asked; a printer that should answer and does not is _NotReadyError."""
        self._reader = StatusReader()
        try:
            self._link.open(min(deadline_ms, self._now_ms() + CONNECT_MS))
        except OSError:
            self._drop(UNREACHABLE)
            raise _NotReadyError(UNREACHABLE) from None
        if not self._two_way:
            self._note(Health(DeviceState.READY, ONE_WAY))
            return None
        try:
            status = self._ask(min(deadline_ms, self._now_ms() + STATUS_MS))
        except OSError:
            status = None
        if status is None:
            self._drop(NO_ANSWER)
            raise _NotReadyError(NO_ANSWER)
        self._note_status(status)
        return status

    def _ask(self, deadline_ms: int) -> HostStatus | None:
        """The newest answer to one question; None at the deadline."""
        self._link.write(said.ASK, deadline_ms)
        while self._now_ms() < deadline_ms:
            answers = self._reader.feed(self._link.read(deadline_ms))
            if answers:
                return answers[-1]
        return None

    # ── health ───────────────────────────────────────────────────────────────────────────────────

    def _look_after(self, control: Control) -> None:
        while not control.stopping:
            self._look()
            control.wait(LOOK_EVERY_S)

    def _look(self) -> None:
        """Ask how it is, unless a job is doing so anyway."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._open_and_ask(self._now_ms() + CONNECT_MS + STATUS_MS)
        except _NotReadyError:
            pass  # the health says why
        finally:
            self._link.close()
            self._lock.release()

    def _drop(self, code: str) -> None:
        """Close at once, so that half a job does not follow later."""
        self._link.abort()
        absent = code == UNREACHABLE
        self._note(Health(DeviceState.ABSENT if absent else DeviceState.FAULT, code, self._link.where))

    def _note_status(self, status: HostStatus) -> None:
        code = said.trouble(status)
        self._note(Health(DeviceState.FAULT, code, self._link.where) if code else Health(DeviceState.READY))

    def _note(self, health: Health) -> None:
        if health != self._health and (not self._closing.is_set() or health.state is DeviceState.ABSENT):
            self._health = health
            self._changed(health)

    def _now_ms(self) -> int:
        return self._clock.monotonic_ms()
