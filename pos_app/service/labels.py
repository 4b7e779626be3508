"""Labels of the catalogue's items: from an item's number to what stands on its label, and to a printer's job."""

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import assert_never

from pos_app.devices.label.tables import LabelTable
from pos_app.receipts import zpl
from pos_app.receipts.label_codes import Code, Elements, digital_link, gs1_128, gs1_datamatrix, item_code
from pos_app.receipts.labels import Label, LabelFacts
from pos_app.storage.readers import Reference
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Gtin
from retail_core.domain.money import div_half_up

WEIGHED = "kg"
PPM = 1_000_000
PER_MM = 100
MAX_JOB_LABELS = 200

NO_ITEM = "label.no_such_item"
NO_PRICE = "label.no_price"
NO_DOMAIN = "label.no_domain"
WRONG_SIZE = "label.wrong_size"
TOO_MANY = "label.too_many"


class Style(StrEnum):
    """Which code a label carries."""

    RETAIL = "retail"  # EAN-13, EAN-8 or UPC-A, whatever the item's number is
    GS1_128 = "gs1_128"
    DATAMATRIX = "datamatrix"
    LINK = "link"  # a QR code with the item's web address


class Labels:
    """`domain` is the shop's or brand's web address for Digital Links, such as "id.example"; empty: it has none."""

    def __init__(self, items: Reference, clock: Clock, currency: str, domain: str = "") -> None:
        self._items = items
        self._clock = clock
        self._currency = currency
        self._domain = domain

    def of_item(self, sku: str, style: Style = Style.RETAIL, unit_fields: Elements = ()) -> LabelFacts:
        """What the label of an item says today. An item without a bar code gets a label without one.

        `unit_fields` are the unit's own, such as its lot (10) or last day (17); an EAN has no room for them. Raises
        RuleViolationError `label.no_such_item`, `label.no_price`, `label.no_domain` and those of `label_codes`.
        """
        item = self._items.by_sku(sku)
        if item is None:
            raise RuleViolationError(NO_ITEM, sku=sku[:40])
        price_minor = self._items.price_now(sku, self._clock.now_ms())
        if price_minor is None:
            raise RuleViolationError(NO_PRICE, sku=sku[:40], name=item.name)
        gtin = self._items.gtin_of(sku)
        weighed = item.unit == WEIGHED
        return LabelFacts(
            name=item.name,
            price_minor=price_minor,
            currency=self._currency,
            sku=item.sku,
            code=self._code(gtin, style, unit_fields) if gtin else None,
            unit_price_minor=price_minor if weighed else None,
            per=item.unit if weighed else "",
        )

    def _code(self, gtin: Gtin, style: Style, unit_fields: Elements) -> Code:
        fields = (("01", gtin), *unit_fields)
        match style:
            case Style.RETAIL:
                return item_code(gtin)
            case Style.GS1_128:
                return gs1_128(fields)
            case Style.DATAMATRIX:
                return gs1_datamatrix(fields)
            case Style.LINK:
                if not self._domain:
                    raise RuleViolationError(NO_DOMAIN)
                return digital_link(fields, self._domain)
            case _:
                assert_never(style)


def marked_down(facts: LabelFacts, off_ppm: int, note: str = "") -> LabelFacts:
    """The same item at a reduced price, which is rounded half up once; `note` says until when or why."""
    less = div_half_up(facts.price_minor * off_ppm, PPM)
    return replace(
        facts, price_minor=facts.price_minor - less, was_minor=facts.price_minor, off_ppm=off_ppm, note=note,
        unit_price_minor=None,
    )  # fmt: skip


def zpl_job(labels: Sequence[tuple[Label, int]], table: LabelTable) -> bytes:
    """Labels and how many of each, as one job for the printer that `table` describes.

    Raises RuleViolationError `label.wrong_size` when one is larger than the labels in it, `label.too_many`,
    `label.bad_copies`.
    """
    if len(labels) > MAX_JOB_LABELS:
        raise RuleViolationError(TOO_MANY, count=len(labels), most=MAX_JOB_LABELS)
    for label, _ in labels:
        if label.width > table.width_mm * PER_MM or label.height > table.height_mm * PER_MM:
            raise RuleViolationError(
                WRONG_SIZE, wide=label.width // PER_MM, high=label.height // PER_MM,
                loaded_wide=table.width_mm, loaded_high=table.height_mm,
            )  # fmt: skip
    return b"".join(zpl.render(label, table.dpi, copies) for label, copies in labels)
