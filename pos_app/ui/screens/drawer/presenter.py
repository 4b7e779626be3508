"""Decides what is done to the drawer. Nothing is asked twice: while one act is under way the next press changes nothing."""

from collections.abc import Callable
from typing import TypeVar
from zoneinfo import ZoneInfo

from pos_app.service.drawer import DrawerDesk, DrawerView
from pos_app.service.drawer_acts import CountResult, ZReport
from pos_app.ui.drawer_words import MOVE_REASONS, move_words
from pos_app.ui.keymap import DRAWER_KEYS, Act, Slot
from pos_app.ui.screens.acting import ActingScreen
from pos_app.ui.screens.drawer.counting import PieceCounts
from pos_app.ui.screens.drawer.draw import Draw
from pos_app.ui.screens.drawer.state import Page
from pos_app.ui.screens.drawer.view import DrawerView as View
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr
from retail_core.domain.drawer import VARIANCE_REASONS, DrawerSession, MoveKind
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import format_money, parse_amount

T = TypeVar("T")
MAX_TYPED = 12
MONEY_MOVES = {Act.CASH_LOAN: MoveKind.LOAN, Act.CASH_DROP: MoveKind.DROP, Act.CASH_BANK: MoveKind.BANK}


class DrawerPresenter(ActingScreen):
    keys = DRAWER_KEYS

    def __init__(self, view: View, desk: DrawerDesk, zone: ZoneInfo) -> None:
        super().__init__(view)
        self._view, self._desk = view, desk
        self._draw = Draw(desk, zone)
        self._drawer = DrawerView(None)
        self._page = Page.LOOK
        self._kind = MoveKind.LOAN
        self._act_id = self._typed = self._reason = ""
        self._pieces = PieceCounts(desk.denominations)
        self._floating = False  # pieces are counted for the float, not for the close
        self._result: CountResult | None = None
        self._z: ZReport | None = None
        view.figure_typed.connect(self.type_figure)
        view.erased.connect(self.erase)
        view.entered.connect(self.enter)
        view.stepped.connect(self.step)
        view.piece_chosen.connect(self.choose_piece)
        view.reason_chosen.connect(self.choose_reason)
        view.main_pressed.connect(self.main)

    # ── what the window asks ─────────────────────────────────────────────────────────────────────

    def shown(self) -> None:
        self._typed = ""
        if self._page is not Page.GRID:  # a count that was begun goes on
            self._page = Page.LOOK
        self.show_again()
        self._ask()

    def strip(self) -> tuple[Slot, ...]:
        session, look = self._drawer.session, self._page is Page.LOOK
        back = tr("Back to sale") if look else tr("Back")
        slots = [Slot(0, Act.BACK, "Esc", back)]
        if look and session:
            slots += [
                Slot(1, Act.CASH_LOAN, "F2", tr("Loan")),
                Slot(2, Act.CASH_DROP, "F3", tr("Drop")),
                Slot(3, Act.CASH_BANK, "F4", tr("Bank")),
                Slot(7, Act.DRAWER, "Ctrl+D", tr("No sale")),
            ]
        if main := self._main_word():
            slots.append(Slot(9, Act.CLOSE_DRAWER, "F9", main, main=True, enabled=not self.busy))
        return tuple(slots)

    def act(self, act: Act) -> None:
        if act is Act.CLOSE_DRAWER:
            self.main()
        elif act in MONEY_MOVES and self._page is Page.LOOK and self._drawer.session:
            self._open_sum(MONEY_MOVES[act])

    def back(self) -> bool:
        """One page back; False when there is none."""
        if self._page is Page.LOOK:
            return False
        self._to(Page.LOOK)
        self._ask()
        return True

    # ── what is typed and tapped ─────────────────────────────────────────────────────────────────

    def type_figure(self, figure: str) -> None:
        if self._page is Page.GRID:
            self._pieces.type_figure(figure)
        elif self._page is Page.SUM and len(self._typed) < MAX_TYPED:
            self._typed += "." if figure == "," else figure
        self.show_again()

    def erase(self) -> None:
        if self._page is Page.GRID:
            self._pieces.erase()
        else:
            self._typed = self._typed[:-1]
        self.show_again()

    def step(self, by: int) -> None:
        """The next or the last denomination, or reason."""
        if self._page is Page.GRID:
            self._pieces.step(by)
        elif reasons := self._reasons():
            at = reasons.index(self._reason) if self._reason in reasons else -1 if by > 0 else 0
            self._reason = reasons[(at + by) % len(reasons)]
        self.show_again()

    def choose_piece(self, at: int) -> None:
        self._pieces.at = at
        self.show_again()

    def choose_reason(self, reason: str) -> None:
        self._reason = reason
        self.show_again()

    def enter(self) -> None:
        """Enter: the next denomination; after the last one, and everywhere else, the main button."""
        if self._page is Page.GRID and not self._pieces.at_end:
            self.step(1)
        else:
            self.main()

    def main(self) -> None:
        """The one main act of the page."""
        if self.busy:
            return
        match self._page:
            case Page.LOOK:
                self._begin_count() if self._drawer.session else self._open_float()
            case Page.SUM:
                self._move()
            case Page.GRID:
                self._submit_pieces()
            case Page.RESULT:
                self._count_again() if self._result and self._result.again else self._close()
            case Page.DONE:
                self._to(Page.LOOK)
                self._ask()

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────

    def _open_float(self) -> None:
        self._floating = True
        self._pieces.clear()
        self._to(Page.GRID)

    def _open_sum(self, kind: MoveKind) -> None:
        self._kind, self._typed, self._act_id = kind, "", self._desk.new_act()
        self._reason = MOVE_REASONS[kind][0]
        self._to(Page.SUM)

    def _move(self) -> None:
        try:
            minor = parse_amount(self._typed or "0", self._desk.currency)
        except RuleViolationError as refused:
            self.explain(refused)
            return
        kind, act_id, reason = self._kind, self._act_id, self._reason

        def moved(_: DrawerSession) -> None:
            self.say(
                tr("{move}: {money}.", move=move_words(kind), money=format_money(minor, self._desk.currency)), Tone.OK
            )
            self._to(Page.LOOK)
            self._ask()

        self.do(lambda failed, by: self._desk.move(act_id, kind, minor, reason, self._done(moved), failed, by))

    def _begin_count(self) -> None:
        self._floating = False

        def opened(_: DrawerSession) -> None:
            self._pieces.clear()
            self._to(Page.GRID)

        self.do(lambda failed, by: self._desk.begin_count(self._done(opened), failed, by))

    def _submit_pieces(self) -> None:
        pieces, session = self._pieces.pieces, self._drawer.session
        if self._floating:
            self.do(lambda failed, _: self._desk.open(0, pieces, self._done(self._opened), failed))
        elif session:
            self.do(lambda failed, _: self._desk.count(session.session_id, pieces, self._done(self._counted), failed))

    def _opened(self, session: DrawerSession) -> None:
        self.say(
            tr("The drawer is open with {money}.", money=format_money(session.float_minor, session.currency)), Tone.OK
        )
        self._to(Page.LOOK)
        self._ask()

    def _counted(self, result: CountResult) -> None:
        self._result, self._reason = result, ""
        self._to(Page.RESULT)

    def _count_again(self) -> None:
        self._pieces.clear()
        self._to(Page.GRID)

    def _close(self) -> None:
        session, reason = self._drawer.session, self._reason
        if session:
            self.do(
                lambda failed, by: self._desk.close(session.session_id, reason, self._done(self._closed), failed, by)
            )

    def _closed(self, z: ZReport) -> None:
        self._z = z
        if z.repeated:
            self.say(tr("This drawer was closed before. Nothing was done twice."), Tone.INFO)
        self._to(Page.DONE)
        self._desk.view(self._seen, self.explain)

    def _done(self, then: Callable[[T], None]) -> Callable[[T], None]:
        def answered(answer: T) -> None:
            self.busy = False
            self.settled.emit()
            then(answer)

        return answered

    def _ask(self) -> None:
        self._desk.view(self._seen, self.explain)

    def _seen(self, drawer: DrawerView) -> None:
        self._drawer = drawer
        if self._page is Page.LOOK and drawer.last and drawer.last.again:
            self._result = drawer.last
        self.show_again()

    # ── showing ──────────────────────────────────────────────────────────────────────────────────

    def _to(self, page: Page) -> None:
        self._page = page
        self.show_again()

    def show_again(self) -> None:
        main, busy = self._main_word(), self.busy
        match self._page:
            case Page.LOOK:
                self._view.show_look(self._draw.look(self._drawer))
            case Page.SUM:
                self._view.show_sum(self._draw.sum(self._kind, self._typed, self._reason, main, busy=busy))
            case Page.GRID:
                self._view.show_grid(self._draw.grid(self._pieces, main, floating=self._floating, busy=busy))
            case Page.RESULT:
                self._view.show_result(self._draw.result(self._result, self._reasons(), self._reason))
            case Page.DONE if self._z:
                self._view.show_done(self._draw.done(self._z, main))
            case Page.DONE:
                return
        if self._view.page is not self._page:
            self._view.show_page(self._page)
        self.strip_changed.emit()

    def _reasons(self) -> tuple[str, ...]:
        if self._page is Page.SUM:
            return MOVE_REASONS[self._kind]
        result = self._result
        return VARIANCE_REASONS if result and result.needs_reason and not result.again else ()

    def _main_word(self) -> str:
        match self._page:
            case Page.LOOK:
                return tr("Count and close") if self._drawer.session else tr("Open with float")
            case Page.SUM:
                return tr("Note and open")
            case Page.GRID:
                return tr("Open drawer") if self._floating else tr("That is all")
            case Page.RESULT:
                return tr("Count again") if self._result and self._result.again else tr("Close, print Z")
            case Page.DONE:
                return tr("Done")
