"""The pay screen: what is still to pay, how, and a number pad."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QSizePolicy, QWidget

from pos_app.ui.screens.pay.state import CardView, PayState, QuickAmount, TenderChoice
from pos_app.ui.theme import WIDE_GAP, Weight, set_look
from pos_app.ui.widgets.buttons import TENDER_LINES, TwoLineButton, button
from pos_app.ui.widgets.pads import NumberPad
from pos_app.ui.widgets.parts import ElidedLabel, FittingWords, clear, column, label, panel, row
from pos_app.ui.words import tr

SHARES = (430, 558, 330)
AMOUNT_PX = 66
FOOT_HEIGHT = 112
MAX_QUICK = 4
TENDERS_A_ROW = 2
TENDER_PX, TENDER_LEAST_PX = 74, 48
LOW_PX = 600


class PayView(QWidget):
    """Shows a PayState; takes figures by keys and by taps."""

    figure_typed = Signal(str)
    erased = Signal()
    amount_chosen = Signal(int)
    paper_chosen = Signal(bool)
    finish_pressed = Signal()
    tender_chosen = Signal(str)
    card_answered = Signal(str)

    def __init__(self, point: str = ".") -> None:
        """`point` is the decimal sign of the number pad; empty for currencies without decimals."""
        super().__init__()
        self.setObjectName("pay_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Cash given"))
        sides = row(self, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        for part, share in zip((self._sums(), self._how(), self._pad(point)), SHARES, strict=True):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            sides.addWidget(part, share)

    def show_state(self, state: PayState) -> None:
        self._to_pay_word.setText(state.to_pay_word or tr("Still to pay"))
        self._to_pay.setText(state.to_pay)
        self._show_rows(state)
        self._takes_letters = state.takes_letters
        self._given.setText(state.given)
        self._given_word.setText(state.given_word or tr("Cash given"))
        self._show_tenders(state.tenders, state.tender)
        self._show_card(state.card)
        self._change_word.setText(state.change_word)
        self._change.setText(state.change)
        set_look(self._change, look=state.tone.value if state.tone.value != "ok" else "accent")
        set_look(self._foot, tone=state.tone.value)
        self._show_quick(state.quick if state.tender == "cash" and state.card is None else (), state.chosen_minor)
        set_look(self._print, chosen="true" if state.with_paper else "false")
        set_look(self._none, chosen="false" if state.with_paper else "true")
        self._finish.setEnabled(state.can_finish and not state.busy)
        self._finish.setText(state.finish_word or tr("Finish sale"))

    def change(self) -> str:
        return self._change.text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._tenders_laid != TENDERS_A_ROW + (self.height() < LOW_PX):
            self._lay_tenders()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if event.key() == Qt.Key.Key_Backspace:
            self.erased.emit()
        elif text and (text in "0123456789.," or (self._takes_letters and text.isascii() and text.isalnum())):
            self.figure_typed.emit(text)
        else:
            super().keyPressEvent(event)

    # ── parts ────────────────────────────────────────────────────────────────────────────────────

    def _sums(self) -> QFrame:
        made = panel("pay_sums")
        lines = column(made)
        above = column(gap=4, margins=(18, 16, 18, 12))
        self._to_pay_word = label(tr("Still to pay"), 16, Weight.SEMI, look="muted", name="to_pay_word")
        above.addWidget(self._to_pay_word)
        self._to_pay = label(px=AMOUNT_PX, weight=Weight.BOLD, name="still_to_pay")
        self._to_pay.setFixedHeight(76)
        above.addWidget(self._to_pay)
        self._rows = column(gap=12, margins=(0, 14, 0, 0))
        above.addLayout(self._rows)
        above.addStretch(1)
        lines.addLayout(above, 1)
        lines.addWidget(self._foot_panel())
        return made

    def _foot_panel(self) -> QFrame:
        self._foot = panel("pay_foot", look="foot")
        self._foot.setMinimumHeight(FOOT_HEIGHT)
        line = row(self._foot, gap=8, margins=(18, 16, 18, 16))
        given = column(gap=0)
        self._given_word = label(tr("Cash given"), 16, Weight.SEMI, look="muted", name="given_word")
        given.addWidget(self._given_word)
        given.addStretch(1)
        self._given = FittingWords(34, 18, Weight.BOLD, name="cash_given")
        given.addWidget(self._given)
        change = column(gap=0)
        self._change_word = FittingWords(16, 11, look="muted", name="change_word")
        self._change = FittingWords(44, 18, Weight.BOLD, look="accent", name="change_due")
        for part in (self._change_word, self._change):
            part.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        change.addStretch(1)
        change.addWidget(self._change_word)
        change.addWidget(self._change)
        line.addLayout(given)
        line.addStretch(1)
        line.addLayout(change)
        return self._foot

    def _how(self) -> QFrame:
        made = panel("pay_how")
        lines = column(made, gap=10, margins=(14, 14, 14, 14))
        self._tender_row = QGridLayout()
        self._tender_row.setSpacing(10)
        self._tenders: dict[str, TwoLineButton] = {}
        self._tenders_shown: tuple[str, ...] = ()
        self._tenders_laid = TENDERS_A_ROW
        self._takes_letters = False
        lines.addLayout(self._tender_row, 100)
        self._card = self._card_panel()
        lines.addWidget(self._card)
        lines.addSpacing(4)
        self._quick_word = label(tr("Cash given"), 16, look="muted")
        lines.addWidget(self._quick_word)
        self._quick = row(gap=10)
        self._amounts: list[QPushButton] = []
        lines.addLayout(self._quick)
        lines.addSpacing(6)
        self._paper = QWidget()
        self._receipt(self._paper)
        lines.addWidget(self._paper)
        lines.addStretch(1)
        return made

    def _card_panel(self) -> QFrame:
        made = panel("card_panel", look="notice")
        lines = column(made, gap=8, margins=(16, 12, 16, 14))
        self._card_title = label(px=20, weight=Weight.BOLD, name="card_title")
        self._card_text = FittingWords(16, 10, name="card_text")
        self._card_text.setWordWrap(True)
        self._card_answers = row(gap=8)
        self._answers_shown: tuple[tuple[str, str], ...] = ()
        lines.addWidget(self._card_title)
        lines.addWidget(self._card_text)
        lines.addLayout(self._card_answers)
        made.hide()
        return made

    def _receipt(self, holder: QWidget) -> None:
        lines = column(holder, gap=8)
        lines.addWidget(label(tr("Receipt"), 15, Weight.BOLD))
        choices = row(gap=8)
        self._print = button(tr("Print"), "receipt_print")
        self._none = button(tr("None"), "receipt_none")
        for choice, with_paper in ((self._print, True), (self._none, False)):
            choice.setProperty("with_paper", with_paper)
            choice.setMinimumWidth(72)
            choice.clicked.connect(self._paper_pressed)
            choices.addWidget(choice)
        choices.addStretch(1)
        lines.addLayout(choices)

    def _pad(self, point: str) -> QFrame:
        made = panel("pay_pad")
        lines = column(made, gap=12, margins=(12, 12, 12, 12))
        pad = NumberPad("pad", point)
        pad.typed.connect(self.figure_typed)
        pad.erased.connect(self.erased)
        pad.setMaximumHeight(4 * 82 + 3 * 8)
        lines.addWidget(pad, 3)
        self._finish = button(tr("Finish sale"), "finish_sale", "main", px=21)
        self._finish.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._finish.setMinimumHeight(60)
        self._finish.setMaximumHeight(96)
        self._finish.clicked.connect(self.finish_pressed)
        lines.addWidget(self._finish, 1)
        lines.addStretch(0)
        return made

    # ── showing and answering ────────────────────────────────────────────────────────────────────

    def _show_rows(self, state: PayState) -> None:
        clear(self._rows)
        for shown in state.rows:
            holder = QWidget()
            line = row(holder, gap=8)
            words = ElidedLabel(16, look="" if not shown.note else "muted")
            words.show_text(shown.words)
            line.addWidget(words, 1)
            line.addWidget(label(shown.amount, 16))
            self._rows.addWidget(holder)

    def _show_tenders(self, tenders: tuple[TenderChoice, ...], chosen: str) -> None:
        names = tuple(tender.name for tender in tenders)
        for name, made in self._tenders.items():
            made.setVisible(name in names)
        for tender in tenders:
            if tender.name not in self._tenders:
                made = TwoLineButton(f"tender_{tender.name}", "choice", TENDER_LINES)
                made.setMinimumHeight(TENDER_LEAST_PX)
                made.setMaximumHeight(TENDER_PX)
                made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
                made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
                made.setProperty("tender", tender.name)
                made.clicked.connect(self._tender_pressed)
                self._tenders[tender.name] = made
            shown = self._tenders[tender.name]
            shown.show_lines(tender.words, tender.hint)
            set_look(shown, look="main" if tender.name == chosen else "choice")
        if names != self._tenders_shown:
            self._tenders_shown = names
            self._lay_tenders()

    def _lay_tenders(self) -> None:
        """Two in a row, three where the window is low."""
        columns = TENDERS_A_ROW + (self.height() < LOW_PX)
        self._tenders_laid = columns
        for n, name in enumerate(self._tenders_shown):
            self._tender_row.addWidget(self._tenders[name], n // columns, n % columns)
            self._tenders[name].show()

    def _show_card(self, card: CardView | None) -> None:
        self._card.setVisible(card is not None)
        self._paper.setVisible(card is None or self.height() >= LOW_PX)  # where there is no room for both
        if card is None:
            return
        set_look(self._card, tone=card.tone.value)
        self._card_title.setText(card.title)
        self._card_text.setText(card.text)
        if card.answers != self._answers_shown:
            self._answers_shown = card.answers
            clear(self._card_answers)
            for name, words in card.answers:
                made = button(words, f"card_{name}", px=15)
                made.setProperty("answer", name)
                made.clicked.connect(self._answer_pressed)
                self._card_answers.addWidget(made)

    def _show_quick(self, amounts: tuple[QuickAmount, ...], chosen_minor: int) -> None:
        while len(self._amounts) < MAX_QUICK:
            made = button("", f"cash_{len(self._amounts)}", px=18)
            made.setFixedHeight(60)
            made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            made.clicked.connect(self._amount_pressed)
            self._quick.addWidget(made, 1)
            self._amounts.append(made)
        self._quick_word.setVisible(bool(amounts))
        for n in range(MAX_QUICK):
            one = self._amounts[n]
            amount = amounts[n] if n < len(amounts) else None
            one.setVisible(amount is not None)
            if amount:
                one.setProperty("text", amount.text)
                one.setAccessibleName(amount.spoken)
                one.setProperty("minor", amount.minor)
                set_look(one, chosen="true" if amount.minor == chosen_minor else "false")

    def _tender_pressed(self) -> None:
        self.tender_chosen.emit(str(self.sender().property("tender")))

    def _answer_pressed(self) -> None:
        self.card_answered.emit(str(self.sender().property("answer")))

    def _amount_pressed(self) -> None:
        self.amount_chosen.emit(int(self.sender().property("minor")))

    def _paper_pressed(self) -> None:
        self.paper_chosen.emit(bool(self.sender().property("with_paper")))
