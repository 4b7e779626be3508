"""The start of a machine that belongs to no store: its window comes before the till's."""

from PySide6.QtCore import QEventLoop, QLocale
from PySide6.QtGui import QGuiApplication

from pos_app.runtime.joining import agent_program, join
from pos_app.runtime.worker import Worker
from pos_app.ui.background import Background
from pos_app.ui.fault import NOBODY_SEES
from pos_app.ui.main import application
from pos_app.ui.screens.join.presenter import JoinPresenter
from pos_app.ui.screens.join.view import JoinWindow
from retail_core.durable.home import Home

TOPIC = "join"


def first_start(home: Home, *, fullscreen: bool) -> None:
    """Show the window until the machine has joined a store or it is closed; not where nobody would see it.

    Raises EnvironmentFault `agent.missing`.
    """
    application(QLocale.system().name().partition("_")[0])
    if QGuiApplication.platformName() in NOBODY_SEES:
        return
    program = agent_program()
    background = Background()
    worker = Worker("first-start", background.deliver)
    window, loop = JoinWindow(), QEventLoop()
    presenter = JoinPresenter(
        window,
        lambda link, done, failed: worker.ask(TOPIC, lambda: join(program, home.folder, link), done, failed),
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
