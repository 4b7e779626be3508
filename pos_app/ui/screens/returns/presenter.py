"""Taking goods back: a receipt, the goods in the hand, a reason, and back to the sale."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal

from pos_app.service.outcome import OutcomeKind
from pos_app.service.return_draft import DraftLine, ReturnDraft
from pos_app.service.returning import Returning
from pos_app.service.selling import Selling
from pos_app.ui.keymap import RETURN_KEYS, Act, Slot
from pos_app.ui.screens.returns.after import GIFT, INVOICE, MAIL, PDF, REVERSE, AfterSale
from pos_app.ui.screens.returns.after_state import FormState
from pos_app.ui.screens.returns.model import CUSTOMERS_REASONS, return_state
from pos_app.ui.screens.returns.view import ReturnsView, Side
from pos_app.ui.screens.screen import Screen
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, ntr, tr
from retail_core.domain.approvals import Approval
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.returns import Condition, ReturnReason

CONDITIONS = tuple(Condition)


class ReturnsPresenter(Screen):
    keys = RETURN_KEYS
    left = Signal()  # back to the sale

    def __init__(
        self, view: ReturnsView, returning: Returning, selling: Selling, after: AfterSale, zone: ZoneInfo
    ) -> None:
        super().__init__(view)
        self._view, self._returning, self._selling, self._zone = view, returning, selling, zone
        self.after = after
        returning.asking, returning.news = self._looking, self._heard
        self._selected_n = 0
        self._papers_shown = self._asking = False
        view.paper_wanted.connect(self.want)
        after.changed.connect(self._show)
        after.told.connect(self._tell)
        after.failed.connect(self.explain)
        after.asks.connect(self._ask)
        after.answered.connect(self._end_form)
        view.form_done.connect(after.answer)
        view.form_left.connect(self._end_form)
        view.entered.connect(self.enter)
        view.line_tapped.connect(self.tap)
        view.reason_chosen.connect(self.choose_reason)
        view.goods_chosen.connect(self.choose_goods)
        view.take_pressed.connect(self.take)

    # ── what the cashier does ────────────────────────────────────────────────────────────────────

    def scanned(self, label: str, source: str) -> None:
        """A receipt opens; anything else is the goods in the hand."""
        if self._returning.is_receipt(label):
            self.open(label)
        else:
            self._tick(lambda: self._returning.scan(label))

    def enter(self, text: str) -> None:
        """A receipt's number, an item's code, or Enter alone for one more of the chosen line."""
        draft = self._returning.draft
        if not text.strip():
            self._more()
        elif draft is None or self._returning.is_receipt(text):
            self.open(text)
        else:
            self._tick(lambda: self._returning.scan(text))

    def open(self, text: str) -> None:
        """Show a receipt by its code or number."""
        self._returning.open(text, self._opened, self._not_opened)

    def tap(self, n: int) -> None:
        """Choose a line; a second tap ticks one more of it."""
        if n == self._selected_n:
            self._more()
        else:
            self._selected_n = n
            self._show()

    def choose_reason(self, reason: str) -> None:
        if self._returning.draft:
            self._returning.draft.because(ReturnReason(reason))
        self._show()

    def choose_goods(self, condition: str) -> None:
        if self._returning.draft:
            self._returning.draft.goes_to(Condition(condition))
        self._show()

    def want(self, paper: str) -> None:
        """A paper of the open receipt or of the last sale, or the last sale's reversal."""
        if paper == REVERSE:
            self.with_approval(self.after.reverse)
        else:
            self.after.want(paper)

    def take(self) -> None:
        """Put what is ticked on the sale and go back to it."""
        self.with_approval(self._take)

    # ── what the window asks ─────────────────────────────────────────────────────────────────────

    def act(self, act: Act) -> None:
        actions: dict[Act, Callable[[], None]] = {
            Act.BACK: self._back,
            Act.NO_RECEIPT: self._without,
            Act.TICK_ALL: self._tick_all,
            Act.NEXT_REASON: self._next_reason,
            Act.NEXT_GOODS: self._next_goods,
            Act.TAKE_BACK: self.take,
            Act.UP: lambda: self._step(-1),
            Act.DOWN: lambda: self._step(1),
            Act.MORE: self._more,
            Act.LESS: self._less,
            Act.PAPERS: self._turn_side,
            Act.GIFT_RECEIPT: lambda: self.want(GIFT),
            Act.INVOICE: lambda: self.want(INVOICE),
            Act.MAIL_RECEIPT: lambda: self.want(MAIL),
            Act.SAVE_PDF: lambda: self.want(PDF),
            Act.POST_VOID: lambda: self.want(REVERSE),
        }
        action = actions.get(act)
        if action:
            self._asking = self._asking and act is Act.BACK  # anything else puts the form away
            action()

    def strip(self) -> tuple[Slot, ...]:
        draft = self._returning.draft
        if self._asking:
            return (Slot(0, Act.BACK, "Esc", tr("Back")),)
        back = Slot(0, Act.BACK, "Esc", tr("Back to sale") if draft is None else tr("Another receipt"))
        without = Slot(1, Act.NO_RECEIPT, "F4", tr("No receipt"))
        if draft is None:
            reverse = Slot(2, Act.POST_VOID, "F3", tr("Reverse sale"))
            return (back, without, reverse) if self.after.last else (back, without)
        return (
            back,
            without,
            Slot(2, Act.TICK_ALL, "F2", tr("All of it"), enabled=draft.receipt is not None),
            Slot(3, Act.NEXT_REASON, "F6", tr("Reason")),
            Slot(4, Act.NEXT_GOODS, "F8", tr("Shelf or not")),
            Slot(5, Act.PAPERS, "F5", tr("Reasons") if self._papers_shown else tr("Papers")),
            Slot(6, Act.LESS, "-", tr("Not this one")),
            Slot(9, Act.TAKE_BACK, "F9", tr("Take back"), main=True, enabled=bool(draft.ticked)),
        )

    def shown(self) -> None:
        self._asking = False
        self.after.look()
        self._show()

    def typed_aside(self, text: str) -> None:
        self._view.type_in(text)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _opened(self, draft: ReturnDraft) -> None:
        self._asking = False
        self._selected_n = next((line.n for line in draft.lines.values() if line.left_milli), 0)
        self._flash(Tone.OK)
        self.settled.emit()
        self._show()

    def _looking(self, receipt: str) -> None:
        self.say(tr("Looking for receipt {receipt} in the store and at head office …", receipt=ltr(receipt)), Tone.INFO)

    def _heard(self, gone: CodedError | None) -> None:
        """Head office knows of more that came back."""
        if gone:
            self._not_opened(gone)
            return
        self.say(tr("Some of it came back in another store already."), Tone.WARNING)
        self._show()

    def _not_opened(self, error: CodedError) -> None:
        self._flash(Tone.ERROR if error.code == "receipt.forged" else Tone.WARNING)
        self.explain(error)
        self._show()

    def _take(self, approval: Approval | None) -> None:
        count = len(self._returning.draft.ticked) if self._returning.draft else 0
        outcome = self._returning.take(approval)
        if outcome.kind is OutcomeKind.REFUSED:
            self.explain(RuleViolationError(outcome.code, **outcome.facts))
            return
        self.left.emit()
        text = ntr("{n} line comes back.", "{n} lines come back.", count)
        self.say(f"{text} {tr('Scan what is taken instead, or press {key_take_back}.')}", Tone.OK)

    def _tick(self, tick: Callable[[], DraftLine]) -> None:
        try:
            line = tick()
        except RuleViolationError as refused:
            self._flash(Tone.WARNING)
            self.explain(refused)
            return
        self._selected_n = line.n
        self._flash(Tone.OK)
        self.settled.emit()
        self._show()

    def _more(self) -> None:
        draft, n = self._returning.draft, self._selected_n
        if draft and n in draft.lines:
            self._tick(lambda: draft.tick(n))

    def _less(self) -> None:
        draft, n = self._returning.draft, self._selected_n
        if draft and n in draft.lines:
            draft.tick(n, back=True)
            self._show()

    def _tick_all(self) -> None:
        """Everything that is left, but for units that have to be scanned."""
        draft = self._returning.draft
        if draft is None or draft.receipt is None:
            return
        try:
            draft.tick_all()
        except RuleViolationError as refused:
            self.explain(refused)
        self._show()

    def _without(self) -> None:
        try:
            self._returning.open_without()
        except RuleViolationError as refused:
            self.explain(refused)
        self._selected_n = 0
        self._show()

    def _next_reason(self) -> None:
        draft = self._returning.draft
        if draft:
            at = CUSTOMERS_REASONS.index(draft.reason)
            self.choose_reason(CUSTOMERS_REASONS[(at + 1) % len(CUSTOMERS_REASONS)].value)

    def _next_goods(self) -> None:
        draft = self._returning.draft
        if draft:
            self.choose_goods(CONDITIONS[(CONDITIONS.index(draft.condition) + 1) % len(CONDITIONS)].value)

    def _step(self, by: int) -> None:
        numbers = list(self._returning.draft.lines) if self._returning.draft else []
        if numbers:
            at = numbers.index(self._selected_n) if self._selected_n in numbers else -1
            self._selected_n = numbers[max(0, min(len(numbers) - 1, at + by))]
            self._show()

    def _back(self) -> None:
        if self._asking:
            self._end_form()
            return
        if self._returning.draft is None:
            self.left.emit()
            return
        self._returning.close()
        self._selected_n, self._papers_shown = 0, False
        self._show()

    def _flash(self, tone: Tone) -> None:
        self._view.flash(tone)
        self.sounded.emit(tone.value)

    def _ask(self, form: FormState) -> None:
        self._asking = True
        self._view.ask(form, tr("Back"))
        self.strip_changed.emit()

    def _end_form(self) -> None:
        self._asking = False
        self._show()

    def _tell(self, text: str) -> None:
        self.say(text, Tone.OK)

    def _turn_side(self) -> None:
        self._papers_shown = not self._papers_shown
        self._show()

    def _show(self) -> None:
        draft = self._returning.draft
        own = draft.receipt.number if draft and draft.receipt and self._returning.is_own(draft.receipt.number) else ""
        self.after.receipt = own
        self._view.show_state(return_state(draft, self._selected_n, self._selling.currency, self._zone))
        self._view.show_after(self.after.state())
        if not self._asking:
            self._view.show_side(Side.AFTER if draft is None or (self._papers_shown and own) else Side.GOODS)
        self.strip_changed.emit()
