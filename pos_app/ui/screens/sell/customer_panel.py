"""The customer beside the lines: a bar above the quick keys, a panel with all about them, and a form for a new one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QScroller, QVBoxLayout, QWidget

from pos_app.ui.key_words import printed
from pos_app.ui.keymap import Act
from pos_app.ui.screens.sell.customer_state import FIELDS, BarView, ConsentView, CouponView, FormView, PersonView
from pos_app.ui.theme import GAP, TOUCH_PX, WIDE_GAP, Tone, Weight, set_look
from pos_app.ui.widgets.buttons import TwoLineButton, button, leave_button
from pos_app.ui.widgets.pads import Keyboard
from pos_app.ui.widgets.parts import ElidedLabel, Pill, clear, column, label, row
from pos_app.ui.words import tr

BAR_PX = 74
KEYBOARD_PX = 222
LOW_PX = 440
FIELDS_ABREAST = 2
LETTERS_AND_SIGNS = ("1234567890", "qwertyuiop", "asdfghjkl@", "zxcvbnm.")
SIDE_BUTTON_PX = 90


class CustomerBar(QFrame):
    """Name, tier and points of whoever buys; a tap, or F3, shows more."""

    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("customer_bar")
        self.setFixedHeight(BAR_PX)
        line = row(self, gap=WIDE_GAP, margins=(16, 10, 16, 10))
        words = column(gap=2)
        top = row(gap=10)
        self.named = False
        self._name = label(px=16, weight=Weight.BOLD, name="customer_name")
        self._tier = Pill("customer_tier")
        top.addWidget(self._name)
        top.addWidget(self._tier)
        top.addStretch(1)
        words.addLayout(top)
        self._points = ElidedLabel(14, look="muted", name="customer_points")
        words.addWidget(self._points)
        line.addLayout(words, 1)
        self._more = TwoLineButton("customer_open")
        self._more.setFixedSize(SIDE_BUTTON_PX, TOUCH_PX)
        self._more.clicked.connect(self.opened)
        line.addWidget(self._more)
        self.hide()

    def show_state(self, state: BarView) -> None:
        self._more.show_lines(tr("Customer"), printed(Act.CUSTOMER))
        self._name.setText(state.name)
        self._tier.show_state(state.tier, Tone.OK)
        self._tier.setVisible(bool(state.tier))
        self._points.show_text(state.points)
        if self.named != bool(state.name):
            self.named = bool(state.name)
            self.setVisible(self.named)


class PersonPanel(QFrame):
    """All that staff may see of a customer."""

    another_pressed = Signal()
    removed = Signal()
    consent_pressed = Signal(str)
    coupon_dropped = Signal(str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("person_panel")
        self._state: PersonView | None = None
        lines = column(self, gap=GAP, margins=(14, 12, 14, 14))
        head = row(gap=8)
        names = column(gap=2)
        top = row(gap=10)
        self._name = ElidedLabel(17, Weight.BOLD, name="person_name")
        self._tier = Pill("person_tier")
        top.addWidget(self._name, 1)
        top.addWidget(self._tier)
        names.addLayout(top)
        self._reach = ElidedLabel(14, look="muted", name="person_reach")
        names.addWidget(self._reach)
        head.addLayout(names, 1)
        close = leave_button("person_close", tr("Close"))
        close.clicked.connect(self.closed)
        head.addWidget(close)
        lines.addLayout(head)
        self._points = label(px=22, weight=Weight.BOLD, name="person_points")
        self._age = label(px=13, look="muted", name="person_age")
        self._age.setWordWrap(True)
        lines.addWidget(self._points)
        lines.addWidget(self._age)
        lines.addWidget(self._middle(), 1)
        lines.addLayout(self._foot())

    def show_state(self, state: PersonView) -> None:
        if state == self._state:
            return
        self._state = state
        self._name.show_text(state.name)
        self._tier.show_state(state.tier, Tone.OK)
        self._tier.setVisible(bool(state.tier))
        self._reach.show_text(state.reach)
        self._reach.setVisible(bool(state.reach))
        self._points.setText(state.points)
        self._points.setVisible(bool(state.points))
        self._age.setText(state.age)
        self._age.setVisible(bool(state.age))
        self._off.setVisible(state.known)
        clear(self._inside)
        for coupon in state.coupons:
            self._inside.addWidget(self._coupon(coupon))
        for consent in state.consents:
            self._inside.addWidget(self._consent(consent))
        if state.known:
            self._inside.addWidget(label(tr("Bought in this store"), 14, Weight.BOLD))
        for bought in state.bought:
            self._inside.addWidget(_purchase(bought.when, bought.what, bought.amount))
        if state.nothing:
            self._inside.addWidget(label(state.nothing, 14, look="muted", name="person_nothing"))
        self._inside.addStretch(1)

    def _middle(self) -> QScrollArea:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        QScroller.grabGesture(area.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        inside = QWidget()
        inside.setProperty("look", "clear")
        self._inside: QVBoxLayout = column(inside, gap=6)
        area.setWidget(inside)
        return area

    def _foot(self):
        foot = row(gap=GAP)
        self._off = TwoLineButton("person_remove")
        self._off.show_lines(tr("Take off"), "Del")
        self._off.clicked.connect(self.removed)
        another = TwoLineButton("person_another")
        another.show_lines(tr("Another customer"), "F3")
        another.clicked.connect(self.another_pressed)
        foot.addWidget(self._off, 1)
        foot.addWidget(another, 1)
        return foot

    def _coupon(self, coupon: CouponView) -> QWidget:
        around = QFrame()
        around.setProperty("look", "clear")
        line = row(around, gap=10)
        words = ElidedLabel(15, Weight.MEDIUM)
        words.show_text(coupon.name)
        line.addWidget(words, 1)
        line.addWidget(label(coupon.off, 15, Weight.BOLD, look="accent"))
        drop = button(tr("Take off"), f"coupon_{coupon.code}", px=14)
        drop.setAccessibleDescription(coupon.name)
        drop.setProperty("code", coupon.code)
        drop.setFixedWidth(SIDE_BUTTON_PX)
        drop.clicked.connect(self._dropped)
        line.addWidget(drop)
        return around

    def _dropped(self) -> None:
        self.coupon_dropped.emit(str(self.sender().property("code")))

    def _consent(self, consent: ConsentView) -> QWidget:
        around = QFrame()
        around.setProperty("look", "clear")
        line = row(around, gap=10)
        text = label(consent.text, 13, look="muted")
        text.setWordWrap(True)
        line.addWidget(text, 1)
        answer = button(consent.answer, f"consent_{consent.purpose}", px=14)
        answer.setAccessibleDescription(consent.text)
        answer.setProperty("purpose", consent.purpose)
        answer.setFixedWidth(SIDE_BUTTON_PX)
        set_look(answer, chosen="true" if consent.given else "false")
        answer.clicked.connect(self._pressed)
        line.addWidget(answer)
        return around

    def _pressed(self) -> None:
        self.consent_pressed.emit(str(self.sender().property("purpose")))


class NewCustomerPanel(QFrame):
    """A new customer, one answer after the other. What is typed stands in the entry line."""

    typed = Signal(str)
    erased = Signal()
    field_chosen = Signal(str)
    next_pressed = Signal()
    yes_pressed = Signal()
    no_pressed = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("new_customer_panel")
        lines = column(self, gap=GAP, margins=(14, 12, 14, 14))
        head = row(gap=8)
        head.addWidget(label(tr("New customer"), 16, Weight.BOLD), 1)
        close = leave_button("new_customer_close", tr("Close"))
        close.clicked.connect(self.closed)
        head.addWidget(close)
        lines.addLayout(head)
        self._letters = True
        self._fields: dict[str, TwoLineButton] = {}
        self._rows = QGridLayout()
        self._rows.setSpacing(6)
        for name in FIELDS:  # made now, so that Tab goes through the panel from top to bottom
            self._new(name)
        lines.addLayout(self._rows)
        self._question = label(px=18, weight=Weight.SEMI, name="new_customer_question")
        self._question.setWordWrap(True)
        lines.addWidget(self._question)
        lines.addStretch(1)
        self._keyboard = Keyboard("new_customer_keyboard", LETTERS_AND_SIGNS)
        self._keyboard.setFixedHeight(KEYBOARD_PX)
        self._keyboard.typed.connect(self.typed)
        self._keyboard.erased.connect(self.erased)
        lines.addWidget(self._keyboard)
        foot = row(gap=GAP)
        self._no, self._yes = TwoLineButton("new_customer_no"), TwoLineButton("new_customer_yes", "main")
        self._no.show_lines(tr("No"), "−")
        self._yes.show_lines(tr("Yes, agreed"), "+")
        self._next = button("", "new_customer_next", "main", px=17)
        self._no.clicked.connect(self.no_pressed)
        self._yes.clicked.connect(self.yes_pressed)
        self._next.clicked.connect(self.next_pressed)
        for part in (self._no, self._yes, self._next):
            part.setFixedHeight(TOUCH_PX + 4)
            foot.addWidget(part, 1)
        lines.addLayout(foot)

    def show_state(self, state: FormView) -> None:
        for field in state.fields:
            made = self._fields[field.name]
            made.show_lines(field.value or "–", field.word)
            set_look(made, chosen="true" if field.asked else "false")
        asking = bool(state.question)
        self._question.setText(state.question)
        self._question.setVisible(asking)
        self._letters = not asking
        self._keyboard.setVisible(self._letters and self.height() >= LOW_PX)
        self._no.setVisible(asking)
        self._yes.setVisible(asking)
        self._next.setVisible(not asking)
        self._next.setText(state.step)
        self._next.setAccessibleName(state.step)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._keyboard.setVisible(self._letters and self.height() >= LOW_PX)  # on a low screen the keys have to do

    def _new(self, name: str) -> None:
        made = TwoLineButton(f"new_customer_{name}")
        made.setProperty("field", name)
        made.clicked.connect(self._chosen)
        self._rows.addWidget(made, len(self._fields) // FIELDS_ABREAST, len(self._fields) % FIELDS_ABREAST)
        self._fields[name] = made

    def _chosen(self) -> None:
        self.field_chosen.emit(str(self.sender().property("field")))


def _purchase(when: str, what: str, amount: str) -> QWidget:
    around = QFrame()
    around.setProperty("look", "clear")
    line = row(around, gap=10)
    day = label(when, 13, look="muted")
    day.setFixedWidth(84)
    goods = ElidedLabel(14)
    goods.show_text(what)
    line.addWidget(day)
    line.addWidget(goods, 1)
    sum_ = label(amount, 14, Weight.MEDIUM)
    sum_.setAlignment(Qt.AlignmentFlag.AlignTrailing)
    line.addWidget(sum_)
    return around
