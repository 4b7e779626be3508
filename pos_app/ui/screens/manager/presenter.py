"""The manager's workspace hosts pages: each is a screen of its own and knows nothing of the list.

To add one: `add("name", lambda: tr("Words"), presenter, allowed)`. Acts, scans and typing go to the page in front.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal

from pos_app.ui.keymap import MANAGER_KEYS, Act, Slot
from pos_app.ui.screens.manager.view import ManagerView
from pos_app.ui.screens.screen import Screen


@dataclass(frozen=True, slots=True)
class ManagerPage:
    """`words` is asked each time, since the language may change; `allowed` too, since the operator may."""

    name: str
    words: Callable[[], str]
    screen: Screen
    allowed: Callable[[], bool]


class ManagerPresenter(Screen):
    turned = Signal()  # another page is in front: its keys hold now
    left = Signal()
    start_again = Signal()  # a page asks for the till to be started again

    def __init__(self, view: ManagerView) -> None:
        super().__init__(view)
        self._view = view
        self._pages: list[ManagerPage] = []
        self._front: ManagerPage | None = None
        view.chosen.connect(self.turn_to)

    @property
    def front(self) -> str:
        """The name of the page in front."""
        return self._front.name if self._front else ""

    def add(
        self, name: str, words: Callable[[], str], screen: Screen, allowed: Callable[[], bool] = lambda: True
    ) -> None:
        """Host a page; pages stand in the order they were added."""
        self._pages.append(ManagerPage(name, words, screen, allowed))
        self._view.add_page(screen.widget)
        screen.noticed.connect(self.noticed)
        screen.strip_changed.connect(self.strip_changed)
        screen.settled.connect(self.settled)
        screen.sounded.connect(self.sounded)
        screen.approval_wanted.connect(self.approval_wanted)

    def any_allowed(self) -> bool:
        """False when nobody signed in may see any page."""
        return bool(self._allowed())

    def turn_to(self, name: str) -> None:
        """Bring a page to the front; one that may not be seen stays where it is."""
        found = next((page for page in self._allowed() if page.name == name), None)
        if found is not None and found is not self._front:
            self._to_front(found)
            self.turned.emit()

    def settle(self) -> bool:
        """Have a page in front that may be seen, before the workspace is shown. False when there is none."""
        allowed = self._allowed()
        if allowed and self._front not in allowed:
            self._to_front(allowed[0])
        return bool(allowed)

    def shown(self) -> None:
        if self._front:
            pages = tuple((page.name, page.words()) for page in self._allowed())
            self._view.show_list(pages, self._front.name)
            self._view.show_page(self._front.screen.widget)
            self._front.screen.shown()

    def strip(self) -> tuple[Slot, ...]:
        return self._front.screen.strip() if self._front else ()

    def act(self, act: Act) -> None:
        screen = self._front.screen if self._front else None
        if act in {Act.NEXT_PAGE, Act.LAST_PAGE}:
            self._turn(1 if act is Act.NEXT_PAGE else -1)
        elif act is Act.BACK:
            if screen is None or not screen.back():
                self.left.emit()
        elif screen:
            screen.act(act)

    def refresh(self) -> None:
        if self._front:
            self._front.screen.refresh()

    def typed_aside(self, text: str) -> None:
        if self._front:
            self._front.screen.typed_aside(text)

    def _to_front(self, page: ManagerPage) -> None:
        self._front = page
        self.keys = {**page.screen.keys, **MANAGER_KEYS}

    def _turn(self, by: int) -> None:
        allowed = self._allowed()
        if self._front in allowed:
            self.turn_to(allowed[(allowed.index(self._front) + by) % len(allowed)].name)

    def _allowed(self) -> list[ManagerPage]:
        return [page for page in self._pages if page.allowed()]
