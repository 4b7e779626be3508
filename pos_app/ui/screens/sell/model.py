"""From the sale's facts to the words on the screen. Lines that did not change keep their words."""

from pos_app.service.outcome import PaidSale
from pos_app.ui.amounts import format_minor, format_money, points_words
from pos_app.ui.discount_words import exempt_words, hand_words
from pos_app.ui.screens.returns.model import back_words
from pos_app.ui.screens.sell.state import (
    HitView,
    Instead,
    LineKind,
    LineView,
    PaidView,
    QuickKeyView,
    QuickPageView,
    SellState,
    field_words,
)
from pos_app.ui.words import date_words, ltr, ntr, own_way, tr, words_for
from retail_core.domain.departments import department_no
from retail_core.domain.goods import PAST_BEST
from retail_core.domain.gtin import display_gtin
from retail_core.domain.quantity import amount_minor, format_quantity
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import Totals
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.tax import TaxPart

WEIGHED = "kg"
PPM_PER_PERCENT = 10_000


class LineWords:
    """Words of lines, remembered by line, because a scan changes one line of a hundred."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._known: dict[str, tuple[SaleLine, int, LineView]] = {}

    def of_sale(self, sale: Sale | None) -> tuple[LineView, ...]:
        if sale is None:
            self._known.clear()
            return ()
        return tuple(self._of(line, sale.age_shown) for line in sale)

    def _of(self, line: SaleLine, age_shown: int) -> LineView:
        known = self._known.get(line.line_id)
        if known is None or known[0] is not line or known[1] != age_shown:
            known = (line, age_shown, line_view(line, self._currency, age_shown))
            self._known[line.line_id] = known
        return known[2]


def line_view(line: SaleLine, currency: str, age_shown: int = 0) -> LineView:
    """One line in words; `age_shown` is how old the buyer is known to be."""
    signed_milli = line.qty_milli if line.back is None else -line.qty_milli
    qty = ltr(format_quantity(signed_milli) + (f" {line.unit}" if line.unit == WEIGHED else ""))
    if not line.sku:
        kind = LineKind.VOIDED if line.voided else LineKind.PENDING
        name = tr("Unknown code {code}", code=line.label)
        detail = tr("Void") if line.voided else tr("Find it by name, scan its other code, or Del")
        return LineView(line.line_id, qty, name, detail, "", "–", kind, spoken=f"{name}, {detail}")
    price = ltr(format_minor(line.unit_minor, currency) + (f"/{line.unit}" if line.unit == WEIGHED else ""))
    whole_minor = line.amount_minor if line.counts else amount_minor(line.unit_minor, line.qty_milli)
    cuts = tuple(cut_words(reason, currency) for reason in line.reasons) if line.counts and not line.back else ()
    code = display_gtin(line.gtin) if line.gtin else _own_code(line)
    unit = unit_words(line)
    detail = " · ".join(part for part in (code, unit or line.department.lower()) if part)
    if line.back:
        detail = back_words(line)
    elif line.voided:
        detail = tr("Void")
    elif line.stopped:
        detail = words_for(f"{line.stopped}.line", {"detail": line.detail})
    elif line.look:
        detail = look_words(line)
    elif cuts and not unit:
        detail = ""  # what it is cut by says more than its number
    amount = "–" if line.stopped else format_minor(whole_minor, currency)
    spoken = tr("{qty} {name}, {amount}", qty=qty, name=line.name, amount=amount)
    kind = _kind_of(line)
    chip = chip_words(line, age_shown)
    if kind in (LineKind.PENDING, LineKind.LOOK) or chip:
        spoken = ", ".join(filter(None, (spoken, detail, chip)))
    return LineView(line.line_id, qty, line.name, detail, price, amount, kind, cuts, ", ".join((spoken, *cuts)), chip)


def chip_words(line: SaleLine, age_shown: int) -> str:
    """What must be answered before the line is paid for, or nothing."""
    if not line.counts or line.back is not None:
        return ""
    asked = [tr("Age {age}?", age=line.rules.min_age)] if line.rules.min_age > age_shown else []
    asked += [tr("Sold elsewhere?")] if line.contested else []
    return "  ".join([*asked, *(f"{field_words(field)}?" for field in line.unfilled)])


def sell_state(
    sale: Sale | None,
    lines: tuple[LineView, ...],
    selected: str,
    currency: str,
    multiplier: str,
    waiting: str,
    paid: PaidView | None,
    *,
    loading: bool,
) -> SellState:
    """The whole screen. `paid` is the sale just finished, shown until the next one begins."""
    instead = Instead.PAID if paid else Instead.LOADING if loading else Instead.READY
    if sale is None:
        to_pay = format_money(0, currency)
        return SellState(to_pay=to_pay, multiplier=multiplier, instead=instead, paid=paid)
    totals = sale.totals
    saved = format_minor(totals.saved_minor, currency) if totals.saved_minor else ""
    return SellState(
        lines,
        selected,
        ntr("{n} item", "{n} items", totals.units),
        saved,
        exempt_words(sale.exempt) if sale.exempt else tax_words(totals, currency),
        format_money(totals.due_minor, currency),
        waiting,
        multiplier,
        instead,
        paid,
    )


def tax_words(totals: Totals, currency: str) -> str:
    """ "incl. tax 9 % 1.19 · 21 % 0.30", and what is added on top said apart."""
    included = [_tax(part, currency) for part in totals.taxes if part.included and part.rate_ppm]
    added = [_tax(part, currency) for part in totals.taxes if not part.included and part.rate_ppm]
    said = [tr("incl. tax {parts}", parts=" · ".join(included))] if included else []
    said += [tr("plus tax {parts}", parts=" · ".join(added))] if added else []
    return "  ".join(said)


def paid_view(paid: PaidSale) -> PaidView:
    total_minor, currency, number = paid.total_minor, paid.currency, tr("Receipt {number}", number=paid.receipt_no)
    if total_minor < 0:
        back = format_money(-total_minor, currency)
        words = tr("Goods for {total} came back", total=back)
        return PaidView(back, words, number, tr("Given back"))
    given, total = format_money(paid.given_minor, currency), format_money(total_minor, currency)
    if not paid.cash:
        words = tr("{total} paid", total=total)
    elif paid.cash_back:
        words = tr("Card {given} for {total}", given=given, total=total)
    else:
        words = tr("Cash {given} for {total}", given=given, total=total)
    if paid.points.earned:
        words = f"{words} · {tr('{points} earned', points=points_words(paid.points.earned))}"
    word = tr("Cash back") if paid.cash_back else ""
    return PaidView(format_money(paid.change_minor, currency), words, number, word)


def quick_pages(
    pages: tuple[tuple[str, tuple[tuple[str, str, int | None], ...]], ...], currency: str
) -> tuple[QuickPageView, ...]:
    """Pages of (sku, label, price) in words."""
    return tuple(
        QuickPageView(
            name, tuple(QuickKeyView(sku, word, _key_price(sku, price, currency)) for sku, word, price in keys)
        )
        for name, keys in pages
    )


def _key_price(sku: str, price_minor: int | None, currency: str) -> str:
    no = department_no(sku)
    return price_words(price_minor, currency) if no is None else tr("price, then d{no}", no=no)


def hit_view(sku: str, name: str, detail: str, price_minor: int | None, currency: str) -> HitView:
    return HitView(sku, name, detail, price_words(price_minor, currency))


def price_words(price_minor: int | None, currency: str) -> str:
    return tr("no price") if price_minor is None else format_minor(price_minor, currency)


def look_words(line: SaleLine) -> str:
    """What the cashier should look at before the line is sold."""
    ending = "look" if line.look == PAST_BEST else "line"
    return words_for(f"{line.look}.{ending}", {"detail": line.detail})


def _kind_of(line: SaleLine) -> LineKind:
    if line.voided:
        return LineKind.VOIDED
    return LineKind.PENDING if line.stopped else LineKind.LOOK if line.look else LineKind.NORMAL


def unit_words(line: SaleLine) -> str:
    """Lot, serial and date of the unit, as far as its label told them."""
    told = (
        (tr("lot {lot}", lot=line.lot) if line.lot else ""),
        (tr("serial {serial}", serial=line.serial) if line.serial else ""),
        (tr("use by {date}", date=date_words(line.expiry)) if line.expiry else ""),
        tr("RFID") if line.epc else "",
        tr("2 codes, 1 unit") if line.codes > 1 else "",
        (tr("best before {date}", date=date_words(line.best_before)) if line.best_before and not line.expiry else ""),
    )
    return " · ".join(part for part in told if part)


def _own_code(line: SaleLine) -> str:
    no = department_no(line.sku)
    return line.sku if no is None else tr("department {no}", no=no)


def cut_words(reason: PriceReason, currency: str) -> str:
    """ "3 for 2 · until 29 November 2026 · −0.89"."""
    until = tr("until {when}", when=date_words(reason.until)) if reason.until else ""
    amount = format_minor(reason.amount_minor, currency) if reason.amount_minor else ""
    return " · ".join(filter(None, (_rule_words(reason), until, amount)))


def _rule_words(reason: PriceReason) -> str:
    if reason.by_hand:
        return hand_words(reason)
    return own_way(reason.text) or {"label.price": tr("Price on the label")}.get(reason.rule, reason.rule)


def _tax(part: TaxPart, currency: str) -> str:
    percent = f"{part.rate_ppm / PPM_PER_PERCENT:g}"
    return ltr(f"{percent} % {format_minor(part.tax_minor, currency)}")
