"""Answers what an item costs. The basket is never asked and never told."""

from PySide6.QtCore import Signal

from pos_app.service.entry import EntryKind, parse_entry
from pos_app.service.lookup import Lookup
from pos_app.service.price_lookup import PriceAnswer, PriceLookup
from pos_app.storage.readers import SearchPage
from pos_app.ui.amounts import format_minor, format_money
from pos_app.ui.keymap import PRICE_CHECK_KEYS, Act, Slot
from pos_app.ui.screens.price_check.state import PriceView
from pos_app.ui.screens.price_check.view import PriceCheckView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.sell.model import hit_view, unit_words
from pos_app.ui.screens.sell.state import SearchView
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, own_way, tr, words_for
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.promotions.model import Promotion
from retail_core.domain.saleline import SaleLine

EACH = "each"


class PriceCheckPresenter(Screen):
    keys = PRICE_CHECK_KEYS
    left = Signal()

    def __init__(self, view: PriceCheckView, prices: PriceLookup, lookup: Lookup, currency: str) -> None:
        super().__init__(view)
        self._view = view
        self._prices, self._lookup, self._currency = prices, lookup, currency
        self._found_for = ""
        view.typed.connect(self._typed)
        view.entered.connect(self.entered)
        view.chosen.connect(self._chosen)
        view.closed.connect(self._leave)

    def shown(self) -> None:
        self._view.entry.clear()
        self._view.show_price(PriceView(empty=tr("Scan an item, or type part of its name")))
        self._show_nothing_found("")
        self._view.entry.setFocus()

    def strip(self) -> tuple[Slot, ...]:
        return (Slot(0, Act.BACK, "Esc", tr("Back")),)

    def scanned(self, label: str, source: str) -> None:
        """A scan here asks and sells nothing."""
        self._view.entry.clear()
        self._ask_code(label)

    def entered(self, text: str) -> None:
        """A code, or the chosen one of what was found for a name."""
        if not text.strip():
            return
        sku = self._view.search.selected_sku()
        if _is_search(text) and sku:
            self._chosen(sku)
        elif not _is_search(text):
            self._view.entry.clear()
            self._ask_code(text.strip())

    def act(self, act: Act) -> None:
        match act:
            case Act.BACK if self._view.entry.text():
                self._view.entry.clear()
            case Act.BACK | Act.PRICE_CHECK:
                self._leave()
            case Act.UP:
                self._view.search.step(-1)
            case Act.DOWN:
                self._view.search.step(+1)
            case _:
                pass

    def typed_aside(self, text: str) -> None:
        self._view.entry.insert(text)
        self._view.entry.setFocus()

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _typed(self, text: str) -> None:
        query = text.strip()
        if query and _is_search(text):
            self._lookup.search(query, self._show_found, self.explain)
        elif not query:
            self._show_nothing_found("")

    def _show_found(self, page: SearchPage) -> None:
        if page.text != self._view.entry.text().strip():
            return
        hits = tuple(hit_view(h.sku, h.name, h.detail, h.price_minor, self._currency) for h in page.hits)
        count = f"{page.count:,}+" if page.more_than_counted else f"{page.count:,}"
        message = "" if hits else words_for("search.nothing", {"text": page.text})
        self._view.show_search(SearchView(tr("“{text}” · {count} found", text=page.text, count=count), hits, message))

    def _show_nothing_found(self, message: str) -> None:
        self._view.show_search(SearchView(tr("Price check"), (), message or tr("Type part of a name or code")))

    def _ask_code(self, label: str) -> None:
        try:
            self._show_answer(self._prices.of_code(label))
        except RuleViolationError as refused:
            self._refuse(refused)

    def _chosen(self, sku: str) -> None:
        self._view.entry.clear()
        try:
            self._show_answer(self._prices.of_item(sku))
        except RuleViolationError as refused:
            self._refuse(refused)

    def _refuse(self, refused: RuleViolationError) -> None:
        self._view.flash(Tone.ERROR)
        self.sounded.emit(Tone.ERROR.value)
        words = (
            tr("Nobody knows this code here.")
            if refused.code == "item.unknown"
            else words_for(refused.code, refused.facts)
        )
        self._view.show_price(PriceView(name=ltr(str(refused.facts.get("label", ""))), notes=((words, Tone.ERROR),)))

    def _show_answer(self, answer: PriceAnswer) -> None:
        line, stopped = answer.line, bool(answer.line.stopped)
        tone = Tone.ERROR if stopped else Tone.OK
        self._view.flash(tone)
        self.sounded.emit(tone.value)
        before = line.unit_minor if line.reasons and line.qty_milli else 0
        self._view.show_price(
            PriceView(
                line.name,
                " · ".join(ltr(part) for part in (line.gtin or line.sku, line.department) if part),
                "–" if stopped else self._price(line),
                tr("for one") if line.unit == EACH else tr("per {unit}", unit=line.unit),
                tr("instead of {amount}", amount=format_money(before, self._currency)) if before else "",
                tuple(self._notes(line, answer.promotions)),
            )
        )

    def _price(self, line: SaleLine) -> str:
        """Of one, or of a kilogram; of a pack that says its own price, that one."""
        minor = line.amount_minor if line.packed or line.reasons else line.unit_minor
        return format_money(minor, self._currency)

    def _notes(self, line: SaleLine, promotions: tuple[Promotion, ...]) -> list[tuple[str, Tone]]:
        notes: list[tuple[str, Tone]] = []
        if line.stopped or line.look:
            facts = {"name": line.name, "detail": line.detail}
            notes.append((words_for(line.stopped or line.look, facts), Tone.ERROR if line.stopped else Tone.WARNING))
        if told := unit_words(line):
            notes.append((told, Tone.PLAIN))
        notes += [
            (
                f"{own_way(cut.text) or tr('Price on the label')} · {format_minor(cut.amount_minor, self._currency)}",
                Tone.OK,
            )
            for cut in line.reasons
        ]
        notes += [(_promotion_words(promotion), Tone.OK) for promotion in promotions]
        return notes

    def _leave(self) -> None:
        self._view.entry.clear()
        self.left.emit()


def _promotion_words(promotion: Promotion) -> str:
    if promotion.tiers:
        return tr("{name} · members only", name=own_way(promotion.name))
    if promotion.coupon:
        return tr("{name} · with a coupon", name=own_way(promotion.name))
    return own_way(promotion.name)


def _is_search(text: str) -> bool:
    try:
        return parse_entry(text).kind is EntryKind.SEARCH
    except RuleViolationError:
        return False
