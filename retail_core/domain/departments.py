"""Departments: goods without a bar code that are sold at a price typed at the till, `1.49d11` on the entry line.

HQ publishes them with their tax class and limits. Such a line names no item, so no stock moves with it.
"""

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Sku

SKU_PREFIX = "dept/"
MAX_NO = 9999
MAX_NAME_CHARS = 60
MAX_PRICE_MINOR = 10**12


class Department(msgspec.Struct, frozen=True, omit_defaults=True):
    """A department as HQ publishes it. `max_minor` 0: no limit of its own. `min_age`: who buys must be so old."""

    no: int
    name: str
    tax_class: str
    min_minor: int = 1
    max_minor: int = 0
    min_age: int = 0

    @property
    def sku(self) -> Sku:
        """What stands on a line instead of an item's own code."""
        return Sku(f"{SKU_PREFIX}{self.no}")


def checked(department: Department) -> Department:
    """The department, if it makes sense. Raises RuleViolationError `department.bad_no`, `.bad_name` or `.bad_limits`."""
    if not 1 <= department.no <= MAX_NO:
        raise RuleViolationError("department.bad_no", no=department.no, limit=MAX_NO)
    if not department.name.strip() or len(department.name) > MAX_NAME_CHARS or not department.tax_class:
        raise RuleViolationError("department.bad_name", no=department.no)
    top = department.max_minor or MAX_PRICE_MINOR
    if not 1 <= department.min_minor <= top <= MAX_PRICE_MINOR or not 0 <= department.min_age <= 120:
        raise RuleViolationError("department.bad_limits", no=department.no)
    return department


def check_price(department: Department, price_minor: int, currency: str) -> None:
    """Raises RuleViolationError `department.price_zero`, `.below_limit` or `.over_limit`."""
    if price_minor <= 0:
        raise RuleViolationError("department.price_zero", name=department.name)
    if price_minor < department.min_minor:
        raise _limit("department.below_limit", department, department.min_minor, currency)
    if department.max_minor and price_minor > department.max_minor:
        raise _limit("department.over_limit", department, department.max_minor, currency)


def _limit(code: str, department: Department, limit_minor: int, currency: str) -> RuleViolationError:
    return RuleViolationError(code, name=department.name, limit_minor=limit_minor, currency=currency)


def department_no(sku: str) -> int | None:
    """The number behind `Department.sku`; None for an item's own code."""
    digits = sku.removeprefix(SKU_PREFIX)
    return int(digits) if digits != sku and digits.isascii() and digits.isdigit() else None
