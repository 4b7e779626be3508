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
LOOK_AT_SERIAL = "unit.check_serial"
SHOWN = 6  # lots or serials named to the cashier
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
    if not all(map(same_mark, (*recall.lots, *recall.serials))):  # would be no lot at all, and so recall nothing
        raise RuleViolationError("recall.empty_mark", number=recall.number[:40])
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

    A recall of lots or serials says nothing about a unit whose label tells none: by their bar code all of the item would
    be unsaleable. The cashier is asked to look instead, and that is said before a best-before date is.
    """
    known = tuple(recalls)
    for recall in known:
        if _hits(recall, unit):
            return Verdict(stop=RECALLED, detail=f"{recall.number} · {recall.reason}")
    if unit.expiry and unit.expiry < today:
        return Verdict(stop=EXPIRED, detail=unit.expiry)
    best = unit.best_before or today
    if best < today and after_best_before is AfterBestBefore.STOP:
        return Verdict(stop=PAST_BEST, detail=best)
    return _look(known, unit) or (Verdict(look=PAST_BEST, detail=best) if best < today else SELL)


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


def same_mark(text: str) -> str:
    """A lot or serial as recalls compare it: somebody typed it, so case and space around it do not matter."""
    return text.strip().casefold()


def _hits(recall: Recall, unit: UnitFacts) -> bool:
    if not recall.lots and not recall.serials:
        return True
    return _among(unit.lot, recall.lots) or _among(unit.serial, recall.serials)


def _among(mark: str | None, marks: tuple[str, ...]) -> bool:
    return mark is not None and same_mark(mark) in map(same_mark, marks)


def _look(recalls: tuple[Recall, ...], unit: UnitFacts) -> Verdict | None:
    """What to look for on a unit no recall hits, because its label does not tell."""
    lots = [lot for recall in recalls if unit.lot is None for lot in recall.lots]
    if lots:
        return Verdict(look=LOOK_AT_LOT, detail=_named(lots))
    serials = [serial for recall in recalls if unit.serial is None for serial in recall.serials]
    return Verdict(look=LOOK_AT_SERIAL, detail=_named(serials)) if serials else None


def _named(marks: list[str]) -> str:
    more = len(marks) - SHOWN
    return ", ".join(marks[:SHOWN]) + (f" … +{more}" if more > 0 else "")
