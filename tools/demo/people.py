"""Who works in the demo: the cashier at till 1 and the associate at till 2's pickup counter."""

from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path
from threading import Event

from tools.demo.hands import Hands, State
from tools.demo.hq import OnlineOrder
from tools.demo.store import Machine
from tools.demo_shop.people import StaffMember
from tools.demo_shop.shop import Basket

SCAN_EVERY_S = 0.06
TYPE_QUANTITY_FROM = 3
SHELVES = ("B-01", "B-02", "B-03", "B-04", "C-01", "C-02")
ORDER_ARRIVES_WITHIN_S = 20.0
CENTS = 100
NOTES_MINOR = (500, 1_000, 2_000, 5_000, 10_000, 20_000)
Show = Callable[[Hands, str], None]
"""Keep a picture of the window under a name (once)."""


class AtTill:
    """A person signed in at one till."""

    def __init__(self, machine: Machine, hands: Hands, show: Show) -> None:
        self.machine, self.hands = machine, hands
        self.show: Callable[[str], None] = lambda name: show(hands, name)

    def sign_in(self, who: StaffMember) -> None:
        self.hands.wait_until(lambda seen: seen["screen"] == "sign_in", "the sign-in screen")
        self.hands.type(who.pin[:2])
        self.show("sign-in")
        self.hands.type(who.pin[2:])
        self.hands.key("Enter")
        self.hands.wait_until(lambda seen: seen["operator"] == who.name, f"{who.name} is signed in")
        # what is scanned before its port is open is lost, in a shop as here
        self.hands.wait_until(lambda seen: seen["devices"].get("scanner") == "ok", "the scanner's lamp")

    def scan(self, code: str) -> None:
        """A read by the hand scanner, at the pace of a hand."""
        self.machine.scanner.scan(code)
        Event().wait(SCAN_EVERY_S)

    def close(self) -> None:
        self.hands.close()


class Way(Enum):
    """How a customer of the demo pays."""

    EXACT_CASH = auto()
    NOTES = auto()
    CARD = auto()


class Cashier(AtTill):
    """Sells baskets at till 1."""

    def sell(self, basket: Basket, way: Way) -> str:
        """Scan a basket and take the money; returns the receipt number."""
        before = self.hands.look()["receipt"]
        self._scan_all(basket)
        if basket.unknown:
            self._strike_unknown(basket)
        self.show("sell")
        if way is Way.EXACT_CASH:
            self.hands.key("F12")
        else:
            self.hands.key("F9")
            self.hands.wait_until(lambda seen: seen["screen"] == "pay", "the payment screen")
            if way is Way.NOTES:
                self._take_notes()
            else:
                self.show("pay-by-card")
            self.hands.key("Enter")
        seen = self.hands.wait_until(
            lambda seen: seen["receipt"] not in ("", before) and not seen["paying"], "the sale is paid"
        )
        if way is Way.NOTES:
            self.show("change")
        return str(seen["receipt"])

    def search(self, text: str) -> None:
        """Look an item up by name, and leave it."""
        self.hands.key("F2")
        self.hands.type(text)
        Event().wait(0.4)
        self.show("search")
        self.hands.key("Esc", "Esc")

    def _scan_all(self, basket: Basket) -> None:
        expected = 0
        for line in basket.lines:
            if line.pieces >= TYPE_QUANTITY_FROM:
                self._wait_for_pieces(expected)
                self.hands.type(f"{line.pieces}*")
                self.hands.key("Enter")
                self.scan(line.gtin)
            else:
                for _ in range(line.pieces):
                    self.scan(line.gtin)
            expected += line.pieces
        self._wait_for_pieces(expected)

    def _wait_for_pieces(self, expected: int) -> None:
        self.hands.wait_until(lambda seen: pieces_on(seen) == expected, f"{expected} pieces are on the screen")

    def _strike_unknown(self, basket: Basket) -> None:
        """A code nobody knows becomes a line that waits; the cashier takes it off."""
        known = sum(line.pieces for line in basket.lines)
        for code in basket.unknown:
            self.scan(code)
            self.hands.wait_until(lambda seen: seen["pending"] == 1, "the unknown code waits on its line")
            self.show("unknown-code")
            self.hands.key("Up", "Del")
            self.hands.wait_until(lambda seen: seen["pending"] == 0, "the unknown line is struck through")
        self._wait_for_pieces(known)

    def _take_notes(self) -> None:
        due_minor = int(self.hands.look()["due_minor"])
        given = next((note for note in NOTES_MINOR if note >= due_minor), -(-due_minor // CENTS) * CENTS)
        self.hands.key("C")
        self.hands.type(f"{given // CENTS}.{given % CENTS:02d}")
        self.show("pay")


class Picker(AtTill):
    """Picks, stages and hands over online orders at till 2."""

    def __init__(self, machine: Machine, hands: Hands, show: Show) -> None:
        super().__init__(machine, hands, show)
        self._staged = 0

    def open_board(self) -> None:
        if self.hands.look()["screen"] != "pickup":
            self.hands.key("F10")
        self.hands.wait_until(lambda seen: seen["screen"] == "pickup", "the pickup board")

    def pick(self, order: OnlineOrder, wrong_code: str) -> None:
        """Pick by scan, stage and make ready. One wrong item is tried and must be refused."""
        self._open(order)
        self._work_on("accepted", order)
        self.hands.key("F3")
        self._work_on("picking", order)
        before = self._left(order)
        said = self.hands.look()["notice"]
        self.scan(wrong_code)
        self._until_said_more(said, "the wrong item is refused aloud")
        self.show("pickup-wrong-item")
        self._wait_until_left(before, order)
        for line in order.lines:
            for _ in range(line.pieces):
                self.scan(line.gtin)
        self._wait_until_left(0, order)
        self.show("pickup-picked")
        self.scan(f"OTS:{SHELVES[self._staged % len(SHELVES)]}")
        self._staged += 1
        self.hands.wait_until(lambda seen: bool(order_on(seen)["shelf"]), f"{order.number} stands on a shelf")
        said = self.hands.look()["notice"]
        self.hands.key("F9")
        self._work_on("ready", order)
        self._until_said_more(said, f"{order.number} is said to be ready")
        self.show("pickup-ready")

    def hand_over(self, order: OnlineOrder, *, by_pass: bool) -> None:
        """The customer comes with the pass on a phone, or with eight characters."""
        if by_pass:
            self.scan(order.pickup_pass)
            self.hands.wait_until(lambda seen: order_on(seen)["order_id"] == order.order_id, "the pass opens the order")
            self.hands.key("F4")
        else:
            self._open(order)
            self.hands.key("F4")
            self.hands.wait_until(lambda seen: seen["side"] == "code", "the question for the code")
            self.hands.type(order.code)
            self.show("pickup-code")
            self.hands.key("Enter")
        self._work_on("collected", order)
        self.hands.wait_until(lambda seen: seen["side"] == "order", "the order is shown again")
        self.show("pickup-collected")

    def _open(self, order: OnlineOrder) -> None:
        self.hands.wait_until(
            lambda seen: seen["orders_waiting"] > 0 or self.machine.sees_order(order.order_id) is not None,
            f"{order.number} reaches the store",
            ORDER_ARRIVES_WITHIN_S,
        )
        self.hands.key("F2")
        self.hands.wait_until(lambda seen: seen["side"] == "find", "the question for an order")
        self.hands.type(order.number)
        self.hands.key("F2")
        self.hands.wait_until(lambda seen: order_on(seen)["order_id"] == order.order_id, f"{order.number} is open")
        self.show("pickup")

    def _work_on(self, state: str, order: OnlineOrder) -> None:
        self.hands.wait_until(
            lambda seen: order_on(seen)["state"] == state, f"{order.number} is {state}", ORDER_ARRIVES_WITHIN_S
        )

    def _until_said_more(self, said: str, what: str) -> None:
        """A notice comes last, when the screen is up to date."""
        self.hands.wait_until(lambda seen: seen["notice"] not in ("", said), what)

    def _left(self, order: OnlineOrder) -> int:
        return sum(line.pieces for line in order.lines) * 1000

    def _wait_until_left(self, left_milli: int, order: OnlineOrder) -> None:
        what = f"{left_milli // 1000} pieces of {order.number} are left to pick"
        self.hands.wait_until(lambda seen: order_on(seen)["left_milli"] == left_milli, what)


def order_on(seen: State) -> State:
    """The open order, or one with nothing in it."""
    return seen["order"] or {"order_id": "", "state": "", "shelf": "", "left_milli": -1}


def pieces_on(seen: State) -> int:
    """Pieces in the basket on the screen; lines struck through and unknown ones count for nothing."""
    lines = (line for line in seen["lines"] if not line["voided"] and not line["pending"])
    return sum(int(line["qty_milli"]) for line in lines) // 1000


def keep_pictures(folder: Path) -> Show:
    """Keep the first picture of each name."""
    kept: set[str] = set()

    def show(hands: Hands, name: str) -> None:
        if name not in kept:
            kept.add(name)
            hands.grab(folder / f"{len(kept):02d}-{name}.png")

    return show
