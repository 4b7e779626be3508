"""What an item costs here now, without a sale: `price_lookup` of the glossary. Nothing is changed by asking."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

import msgspec

from pos_app.devices.barcode.classify import CodeRules, classify
from pos_app.service.lines import NOT_FOR_SALE, LineMaker
from pos_app.service.promoting import Promoting
from pos_app.storage.readers import Reference
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.promotions.engine import PromotionBook
from retail_core.domain.promotions.following import EACH
from retail_core.domain.promotions.model import Moment, Promotion
from retail_core.domain.promotions.offers import BasketLine
from retail_core.domain.saleline import SaleLine
from retail_core.domain.scanned import Scanned
from retail_core.durable.reference import ItemRow

MAX_SHOWN_CODE = 40


class PriceAnswer(msgspec.Struct, frozen=True):
    """`line` is what one of it would be on a sale, with why it costs so and what stops it; `promotions` concern it now."""

    line: SaleLine
    promotions: tuple[Promotion, ...] = ()


class PriceLookup:
    """All methods run on the screen's thread and read only."""

    def __init__(
        self, catalogue: Reference, lines: LineMaker, promoting: Promoting, rules: Callable[[], CodeRules], clock: Clock,
        zone: tzinfo,
    ) -> None:  # fmt: skip
        self._catalogue, self._lines, self._promoting = catalogue, lines, promoting
        self._rules, self._clock, self._zone = rules, clock, zone

    def of_code(self, label: str) -> PriceAnswer:
        """Of what was scanned or typed. Raises RuleViolationError: `item.unknown`, `item.no_price`, or what it is instead."""
        scanned = classify(label, self._rules())
        if scanned.kind in NOT_FOR_SALE:
            raise RuleViolationError(NOT_FOR_SALE[scanned.kind], text=scanned.text[:MAX_SHOWN_CODE])
        item = self._lines.find(scanned)
        if item is None:
            raise RuleViolationError("item.unknown", label=scanned.text[:MAX_SHOWN_CODE] or label[:MAX_SHOWN_CODE])
        return self._answer(item, label, scanned)

    def of_item(self, sku: str) -> PriceAnswer:
        """Of a search result. Raises RuleViolationError as `of_code`."""
        item = self._catalogue.by_sku(sku)
        if item is None:
            raise RuleViolationError("item.unknown", label=sku[:MAX_SHOWN_CODE])
        return self._answer(item, "", None)

    def _answer(self, item: ItemRow, label: str, scanned: Scanned | None) -> PriceAnswer:
        line = self._lines.line(item, label, None, self._catalogue.book(), scanned)
        return PriceAnswer(line, self._promotions(line))

    def _promotions(self, line: SaleLine) -> tuple[Promotion, ...]:
        now_ms = self._clock.now_ms()
        local = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(self._zone)
        moment = Moment(now_ms, local.weekday(), local.hour * 60 + local.minute)
        asked = BasketLine(
            line.line_id, line.sku, line.department, line.unit_minor, line.qty_milli, counted=line.unit == EACH
        )
        book = PromotionBook(self._promoting.known)
        return tuple(promotion for promotion in book.of_line(asked) if promotion.validity.holds(moment))
