"""The workplace: window, screens and services put together. It decides which screen is in front and where a scan goes."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, Signal

from pos_app.locale.catalogue import SOURCE_LANGUAGE
from pos_app.service.card_paying import CardState
from pos_app.service.completing import SoldBy
from pos_app.service.outcome import PaidSale
from pos_app.till import Till
from pos_app.ui.approving import Approving
from pos_app.ui.at_counter import AtCounter, NoCounter
from pos_app.ui.background import Background
from pos_app.ui.card_guard import CardGuard
from pos_app.ui.chores import Chores
from pos_app.ui.customer.display import CustomerDisplay
from pos_app.ui.facing import CustomerFacing
from pos_app.ui.held_scans import HeldScan
from pos_app.ui.idle import IdleLock
from pos_app.ui.key_words import print_keys_of
from pos_app.ui.keymap import Act
from pos_app.ui.keys import Keys
from pos_app.ui.locked_till import LockedTill
from pos_app.ui.notices import Notice
from pos_app.ui.opening import OpeningDrawer
from pos_app.ui.operators import Operators
from pos_app.ui.overlays import Overlays
from pos_app.ui.own_settings import OwnSettings
from pos_app.ui.resuming import Resuming
from pos_app.ui.scan_way import ScanWay
from pos_app.ui.screens.all import make_screens
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.sell.presenter import WAITING
from pos_app.ui.second_basket import SecondBasket
from pos_app.ui.shell import PillState, Shell
from pos_app.ui.speaking import speak
from pos_app.ui.theme import Tone
from pos_app.ui.top_strip import top_state
from pos_app.ui.trainer import Trainer
from pos_app.ui.watermark import Watermark
from pos_app.ui.wedge import WedgeFilter
from pos_app.ui.words import set_language, tr
from retail_core.domain.errors import CodedError
from retail_core.domain.roles import Permission, may
from retail_core.domain.scanned import TagUnit

Devices = Callable[[], tuple[PillState, ...]]


def no_devices() -> tuple[PillState, ...]:
    """Nothing on the counter speaks for itself."""
    return ()


class Workplace(QObject):
    """Everything on the screen of one till. `open` shows it, `close` gives windows and filters back."""

    closed = Signal()

    def __init__(
        self, till: Till, background: Background, devices: Devices = no_devices, counter: AtCounter | None = None
    ) -> None:
        super().__init__()
        self.till = till
        self.counter: AtCounter = counter or NoCounter()
        self.device_lamps = devices
        self._zone = ZoneInfo(till.config.timezone)
        self.pickup_count = 0
        set_language(SOURCE_LANGUAGE)  # windows are made in English and spoken to from then on
        self.shell = Shell()
        self.wedge = WedgeFilter(self.counter.wedge)
        self.customer = CustomerDisplay(till, self.wedge)
        self.keys = Keys(till.preferences)
        print_keys_of(self.keys.key_of)
        self.keys.sent = lambda: self.wedge.sent
        self.own = OwnSettings(till.choices, self.counter, self.customer)
        screens = make_screens(till, self.counter, self.wedge, self._zone, self.keys, self.own)
        self.sign_in, self.sell, self.pay, self.pickup = screens.sign_in, screens.sell, screens.pay, screens.pickup
        self.returns, self.devices, self.manager = screens.returns, screens.devices, screens.manager
        self.moving_keys = screens.moving_keys
        self.approving = Approving(self.shell.approval, till.signing_in, till.config.currency)
        self.operators = Operators(till, self.sign_in, self.approving)
        self.opening = OpeningDrawer(self.shell.reasons, till.drawer, self.shell.notify, self.approving.ask)
        self.facing = CustomerFacing(till, self.counter, self.customer, self.shell.notify)
        self.chores = Chores(till, self.counter, self.shell.notify, self._explain, self.sell.shown)
        self.overlays = Overlays(till, self.keys, self._go)
        self.sell.typed_words = lambda: self.keys.words
        self.trainer = Trainer(till)
        self.idle = IdleLock(lambda: till.signing_in.rules.idle_lock_s, self._is_paying)
        self.second = SecondBasket(till, self.sell, self.pay, self.keys, self._go, lambda: self.current)
        self.locked_till = LockedTill(till, self.sign_in, self.lock)
        self.current: Screen = self.sign_in
        self._own: dict[Act, Callable[[], None]] = {
            Act.LOCK: self.lock,
            Act.DEVICES: self._to_devices,
            Act.LABEL: self.chores.print_label,
            Act.READ_BATCH: self.chores.read_batch,
            Act.REPRINT: self.chores.reprint,
            Act.RETURN: self._to_returns,
            Act.HELP: lambda: self._over(Act.HELP),
            Act.PRICE_CHECK: lambda: self._over(Act.PRICE_CHECK),
            Act.CUSTOMER_LANGUAGE: self.facing.next_language,
            Act.DRAWER: self.opening.ask,
            Act.TRAINING: lambda: self.trainer.change(self.current),
            Act.OTHER_BASKET: self.second.switch,
            Act.MANAGER: lambda: self._to_workspace("manager"),
            Act.MOVE_KEYS: lambda: self._go(self.moving_keys),
        }
        self.cards = CardGuard(self.shell, till.selling.no_cards)
        self._scans = ScanWay(
            till, screens, self.overlays, self.shell.notify, lambda: self.current, self._go, self._to_returns
        )
        self._connect(background)
        self.resuming = Resuming(till, self.shell, self.sign_in)

    def open(self, *, full_screen: bool = False) -> None:
        """Show the window, locked until somebody signs in."""
        self.own.apply_all()
        if full_screen:
            self.shell.showFullScreen()
        else:
            self.shell.show()
        self.wedge.watch(self.shell.windowHandle())
        self.idle.watch(self.shell.windowHandle())
        self.shell.raise_()
        self.shell.activateWindow()  # a bare X server has no window manager that would
        self.customer.open()
        self.cards.watch()
        self._go(self.sign_in)
        self.resuming.say()
        if self.trainer.on:
            Watermark(self.shell, tr("TRAINING"))

    def close(self) -> None:
        """Let go of the windows; call it before the application ends."""
        self._scans.stop()
        self.idle.stop()
        self.customer.close()
        self.wedge.close()
        print_keys_of()
        self.shell.hide()
        self.shell.deleteLater()

    # ── where a scan goes ────────────────────────────────────────────────────────────────────────

    def scanned(self, label: str, source: str, problem: str = "", pairs: bool = False) -> None:
        """One read of any scanner: a payment card is refused, a badge is somebody; all else goes its way."""
        self.idle.again()
        if not self.cards.refused(label) and (problem or not self.operators.take(label)):
            self._scans.take(HeldScan(label, source, problem, pairs))

    def tags_read(self, units: Sequence[TagUnit]) -> None:
        """Units an RFID reader is sure of."""
        self._scans.tags_read(units)

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────

    def act(self, name: str) -> None:
        """A key or button, whichever screen is in front."""
        act = Act(name)
        if act is Act.FULL_SCREEN:
            self._toggle_full_screen()
        elif self.current is self.sign_in:
            return
        elif act in self._own:
            self._own[act]()
        elif act is Act.PICKUP and self.current is not self.pickup:
            self._to_workspace("pickup")
        elif act is Act.SELL or (act is Act.PICKUP and self.current is self.pickup):
            self._to_workspace("sell")
        else:
            if act is Act.BACK:
                self.shell.take_back_notice()
                if self.approving.close() or self.opening.close():
                    return
            self.current.act(act)

    def _command(self, text: str) -> None:
        self.overlays.command(text, self.sell)

    def _over(self, act: Act) -> None:
        self.shell.take_back_notice()
        self.overlays.open(act, self.current)

    def lock(self) -> None:
        """Nobody is at the till now; the basket stays as it is."""
        if self.till.selling.paying:
            return
        self.idle.stop()
        self.till.signing_in.sign_out()
        self.till.signed_in(None)
        self._go(self.sign_in)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _connect(self, background: Background) -> None:
        self.shell.acted.connect(self.act)
        self.shell.workspace_chosen.connect(self._to_workspace)
        self.shell.typed_aside.connect(self._typed_aside)
        self.shell.closing.connect(self.closed)
        self.wedge.scanned.connect(self.scanned)
        background.woken.connect(self.refresh)
        self.till.rechecked = self._scans.rechecked
        self.shell.devices_wanted.connect(self._to_devices)
        self.devices.left.connect(self._back_from_devices)
        self.manager.left.connect(self._back_from_devices)
        self.manager.turned.connect(self._page_turned)
        self.manager.start_again.connect(self._start_again)
        self.opening.opened.connect(self._page_turned)
        self.moving_keys.left.connect(self._back_to_settings)
        self.moving_keys.moved.connect(self._keys_moved)
        own = (self.sign_in, self.sell, self.pay, self.pickup, self.returns, self.devices, self.manager)
        for screen in (*own, self.moving_keys, *self.overlays.screens):
            self.shell.add_screen(screen.widget)
            screen.noticed.connect(self.shell.notify)
            screen.strip_changed.connect(self._show_strip)
            screen.settled.connect(self.shell.take_back_notice)
            screen.sounded.connect(self.counter.sound)
            screen.approval_wanted.connect(self.approving.ask)
        self.sign_in.signed_in.connect(self._signed_in)
        self.operators.noticed.connect(self.shell.notify)
        self.second.noticed.connect(self.shell.notify)
        self.operators.taken_over.connect(self._taken_over)
        self.operators.pin_wanted.connect(self.lock)
        self.idle.idle.connect(self.lock)
        self.sell.pay_wanted.connect(self._open_pay)
        self.sell.cash_wanted.connect(self.pay.pay)
        self.overlays.wanted.connect(self.act)
        self.sell.command_typed.connect(self._command)
        self.sell.act_typed.connect(self.act)
        self.sell.order_scanned.connect(self._open_order)
        self.pay.left.connect(self._back_to_sale)
        self.returns.left.connect(self._back_to_sale)
        self.pay.paid.connect(self._paid)
        self.pay.failed.connect(self._not_paid)
        self.pickup.count_changed.connect(self._count_orders)

    def refresh(self) -> None:
        """A second has passed, or the agent brought something."""
        self._show_top()
        self.locked_till.look()
        self.current.refresh()
        if self.current is not self.pickup:
            self._count_orders(self.till.fulfilling.board().open_count)

    def _speak(self) -> None:
        """In the language of whoever is signed in; a locked till speaks its own."""
        operator = self.till.signing_in.operator
        speak(self.till.language_of(operator), self.shell)

    def _go(self, screen: Screen) -> None:
        self._speak()
        self.current = screen
        self.approving.close()
        self.opening.close()
        self.shell.show_screen(screen.widget, self.keys.table(screen.keys))
        screen.shown()
        self._show_strip()
        self._show_top()

    def _to_workspace(self, name: str) -> None:
        operator = self.till.signing_in.operator
        if operator is None or name not in self._workspaces(operator):
            return
        self.shell.take_back_notice()
        if name != "manager" or self.manager.settle():
            self._go({"sell": self.sell, "pickup": self.pickup, "manager": self.manager}[name])

    def _page_turned(self) -> None:
        """Another page of the manager's workspace is in front, or there is something new on it."""
        if self.current is self.manager:
            self._go(self.manager)

    def _back_to_settings(self) -> None:
        self._to_workspace("manager")

    def _start_again(self) -> None:
        self.trainer.start_again(self.manager)

    def _keys_moved(self) -> None:
        self._go(self.current)

    def _to_devices(self) -> None:
        if self.till.signing_in.operator is not None and not self.till.selling.paying:
            self.shell.take_back_notice()
            self._go(self.devices)

    def _to_returns(self) -> None:
        """Where goods come back; not while a sale is being paid."""
        if not self.till.selling.paying:
            self.shell.take_back_notice()
            self._go(self.returns)

    def _back_from_devices(self) -> None:
        operator = self.till.signing_in.operator
        if operator is not None:
            self._to_workspace(self._workspaces(operator)[0])

    def _signed_in(self, operator: SoldBy) -> None:
        self.till.signed_in(operator)
        self.idle.touched()
        self.refresh()
        self._go(self.sell if "sell" in self._workspaces(operator) else self.pickup)
        self._scans.release()

    def _is_paying(self) -> bool:
        return self.till.selling.paying or self.till.card_paying.state is CardState.WORKING

    def _taken_over(self, operator: SoldBy) -> None:
        """Somebody else's badge: the basket and the screen stay, if they are for them."""
        self.till.signed_in(operator)
        if self._space() in self._workspaces(operator):
            self._speak()
            self._show_strip()
        else:
            self._back_from_devices()
        self.refresh()
        self.shell.notify(Notice(tr("{name} goes on.", name=operator.name), Tone.OK))

    def _open_pay(self, given_minor: int) -> None:
        self.shell.take_back_notice()
        self.pay.open(given_minor)
        self._go(self.pay)

    def _back_to_sale(self) -> None:
        self._go(self.sell)

    def _open_order(self, text: str) -> None:
        self._to_workspace("pickup")
        if self.current is self.pickup:
            self.pickup.open_found(text)

    def _paid(self, sale: PaidSale) -> None:
        if self.current is self.pay:
            self._go(self.sell)
        self.shell.take_back_notice()
        if not self.second.sold(sale):
            self.sell.paid()

    def _not_paid(self, _: CodedError) -> None:
        if self.current is self.pay and WAITING.intersection(self.till.paying.blocked_by()):
            self._go(self.sell)
        contested = next((line.line_id for line in self.till.selling.sale or () if line.contested), None)
        if contested and self.current is self.sell:
            self.sell.select(contested)
        self.sell.release_held()

    def _explain(self, refused: CodedError) -> None:
        self.current.explain(refused)

    def _typed_aside(self, text: str) -> None:
        self.current.typed_aside(text)

    def _toggle_full_screen(self) -> None:
        if self.shell.isFullScreen():
            self.shell.showNormal()
        else:
            self.shell.showFullScreen()

    # ── the strips ───────────────────────────────────────────────────────────────────────────────

    def _count_orders(self, count: int) -> None:
        if count != self.pickup_count:
            self.pickup_count = count
            self._show_top()

    def _show_strip(self) -> None:
        self.shell.show_strip(self.keys.on_buttons(self.current.strip(), self.current.keys))
        self.facing.follow()

    def _show_top(self) -> None:
        operator = self.till.signing_in.operator
        spaces = self._workspaces(operator) if operator else ()
        top = top_state(self.till, self._zone, spaces, self._space(), self.device_lamps(), self.pickup_count)
        top = self.trainer.marked(top)
        self.shell.show_top(top)

    def _space(self) -> str:
        return {
            id(self.pickup): "pickup",
            id(self.devices): "",
            id(self.manager): "manager",
            id(self.moving_keys): "manager",
        }.get(id(self.current), "sell")

    def _workspaces(self, operator: SoldBy) -> tuple[str, ...]:
        asked = (("sell", Permission.SELL), ("pickup", Permission.PICK))
        found = tuple(name for name, permission in asked if may(operator.role, permission))
        return (*found, "manager") if self.manager.any_allowed() else found
