"""The drawer screen: how it stands, a sum, the blind count, what came of it, and the Z. One page at a time."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from pos_app.ui.screens.drawer.grid import PieceGrid
from pos_app.ui.screens.drawer.state import (
    Card,
    CauseRow,
    DoneState,
    GridState,
    LookState,
    MoveRow,
    Page,
    ResultState,
    SumState,
)
from pos_app.ui.theme import GAP, TOUCH_PX, WIDE_GAP, Tone, Weight, set_look
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.pads import NumberPad
from pos_app.ui.widgets.parts import clear, column, label, panel, row
from pos_app.ui.widgets.scrolled import scrolled
from pos_app.ui.widgets.sheet import Sheet
from pos_app.ui.words import tr

SIDE = 18
PAD_WIDTH = 300
LOOKS = {Tone.OK: "accent", Tone.WARNING: "warning", Tone.ERROR: "error", Tone.INFO: "info", Tone.PLAIN: ""}


class DrawerView(QWidget):
    """Shows what it is told; says what was typed or tapped."""

    figure_typed = Signal(str)
    erased = Signal()
    entered = Signal()
    stepped = Signal(int)  # to the next or the last denomination
    piece_chosen = Signal(int)
    reason_chosen = Signal(str)
    main_pressed = Signal()

    def __init__(self, point: str = ".") -> None:
        super().__init__()
        self.setObjectName("drawer_page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Drawer"))
        self._point = point
        self._stack = QStackedWidget()
        self._pages = {
            Page.LOOK: self._look_page(),
            Page.SUM: self._sum_page(),
            Page.GRID: self._grid_page(),
            Page.RESULT: self._result_page(),
            Page.DONE: self._done_page(),
        }
        for page in self._pages.values():
            self._stack.addWidget(page)
        column(self).addWidget(self._stack)

    @property
    def page(self) -> Page:
        return next(name for name, page in self._pages.items() if page is self._stack.currentWidget())

    def show_page(self, page: Page) -> None:
        self._stack.setCurrentWidget(self._pages[page])
        self.setFocus()

    # ── how it stands ────────────────────────────────────────────────────────────────────────────

    def show_look(self, state: LookState) -> None:
        self._look_title.setText(state.title)
        self._look_hint.setText(state.hint)
        self._look_unpaid.setText(state.unpaid)
        self._look_unpaid.setVisible(bool(state.unpaid))
        _fill_cards(self._look_cards, state.cards)
        _fill_moves(self._moves, state.moves)

    def _look_page(self) -> QWidget:
        made = QWidget()
        lines = column(made, gap=WIDE_GAP)
        head = panel("drawer_head")
        words = column(head, gap=4, margins=(SIDE, 14, SIDE, 14))
        self._look_title = label(px=22, weight=Weight.BOLD, name="drawer_title")
        self._look_hint = label(px=15, look="muted", name="drawer_hint")
        self._look_unpaid = label(px=15, look="warning", name="drawer_unpaid")
        for part in (self._look_title, self._look_hint, self._look_unpaid):
            part.setWordWrap(True)
            words.addWidget(part)
        lines.addWidget(head)
        self._look_cards = row(gap=WIDE_GAP)
        lines.addLayout(self._look_cards)
        body = panel("drawer_moves")
        inside = column(body, gap=0, margins=(SIDE, 12, SIDE, 12))
        inside.addWidget(label(tr("In and out of the drawer"), px=15, weight=Weight.BOLD))
        self._moves = column(gap=0)
        inside.addWidget(scrolled(self._moves, "moves_list"), 1)
        lines.addWidget(body, 1)
        return made

    # ── a sum, and what for ──────────────────────────────────────────────────────────────────────

    def show_sum(self, state: SumState) -> None:
        self._sum_title.setText(state.title)
        self._sum_hint.setText(state.hint)
        self._sum_amount.setText(state.amount)
        self._sum_amount.setVisible(bool(state.amount))
        self._sum_pad.setVisible(bool(state.amount))
        self._fill_reasons(self._sum_reasons, state.reasons, state.chosen)
        _fill_main(self._sum_main, state.main, busy=state.busy)

    def _sum_page(self) -> QWidget:
        made = QWidget()
        sides = row(made, gap=WIDE_GAP)
        form = panel("sum_panel")
        lines = column(form, gap=GAP, margins=(SIDE, 16, SIDE, 16))
        self._sum_title = label(px=22, weight=Weight.BOLD, name="sum_title")
        self._sum_hint = label(px=15, look="muted", name="sum_hint")
        self._sum_hint.setWordWrap(True)
        self._sum_amount = label(px=48, weight=Weight.BOLD, name="sum_amount")
        lines.addWidget(self._sum_title)
        lines.addWidget(self._sum_hint)
        lines.addWidget(self._sum_amount)
        self._sum_reasons = column(gap=GAP)
        lines.addWidget(scrolled(self._sum_reasons, "sum_reasons"), 1)
        sides.addWidget(form, 1)
        side, self._sum_pad, self._sum_main = self._pad_side("sum", self._point)
        sides.addWidget(side)
        return made

    # ── counting ─────────────────────────────────────────────────────────────────────────────────

    def show_grid(self, state: GridState) -> None:
        self._grid_title.setText(state.title)
        self._grid_hint.setText(state.hint)
        self._grid.show_rows(state.rows, state.at)
        self._grid_total.setText(state.total)
        _fill_main(self._grid_main, state.main, busy=state.busy)

    def _grid_page(self) -> QWidget:
        made = QWidget()
        sides = row(made, gap=WIDE_GAP)
        body = panel("grid_panel")
        lines = column(body, gap=6, margins=(SIDE, 14, SIDE, 10))
        self._grid_title = label(px=22, weight=Weight.BOLD, name="grid_title")
        self._grid_hint = label(px=15, look="muted", name="grid_hint")
        self._grid_hint.setWordWrap(True)
        lines.addWidget(self._grid_title)
        lines.addWidget(self._grid_hint)
        self._grid = PieceGrid()
        self._grid.chosen.connect(self.piece_chosen)
        holder = column()
        holder.addWidget(self._grid)
        lines.addWidget(scrolled(holder, "pieces_area"), 1)
        foot = row(gap=GAP)
        foot.addWidget(label(tr("Counted"), px=18, weight=Weight.SEMI), 1)
        self._grid_total = label(px=30, weight=Weight.BOLD, name="grid_total")
        foot.addWidget(self._grid_total)
        lines.addLayout(foot)
        sides.addWidget(body, 1)
        side, _pad, self._grid_main = self._pad_side("grid", "00")
        sides.addWidget(side)
        return made

    # ── what came of it ──────────────────────────────────────────────────────────────────────────

    def show_result(self, state: ResultState) -> None:
        self._result_title.setText(state.title)
        set_look(self._result_title, look=LOOKS[state.tone])
        self._result_hint.setText(state.hint)
        _fill_cards(self._result_cards, state.cards)
        _fill_causes(self._causes, state.causes)
        self._causes_panel.setVisible(bool(state.causes))
        self._fill_reasons(self._result_reasons, state.reasons, state.chosen)
        self._reasons_panel.setVisible(bool(state.reasons))

    def _result_page(self) -> QWidget:
        made = QWidget()
        lines = column(made, gap=WIDE_GAP)
        head = panel("result_head")
        words = column(head, gap=4, margins=(SIDE, 14, SIDE, 14))
        self._result_title = label(px=22, weight=Weight.BOLD, name="result_title")
        self._result_hint = label(px=15, look="muted", name="result_hint")
        for part in (self._result_title, self._result_hint):
            part.setWordWrap(True)
            words.addWidget(part)
        lines.addWidget(head)
        self._result_cards = row(gap=WIDE_GAP)
        lines.addLayout(self._result_cards)
        sides = row(gap=WIDE_GAP)
        self._causes_panel = panel("causes_panel")
        inside = column(self._causes_panel, gap=6, margins=(SIDE, 12, SIDE, 12))
        inside.addWidget(label(tr("What may explain it"), px=15, weight=Weight.BOLD))
        self._causes = column(gap=6)
        inside.addWidget(scrolled(self._causes, "causes_list"), 1)
        sides.addWidget(self._causes_panel, 3)
        self._reasons_panel = panel("reasons_panel")
        inside = column(self._reasons_panel, gap=GAP, margins=(SIDE, 12, SIDE, 12))
        inside.addWidget(label(tr("Why it differs"), px=15, weight=Weight.BOLD))
        self._result_reasons = column(gap=GAP)
        inside.addWidget(scrolled(self._result_reasons, "reasons_list"), 1)
        sides.addWidget(self._reasons_panel, 2)
        lines.addLayout(sides, 1)
        return made

    # ── the Z ────────────────────────────────────────────────────────────────────────────────────

    def show_done(self, state: DoneState) -> None:
        self._done_title.setText(state.title)
        self._done_hint.setText(state.hint)
        self._sheet.show_document(state.document)
        _fill_main(self._done_main, state.main)

    def _done_page(self) -> QWidget:
        made = QWidget()
        sides = row(made, gap=WIDE_GAP)
        paper = panel("z_panel")
        self._sheet = Sheet("z_sheet", tr("Z report"))
        holder = column()
        holder.addWidget(self._sheet)
        column(paper, margins=(4, 4, 4, 4)).addWidget(scrolled(holder, "z_area"))
        sides.addWidget(paper, 3)
        words = panel("done_panel")
        lines = column(words, gap=GAP, margins=(SIDE, 16, SIDE, 16))
        self._done_title = label(px=22, weight=Weight.BOLD, name="done_title")
        self._done_hint = label(px=15, look="muted", name="done_hint")
        for part in (self._done_title, self._done_hint):
            part.setWordWrap(True)
            lines.addWidget(part)
        lines.addStretch(1)
        self._done_main = self._main("done_main")
        lines.addWidget(self._done_main)
        sides.addWidget(words, 2)
        return made

    # ── keys and parts ───────────────────────────────────────────────────────────────────────────

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Backspace:
            self.erased.emit()
        elif event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        elif text and text in "0123456789.,":
            self.figure_typed.emit(text)
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes to the next denomination while pieces are counted, and to the next button everywhere else."""
        if self.page is not Page.GRID:
            return super().focusNextPrevChild(forward)
        self.stepped.emit(1 if forward else -1)
        return True

    def _pad_side(self, name: str, corner: str) -> tuple[QFrame, NumberPad, QPushButton]:
        made = panel(f"{name}_side")
        made.setFixedWidth(PAD_WIDTH)
        lines = column(made, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        pad = NumberPad(f"{name}_pad", corner)
        pad.typed.connect(self._pad_typed)
        pad.erased.connect(self.erased)
        lines.addWidget(pad, 4)
        main = self._main(f"{name}_main")
        lines.addWidget(main)
        lines.addStretch(1)
        return made, pad, main

    def _pad_typed(self, figures: str) -> None:
        for figure in figures:
            self.figure_typed.emit(figure)

    def _main(self, name: str) -> QPushButton:
        made = button("", name, "main", px=18)
        made.setFixedHeight(60)
        made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        made.clicked.connect(self.main_pressed)
        return made

    def _fill_reasons(self, into: QVBoxLayout, reasons: tuple[tuple[str, str], ...], chosen: str) -> None:
        clear(into)
        for code, words in reasons:
            made = button(words, f"reason_{code}", px=16)
            made.setMinimumWidth(TOUCH_PX)  # long words are set smaller rather than pushed out of the list
            made.setProperty("reason", code)
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            set_look(made, chosen="true" if code == chosen else "false")
            made.clicked.connect(self._reason_pressed)
            into.addWidget(made)
        into.addStretch(1)

    def _reason_pressed(self) -> None:
        self.reason_chosen.emit(str(self.sender().property("reason")))


def _fill_main(main: QPushButton, words: str, *, busy: bool = False) -> None:
    main.setVisible(bool(words))
    main.setText(words)
    main.setAccessibleName(words)
    main.setEnabled(not busy)


def _fill_cards(into: QHBoxLayout, cards: tuple[Card, ...]) -> None:
    clear(into)
    for card in cards:
        made = panel(f"card_{card.name}")
        lines = column(made, gap=2, margins=(SIDE, 10, SIDE, 10))
        lines.addWidget(label(card.words, px=15, look="muted"))
        lines.addWidget(
            label(card.figure, px=26, weight=Weight.BOLD, look=LOOKS[card.tone], name=f"figure_{card.name}")
        )
        into.addWidget(made, 1)


def _fill_moves(into: QVBoxLayout, moves: tuple[MoveRow, ...]) -> None:
    clear(into)
    for move in moves:
        made = QFrame()
        made.setProperty("look", "head")
        line = row(made, gap=GAP, margins=(0, 8, 0, 8))
        words = column(gap=1)
        words.addWidget(label(move.words, px=16, name="move_words"))
        words.addWidget(label(move.detail, px=13, look="muted"))
        line.addLayout(words, 1)
        line.addWidget(label(move.amount, px=16, weight=Weight.SEMI))
        into.addWidget(made)
    into.addStretch(1)


def _fill_causes(into: QVBoxLayout, causes: tuple[CauseRow, ...]) -> None:
    clear(into)
    for cause in causes:
        made = panel("cause", "notice")
        set_look(made, tone="info" if cause.fits else "plain")
        lines = column(made, gap=2, margins=(12, 8, 12, 8))
        words = label(cause.words, px=16, weight=Weight.SEMI if cause.fits else Weight.REGULAR, name="cause_words")
        words.setWordWrap(True)
        lines.addWidget(words)
        if cause.detail:
            lines.addWidget(label(cause.detail, px=13, look="muted"))
        into.addWidget(made)
    into.addStretch(1)
