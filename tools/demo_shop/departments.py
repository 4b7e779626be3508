"""Departments as customers read them, and the one tax rate of each department group (rates included in the price)."""

from types import MappingProxyType

from hq_server.service.taxes import TaxChange

TAXES = (
    TaxChange("food", "VAT 9 %", 90_000),
    TaxChange("general", "VAT 21 %", 210_000),
    TaxChange("plants", "VAT 9 %", 90_000),
    TaxChange("alcohol", "VAT 21 %", 210_000),
)
FOOD, GENERAL, PLANTS, ALCOHOL = (tax.tax_class for tax in TAXES)

DEPARTMENTS = MappingProxyType(
    {
        "GROCERY": ("Grocery", FOOD),
        "PRODUCE": ("Fruit & Vegetables", FOOD),
        "MEAT": ("Meat", FOOD),
        "MEAT-PCKGD": ("Packaged Meat", FOOD),
        "DELI": ("Deli", FOOD),
        "PASTRY": ("Bakery", FOOD),
        "SEAFOOD": ("Fish", FOOD),
        "SEAFOOD-PCKGD": ("Packaged Fish", FOOD),
        "NUTRITION": ("Nutrition", FOOD),
        "FROZEN GROCERY": ("Frozen", FOOD),
        "RESTAURANT": ("Restaurant", FOOD),
        "SALAD BAR": ("Salad Bar", FOOD),
        "CHEF SHOPPE": ("Chef's Counter", FOOD),
        "FLORAL": ("Flowers", PLANTS),
        "GARDEN CENTER": ("Garden", PLANTS),
        "SPIRITS": ("Spirits", ALCOHOL),
        "DRUG GM": ("Household & Care", GENERAL),
        "COSMETICS": ("Cosmetics", GENERAL),
    }
)


def department_of(department: str) -> tuple[str, str]:
    """(name, tax class); a department that is not listed is general goods under its own name."""
    return DEPARTMENTS.get(department, (department.title(), GENERAL))
