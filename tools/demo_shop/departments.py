"""Departments as customers read them, and the one tax rate of each department group (rates included in the price)."""

from types import MappingProxyType

from retail_core.durable.reference import TaxDoc

TAXES = (
    TaxDoc("food", "VAT 9 %", 90_000),
    TaxDoc("general", "VAT 21 %", 210_000),
    TaxDoc("plants", "VAT 9 %", 90_000),
    TaxDoc("alcohol", "VAT 21 %", 210_000),
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
