"""The return screen: at the left the receipt's lines, at the side why the goods come back and what goes back for them."""

from enum import StrEnum

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QStackedWidget, QWidget

from pos_app.ui.screens.returns.after_state import AfterState, FormState
from pos_app.ui.screens.returns.after_view import AfterPanel, FormPanel
from pos_app.ui.screens.returns.lines import return_row
from pos_app.ui.screens.returns.state import ChoiceView, ReturnState
from pos_app.ui.theme import GAP, TOUCH_PX, WIDE_GAP, Tone, Weight, font, set_look
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.entry import EntryLine
from pos_app.ui.widgets.lists import LineList
from pos_app.ui.widgets.parts import ElidedLabel, column, label, panel, row
from pos_app.ui.widgets.rows import RowDelegate, Rows
from pos_app.ui.words import tr

LEFT_SHARE, RIGHT_SHARE = 808, 522
MIN_RIGHT = 360
HEAD_HEIGHT = 36
CHOICE_COLUMNS = 2
LOW_PX, LOWEST_PX = 620, 470
MONEY_PX = 44


class Side(StrEnum):
    AFTER = "after"  # papers of the last sale, or of the open receipt
    GOODS = "goods"  # why the goods come back, and what goes back for them
    FORM = "form"


class ReturnsView(QWidget):
    """Shows a ReturnState; says what was typed, tapped or chosen."""

    entered = Signal(str)
    line_tapped = Signal(int)
    reason_chosen = Signal(str)
    goods_chosen = Signal(str)
    take_pressed = Signal()
    paper_wanted = Signal(str)
    form_done = Signal(dict)
    form_left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("returns_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        sides = row(self, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        left = column(gap=10)
        self.entry = EntryLine("return_entry", tr("Receipt or goods"))
        self.entry.entered.connect(self._enter)
        left.addWidget(self.entry)
        left.addWidget(self._receipt(), 1)
        sides.addLayout(left, LEFT_SHARE)
        sides.addWidget(self._side(), RIGHT_SHARE)
        self.setFocusProxy(self.entry)

    def show_state(self, state: ReturnState) -> None:
        self.entry.show_hint(state.hint)
        self._title.setText(state.title)
        self._sub.show_text(state.sub)
        self._middle.setCurrentIndex(0 if state.lines is None else 1)
        self._empty_head.setText(state.empty[0])
        self._empty_text.setText(state.empty[1])
        self._model.show_rows(state.lines or ())
        at = self._model.row_of(state.selected_n)
        self._list.setCurrentIndex(self._model.index(at) if at >= 0 else QModelIndex())
        if at >= 0:
            self._list.scrollTo(self._model.index(at))
        self._reasons.show_choices(state.reasons, state.reason)
        self._goods.show_choices(state.goods, state.goes_to)
        self._money.setText(state.money)
        self._money_note.show_text(state.money_note)
        self._take.setText(state.take_word)
        self._take.setAccessibleName(state.take_word)
        self._take.setEnabled(state.can_take)

    def show_after(self, state: AfterState) -> None:
        """Papers of a finished sale at the side."""
        self._after.show_state(state)

    def show_side(self, side: Side) -> None:
        page = self._pages[side]
        if self._sides.currentWidget() is not page:
            self._sides.setCurrentWidget(page)
            if side is not Side.FORM:
                self.entry.setFocus()

    def ask(self, state: FormState, leave: str) -> None:
        """Ask for what a paper needs."""
        self.show_side(Side.FORM)
        self._form.open(state, leave)

    def flash(self, tone: Tone) -> None:
        self.entry.flash(tone)

    def type_in(self, text: str) -> None:
        """A key that came while nothing for typing had the focus."""
        if self._sides.currentWidget() is self._form:
            self._form.type_in(text)
            return
        self.entry.setFocus()
        self.entry.insert(text)

    # ── parts ────────────────────────────────────────────────────────────────────────────────────

    def _receipt(self) -> QFrame:
        made = panel("receipt_panel")
        lines = column(made, margins=(0, 0, 0, 10))
        head = column(gap=4, margins=(18, 14, 18, 12))
        self._title = label(px=21, weight=Weight.BOLD, name="return_title")
        self._sub = ElidedLabel(16, look="muted", name="return_sub")
        head.addWidget(self._title)
        head.addWidget(self._sub)
        lines.addLayout(head)
        self._middle = QStackedWidget()
        self._middle.addWidget(self._nothing())
        table = QWidget()
        table.setProperty("look", "clear")
        inside = column(table)
        inside.addWidget(self._columns())
        self._model = Rows()
        self._list = LineList("return_lines", tr("Lines of the receipt"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(RowDelegate(self._list, return_row))
        self._list.clicked.connect(self._line_clicked)
        inside.addWidget(self._list, 1)
        self._middle.addWidget(table)
        lines.addWidget(self._middle, 1)
        return made

    def _nothing(self) -> QWidget:
        page = QWidget()
        lines = column(page, gap=8, margins=(28, 8, 28, 8))
        self._empty_head = label(px=24, weight=Weight.SEMI, name="return_empty")
        self._empty_text = label(px=16, look="muted", name="return_empty_text")
        lines.addStretch(2)
        for part in (self._empty_head, self._empty_text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setWordWrap(True)
            lines.addWidget(part)
        lines.addStretch(3)
        return page

    def _columns(self) -> QFrame:
        head = QFrame()
        head.setProperty("look", "head")
        head.setFixedHeight(HEAD_HEIGHT)
        line = row(head, gap=18, margins=(15, 0, 15, 0))
        line.addWidget(label(tr("Bought"), 13, Weight.SEMI, look="muted"))
        line.addStretch(1)
        line.addWidget(label(tr("Comes back"), 13, Weight.SEMI, look="muted"))
        worth = label(tr("Worth"), 13, Weight.SEMI, look="muted")
        worth.setMinimumWidth(96)
        worth.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(worth)
        return head

    def _side(self) -> QFrame:
        made = panel("return_side")
        made.setMinimumWidth(MIN_RIGHT)
        around = column(made, margins=(16, 14, 16, 16))
        self._sides = QStackedWidget()
        self._after, self._form = AfterPanel(), FormPanel()
        self._after.wanted.connect(self.paper_wanted)
        self._form.done.connect(self.form_done)
        self._form.left.connect(self.form_left)
        self._pages: dict[Side, QWidget] = {
            Side.AFTER: self._after,
            Side.GOODS: self._goods_page(),
            Side.FORM: self._form,
        }
        for page in self._pages.values():
            self._sides.addWidget(page)
        around.addWidget(self._sides)
        return made

    def _goods_page(self) -> QWidget:
        made = QWidget()
        lines = column(made, gap=10)
        self._reasons, self._goods = ChoiceButtons("reason"), ChoiceButtons("goods")
        self._reasons.chosen.connect(self.reason_chosen)
        self._goods.chosen.connect(self.goods_chosen)
        for words, choices in (
            (tr("Why does it come back?"), self._reasons),
            (tr("Where does it go?"), self._goods),
        ):
            lines.addWidget(label(words, 15, Weight.BOLD))
            lines.addWidget(choices)
            lines.addSpacing(6)
        self._side_lines = lines
        lines.addStretch(1)
        lines.addWidget(label(tr("To give back"), 16, Weight.SEMI, look="muted"))
        self._money = label(px=MONEY_PX, weight=Weight.BOLD, name="to_give_back")
        self._money_note = ElidedLabel(15, look="muted", name="give_back_note")
        lines.addWidget(self._money)
        lines.addWidget(self._money_note)
        self._take = button("", "take_back", "main", px=18)
        self._take.setFixedHeight(64)
        self._take.clicked.connect(self.take_pressed)
        lines.addWidget(self._take)
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a low screen the choices stand in three columns, closer together."""
        super().resizeEvent(event)
        low = event.size().height() < LOW_PX
        self._reasons.set_columns(CHOICE_COLUMNS + low)
        self._side_lines.setSpacing(2 if low else 10)
        self._side_lines.setContentsMargins(16, 6 if low else 14, 16, 8 if low else 16)
        self._take.setFixedHeight(TOUCH_PX if low else 64)
        self._money.setFont(font(MONEY_PX // 2 if low else MONEY_PX, Weight.BOLD))
        self._money_note.setVisible(event.size().height() >= LOWEST_PX)

    # ── answering ────────────────────────────────────────────────────────────────────────────────

    def _enter(self, text: str) -> None:
        self.entry.clear()
        self.entered.emit(text)

    def _line_clicked(self, index: QModelIndex) -> None:
        self.line_tapped.emit(self._model.key_at(index.row()))


class ChoiceButtons(QWidget):
    """Buttons in two columns, of which one is chosen. Made once, when it is known what there is to choose."""

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GAP)
        self._made: dict[str, QPushButton] = {}
        self._columns = CHOICE_COLUMNS

    def set_columns(self, columns: int) -> None:
        """Stand in so many columns from now on."""
        if columns == self._columns:
            return
        self._columns = columns
        for made in self._made.values():
            self._grid.removeWidget(made)
        for n, made in enumerate(self._made.values()):
            self._grid.addWidget(made, n // columns, n % columns)
        self._grid.activate()
        self.updateGeometry()

    def show_choices(self, choices: tuple[ChoiceView, ...], chosen: str) -> None:
        for choice in choices:
            shown = self._made.get(choice.name) or self._make(choice)
            shown.setText(choice.words)
            shown.setAccessibleName(choice.words)
            set_look(shown, chosen="true" if choice.name == chosen else "false")

    def _make(self, choice: ChoiceView) -> QPushButton:
        made = button(choice.words, f"{self._name}_{choice.name}", px=15)
        made.setProperty("choice", choice.name)
        made.clicked.connect(self._pressed)
        self._grid.addWidget(made, len(self._made) // self._columns, len(self._made) % self._columns)
        self._made[choice.name] = made
        return made

    def _pressed(self) -> None:
        self.chosen.emit(str(self.sender().property("choice")))
