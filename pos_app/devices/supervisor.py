"""One thread for one device: open, run, and after any trouble wait a little and begin again.

A `session` opens the device, says `control.ready()`, works until `control.stopping` and closes what it opened, also
when it raises. Trouble is any OSError (pyserial's are), or termios.error, which is not an OSError. While the device is
not plugged in, it is looked for once a second; when it is there but fails, the wait grows: 0.5, 1, 2, 5, 10 s.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread

from pos_app.devices.ports import DeviceState, Health

try:
    from termios import error as _termios_error
except ImportError:  # no termios outside POSIX
    _termios_error = OSError

log = logging.getLogger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
JITTER_PART = 0.2
LOOK_AGAIN_S = 1.0
JOIN_S = 3.0
TROUBLE: tuple[type[Exception], ...] = (OSError, _termios_error)

Jitter = Callable[[], float]
"""A number from 0 to 1, so that the devices of a till do not all try again at the same moment."""


class UnfitError(OSError):
    """The device answers and yet cannot be worked with as it is; `code` says why, for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Control:
    """What a session is handed."""

    def __init__(self, set_health: Callable[[Health], None]) -> None:
        self._set_health = set_health
        self._stop = Event()
        self._breakers: list[Callable[[], None]] = []
        self.was_ready = False

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def ready(self) -> None:
        """The device works."""
        self.was_ready = True
        self._set_health(Health(DeviceState.READY))

    def fault(self, code: str, detail: str = "") -> None:
        """It is there, but somebody has to do something."""
        self._set_health(Health(DeviceState.FAULT, code, detail))

    def on_stop(self, breaker: Callable[[], None]) -> None:
        """`breaker` ends a blocking read from another thread; the latest one counts."""
        self._breakers[:] = [breaker]
        if self.stopping:
            breaker()

    def wait(self, seconds: float) -> bool:
        """Wait, but not longer than the device runs. True when it is to stop."""
        return self._stop.wait(seconds)

    def stop(self) -> None:
        self._stop.set()
        for breaker in self._breakers:
            breaker()


class Supervisor:
    """Runs `session` again and again until it is closed. `present` says cheaply whether the device is plugged in."""

    def __init__(
        self,
        name: str,
        session: Callable[[Control], None],
        *,
        jitter: Jitter,
        present: Callable[[], bool] = lambda: True,
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._session = session
        self._jitter = jitter
        self._present = present
        self._changed = changed
        self._health = Health(DeviceState.ABSENT)
        self._control = Control(self._set_health)
        self._thread: Thread | None = None

    @property
    def health(self) -> Health:
        return self._health

    def start(self) -> None:
        """Start the thread; a second call does nothing."""
        if self._thread is None and not self._control.stopping:
            self._thread = Thread(target=self._run, name=f"device-{self._name}", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop within the time a session needs to notice; nothing is delivered afterwards."""
        self._control.stop()
        if self._thread is not None:
            self._thread.join(JOIN_S)
        self._set_health(Health(DeviceState.ABSENT))

    def _run(self) -> None:
        failures = 0
        while not self._control.stopping:
            if not self._present():
                failures = 0
                self._set_health(Health(DeviceState.ABSENT, "device.not_found"))
                self._control.wait(LOOK_AGAIN_S)
                continue
            failed = self._attempt()
            if failed is None:
                continue
            failures = 0 if self._control.was_ready else failures
            failures += 1
            self._set_health(failed)
            self._control.wait(self._pause_s(failures))

    def _attempt(self) -> Health | None:
        """One session; what it died of, or None when it ended by itself."""
        self._control.was_ready = False
        self._set_health(Health(DeviceState.CONNECTING))
        try:
            self._session(self._control)
        except TROUBLE as trouble:
            health = Health(DeviceState.FAULT, _code(trouble), str(trouble)[:200])
            log.warning("device lost", extra={"code": health.code, "device": self._name, "detail": health.detail})
            return health
        return None

    def _pause_s(self, failures: int) -> float:
        return BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1] * (1 + JITTER_PART * self._jitter())

    def _set_health(self, health: Health) -> None:
        if health != self._health:
            self._health = health
            self._changed(health)


def _code(trouble: Exception) -> str:
    match trouble:
        case UnfitError(code=code):
            return code
        case PermissionError():
            return "device.no_permission"
        case FileNotFoundError():
            return "device.not_found"
        case _ if "exclusively lock" in str(trouble) or "busy" in str(trouble).lower():
            return "device.in_use"
        case _:
            return "device.lost"
