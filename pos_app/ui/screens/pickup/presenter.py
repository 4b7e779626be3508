"""The pickup counter's decisions: which order is open, what a scan means for it, and the next step."""

from collections.abc import Callable
from datetime import tzinfo

from PySide6.QtCore import Signal

from pos_app.devices.barcode.classify import classify
from pos_app.service.fulfilling import Board, Fulfilling
from pos_app.ui.keymap import PICKUP_KEYS, Act, Slot
from pos_app.ui.screens.pickup.model import TO_START, board_state, next_line, number_words, order_view
from pos_app.ui.screens.pickup.state import AskState
from pos_app.ui.screens.pickup.view import PickupView, Side
from pos_app.ui.screens.screen import Screen
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr, words_for_error
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError, EnvironmentFault, RuleViolationError
from retail_core.domain.fulfilment import OrderDoc, State
from retail_core.domain.scanned import CodeKind

CODE_CHARS = 8


class PickupPresenter(Screen):
    keys = PICKUP_KEYS
    count_changed = Signal(int)  # orders somebody has to do something about

    def __init__(self, view: PickupView, fulfilling: Fulfilling, clock: Clock, zone: tzinfo) -> None:
        super().__init__(view)
        self._view = view
        self._fulfilling = fulfilling
        self._clock = clock
        self._zone = zone
        self._open_id = ""
        self._line_n = 0
        self._proof = ""
        view.card_tapped.connect(self.open_order)
        view.order.entered.connect(self.entered)
        view.order.line_tapped.connect(self._choose_line)
        view.order.main_pressed.connect(self._main)
        view.order.short_pressed.connect(self._short)
        view.code.code_entered.connect(self._try_code)
        view.code.closed.connect(self._close_side)
        view.finder.find_entered.connect(self._found)
        view.finder.closed.connect(self._close_side)
        self._show_nothing()

    # ── which order ──────────────────────────────────────────────────────────────────────────────

    def open_order(self, order_id: str, proof: str = "") -> None:
        self._open_id, self._line_n, self._proof = order_id, 0, proof
        self.refresh()
        self._view.show_side(Side.ORDER)

    def open_found(self, text: str) -> None:
        """A pass, a code, a number or a name, from any screen."""
        self._found(text)

    def opened(self) -> OrderDoc | None:
        """The open order as it is now; None when none is open or it is gone."""
        if not self._open_id:
            return None
        try:
            return self._fulfilling.order(self._open_id)
        except RuleViolationError:
            return None

    def side_name(self) -> str:
        """Which panel stands beside the board."""
        return self._view.side().value

    # ── scans and typing ─────────────────────────────────────────────────────────────────────────

    def scanned(self, label: str, source: str) -> None:
        """A pass proves and opens; a shelf label stages; anything else is an item to pick."""
        kind = classify(label).kind
        if kind is CodeKind.PICKUP_PASS:
            self._found(label)
        elif kind is CodeKind.SHELF:
            self._stage(label)
        elif kind in {CodeKind.RECEIPT, CodeKind.BADGE}:
            self._refused(RuleViolationError("scan.not_for_pickup"))
        elif self._view.side() is Side.CODE and len(label.strip()) == CODE_CHARS:
            self._try_code(label.strip())
        else:
            self._pick(label)

    def entered(self, text: str) -> None:
        """What was typed on the open order: an item's code while picking, then the shelf."""
        order = self.opened()
        if order is None or not text.strip():
            return
        if order.state is State.PICKING and not next_line(order):
            self._stage(text)
        else:
            self._pick(text)

    def typed_aside(self, text: str) -> None:
        self._view.type_in(text)

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────

    def act(self, act: Act) -> None:
        actions: dict[Act, Callable[[], None]] = {
            Act.FIND: self._find,
            Act.PICK_NEXT: self._pick_next,
            Act.HAND_OVER: self._hand_over,
            Act.MARK_READY: self._mark_ready,
            Act.UP: self._up,
            Act.DOWN: self._down,
            Act.BACK: self._back,
        }
        action = actions.get(act)
        if action:
            action()

    def _find(self) -> None:
        if self._view.side() is Side.FIND and self._view.finder.entry.text().strip():
            self._found(self._view.finder.entry.text())
            return
        self._say_find("", Tone.PLAIN)
        self._view.finder.entry.clear()
        self._view.show_side(Side.FIND)

    def _pick_next(self) -> None:
        """The open order if it waits to be picked, else the most urgent one."""
        order = self.opened()
        if order is None or order.state is not State.ACCEPTED:
            waiting = [one for one in self._fulfilling.board().new if one.state is State.ACCEPTED]
            if not waiting:
                self._refused(RuleViolationError("order.none_to_pick"))
                return
            order = waiting[0]
        self.open_order(order.order_id)
        self._fulfilling.start_picking(order.order_id, self._done, self._refused)
        self.refresh()

    def _mark_ready(self) -> None:
        self._main_for(self._view.order.entry.take(), hand_over=False)

    def _main(self, typed: str) -> None:
        self._main_for(typed, hand_over=True)

    def _main_for(self, typed: str, *, hand_over: bool) -> None:
        """The one next step of the open order; with a shelf typed, stage and make ready at once."""
        order = self.opened()
        if order is None:
            self._refused(RuleViolationError("order.none_open"))
        elif order.state in TO_START:
            self._pick_next()
        elif order.state is State.READY and hand_over:
            self._hand_over()
        elif order.state is State.PICKING and typed.strip() and not next_line(order):
            self._fulfilling.stage(order.order_id, typed, self._then_ready, self._refused)
        else:
            self._fulfilling.mark_ready(order.order_id, self._ready, self._refused)

    def _hand_over(self) -> None:
        """With the pass checked it is done at once; else ask for the code. F4 again confirms what was typed."""
        order = self.opened()
        if self._view.side() is Side.CODE and len(self._view.code.boxes.code()) == CODE_CHARS:
            self._try_code(self._view.code.boxes.code())
        elif order and order.state is State.READY and self._proof:
            self._fulfilling.hand_over(order.order_id, self._proof, self._handed_over, self._refused)
        elif order and order.state not in {State.READY, State.COLLECTED}:
            self._refused(RuleViolationError("order.not_ready", order=order.number))
        else:
            self._ask_code("", Tone.PLAIN)
            self._view.code.clear_code()
            self._view.show_side(Side.CODE)

    def _up(self) -> None:
        self._step(-1)

    def _down(self) -> None:
        self._step(+1)

    def _step(self, by: int) -> None:
        order = self.opened()
        left = [line.n for line in order.lines if line.left_milli] if order else []
        if order and left:
            here = left.index(next_line(order, self._line_n))
            self._choose_line(left[max(0, min(len(left) - 1, here + by))])

    def _back(self) -> None:
        """Esc: the panel, then the reasons, then what is typed, then the open order. Nothing is undone."""
        entry = self._view.order.entry
        if self._view.side() in {Side.CODE, Side.FIND}:
            self._close_side()
        elif self._view.order.asking_reason():
            self._view.order.choose_reason(False)
        elif entry.text():
            entry.clear()
        elif self._open_id:
            self._open_id, self._proof = "", ""
            self.refresh()
            self._view.show_side(Side.NOTHING)

    # ── what the window asks ─────────────────────────────────────────────────────────────────────

    def shown(self) -> None:
        self.refresh()
        self._view.show_side(self._view.side())

    def refresh(self) -> None:
        board = self._fulfilling.board()
        now_ms = self._clock.now_ms()
        columns = (board.new, board.picking, board.ready, board.attention)
        self._view.show_board(board_state(columns, self._open_id, now_ms, self._zone))
        self.count_changed.emit(board.open_count)
        self._show_nothing(board)
        order = self.opened()
        if order:
            self._line_n = next_line(order, self._line_n)
            self._view.show_order(order_view(order, self._line_n, self._proof))
        self.strip_changed.emit()

    def strip(self) -> tuple[Slot, ...]:
        return (
            Slot(0, Act.FIND, "F2", tr("Find order")),
            Slot(1, Act.PICK_NEXT, "F3", tr("Pick next")),
            Slot(2, Act.HAND_OVER, "F4", tr("Hand over")),
            Slot(7, Act.LOCK, "Ctrl+L", tr("Lock")),
            Slot(8, Act.SELL, "F10", tr("Sell")),
            Slot(9, Act.MARK_READY, "F9", tr("Mark ready"), main=True),
        )

    # ── steps of an order ────────────────────────────────────────────────────────────────────────

    def _pick(self, label: str) -> None:
        order = self.opened()
        if order is None:
            self._refused(RuleViolationError("order.none_open"))
        elif order.state is State.ACCEPTED:  # the first item picked begins the picking
            self._fulfilling.start_picking(order.order_id, _nothing_more, self._refused)
            self._fulfilling.pick(order.order_id, label, self._picked, self._refused)
        elif order.state is State.PICKING:
            self._fulfilling.pick(order.order_id, label, self._picked, self._refused)
        else:
            self._refused(RuleViolationError("fulfilment.illegal_move", order=order.number))
        self.refresh()

    def _stage(self, label: str) -> None:
        order = self.opened()
        if order is None:
            self._refused(RuleViolationError("order.none_open"))
        else:
            self._fulfilling.stage(order.order_id, label, self._staged, self._refused)

    def _short(self, reason: str) -> None:
        order = self.opened()
        if order and self._line_n:
            self._fulfilling.short(order.order_id, self._line_n, reason, self._done, self._refused)

    def _choose_line(self, n: int) -> None:
        self._line_n = n
        self.refresh()

    def _found(self, text: str) -> None:
        if not text.strip():
            return
        try:
            found = self._fulfilling.find(text)
        except RuleViolationError as refused:
            if self._view.side() is Side.FIND:
                self._say_find(words_for_error(refused), Tone.ERROR)
            self._refused(refused)
            return
        self._view.finder.entry.clear()
        self.open_order(found.order_id, text.strip() if found.verified else "")

    def _try_code(self, code: str) -> None:
        """For the open order when it is ready, else for whichever order the code belongs to."""
        if len(code) != CODE_CHARS:
            return
        order = self.opened()
        if order is None or order.state is not State.READY:
            self._found_by_code(code)
            return
        self._ask_code(tr("Checking …"), Tone.PLAIN, busy=True)
        self._fulfilling.hand_over(order.order_id, code, self._handed_over, self._code_refused)

    def _found_by_code(self, code: str) -> None:
        try:
            found = self._fulfilling.find(code)
        except RuleViolationError as refused:
            self._code_refused(refused)
            return
        self._view.code.clear_code()
        self.open_order(found.order_id, code if found.verified else "")

    # ── answers ──────────────────────────────────────────────────────────────────────────────────

    def _done(self, order: OrderDoc) -> None:
        self.refresh()
        self._view.focus_side()

    def _picked(self, order: OrderDoc) -> None:
        self._flash(Tone.OK)
        self.settled.emit()
        if not next_line(order):
            self.say(tr("All picked. Scan the label of the shelf."), Tone.OK)
        self._done(order)

    def _staged(self, order: OrderDoc) -> None:
        self.say(tr("{order} stands on shelf {shelf}.", order=order.number, shelf=order.shelf), Tone.OK)
        self._flash(Tone.OK)
        self._done(order)

    def _then_ready(self, order: OrderDoc) -> None:
        self._fulfilling.mark_ready(order.order_id, self._ready, self._refused)

    def _ready(self, order: OrderDoc) -> None:
        self.say(tr("{order} is ready to be collected.", order=order.number), Tone.OK)
        self._done(order)

    def _handed_over(self, order: OrderDoc) -> None:
        self._proof = ""
        self._view.code.clear_code()
        who = order.customer_name or tr("the customer")
        self.say(tr("{order} was handed over to {who}.", order=order.number, who=who), Tone.OK)
        self.refresh()
        self._view.show_side(Side.ORDER)

    def _code_refused(self, error: CodedError) -> None:
        self._view.code.clear_code()
        self._ask_code(words_for_error(error), Tone.ERROR)
        self.explain(error)

    def _flash(self, tone: Tone) -> None:
        self._view.order.flash(tone)
        self.sounded.emit(tone.value)

    def _refused(self, error: CodedError) -> None:
        wrong_item = error.code.startswith("pick.")
        tone = Tone.ERROR if wrong_item or isinstance(error, EnvironmentFault) else Tone.WARNING
        self._flash(tone)
        self.say(words_for_error(error), tone)
        self.refresh()

    # ── showing ──────────────────────────────────────────────────────────────────────────────────

    def _ask_code(self, message: str, tone: Tone, *, busy: bool = False) -> None:
        order = self.opened()
        title = tr("Hand over {order}", order=number_words(order)) if order else tr("Hand over")
        hint = tr("Scan the customer's pass, or type the 8 characters of the code.")
        self._view.show_code(AskState(title, hint, message, tone, busy))

    def _say_find(self, message: str, tone: Tone) -> None:
        hint = tr("By its number, the customer's name or the code.")
        self._view.show_find(AskState(tr("Find order"), hint, message, tone))

    def _close_side(self) -> None:
        self._view.show_side(Side.ORDER if self.opened() else Side.NOTHING)

    def _show_nothing(self, board: Board | None = None) -> None:
        waiting = len(board.new) if board else 0
        if waiting:
            self._view.show_nothing(tr("Choose an order"), tr("or press {key_pick_next} to pick the most urgent one"))
        else:
            self._view.show_nothing(tr("No order is waiting"), tr("New ones appear here by themselves"))


def _nothing_more(_: OrderDoc) -> None:
    """The pick that follows shows the order."""
