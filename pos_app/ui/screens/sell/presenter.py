"""The sell screen's decisions: what a scan, an entry, a key or a tap means, and what to show for it."""

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from PySide6.QtCore import Signal, SignalInstance

from pos_app.service.asking import Asking
from pos_app.service.card_selling import CardSelling
from pos_app.service.discounting import Discounting
from pos_app.service.entry import is_multiplier
from pos_app.service.lookup import Lookup
from pos_app.service.loyalty import Loyalty
from pos_app.service.open_prices import quick_department
from pos_app.service.open_sale import BLOCKED_PAYING
from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.service.parking import Parking
from pos_app.service.paying import BLOCKED_ASKS, BLOCKED_PENDING, BLOCKED_STOPPED, Paying
from pos_app.service.selling import Selling
from pos_app.service.shopping import Shopping
from pos_app.service.suggesting import Suggesting
from pos_app.ui.held_scans import HeldScan, HeldScans
from pos_app.ui.keymap import SELL_KEYS, Act, Slot
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.sell.beside import BesideView
from pos_app.ui.screens.sell.customers import SaleCustomers
from pos_app.ui.screens.sell.discount import Discounts
from pos_app.ui.screens.sell.gift_cards import GiftCards
from pos_app.ui.screens.sell.model import LineWords, paid_view, quick_pages, sell_state
from pos_app.ui.screens.sell.quantity import QuantityPanel
from pos_app.ui.screens.sell.questions import Questions
from pos_app.ui.screens.sell.side import LISTS, Side, SidePanel
from pos_app.ui.screens.sell.slips import Slips
from pos_app.ui.screens.sell.state import PaidView
from pos_app.ui.screens.sell.strip import sell_strip
from pos_app.ui.screens.sell.suggestions import Suggestions
from pos_app.ui.screens.sell.suspended import Suspended
from pos_app.ui.screens.sell.typed_words import act_typed
from pos_app.ui.screens.sell.view import SellView
from pos_app.ui.theme import Tone
from pos_app.ui.words import ntr, words_for
from retail_core.domain.errors import CodedError
from retail_core.domain.goods import LOOK_AT_LOT, LOOK_AT_SERIAL, PAST_BEST
from retail_core.domain.ids import LineId
from retail_core.domain.quantity import format_quantity
from retail_core.domain.scanned import TagUnit

WAITING = frozenset({BLOCKED_ASKS, BLOCKED_PENDING, BLOCKED_STOPPED})
LOOK = frozenset({LOOK_AT_LOT, LOOK_AT_SERIAL, PAST_BEST})


class SellPresenter(Screen):
    keys = SELL_KEYS
    pay_wanted = Signal(int)  # cash already typed, or EXACT
    cash_wanted = Signal(int)  # pay at once
    order_scanned = Signal(str)  # a pickup pass
    command_typed = Signal(str)  # "/" and what followed it
    other_wanted = Signal()  # the basket that waits
    act_typed = Signal(str)  # an Act, by a word the keys of this till have for it

    def __init__(
        self, view: SellView, selling: Selling, paying: Paying, discounting: Discounting, lookup: Lookup,
        parking: Parking, asking: Asking, zone: ZoneInfo, *, cards: CardSelling, shopping: Shopping,
        loyalty: Loyalty, suggesting: Suggesting, has_items: Callable[[], bool],
    ) -> None:  # fmt: skip
        super().__init__(view)
        self._view, self._selling = view, selling
        self._paying, self._lookup = paying, lookup
        self._side = SidePanel(view, lookup, selling.currency)
        self._slips = Slips(selling)
        self._slips.doubted.connect(self._doubted)
        self._quantity = QuantityPanel(selling, self._side, self._slips)
        self._questions = Questions(asking, self._side)
        self._gift_cards = GiftCards(cards, self._side, selling.currency)
        self._discounts = Discounts(view, selling, discounting, self._side, self.with_approval)
        self._customers = SaleCustomers(view, selling, shopping, loyalty, self._side, zone, self.explain)
        self._suggestions = Suggestions(view, suggesting, self._side, selling.currency)
        self._suspended = Suspended(parking, selling, self._side, zone)
        self._has_items = has_items
        self._words = LineWords(selling.currency)
        self._held = HeldScans()
        self.make_room: Callable[[], bool] = lambda: False
        """Begins another basket for what is scanned while this one is at the card terminal; False when it is not."""
        self.typed_words: Callable[[], Mapping[str, Act]] = dict[str, Act]
        for panel in (self._quantity, self._discounts, self._customers, self._suggestions):
            panel.answered.connect(self._answer)
        self._discounts.refused.connect(self._doubted)
        view.entered.connect(self.entered)
        view.typed.connect(self._side.typed)
        view.line_tapped.connect(self.select)
        view.quick_tapped.connect(self.add_item)
        view.hit_chosen.connect(self._chosen)
        view.discount.sale_voided.connect(self._void_sale)
        view.side_closed.connect(self._side.close)
        view.beside.pressed.connect(self.other_wanted)
        self._side.taken.connect(self.add_item)
        self._side.failed.connect(self.explain)
        view.ask.yes_pressed.connect(self._yes)
        view.ask.no_pressed.connect(self._questions.no)
        for asked in (self._questions, self._gift_cards):
            asked.answered.connect(self._question_answered)
        self._gift_cards.refused.connect(self._doubted)
        self._suspended.put_aside.connect(self._put_aside)
        self._suspended.taken_up.connect(self._taken_up)
        self._suspended.none.connect(lambda: self._refuse("parking.none"))
        self._suspended.failed.connect(self._not_suspended)

    # ── scanning and typing ──────────────────────────────────────────────────────────────────────

    def scanned(self, label: str, source: str, *, pairs: bool = False) -> None:
        """Add it now, or after the sale that is just being written. `3*` is for it; else what is half typed stays."""
        if self._selling.paying or self._selling.in_doubt:
            self._hold(label, source, pairs=pairs, quietly=self.make_room())
            return
        if self._questions.scanned(label) or self._gift_cards.scanned(label):
            return
        odd = self._multiplied()
        outcome = self._selling.scan(label, source, pairs_with_last=pairs)
        if not self._customers.scanned(label, outcome):
            self._answer(outcome)
        self._ask_again(odd)
        self.take_tags()

    def tags_read(self, units: Sequence[TagUnit]) -> None:
        """Units an RFID reader is sure of; while a sale is being written they wait."""
        self._answer(self._selling.read_tags(units))

    def take_tags(self) -> None:
        """What came on the antenna while it could not be taken."""
        if self._selling.tags_waiting:
            self._answer(self._selling.take_tags())

    def rechecked(self, lines: Sequence[LineId]) -> None:
        """HQ sent a recall or lifted one, and these lines of the open sale are stopped, to be looked at or free now."""
        sale = self._selling.sale
        found = [sale.line(line_id) for line_id in lines] if sale else []
        worst = next((line for line in found if line.stopped), next((line for line in found if line.look), None))
        if worst:
            tone = Tone.ERROR if worst.stopped else Tone.WARNING
            self._selling.select(worst.line_id)
            self._flash(tone)
            self.say(words_for(worst.stopped or worst.look, {"name": worst.name, "detail": worst.detail}), tone)
        elif found:
            self.settled.emit()
        if found:
            self._show()

    def release_held(self) -> None:
        """The sale was written or given back: what was scanned meanwhile comes now."""
        for held in self._held.take():
            self.scanned(held.label, held.source, pairs=held.pairs)

    def show_beside(self, state: BesideView | None) -> None:
        self._view.beside.show_state(state)

    def switched(self) -> None:
        """Another basket is in front: nothing that was asked about the one before stays, and held scans come."""
        self._view.entry.clear()
        self._side.close()
        self._show()
        self.release_held()

    def entered(self, text: str) -> None:
        """Enter on the entry line: what it means is the open panel's to say, if one is open."""
        if not self._customers.open and (typed := act_typed(text, self.typed_words())):
            self._view.entry.setText(typed[0])
            self._side.close()
            self.act_typed.emit(typed[1].value)
        elif panel := self._panel():
            panel(text)
        elif self._side.side is Side.PARKED and not text.strip():
            self._suspended.choose(self._side.chosen())
        elif self._side.searching and text.strip():
            self._side.take(text, self.entered)
        elif not self._slips.must_ask(text):
            outcome = self._selling.enter(text)
            if outcome.kind is not OutcomeKind.REFUSED:
                self._view.entry.clear()
            self._answer(outcome)
            self.take_tags()

    def _panel(self) -> Callable[[str], None] | None:
        """Who wants what is typed, when it is not for the sale."""
        panels = (
            (self._quantity.open, self._quantity.enter),
            (self._questions.wants_text, self._questions.entered),
            (self._gift_cards.open, self._gift_cards.entered),
            (self._customers.open, self._customers.entered),
            (self._discounts.open, self._discounts.enter),
        )
        return next((enter for is_open, enter in panels if is_open), None)

    def _multiplied(self) -> str:
        """`3*` was typed, and what it is for comes. An odd quantity is returned, to be asked about on the line."""
        typed = self._view.entry.text().strip()
        if self._panel() or not is_multiplier(typed):
            return ""
        if self._slips.odd(typed):
            return f"*{typed.removesuffix('*')}"
        self.entered(typed)
        return ""

    def _ask_again(self, odd: str) -> None:
        if odd:
            self._view.entry.setText(odd)
            self.entered(odd)

    def add_item(self, sku: str) -> None:
        """A quick key or a search result."""
        odd = self._multiplied()
        typed = self._view.entry.text()
        outcome = self._selling.add_item(sku, typed)
        priced = bool(typed) and quick_department(sku)
        if outcome.kind is not OutcomeKind.REFUSED and (priced or self._side.searching):
            self._view.entry.clear()
        self._answer(outcome)
        self._ask_again(odd)

    def _chosen(self, key: str) -> None:
        """A row of the list beside the lines was tapped."""
        if self._side.side is Side.PARKED:
            self._suspended.choose(key)
        elif self._customers.open:
            self._customers.choose(key)
        else:
            self.add_item(key)

    def select(self, line_id: str) -> None:
        sale = self._selling.sale
        line = next((line for line in sale or () if line.line_id == line_id), None)
        if line:
            self._selling.select(line.line_id)
            if line.unfilled or line.contested or (sale and line.counts and line.rules.min_age > sale.age_shown):
                self._questions.ask(line.line_id)
            self._show()

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────

    def act(self, act: Act) -> None:
        actions: dict[Act, Callable[[], None]] = {
            Act.FIND: self._side.open_find,
            Act.QUANTITY: self._quantity.pressed,
            Act.CUSTOMER: self._customers.pressed,
            Act.TAKE_SUGGESTION: self._suggestions.pressed,
            Act.DISCOUNT: self._discounts.pressed,
            Act.EXEMPT: self._discounts.exempt_pressed,
            Act.VOID_LINE: self._void_line,
            Act.VOID_SALE: self._void_sale,
            Act.EXACT_CASH: lambda: self._to_pay(self.cash_wanted),
            Act.PAY: lambda: self._to_pay(self.pay_wanted),
            Act.UP: lambda: self._step(-1),
            Act.DOWN: lambda: self._step(+1),
            Act.MORE: lambda: self._answer(self._selling.change_selected(1)),
            Act.LESS: lambda: self._answer(self._selling.change_selected(-1)),
            Act.BACK: self._back,
            Act.SUSPEND: self._suspended.pressed,
            Act.ANSWER: self._ask,
            Act.OF_AGE: self._of_age,
        }
        action = actions.get(act)
        if action and not self._customers.act(act):
            action()

    def _void_line(self) -> None:
        line = self._selling.chosen
        if line is None:
            self._refuse("line.none_selected")
        else:
            self._answer(self._selling.void_line(line.line_id))

    def _void_sale(self) -> None:
        self.with_approval(lambda approval: self._answer(self._selling.void_sale("given_up", approval)))

    def _ask(self) -> None:
        if not self._questions.ask(self._selling.selected):
            self._refuse("ask.none")

    def _yes(self) -> None:
        typed = self._view.entry.text()
        if self._gift_cards.open:
            self._gift_cards.entered(typed)
        else:
            self._questions.yes(typed)

    def _of_age(self) -> None:
        if self._questions.open:
            self._questions.yes("")

    def _question_answered(self, outcome: Outcome) -> None:
        self._view.entry.clear()
        self._answer(outcome)

    def _to_pay(self, wanted: SignalInstance) -> None:
        """`50` F12 takes fifty, F12 alone the exact sum."""
        given = self._slips.cash(self._view.entry.text().strip())
        if given is not None:
            self._view.entry.clear()
            if self._may_pay():
                wanted.emit(given)

    def _step(self, by: int) -> None:
        if self._side.side in LISTS:
            self._side.step(by)
        else:
            self._selling.step_selection(by)
            self._show()

    def _back(self) -> None:
        """Esc: the panel, then the text, then the multiplier. Never the basket."""
        if self._side.side is not Side.QUICK:
            if self._side.side is Side.RESULTS or self._view.entry.text():
                self._view.entry.clear()
            self._side.close()
        elif self._view.entry.text():
            self._view.entry.clear()
        elif self._selling.multiplier_milli:
            self._selling.clear_multiplier()
            self._show()

    def _put_aside(self, words: str) -> None:
        self._side.close_and_clear()
        self._show()
        self.say(words, Tone.OK)
        self.release_held()

    def _taken_up(self, words: str) -> None:
        self._view.entry.clear()
        self._show()
        if words:
            self._flash(Tone.WARNING)
            self.say(words, Tone.WARNING)
        else:
            self.settled.emit()
        self.release_held()

    def _not_suspended(self, error: CodedError) -> None:
        self._show()
        self.explain(error)
        self.release_held()

    # ── what the window asks ─────────────────────────────────────────────────────────────────────

    def shown(self) -> None:
        self.refresh()
        self._show()
        self._side.show_hint()
        if self._selling.last_paid is None or self._selling.sale is not None:
            self.take_tags()

    def refresh(self) -> None:
        pages = tuple(
            (page.name, tuple((key.sku, key.label, key.price_minor) for key in page.keys))
            for page in self._lookup.quick_pages()
        )
        self._view.show_quick_keys(quick_pages(pages, self._selling.currency))
        if self._selling.sale is None:
            self._show()

    def typed_aside(self, text: str) -> None:
        self._view.type_in(text)

    def paid(self) -> None:
        """The sale is durable: its change stays until the next scan. Tags of the next customer's goods wait for it too."""
        self._side.close_and_clear()
        self._show()
        self.release_held()
        waiting = self._selling.tags_waiting
        if waiting and self._selling.sale is None:
            self.say(ntr(
                "{n} tagged unit waits. Press Enter to begin its sale.",
                "{n} tagged units wait. Press Enter to begin their sale.", waiting,
            ), Tone.INFO)  # fmt: skip
        else:
            self.take_tags()

    def strip(self) -> tuple[Slot, ...]:
        return sell_strip(self._selling)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _answer(self, outcome: Outcome) -> None:
        """Flash, words and the new picture for what came of an act."""
        match outcome.kind:
            case OutcomeKind.ADDED | OutcomeKind.CHANGED:
                self._taken(outcome)
            case OutcomeKind.PENDING | OutcomeKind.STOPPED:
                self._flash(Tone.ERROR)
                self.say(words_for(outcome.code, outcome.facts), Tone.ERROR)
            case OutcomeKind.REFUSED:
                self._refuse(outcome.code, outcome.facts)
            case OutcomeKind.SEARCH:
                self._side.search(str(outcome.facts.get("text", "")))
            case OutcomeKind.ORDER:
                self.order_scanned.emit(str(outcome.facts.get("text", "")))
            case OutcomeKind.COMMAND:
                self._view.entry.clear()
                self.command_typed.emit(str(outcome.facts.get("text", "")))
            case OutcomeKind.MULTIPLIER | OutcomeKind.NOTHING:
                pass
        self._show()

    def _taken(self, outcome: Outcome) -> None:
        tone = Tone.WARNING if outcome.code in LOOK else Tone.OK
        self._flash(tone)
        if outcome.code:
            self.say(words_for(outcome.code, outcome.facts), tone if tone is Tone.WARNING else Tone.INFO)
        elif outcome.kind is OutcomeKind.CHANGED:
            self.settled.emit()
        typed = self._view.entry.text()
        if self._side.side is Side.PARKED or (self._side.side is Side.RESULTS and not typed):
            self._side.close()

    def _flash(self, tone: Tone) -> None:
        """Seen and heard: a cashier looks at the goods."""
        self._view.flash(tone)
        self.sounded.emit(tone.value)

    def _doubted(self, why: CodedError) -> None:
        self._flash(Tone.WARNING)
        self.explain(why)

    def _refuse(self, code: str, facts: Mapping[str, object] | None = None) -> None:
        self._flash(Tone.WARNING)
        self.say(words_for(code, facts), Tone.WARNING)

    def _hold(self, label: str, source: str, *, pairs: bool, quietly: bool) -> None:
        if self._held.hold(HeldScan(label, source, pairs=pairs)):
            held = len(self._held)
            if not quietly:
                self.say(ntr(
                    "{n} scan waits for the sale to be finished", "{n} scans wait for the sale to be finished", held,
                ), Tone.INFO)  # fmt: skip
        else:
            self._refuse(BLOCKED_PAYING)

    def _may_pay(self) -> bool:
        blocks = self._paying.blocked_by()
        if not blocks:
            return True
        if blocks[0] == BLOCKED_ASKS:
            self._questions.ask(self._selling.selected)
        elif blocks[0] in WAITING and self._selling.sale:
            self._selling.select(next(line.line_id for line in self._selling.sale if line.pending))
            self._show()
        self._refuse(blocks[0])
        return False

    def _show(self) -> None:
        selling = self._selling
        lines = self._words.of_sale(selling.sale)
        multiplier = f"{format_quantity(selling.multiplier_milli)} ×" if selling.multiplier_milli else ""
        waiting = next((words_for(code) for code in self._paying.blocked_by() if code in WAITING), "")
        state = sell_state(
            selling.sale, lines, selling.selected or "", selling.currency, multiplier, waiting, self._paid_words(),
            loading=not self._has_items(),
        )  # fmt: skip
        self._view.show_state(state)
        self._discounts.follow()
        self._customers.follow()
        self._suggestions.follow()
        self.strip_changed.emit()

    def _paid_words(self) -> PaidView | None:
        paid = self._selling.last_paid
        if paid is None or self._selling.sale is not None:
            return None
        return paid_view(paid)
