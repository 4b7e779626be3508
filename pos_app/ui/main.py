"""Start of the screen: application, till, window; and everything given back in the right order at the end."""

import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from PySide6.QtWidgets import QApplication

from pos_app.devices.ports import ScanEvent
from pos_app.till import Till
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
from pos_app.ui.words import in_force, set_language
from pos_app.ui.workplace import Workplace
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.scanned import TagUnit
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.system import SystemClock, SystemIds

PROGRAM = "omnitill"


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


def run(home: Home, config: MachineConfig, *, fullscreen: bool = False, attach: Attach = no_counter) -> int:
    """Show the till until its window is closed; the exit code of the application. Raises EnvironmentFault at the start.

    `attach(till, sink, tags)` starts the devices once the till is open; reads go to `sink` and `tags` from any thread.
    """
    app = application(config.language, config.theme)
    background, bridge = Background(), ScanBridge()
    try:
        till = Till.open(home, SystemClock(), SystemIds(), background.deliver, background.wake)
    except EnvironmentFault as fault:
        show_fault(fault)
        raise
    try:
        counter = attach(till, bridge.sink, bridge.tags)
        try:
            return _show(app, home.folder, till, background, bridge, counter, full_screen=fullscreen)
        finally:
            counter.close()
    finally:
        background.close()
        till.close()


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

    workplace = Workplace(till, background, lamps, counter)
    bridge.scanned.connect(workplace.scanned)
    bridge.tags_read.connect(workplace.tags_read)
    bridge.tags_gone.connect(till.selling.tags_gone)
    workplace.closed.connect(app.quit)
    socket = till.config.remote_control_socket
    remote = RemoteControl(workplace, str(folder / socket)) if socket else None

    def asked_to_stop(_number: int, _frame: FrameType | None) -> None:
        app.quit()

    for number in (signal.SIGTERM, signal.SIGINT):  # seen within the second: the agent's line wakes us
        signal.signal(number, asked_to_stop)
    workplace.open(full_screen=full_screen)
    workplace.customer.watch_screens(app)
    try:
        return app.exec()
    finally:
        if remote:
            remote.close()
        workplace.close()
        app.processEvents()
