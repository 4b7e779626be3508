"""Journeys drive the same window as the screen's tests; those between tills and head office have a real one of their own."""

from tests.agent.conftest import folder, hq, store
from tests.ui.conftest import at_work, cashier, dressed, qapp_cls, shop

__all__ = ["at_work", "cashier", "dressed", "folder", "hq", "qapp_cls", "shop", "store"]
