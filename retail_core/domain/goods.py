"""Whether one unit of an item may be sold today: recalls, expiry, and the price cut of what must go soon.

Facts in, verdict out; the same for till and HQ. Dates are YYYY-MM-DD, which compare as text.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Sku
from retail_core.domain.money import div_half_up

MAX_LISTED = 500
MAX_DAYS = 365
PPM = 1_000_000
RECALLED = "unit.recalled"
EXPIRED = "unit.expired"
LOOK_AT_LOT = "unit.check_lot"
PAST_BEST = "unit.past_best_before"


class Recall(msgspec.Struct, frozen=True, omit_defaults=True):
    """A recall of an item: of these lots and serials, or of every unit when neither is given."""

    number: str
    sku: Sku
    reason: str
    lots: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()


class AfterBestBefore(StrEnum):
    """What a store does with goods past their best-before date (AI 15); past AI 17 they are never sold."""

    STOP = "stop"
    SELL = "sell"  # they are sold, and the cashier is told


class Markdown(msgspec.Struct, frozen=True, omit_defaults=True):
    """`ppm` off what expires within `days` (0: today) in a department, or everywhere when none is given."""

    name: str
    days: int
    ppm: int
    department: str = ""


class UnitFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of the unit in the hand."""

    lot: str | None = None
    serial: str | None = None
    expiry: str | None = None
    best_before: str | None = None


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """`stop`: why it is not sold, empty when it is. `look`: what the cashier should check. `detail` goes with either."""

    stop: str = ""
    look: str = ""
    detail: str = ""


SELL = Verdict()


def checked_recall(recall: Recall) -> Recall:
    """Raises RuleViolationError `recall.*`."""
    if not (recall.number and recall.sku and recall.reason.strip()):
        raise RuleViolationError("recall.incomplete", number=recall.number[:40])
    if len(recall.lots) + len(recall.serials) > MAX_LISTED:
        raise RuleViolationError("recall.too_many_units", number=recall.number[:40], limit=MAX_LISTED)
    return recall


def checked_markdown(rule: Markdown) -> Markdown:
    """Raises RuleViolationError `markdown.*`."""
    if not 0 <= rule.days <= MAX_DAYS or not rule.name:
        raise RuleViolationError("markdown.bad_days", name=rule.name[:40], limit=MAX_DAYS)
    if not 0 < rule.ppm <= PPM:
        raise RuleViolationError("markdown.bad_percent", name=rule.name[:40])
    return rule


def verdict(unit: UnitFacts, recalls: Iterable[Recall], today: str, after_best_before: AfterBestBefore) -> Verdict:
    """May this unit be sold today? `recalls` are those of its item.

    A recall of lots says nothing about a unit whose lot is not on the label that was scanned: the goods would all be
    unsaleable by their bar code. The cashier is asked to look instead.
    """
    look = ""
    for recall in recalls:
        if _hits(recall, unit):
            return Verdict(stop=RECALLED, detail=f"{recall.number} · {recall.reason}")
        if recall.lots and unit.lot is None:
            look = ", ".join(recall.lots[:5])
    if unit.expiry and unit.expiry < today:
        return Verdict(stop=EXPIRED, detail=unit.expiry)
    if unit.best_before and unit.best_before < today:
        stop = after_best_before is AfterBestBefore.STOP
        return Verdict(stop=PAST_BEST if stop else "", look="" if stop else PAST_BEST, detail=unit.best_before)
    return Verdict(look=LOOK_AT_LOT, detail=look) if look else SELL


def markdown_of(unit: UnitFacts, department: str, rules: Iterable[Markdown], today: str) -> Markdown | None:
    """The deepest price cut for goods that must go by their date, or None."""
    last_day = unit.expiry or unit.best_before
    if not last_day:
        return None
    left = (date.fromisoformat(last_day) - date.fromisoformat(today)).days
    fitting = [rule for rule in rules if 0 <= left <= rule.days and rule.department in ("", department)]
    return max(fitting, key=lambda rule: (rule.ppm, rule.name), default=None)


def markdown_minor(rule: Markdown, amount_minor: int) -> int:
    """What the rule takes off an amount."""
    return div_half_up(amount_minor * rule.ppm, PPM)


def _hits(recall: Recall, unit: UnitFacts) -> bool:
    if not recall.lots and not recall.serials:
        return True
    return unit.lot in recall.lots or unit.serial in recall.serials
