"""What a till that cannot start shows: one sentence saying what to do, and the code for whoever is called."""

from PySide6.QtCore import QEventLoop, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from pos_app.ui.theme import Weight
from pos_app.ui.widgets.parts import column, label, panel
from pos_app.ui.words import tr, words_for_error
from retail_core.domain.errors import CodedError

SHOWN_MS = 20_000
NOBODY_SEES = frozenset({"offscreen", "minimal"})


class FaultWindow(QWidget):
    """Closes at any key or tap."""

    done = Signal()

    def __init__(self, error: CodedError) -> None:
        super().__init__()
        self.setObjectName("fault")
        self.setProperty("look", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(tr("The till cannot start"))
        self.resize(720, 320)
        outer = column(self, margins=(40, 40, 40, 40))
        card = panel("fault_card")
        lines = column(card, gap=12, margins=(28, 24, 28, 24))
        said = label(words_for_error(error), 18, name="fault_words")
        said.setWordWrap(True)
        lines.addWidget(label(tr("The till cannot start"), 24, Weight.BOLD, look="error"))
        lines.addWidget(said)
        lines.addStretch(1)
        lines.addWidget(label(error.code, 14, look="muted", name="fault_code"))
        outer.addWidget(card)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.close()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.done.emit()
        super().closeEvent(event)


def show_fault(error: CodedError) -> None:
    """Show it until somebody has seen it, at most 20 seconds; nothing where there is no screen."""
    if QGuiApplication.platformName() in NOBODY_SEES:
        return
    window, loop = FaultWindow(error), QEventLoop()
    window.done.connect(loop.quit)
    QTimer.singleShot(SHOWN_MS, loop.quit)
    window.show()
    loop.exec()
    window.deleteLater()
