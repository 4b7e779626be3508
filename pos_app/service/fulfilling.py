"""The pickup counter: pick by scan, stage on a shelf, mark ready, hand over to the customer who can prove it.

An order here is HQ's newest copy with this till's own steps folded over it, so the counter goes on with no network.
Every step is one journal event with the order's next version, and one row with the order as it then is.
"""

import os
from collections.abc import Callable

import msgspec

from pos_app.devices.barcode.classify import NO_RULES, CodeRules, classify
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.service.finding import item_of
from pos_app.storage import orders
from pos_app.storage.readers import Links, Reference
from pos_app.storage.store import TillStore
from retail_core.domain.claims import ClaimAnswer, ClaimKind, Claims, Refused
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import ACTION_OF, FulfilmentEvent, FulfilmentFact
from retail_core.domain.fulfilment import FINAL, MovedLine, OrderDoc, OrderLine, State, apply, check_ready
from retail_core.domain.ids import OrderId
from retail_core.domain.quantity import ONE
from retail_core.domain.roles import Permission, check
from retail_core.domain.scanned import CodeKind
from retail_core.trust.pickup import PASS_PREFIX, code_matches, read_pass
from retail_core.wire.envelope import Private, commitment

MAX_CODE_TRIES = 5
SALT_BYTES = 16
SHELF_PREFIX = "OTS:"
MAX_SHELF_CHARS = 20
Done = Callable[[OrderDoc], None]

COLUMN_OF = {
    State.OFFERED: "new",
    State.ACCEPTED: "new",
    State.PICKING: "picking",
    State.READY: "ready",
    State.EXPIRED: "attention",
    State.REJECTED: "attention",
}
"""The board's columns are a view; a short line or a cancel request moves a card to attention whatever its state."""


class Board(msgspec.Struct, frozen=True):
    new: tuple[OrderDoc, ...]
    picking: tuple[OrderDoc, ...]
    ready: tuple[OrderDoc, ...]
    attention: tuple[OrderDoc, ...]

    @property
    def open_count(self) -> int:
        """Orders somebody has to do something about: the badge."""
        return len(self.new) + len(self.picking) + len(self.attention)


class Found(msgspec.Struct, frozen=True):
    """An order found by pass, number, name or code. `verified`: the customer's right to it is proven."""

    order_id: str
    verified: bool
    proof: str = ""


class Fulfilling:
    def __init__(
        self,
        facts: Links,
        catalogue: Reference,
        writer: Writer,
        claims: Claims,
        clock: Clock,
        hq_key: str,
        codes: Callable[[], CodeRules] = lambda: NO_RULES,
    ) -> None:
        """`hq_key` is HQ's public key; passes are checked against it. `codes`: the store's rules of this moment."""
        self._codes = codes
        self._facts = facts
        self._catalogue = catalogue
        self._writer = writer
        self._claims = claims
        self._clock = clock
        self._hq_key = hq_key
        self._here: dict[str, OrderDoc] = {}
        self._failures: dict[str, int] = {}
        self.operator: SoldBy | None = None

    def restore(self, here: dict[str, OrderDoc], code_failures: dict[str, int]) -> None:
        """Orders this till touched, and wrong codes given, before it was started again."""
        self._here = here
        self._failures = code_failures

    # ── looking ──────────────────────────────────────────────────────────────────────────────────

    def board(self) -> Board:
        """Open orders by column, the most urgent first."""
        columns: dict[str, list[OrderDoc]] = {"new": [], "picking": [], "ready": [], "attention": []}
        for order in self._all():
            column = _column(order)
            if column:
                columns[column].append(order)
        for column in columns.values():
            column.sort(key=lambda order: (order.due_ms or 1 << 62, order.number))
        return Board(**{name: tuple(found) for name, found in columns.items()})

    def order(self, order_id: str) -> OrderDoc:
        """Raises RuleViolationError `order.unknown`."""
        told = orders.newest(self._facts.order(order_id), self._facts.shared_order(order_id))
        order = orders.newest(told, self._here.get(order_id))
        if order is None:
            raise RuleViolationError("order.unknown", order=order_id[:40])
        return order

    def find(self, text: str) -> Found:
        """By pass or 8-character code (then verified), order number or the customer's name.

        Raises RuleViolationError `order.not_found`, `order.several`, `pass.*`.
        """
        typed = text.strip()
        if typed.startswith(PASS_PREFIX):
            found = read_pass(self._hq_key, typed, self._clock.now_ms())
            return Found(self.order(found.order_id).order_id, verified=True, proof="pass")
        living = [order for order in self._all() if order.state not in FINAL]
        by_code = [o for o in living if o.code_hash and code_matches(o.code_salt, o.code_hash, typed)]
        if by_code:
            return Found(by_code[0].order_id, verified=True, proof="code")
        wanted = typed.lower().lstrip("#")
        hits = [o for o in living if o.number.lower() == wanted] or [
            o for o in living if wanted and wanted in f"{o.number} {o.customer_name}".lower()
        ]
        if not hits:
            raise RuleViolationError("order.not_found", text=typed[:40])
        if len(hits) > 1:
            raise RuleViolationError("order.several", count=len(hits))
        return Found(hits[0].order_id, verified=False)

    # ── doing ────────────────────────────────────────────────────────────────────────────────────

    def start_picking(self, order_id: str, done: Done, failed: Failed) -> None:
        self._step(order_id, FulfilmentFact.PICK_STARTED, (), done, failed)

    def pick(self, order_id: str, label: str, done: Done, failed: Failed) -> None:
        """One scanned piece. Refuses `pick.wrong_item` (not on this order) and `pick.already_complete`."""
        try:
            order = self.order(order_id)
            line = self._line_for(order, label)
        except RuleViolationError as refused:
            failed(refused)
            return
        one = min(ONE, line.left_milli)
        self._step(order_id, FulfilmentFact.PICKED, (MovedLine(line.n, line.sku, one),), done, failed)

    def short(self, order_id: str, n: int, reason: str, done: Done, failed: Failed) -> None:
        """What is left of a line cannot be found (`not_in_stock`, `damaged`, `display`)."""
        try:
            line = next(line for line in self.order(order_id).lines if line.n == n)
        except (StopIteration, RuleViolationError):
            failed(RuleViolationError("pick.wrong_item", line=n))
            return
        moved = (MovedLine(line.n, line.sku, line.left_milli),)
        self._step(order_id, FulfilmentFact.SHORT, moved, done, failed, reason=reason)

    def stage(self, order_id: str, shelf_label: str, done: Done, failed: Failed) -> None:
        """Put the goods on a staging shelf, by its label or typed name."""
        shelf = shelf_label.strip().removeprefix(SHELF_PREFIX).upper()
        if not shelf or len(shelf) > MAX_SHELF_CHARS or classify(shelf_label).kind is CodeKind.GTIN:
            failed(RuleViolationError("stage.not_a_shelf", text=shelf_label[:40]))
            return
        self._step(order_id, FulfilmentFact.STAGED, (), done, failed, shelf=shelf)

    def mark_ready(self, order_id: str, done: Done, failed: Failed) -> None:
        """Refuses `fulfilment.not_all_picked`, `fulfilment.not_staged`."""
        try:
            check_ready(self.order(order_id))
        except RuleViolationError as refused:
            failed(refused)
            return
        self._step(order_id, FulfilmentFact.READY, (), done, failed)

    def hand_over(self, order_id: str, proof: str, done: Done, failed: Failed) -> None:
        """Give the goods to whoever shows the pass or knows the code; five wrong codes lock the order's code."""
        try:
            order = self.order(order_id)
            if not order.paid and order.balance_minor:
                raise RuleViolationError("order.not_paid", order=order.number, balance_minor=order.balance_minor)
            how = self._proven(order, proof)
        except RuleViolationError as refused:
            failed(refused)
            return
        if how is None:
            self._wrong_code(order, failed)
            return
        moved = tuple(MovedLine(line.n, line.sku, line.picked_milli) for line in order.lines if line.picked_milli)

        def not_handed_over(error: CodedError) -> None:
            self._claims.give_back([(ClaimKind.PICKUP_ORDER, order_id)])
            failed(error)

        def claimed(answer: ClaimAnswer) -> None:
            """Nobody answering is no reason to stop: a later conflict becomes an exception to work on."""
            if isinstance(answer, Refused):
                by = self._facts.register_of(answer.by)
                failed(RuleViolationError("order.claimed", order=order.number, by=by))
            else:
                self._step(
                    order_id, FulfilmentFact.COLLECTED, moved, done, not_handed_over,
                    proof=how, person=order.customer_name,
                )  # fmt: skip

        self._claims.ask(ClaimKind.PICKUP_ORDER, order_id, claimed)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _all(self) -> list[OrderDoc]:
        sent = {order.order_id: order for order in self._facts.orders()}
        for one in self._facts.shared_orders():  # what another till did and HQ does not show yet
            sent[one.order_id] = orders.newest(sent.get(one.order_id), one) or one
        ids = sent.keys() | self._here.keys()
        merged = (orders.newest(sent.get(OrderId(order_id)), self._here.get(order_id)) for order_id in ids)
        return [order for order in merged if order]

    def _line_for(self, order: OrderDoc, label: str) -> OrderLine:
        scanned = classify(label, self._codes())
        item = item_of(self._catalogue, scanned)
        wanted = [
            line
            for line in order.lines
            if (item and line.sku == item.sku) or (scanned.gtin and line.gtin == scanned.gtin)
        ]
        if not wanted:
            raise RuleViolationError(
                "pick.wrong_item", order=order.number, label=scanned.text[:40], name=item.name if item else ""
            )
        left = next((line for line in wanted if line.left_milli), None)
        if left is None:
            raise RuleViolationError("pick.already_complete", order=order.number, name=wanted[0].name)
        return left

    def _proven(self, order: OrderDoc, proof: str) -> str | None:
        """How the customer proved it, or None for a wrong code. Raises for a bad pass or a locked code."""
        if proof.strip().startswith(PASS_PREFIX):
            found = read_pass(self._hq_key, proof.strip(), self._clock.now_ms())
            if found.order_id != order.order_id:
                raise RuleViolationError("pass.other_order", order=order.number)
            return "pass"
        if self._failures.get(order.order_id, 0) >= MAX_CODE_TRIES:
            raise RuleViolationError("code.locked", order=order.number)
        return "code" if order.code_hash and code_matches(order.code_salt, order.code_hash, proof) else None

    def _wrong_code(self, order: OrderDoc, failed: Failed) -> None:
        def work(store: TillStore) -> int:
            with store.unit() as conn:
                return orders.add_code_failure(conn, order.order_id)

        def counted(failures: int) -> None:
            self._failures[order.order_id] = failures
            failed(RuleViolationError("code.wrong", order=order.number, tries_left=max(0, MAX_CODE_TRIES - failures)))

        self._writer.submit(work, counted, failed)

    def _step(
        self,
        order_id: str,
        fact: FulfilmentFact,
        lines: tuple[MovedLine, ...],
        done: Done,
        failed: Failed,
        *,
        shelf: str = "",
        reason: str = "",
        proof: str = "",
        person: str = "",
    ) -> None:
        try:
            operator = self._allowed(fact)
            order = self.order(order_id)
            after = apply(order, ACTION_OF[fact], lines, shelf=shelf)
        except RuleViolationError as refused:
            failed(refused)
            return
        self._here[order_id] = after  # the next scan builds on this one, written or not yet written
        private = Private(os.urandom(SALT_BYTES), msgspec.json.encode({"collected_by": person})) if person else None
        event = FulfilmentEvent(
            fact, order.order_id, after.order_v, lines, shelf, reason, proof, commitment(private) if private else ""
        )

        def work(store: TillStore) -> OrderDoc:
            with store.unit() as conn:
                store.append(event, operator.operator_id, private)
                orders.put_order(conn, after)
            return after

        def undone(error: CodedError) -> None:
            self._here[order_id] = order
            failed(error)

        self._writer.submit(work, done, undone)

    def _allowed(self, fact: FulfilmentFact) -> SoldBy:
        if self.operator is None:
            raise RuleViolationError("operator.not_signed_in")
        check(self.operator.role, Permission.HAND_OVER if fact is FulfilmentFact.COLLECTED else Permission.PICK)
        return self.operator


def _column(order: OrderDoc) -> str | None:
    if order.state in FINAL:
        return None
    short = any(line.short_milli for line in order.lines)
    return "attention" if order.cancel_requested or short else COLUMN_OF.get(order.state)
