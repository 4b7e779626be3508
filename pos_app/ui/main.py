"""Start of the screen: application, till, window; and everything given back in the right order at the end."""

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from pos_app.devices.ports import ScanEvent
from pos_app.service.till_choices import SIZES, Choice
from pos_app.service.training import settle
from pos_app.storage.prefs import prefs_of
from pos_app.storage.training_home import TrainingHome
from pos_app.till import LOCK_NAME, Till
from pos_app.ui import theme
from pos_app.ui.at_counter import AtCounter, NoCounter
from pos_app.ui.background import Background
from pos_app.ui.bridge import ScanBridge
from pos_app.ui.dead_keys import without_platform_composing
from pos_app.ui.fault import show_fault
from pos_app.ui.lamps import device_lamps
from pos_app.ui.remote import RemoteControl
from pos_app.ui.shell import PillState
from pos_app.ui.speaking import direction_of
from pos_app.ui.stop_signals import StopSignals
from pos_app.ui.words import in_force, set_language
from pos_app.ui.workplace import Workplace
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.scanned import TagUnit
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.lock import InstanceLock
from retail_core.durable.system import SystemClock, SystemIds

PROGRAM = "omnitill"
CHANGE_OVER = 64  # the window made way for training, or for the real till
START_AGAIN = 65  # the till was closed to be started anew, in another size


TagsSink = Callable[[tuple[TagUnit, ...], tuple[str, ...]], None]
Attach = Callable[[Till, Callable[[ScanEvent], None], TagsSink], AtCounter]


def no_counter(_till: Till, _sink: Callable[[ScanEvent], None], _tags: TagsSink) -> AtCounter:
    """Start no devices."""
    return NoCounter()


def application(language: str = "en", theme_name: str = "light") -> QApplication:
    """The one QApplication, in the till's fonts, colours and language."""
    without_platform_composing()
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication([PROGRAM])
    app.setApplicationName(PROGRAM)
    app.setQuitOnLastWindowClosed(False)
    set_language(language)
    app.setLayoutDirection(direction_of(in_force()))
    theme.load_fonts()
    theme.apply(app, theme_name)
    return app


def sized(percent: str) -> None:
    """Everything on the screen larger from the start of the application; anything but one of SIZES leaves it as it is."""
    if percent in SIZES:
        os.environ["QT_SCALE_FACTOR"] = f"{int(percent) / 100:g}"


def run(home: Home, config: MachineConfig, *, fullscreen: bool = False, attach: Attach = no_counter) -> int:
    """Show the till until its window is closed; the exit code of the application, START_AGAIN when somebody asked for
    that. Raises EnvironmentFault at the start.

    `attach(till, sink, tags)` starts the devices once the till is open; reads go to `sink` and `tags` from any thread.
    """
    chosen = prefs_of(home)
    sized(chosen.get(Choice.SIZE, ""))
    app = application(chosen.get(Choice.LANGUAGE) or config.language, chosen.get(Choice.THEME) or config.theme)
    trains, ended_by = False, ""
    while True:
        one = TrainingHome(home) if trains else home
        code, ended_by = _run(app, home, one, attach, ended_by, full_screen=fullscreen)
        if code != CHANGE_OVER:
            return code
        trains = not trains


def _run(
    app: QApplication, home: Home, one: Home, attach: Attach, ended_by: str, *, full_screen: bool
) -> tuple[int, str]:
    """One till, the real one or that of training, until its window is closed or it makes way for the other.

    Returns the exit code, CHANGE_OVER for the latter, and who was signed in.
    """
    background, bridge = Background(), ScanBridge()
    own = InstanceLock(home.folder / LOCK_NAME) if one.training else None  # the real till stays taken
    try:
        till = Till.open(one, SystemClock(), SystemIds(), background.deliver, background.wake)
    except EnvironmentFault as fault:
        if own:
            own.release()
        show_fault(fault)
        raise
    try:
        if not one.training:
            settle(till.writer, ended_by)
        counter = attach(till, bridge.sink, bridge.tags)
        try:
            code = _show(app, home.folder, till, background, bridge, counter, full_screen=full_screen)
        finally:
            counter.close()
        operator = till.signing_in.operator
        return code, operator.operator_id if operator else ""
    finally:
        background.close()
        till.close()
        if own:
            own.release()


def _show(
    app: QApplication,
    folder: Path,
    till: Till,
    background: Background,
    bridge: ScanBridge,
    counter: AtCounter,
    *,
    full_screen: bool,
) -> int:
    def lamps() -> tuple[PillState, ...]:
        return device_lamps(counter.healths())

    def make_way(_for_training: bool) -> None:
        app.exit(CHANGE_OVER)

    def begin_again() -> None:
        app.exit(START_AGAIN)

    def finish() -> None:
        app.exit(0)  # `quit` would ask every window, and the customer's does not close by itself

    workplace = Workplace(till, background, lamps, counter)
    bridge.scanned.connect(workplace.scanned)
    bridge.tags_read.connect(workplace.tags_read)
    bridge.tags_gone.connect(till.selling.tags_gone)
    workplace.closed.connect(finish)
    workplace.trainer.asked.connect(make_way)
    workplace.trainer.again.connect(begin_again)
    socket = till.config.remote_control_socket
    remote = RemoteControl(workplace, str(folder / socket)) if socket else None

    stop = StopSignals(finish)
    workplace.open(full_screen=full_screen)
    workplace.customer.watch_screens(app)
    try:
        return app.exec()
    finally:
        stop.close()
        if remote:
            remote.close()
        workplace.close()
        app.processEvents()
