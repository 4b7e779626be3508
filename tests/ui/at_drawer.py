"""Somebody who keeps the drawer at the window, by keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from pos_app.service.drawer import DrawerView
from retail_core.domain.drawer import DrawerSession
from tests.ui.conftest import Cashier


class AtDrawer:
    """Somebody at the manager's workspace."""

    def __init__(self, cashier: Cashier) -> None:
        self.cashier = cashier
        self.kicks = 0
        cashier.till.drawer.kick = self._kicked

    def _kicked(self) -> None:
        self.kicks += 1

    @property
    def page(self) -> str:
        shown = self.cashier.workplace.shell.findChild(QWidget, "drawer_page")
        assert shown is not None
        return str(shown.page)  # type: ignore[attr-defined]

    def go(self) -> "AtDrawer":
        self.cashier.control(Qt.Key.Key_M)
        self.cashier.until(lambda: self.cashier.screen == "manager")
        return self

    def on(self, page: str) -> "AtDrawer":
        self.cashier.until(lambda: self.page == page)
        return self

    def says(self, name: str, text: str) -> None:
        self.cashier.until(lambda: text in self.cashier.shown(name))

    def view(self) -> DrawerView:
        found: list[DrawerView] = []
        self.cashier.till.drawer.view(found.append, lambda error: pytest.fail(str(error)))
        self.cashier.until(lambda: found)
        return found[0]

    @property
    def session(self) -> DrawerSession:
        session = self.view().session
        assert session is not None
        return session

    def open(self, tens: int = 10) -> "AtDrawer":
        """Count a float of notes of ten in."""
        self.go().says("drawer_title", "No drawer is open")
        self.cashier.key(Qt.Key.Key_F9)
        self.on("grid")
        for _ in range(4):
            self.cashier.key(Qt.Key.Key_Tab)
        self.cashier.type(str(tens))
        self.cashier.key(Qt.Key.Key_F9)
        self.on("look").says("drawer_title", "The drawer is open")
        return self

    def count(self, *pieces: tuple[int, str]) -> None:
        """Figures by denomination, counted from the top."""
        self.on("grid")
        at = 0
        for wanted, figures in pieces:
            for _ in range(wanted - at):
                self.cashier.key(Qt.Key.Key_Tab)
            at = wanted
            self.cashier.type(figures)
        self.cashier.key(Qt.Key.Key_F9)

    def sell(self, *codes: str) -> None:
        for code in codes:
            self.cashier.wedge_scan(code)
        self.cashier.key(Qt.Key.Key_Escape)
        self.cashier.until(lambda: self.cashier.screen == "sell")
        self.cashier.key(Qt.Key.Key_F12)
        self.cashier.until(lambda: self.cashier.selling.last_paid is not None)

    def close(self, *pieces: tuple[int, str], reason: int = 0) -> str:
        """Count and close by keys; `reason` is how far down the list. Returns the Z number."""
        before = len(self.view().closed)
        self.go().on("look")
        self.cashier.until(lambda: self.cashier.shown("drawer_title") == "The drawer is open")
        self.cashier.key(Qt.Key.Key_F9)
        self.count(*pieces)
        self.on("result")
        for _ in range(reason):
            self.cashier.key(Qt.Key.Key_Down)
        self.cashier.key(Qt.Key.Key_F9)
        self.on("done")
        closed = self.view().closed
        assert len(closed) == before + 1
        return closed[0].z_number
