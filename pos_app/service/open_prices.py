"""Goods without a bar code at a price typed at the till: `1.49d11` is 1.49 in department 11."""

from typing import Protocol

from pos_app.service.entry import Entry
from pos_app.service.tax_rates import TaxRates
from retail_core.domain.asks import NO_RULES, ItemRules
from retail_core.domain.departments import MAX_NO, Department, check_price, department_no
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import is_gtin
from retail_core.domain.ids import IdSource, LineId
from retail_core.domain.money import parse_amount
from retail_core.domain.quantity import ONE
from retail_core.domain.saleline import LineSort, SaleLine

SURELY_A_CODE = frozenset({12, 13, 14})


class DepartmentFacts(Protocol):
    def department(self, no: int) -> Department | None: ...


class OpenPrices:
    """Makes lines; adds none."""

    def __init__(self, facts: DepartmentFacts, taxes: TaxRates, ids: IdSource, currency: str) -> None:
        self._facts, self._taxes, self._ids, self._currency = facts, taxes, ids, currency

    def line(self, entry: Entry, qty_milli: int | None, waiting: SaleLine | None = None) -> SaleLine:
        """The line of a typed price; `waiting` is the unknown scan it explains, whose id, code and quantity it keeps.

        Raises RuleViolationError `department.*` or `amount.*`.
        """
        department = self.department(entry.department)
        price_minor = self.price_minor(entry.text)
        check_price(department, price_minor, self._currency)
        if waiting:
            line_id, label, gtin, pieces = waiting.line_id, waiting.label, waiting.gtin, qty_milli or waiting.qty_milli
        else:
            line_id, label, gtin, pieces = LineId(self._ids.next()), "", None, qty_milli or ONE
        tax, *more = self._taxes.of(department.tax_class)
        return SaleLine(
            line_id, department.sku, department.name, pieces, price_minor, tax, label, gtin,
            department=department.name, sort=LineSort.DEPARTMENT,
            rules=ItemRules(department.min_age) if department.min_age else NO_RULES, more_taxes=tuple(more),
        )  # fmt: skip

    def department(self, typed: str) -> Department:
        """Raises `department.missing` or `department.unknown`."""
        if not typed:
            raise RuleViolationError("department.missing")
        no = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= len(str(MAX_NO)) else 0
        found = self._facts.department(no) if no else None
        if found is None:
            raise RuleViolationError("department.unknown", no=typed[:12])
        return found

    def price_minor(self, typed: str) -> int:
        """Raises `amount.*`; a number that is surely a bar code is never a price."""
        if len(typed) in SURELY_A_CODE and is_gtin(typed):
            raise RuleViolationError("amount.is_a_bar_code", text=typed)
        return parse_amount(typed, self._currency)


def quick_department(sku: str) -> str:
    """The department behind a quick key such as `dept/11`, or nothing."""
    no = department_no(sku)
    return "" if no is None else str(no)
