"""Which item of the catalogue a scanned code means."""

from pos_app.storage.readers import ItemRow, Reference
from retail_core.domain.scanned import Scanned


def item_of(catalogue: Reference, scanned: Scanned) -> ItemRow | None:
    """The item by bar code, by the store's own number inside it, or by its own code."""
    if scanned.gtin and (found := catalogue.by_gtin(scanned.gtin)):
        return found
    if scanned.also and (found := catalogue.by_gtin(scanned.also)):
        return found
    if scanned.item_code:
        return catalogue.by_sku(scanned.item_code) or catalogue.by_sku(scanned.item_code.lstrip("0"))
    return catalogue.by_sku(scanned.text)
