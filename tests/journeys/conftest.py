"""Journeys drive the same window as the screen's tests."""

from tests.ui.conftest import at_work, cashier, dressed, qapp_cls, shop

__all__ = ["at_work", "cashier", "dressed", "qapp_cls", "shop"]
