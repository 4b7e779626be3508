"""The workplace: window, screens and services put together. It decides which screen is in front and where a scan goes."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QObject, QTimer, Signal

from pos_app.locale.catalogue import NAMES, SOURCE_LANGUAGE, spoken
from pos_app.receipts.labels import Label, price_label
from pos_app.service.batch_import import FOLDER as BATCH_FOLDER
from pos_app.service.batch_import import import_batches
from pos_app.service.card_paying import CardState
from pos_app.service.completing import SoldBy
from pos_app.service.link_status import LinkState, LinkView
from pos_app.service.outcome import PaidSale
from pos_app.till import Till
from pos_app.ui import customer_lines
from pos_app.ui.approving import Approving
from pos_app.ui.at_counter import AtCounter, NoCounter
from pos_app.ui.background import Background
from pos_app.ui.card_guard import CardGuard
from pos_app.ui.customer.display import CustomerDisplay
from pos_app.ui.device_words import sentence
from pos_app.ui.idle import IdleLock
from pos_app.ui.keymap import Act
from pos_app.ui.keys import Keys
from pos_app.ui.managing import manager_workspace
from pos_app.ui.notices import Notice
from pos_app.ui.opening import OpeningDrawer
from pos_app.ui.operators import Operators
from pos_app.ui.overlays import Overlays
from pos_app.ui.own_settings import OwnSettings
from pos_app.ui.screens.devices.presenter import DevicesPresenter
from pos_app.ui.screens.devices.view import DevicesView
from pos_app.ui.screens.pay.presenter import PayPresenter
from pos_app.ui.screens.pay.view import PayView
from pos_app.ui.screens.pickup.presenter import PickupPresenter
from pos_app.ui.screens.pickup.view import PickupView
from pos_app.ui.screens.returns.after import AfterSale
from pos_app.ui.screens.returns.presenter import ReturnsPresenter
from pos_app.ui.screens.returns.view import ReturnsView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.sell.presenter import WAITING, SellPresenter
from pos_app.ui.screens.sell.view import SellView
from pos_app.ui.screens.sign_in.presenter import SignInPresenter
from pos_app.ui.screens.sign_in.view import SignInView
from pos_app.ui.shell import PillState, Shell, TopState, till_title
from pos_app.ui.speaking import speak
from pos_app.ui.theme import Tone
from pos_app.ui.trainer import Trainer
from pos_app.ui.watermark import Watermark
from pos_app.ui.wedge import WedgeFilter
from pos_app.ui.words import ltr, ntr, set_language, tr, words_for
from retail_core.domain.errors import CodedError
from retail_core.domain.ids import LineId
from retail_core.domain.money import exponent
from retail_core.domain.roles import Permission, may
from retail_core.domain.scanned import TagUnit

MAX_SCANS_WHILE_LOCKED = 50
LABELS_FOLDER = "labels"
SHOWN_BAD_LINES = 5
RELEASE_MS = 0
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
        self._devices = devices
        self._customer_lines = ("", "")
        self._zone = ZoneInfo(till.config.timezone)
        self._waiting: list[tuple[str, str, str, bool]] = []
        self.pickup_count = 0
        set_language(SOURCE_LANGUAGE)  # windows are made in English and spoken to from then on
        self.shell = Shell()
        self.wedge = WedgeFilter(self.counter.wedge)
        self.customer = CustomerDisplay(till, self.wedge)
        point = "." if exponent(till.config.currency) else ""
        self.sign_in = SignInPresenter(SignInView(), till.signing_in)
        self.sell = SellPresenter(
            SellView(),
            till.selling,
            till.paying,
            till.discounting,
            till.lookup,
            till.parking,
            till.asking,
            self._zone,
            cards=till.card_selling,
            has_items=self._has_items,
        )
        self.pay = PayPresenter(PayView(point), till.selling, till.paying, till.card_paying, till.tendering)
        self.pickup = PickupPresenter(PickupView(), till.fulfilling, till.clock, self._zone)
        after = AfterSale(till.papers, till.post_voiding, till.home.folder, self._zone)
        after.operator, after.queued = lambda: till.signing_in.operator, self.counter.print_queued
        self.returns = ReturnsPresenter(ReturnsView(), till.returning, till.selling, after, self._zone)
        self.devices = DevicesPresenter(DevicesView(), self.counter, self.wedge, self._may_set_up)
        self.keys = Keys(till.preferences)
        self.own = OwnSettings(till.choices, self.counter, self.customer)
        self.manager = manager_workspace(till, point, self._zone, self.keys, self.own)
        self.approving = Approving(self.shell.approval, till.signing_in, till.config.currency)
        self.operators = Operators(till, self.sign_in, self.approving)
        self.opening = OpeningDrawer(self.shell.reasons, till.drawer, self.shell.notify, self.approving.ask)
        self.overlays = Overlays(till, self.keys, self._go)
        self.sell.typed_words = lambda: self.keys.words
        self.trainer = Trainer(till)
        self.idle = IdleLock(lambda: till.signing_in.rules.idle_lock_s, self._is_paying)
        self.current: Screen = self.sign_in
        self._own: dict[Act, Callable[[], None]] = {
            Act.LOCK: self.lock,
            Act.DEVICES: self._to_devices,
            Act.LABEL: self._print_label,
            Act.READ_BATCH: self._read_batch,
            Act.REPRINT: self._reprint,
            Act.RETURN: self._to_returns,
            Act.HELP: lambda: self._over(Act.HELP),
            Act.PRICE_CHECK: lambda: self._over(Act.PRICE_CHECK),
            Act.CUSTOMER_LANGUAGE: self._speak_to_customer,
            Act.DRAWER: self.opening.ask,
            Act.TRAINING: lambda: self.trainer.change(self.current),
            Act.MANAGER: lambda: self._to_workspace("manager"),
        }
        self.cards = CardGuard(self.shell, till.selling.no_cards)
        self._release = QTimer(self, singleShot=True, interval=RELEASE_MS)
        self._release.timeout.connect(self._give_waiting)
        self._connect(background)

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
        if self.trainer.on:
            Watermark(self.shell, tr("TRAINING"))

    def close(self) -> None:
        """Let go of the windows; call it before the application ends."""
        self._release.stop()
        self.idle.stop()
        self.customer.close()
        self.wedge.close()
        self.shell.hide()
        self.shell.deleteLater()

    # ── where a scan goes ────────────────────────────────────────────────────────────────────────

    def scanned(self, label: str, source: str, problem: str = "", pairs: bool = False) -> None:
        """One read of any scanner. While nobody is signed in it waits; it is never dropped unseen."""
        self.idle.again()
        if self.cards.refused(label) or (not problem and self.operators.take(label)):
            return
        if self.till.signing_in.operator is None:
            if len(self._waiting) < MAX_SCANS_WHILE_LOCKED:
                self._waiting.append((label, source, problem, pairs))
            self.sign_in.show_waiting(len(self._waiting))
        elif problem:
            self.shell.notify(Notice(words_for(problem), Tone.ERROR))
        elif self.overlays.make_way(self.current):
            self.scanned(label, source, problem, pairs)
        elif self.current in (self.pickup, self.devices, self.returns, self.overlays.prices):
            self.current.scanned(label, source)
        elif self.current is self.pay and self.pay.takes(label):
            self.pay.scanned(label, source)
        elif self.till.returning.is_receipt(label):
            self._to_returns()
            if self.current is self.returns:
                self.returns.scanned(label, source)
        else:
            self._for_sale(lambda: self.sell.scanned(label, source, pairs=pairs))

    def tags_read(self, units: Sequence[TagUnit]) -> None:
        """Units an RFID reader is sure of. Nobody signed in, or the pickup board in front: they wait for the sell screen."""
        if self.till.signing_in.operator is not None and self.current in (self.sell, self.pay):
            self._for_sale(lambda: self.sell.tags_read(units))
        else:
            self.till.selling.tags_came(units)

    def _rechecked(self, lines: Sequence[LineId]) -> None:
        """Other rules came while a sale was open; one that is being looked at on the pay screen goes back to its lines."""
        self._for_sale(lambda: self.sell.rechecked(lines))

    def _for_sale(self, add: Callable[[], None]) -> None:
        add()
        if self.current is not self.pay or self.till.selling.paying:
            return
        if self.till.paying.blocked_by():
            self._go(self.sell)  # what waits must be dealt with before paying
        else:
            self.pay.basket_changed()

    def _give_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        self.sign_in.show_waiting(0)
        for label, source, problem, pairs in waiting:
            self.scanned(label, source, problem, pairs)
        if waiting:
            text = ntr("{n} scan made while locked was taken", "{n} scans made while locked were taken", len(waiting))
            self.shell.notify(Notice(text, Tone.INFO))

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
        self.till.rechecked = self._rechecked
        self.shell.devices_wanted.connect(self._to_devices)
        self.devices.left.connect(self._back_from_devices)
        self.manager.left.connect(self._back_from_devices)
        self.manager.turned.connect(self._page_turned)
        self.opening.opened.connect(self._page_turned)
        own = (self.sign_in, self.sell, self.pay, self.pickup, self.returns, self.devices, self.manager)
        for screen in (*own, *self.overlays.screens):
            self.shell.add_screen(screen.widget)
            screen.noticed.connect(self.shell.notify)
            screen.strip_changed.connect(self._show_strip)
            screen.settled.connect(self.shell.take_back_notice)
            screen.sounded.connect(self.counter.sound)
            screen.approval_wanted.connect(self.approving.ask)
        self.sign_in.signed_in.connect(self._signed_in)
        self.operators.noticed.connect(self.shell.notify)
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

    def _reprint(self) -> None:
        self.counter.reprint(self._reprinted, self.current.explain)

    def _reprinted(self, number: str) -> None:
        self.shell.notify(
            Notice(tr("Receipt {number} is printed again, marked as a copy.", number=ltr(number)), Tone.OK)
        )

    def _read_batch(self) -> None:
        """Files of batch scanners that lie ready, onto the sale."""
        try:
            taken = import_batches(self.till.home.folder, self.till.selling)
        except CodedError as refused:
            self.current.explain(refused)
            return
        if not taken.files:
            folder = str(self.till.home.folder / BATCH_FOLDER)
            self.shell.notify(Notice(tr("No file of a batch scanner lies in {folder}.", folder=folder), Tone.INFO))
            return
        words = ntr("{n} code of the batch scanner was taken", "{n} codes of the batch scanner were taken", taken.codes)
        if taken.bad:
            first = taken.bad[0]
            lines = ", ".join(str(bad.number) for bad in taken.bad[:SHOWN_BAD_LINES])
            why = tr("not taken: line {lines}: {why}", lines=lines, why=words_for(first.code, {"text": first.text}))
            words = f"{words} · {why}"
        self.sell.shown()
        self.shell.notify(Notice(words, Tone.WARNING if taken.bad else Tone.OK))

    def _print_label(self) -> None:
        """A shelf label of the chosen line; a file when no label printer is set up."""
        sale, chosen = self.till.selling.sale, self.till.selling.selected
        line = sale.line(chosen) if sale and chosen else None
        if line is None:
            self.shell.notify(Notice(words_for("line.none_selected"), Tone.WARNING))
            return
        try:
            label = price_label(self.till.labels.of_item(line.sku))
            self.counter.print_label(label, lambda code: self._label_printed(label, line.name, code))
        except CodedError as refused:
            self.current.explain(refused)

    def _label_printed(self, label: Label, name: str, code: str) -> None:
        if not code:
            self.shell.notify(Notice(tr("The label of {name} came out.", name=name), Tone.OK))
        elif code == "label.no_printer":
            self._save_label(label)
        else:
            self.shell.notify(Notice(sentence(code), Tone.WARNING))

    def _save_label(self, label: Label) -> None:
        from pos_app.ui.labels_pdf import labels_pdf  # kept out of the start of a till

        file = self.till.home.folder / LABELS_FOLDER / f"{self.till.clock.now_ms()}.pdf"
        try:
            file.parent.mkdir(exist_ok=True)
            labels_pdf([label], file)
        except OSError as trouble:
            self.shell.notify(Notice(tr("The label could not be saved: {why}", why=str(trouble)[:80]), Tone.ERROR))
            return
        words = tr("No label printer is set up. The label was saved as {file}.", file=str(file))
        self.shell.notify(Notice(words, Tone.INFO))

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

    def _may_set_up(self) -> bool:
        operator = self.till.signing_in.operator
        return operator is not None and may(operator.role, Permission.SET_UP_DEVICES)

    def _signed_in(self, operator: SoldBy) -> None:
        self.till.signed_in(operator)
        self.idle.touched()
        self.refresh()
        self._go(self.sell if "sell" in self._workspaces(operator) else self.pickup)
        self._release.start()

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
        self.sell.paid()

    def _not_paid(self, error: CodedError) -> None:
        if self.current is self.pay and WAITING.intersection(self.till.paying.blocked_by()):
            self._go(self.sell)
        self.sell.release_held()

    def _typed_aside(self, text: str) -> None:
        self.current.typed_aside(text)

    def _toggle_full_screen(self) -> None:
        if self.shell.isFullScreen():
            self.shell.showNormal()
        else:
            self.shell.showFullScreen()

    def _has_items(self) -> bool:
        return self.till.links.reference_name() is not None

    # ── the strips ───────────────────────────────────────────────────────────────────────────────

    def _count_orders(self, count: int) -> None:
        if count != self.pickup_count:
            self.pickup_count = count
            self._show_top()

    def _show_strip(self) -> None:
        self.shell.show_strip(self.keys.on_buttons(self.current.strip(), self.current.keys))
        self._tell_customer()

    def _speak_to_customer(self) -> None:
        """The next language for the receipt and the customer's display, until this sale is paid."""
        paying, codes = self.till.paying, list(NAMES)
        at = codes.index(now) if (now := paying.customer_language()) in codes else -1
        paying.language = codes[(at + 1) % len(codes)]
        self.shell.notify(Notice(tr("Receipt and customer: {language}", language=NAMES[paying.language]), Tone.INFO))
        self._tell_customer()

    def _tell_customer(self) -> None:
        """The line display follows the sale; it is told only what is new."""
        selling, said = self.till.selling, spoken(self.till.paying.customer_language())
        if selling.sale is not None:
            lines = customer_lines.of_sale(selling.sale, selling.selected, said)
        elif selling.last_paid is not None:
            lines = customer_lines.of_paid(selling.last_paid, said)
        else:
            lines = customer_lines.of_nobody(self.till.config.store_name, said)
        if lines != self._customer_lines:
            self._customer_lines = lines
            self.counter.customer_reads(*lines)
        self.customer.follow()

    def _show_top(self) -> None:
        config, now_ms = self.till.config, self.till.clock.now_ms()
        operator = self.till.signing_in.operator
        clock = datetime.fromtimestamp(now_ms / 1000, tz=UTC).astimezone(self._zone)
        names = {"sell": (tr("Sell"), 0), "pickup": (tr("Pickup"), self.pickup_count), "manager": (tr("Manager"), 0)}
        spaces = self._workspaces(operator) if operator else ()
        self.shell.show_top(
            TopState(
                self.trainer.title(till_title(config.store_name, config.register, config.role)),
                tuple((name, *names[name]) for name in spaces),
                self._space() if operator else "",
                self.trainer.lamp(lamp_state(self.till.link.read())),
                self._devices(),
                operator.name if operator else "",
                f"{clock:%H:%M}",
            )
        )

    def _space(self) -> str:
        return {id(self.pickup): "pickup", id(self.devices): "", id(self.manager): "manager"}.get(
            id(self.current), "sell"
        )

    def _workspaces(self, operator: SoldBy) -> tuple[str, ...]:
        asked = (("sell", Permission.SELL), ("pickup", Permission.PICK))
        found = tuple(name for name, permission in asked if may(operator.role, permission))
        return (*found, "manager") if self.manager.any_allowed() else found


def lamp_state(link: LinkView) -> PillState:
    """The sync lamp in plain words; selling never waits for it."""
    queued = tr(" · {n} queued", n=link.queued) if link.queued else ""
    match link.state:
        case LinkState.SYNCED:
            return PillState("sync", tr("All synced") if not link.queued else tr("Syncing") + queued, Tone.OK)
        case LinkState.CATCHING_UP:
            return PillState("sync", tr("Catching up") + queued, Tone.INFO)
        case LinkState.HQ_OFFLINE:
            return PillState("sync", tr("HQ offline") + queued, Tone.WARNING)
        case LinkState.STARTING:
            return PillState("sync", tr("Connecting") + queued, Tone.INFO)
