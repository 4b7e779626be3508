"""The start of a machine that belongs to no store: its window comes before the till's."""

from PySide6.QtCore import QEventLoop, QLocale
from PySide6.QtGui import QGuiApplication

from pos_app.runtime.joining import AGENT, agent_program, agent_said_ms, join, run_command
from pos_app.runtime.worker import Worker
from pos_app.service.way import AGENT_SILENT_MS
from pos_app.ui.background import Background
from pos_app.ui.fault import NOBODY_SEES
from pos_app.ui.main import application
from pos_app.ui.screens.join.presenter import JoinPresenter
from pos_app.ui.screens.join.view import JoinWindow
from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.home import Home
from retail_core.durable.system import SystemClock

TOPIC, LOOK = "join", "agent"


def first_start(home: Home, *, fullscreen: bool) -> None:
    """Show the window until the machine has joined a store and its agent runs, or it is closed; not where nobody would see it."""
    application(QLocale.system().name().partition("_")[0])
    if QGuiApplication.platformName() in NOBODY_SEES:
        return
    try:
        program, missing = agent_program(), None
    except EnvironmentFault as fault:
        program, missing = (AGENT,), fault
    clock = SystemClock()
    background = Background()
    worker = Worker("first-start", background.deliver)
    window, loop = JoinWindow(), QEventLoop()
    presenter = JoinPresenter(
        window,
        lambda link, done, failed: worker.ask(TOPIC, lambda: join(program, home.folder, link), done, failed),
        lambda done, failed: worker.ask(LOOK, lambda: runs(home, clock), done, failed),
        run_command(home),
        missing,
    )

    presenter.joined.connect(loop.quit)
    window.closed.connect(loop.quit)
    try:
        if fullscreen:
            window.showFullScreen()
        else:
            window.show()
        loop.exec()
    finally:
        background.close()
        worker.close()
        window.hide()
        window.deleteLater()


def runs(home: Home, clock: Clock) -> bool:
    """True while the agent of this machine says that it runs."""
    return abs(clock.now_ms() - agent_said_ms(home)) <= AGENT_SILENT_MS
