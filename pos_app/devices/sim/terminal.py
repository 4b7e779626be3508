"""A card terminal on TCP with its own ledger; its sentences are put together here by hand.

with TerminalSim() as terminal:
    terminal.next = Behaviour.DECLINE; terminal.ledger; terminal.balance_minor
"""

import contextlib
import socket
from collections.abc import Sequence
from enum import StrEnum
from threading import Event, Thread
from typing import Self

from pos_app.devices.sim.panel import Button
from pos_app.devices.sim.terminal_books import Booking, Books, Done
from pos_app.devices.transport.ready import readable

READ_BYTES = 4096
TURN_S = 0.1
REPLY_S = 3.0  # as long it waits for the till's word
JOIN_S = 5.0
HELD_S = 60.0
ACK = b"\x80\x00\x00"


class Behaviour(StrEnum):
    """What happens with the next payment."""

    APPROVE = "approve"
    DECLINE = "decline"
    TIMEOUT = "timeout"  # nobody holds a card to it
    PARTIAL = "partial"  # half of it
    DUPLICATE = "duplicate"  # it says the end twice
    DIES_BEFORE = "dies before"  # the link dies before the money moves
    PAID_THEN_DIES = "paid then dies"  # the money moved, and the link dies before a word of it
    DIES_AT_END = "dies at end"  # the money moved, the result was told, the end was not
    SILENT = "silent"  # it takes the order, pays, and says nothing
    FORGETS_TILL = "forgets till"  # it wants to be registered again
    WAITS = "waits"  # for a customer, until it is asked to stop
    BUSY = "busy"  # it will not begin
    SLOW = "slow"  # it asks for time, acknowledges the other way, and tells a lot
    TAKES_BACK = "takes back"  # the link dies with the result, and it reverses by itself what nobody acknowledged
    GOES_ON = "goes on"  # the link dies, and the customer pays all the same, later
    CONTRADICTS = "contradicts"  # it says paid, then aborted


class ReversalTurn(StrEnum):
    """What happens with the next reversal."""

    DONE = "done"
    DIES_BEFORE = "dies before"
    DONE_THEN_DIES = "done then dies"
    OTHER = "other"  # it reverses whatever was last, whatever it was asked for
    REFUSED = "refused"


def _bcd(number: int, size: int) -> bytes:
    return bytes.fromhex(str(number).rjust(size * 2, "0"))


def _apdu(control: str, data: bytes = b"") -> bytes:
    size = bytes([len(data)]) if len(data) < 255 else b"\xff" + len(data).to_bytes(2, "little")
    return bytes.fromhex(control) + size + data


class TerminalSim:
    """Runs on its own thread from the moment it is made until `close`."""

    name = "terminal"
    buttons = (
        *(Button(f"terminal {behaviour}", f"the next payment: {behaviour}") for behaviour in Behaviour),
        Button("terminal partial", "the next payment: only this much of it", "amount, 5.00"),
        Button("terminal customer pays", "who was left alone with it holds the card to it"),
        Button("terminal restart", "it forgets the till and drops the line"),
        Button("terminal mend", "everything is all right again"),
        Button("terminal off", "switch it off"),
        Button("terminal on", "switch it on again"),
        Button("terminal ledger", "what it took"),
    )

    def __init__(self, host: str = "127.0.0.1", port: int = 0, banner: bytes = b"") -> None:
        self._listener = socket.create_server((host, port))
        self.host, self.port = self._listener.getsockname()[:2]
        self.next = Behaviour.APPROVE
        self.next_reversal = ReversalTurn.DONE
        self.partial_minor = 0  # 0: half of what is asked
        self.says_ready = True
        self.tells_while_busy = False  # it repeats the receipt before while a customer pays
        self.repeats_refused = False  # a refused payment is the last one too
        self.status = 0
        self.pause_s = 0.0  # before each of its sentences
        self.noise = b""  # in front of its answer to the registration
        self.card = bytes.fromhex("eeeeeeeeeeee4242")
        self.registered = False
        self.registrations = 0
        self.prints_for_till = False
        self.refuse_abort = False
        self.off = False
        self._banner = banner
        self.books = Books()
        self._pause = Event()
        self._alone: tuple[int, bool] | None = None
        self._closing = False
        self._starts = 0
        self._rest = b""
        self._thread = Thread(target=self._run, name="terminal-sim", daemon=True)
        self._thread.start()

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def ledger(self) -> list[Booking]:
        return self.books.ledger

    @property
    def balance_minor(self) -> int:
        """What the merchant has got."""
        return self.books.balance_minor

    def customer_pays(self) -> None:
        """Who was left alone with the terminal pays now."""
        if self._alone:
            amount_minor, refund = self._alone
            self.books.book(amount_minor, refund=refund)
            self._alone = None

    def restart(self) -> None:
        """It forgets the till and whoever waits in front of it, and drops the line."""
        self.registered, self._alone = False, None
        self._starts += 1

    def hold(self) -> None:
        """The customer looks for the card: from now on it says nothing more until `go_on`."""
        self._pause.clear()
        self.pause_s = HELD_S

    def go_on(self) -> None:
        self.pause_s = 0.0
        self._pause.set()

    def mend(self) -> None:
        self.next, self.next_reversal, self.off, self.status = Behaviour.APPROVE, ReversalTurn.DONE, False, 0

    def close(self) -> None:
        self._closing = True
        self._pause.set()
        self._thread.join(JOIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["terminal", "ledger"]:
                return f"{len(self.ledger)} bookings, balance {self.balance_minor}"
            case ["terminal", "partial", amount] if amount.replace(".", "", 1).isdigit():
                self.next, self.partial_minor = Behaviour.PARTIAL, round(float(amount) * 100)
            case ["terminal", "customer", "pays"]:
                self.customer_pays()
            case ["terminal", "restart"]:
                self.restart()
            case ["terminal", "mend"]:
                self.mend()
            case ["terminal", "off"]:
                self.off = True
            case ["terminal", "on"]:
                self.off = False
            case ["terminal", *behaviour] if " ".join(behaviour) in set(Behaviour):
                self.next = Behaviour(" ".join(behaviour))
            case _:
                return None
        return "ok"

    # ── its thread ───────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        try:
            while not self._closing:
                if readable([self._listener], TURN_S):
                    with self._listener.accept()[0] as link, contextlib.suppress(OSError):
                        self._serve(link)
        finally:
            self._listener.close()

    def _serve(self, link: socket.socket) -> None:
        if self.off:
            return
        self._rest, start = b"", self._starts
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.sendall(self._banner)
        while not self._closing and not self.off and start == self._starts:
            order = self._hear(link)
            if order is None:
                return
            if not self._obey_till(link, order):
                return

    def _hear(self, link: socket.socket, wait_s: float | None = None) -> bytes | None:
        """One APDU of the till; None when it has gone (or, with `wait_s`, said nothing so long)."""
        start = self._starts
        while len(self._rest) < 3 or len(self._rest) < 3 + self._rest[2]:
            if readable([link], TURN_S if wait_s is None else wait_s):
                data = link.recv(READ_BYTES)
                if not data:
                    return None
                self._rest += data
            elif wait_s is not None or self._closing or self.off or start != self._starts:
                return None
        length = 3 + self._rest[2]
        order, self._rest = self._rest[:length], self._rest[length:]
        return order

    def _obey_till(self, link: socket.socket, order: bytes) -> bool:
        """True while the connection goes on."""
        control, data = order[:2].hex(), order[3:]
        if control == "8000":
            return True
        if control == "0600":
            self.registered, self.prints_for_till = True, bool(data[3] & 0x80)
            self.registrations += 1
            link.sendall(self.noise)
            return self._say(link, ACK, _apdu("060f"))
        forgets = self.next is Behaviour.FORGETS_TILL and control == "0601"
        if not self.registered or forgets:
            self.next = Behaviour.APPROVE if forgets else self.next
            self.registered = False
            link.sendall(b"\x84\x6b\x00")
            return True
        return self._occupied(link, control) if self._alone else self._business(link, control, data)

    def _occupied(self, link: socket.socket, control: str) -> bool:
        """Somebody stands in front of it with a card."""
        if control == "0501":
            return self._say(link, ACK, _apdu("060f", b"\x9c" if self.says_ready else b""))
        if control == "0620" and self.tells_while_busy:
            return self._repeat(link)
        return self._say(link, ACK, _apdu("061e", b"\x9c"))

    def _business(self, link: socket.socket, control: str, data: bytes) -> bool:
        match control:
            case "0601":
                return self._pay(link, int(data[1:7].hex()), refund=False)
            case "0631":
                return self._pay(link, int(data[4:10].hex()), refund=True)
            case "0620":
                return self._repeat(link)
            case "0630":
                return self._reverse(link, int(data[4:6].hex()))
            case "0650":
                total = _bcd(max(0, self.balance_minor), 6)
                return self._say(link, ACK, _apdu("040f", b"\x27\x00\x04" + total), _apdu("060f"))
            case "0501":
                answer = b"\xf0\xf0\xf0\xf31.0" + bytes([self.status]) if self.says_ready else b""
                return self._say(link, ACK, _apdu("060f", answer))
            case "06b0":
                return self._say(link, ACK)
            case _:
                link.sendall(b"\x84\x83\x00")
                return True

    def _pay(self, link: socket.socket, amount_minor: int, *, refund: bool) -> bool:
        how, self.next = self.next, Behaviour.APPROVE
        if not self._begin(link, how):
            return how is Behaviour.BUSY
        if how is Behaviour.WAITS and not self._wait_for_stop(link):
            how = Behaviour.TIMEOUT
        match how:
            case Behaviour.GOES_ON:
                self._alone = amount_minor, refund
                return False
            case Behaviour.TIMEOUT:
                return self._say(link, _apdu("040f", b"\x27\x6c"), _apdu("061e", b"\x6c"))
            case Behaviour.DECLINE:
                refused = self.books.refuse(amount_minor, 0x71, last=self.repeats_refused)
                return self._say(
                    link, _apdu("04ff", b"\x1d"), _apdu("040f", self._result(refused)), _apdu("061e", b"\x71")
                )
            case Behaviour.PARTIAL:
                amount_minor = min(amount_minor, self.partial_minor or amount_minor // 2)
            case _:
                pass
        self.books.book(amount_minor, refund=refund)
        return self._tell_paid(link, how)

    def _begin(self, link: socket.socket, how: Behaviour) -> bool:
        """True when the customer may come."""
        if how is Behaviour.BUSY:
            link.sendall(b"\x84\xa0\x00")
            return False
        if how is Behaviour.SLOW:
            link.sendall(b"\x84\x9c\x00")
            link.sendall(b"\x84\x00\x00")
            return self._say(link, *(_apdu("04ff", bytes([code])) for code in (0x0A, 0x4B, 0x04, 0x17)))
        link.sendall(ACK)
        if how is Behaviour.DIES_BEFORE:
            return False
        self._say(link, _apdu("04ff", b"\x0a"))
        return True

    def _tell_paid(self, link: socket.socket, how: Behaviour) -> bool:
        paid = self.books.last
        assert paid is not None
        result = _apdu("040f", self._result(paid))
        if how is Behaviour.PAID_THEN_DIES:
            return False
        if how is Behaviour.SILENT:
            while self._hear(link) is not None:
                continue
            return False
        if how is Behaviour.TAKES_BACK:
            self.books.take_back(self.ledger[-1])
            return False
        if how is Behaviour.DIES_AT_END:
            self._say(link, result)
            return False
        if how is Behaviour.CONTRADICTS:
            return self._say(link, result, _apdu("061e", b"\xcc"))
        ends = [_apdu("060f")] * (2 if how is Behaviour.DUPLICATE else 1)
        return self._say(link, result, *self._receipt(), *ends)

    def _receipt(self) -> list[bytes]:
        """Its lines for the till's printer, if it has none of its own."""
        return (
            [_apdu("06d1", b"\x00" + text) for text in (b"CARD PAYMENT", b"APPROVED")] if self.prints_for_till else []
        )

    def _wait_for_stop(self, link: socket.socket) -> bool:
        """True when the till asked to stop and we go on all the same."""
        while (order := self._hear(link)) is not None:
            if order[:2] == b"\x06\xb0":
                if self.refuse_abort:
                    link.sendall(b"\x84\x83\x00")
                    return True
                link.sendall(ACK)
                return False
        return False

    def _repeat(self, link: socket.socket) -> bool:
        told = [_apdu("040f", self._result(self.books.last)), *self._receipt()] if self.books.last else []
        return self._say(link, ACK, *told, _apdu("060f"))

    def _reverse(self, link: socket.socket, receipt: int) -> bool:
        how, self.next_reversal = self.next_reversal, ReversalTurn.DONE
        link.sendall(ACK)
        if how is ReversalTurn.DIES_BEFORE:
            return False
        found = next((b for b in self.ledger if b.receipt == receipt), None)
        found = self.ledger[-1] if how is ReversalTurn.OTHER and self.ledger else found
        code = 0xB5 if found is None or how is ReversalTurn.REFUSED else 0xB4 if found.reversed else 0
        if found is None or code:
            return self._say(link, _apdu("040f", bytes([0x27, code])), _apdu("061e", bytes([code])))
        done = self.books.take_back(found)
        if how is ReversalTurn.DONE_THEN_DIES:
            return False
        return self._say(link, _apdu("040f", self._result(done)), _apdu("060f"))

    def _result(self, done: Done) -> bytes:
        stamp = bytes.fromhex(f"0c12{done.trace % 6000 // 100:02d}{done.trace % 60:02d}0d1127")
        return (
            bytes([0x27, done.result, 0x04]) + _bcd(done.amount_minor, 6) + b"\x49\x09\x78\x0b" + _bcd(done.trace, 3)
            + stamp + b"\x22\xf0" + bytes([0xF0 | len(self.card)]) + self.card
            + b"\x29\x28\x00\x48\x69\x87" + _bcd(done.receipt, 2) + b"\x8b\xf1\xf1Mastercard\0"
        )  # fmt: skip

    def _say(self, link: socket.socket, *sentences: bytes) -> bool:
        """Each sentence but an acknowledgement waits for the till's."""
        for sentence in sentences:
            self._pause.wait(self.pause_s)
            link.sendall(sentence)
            if sentence != ACK and self._hear(link, REPLY_S) is None:
                return False
        return True
