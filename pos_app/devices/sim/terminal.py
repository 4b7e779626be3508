"""A card terminal on TCP with its own ledger; its sentences are put together here by hand.

with TerminalSim() as terminal:
    terminal.next = Behaviour.DECLINE; terminal.ledger; terminal.balance_minor
"""

import contextlib
import select
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock, Thread
from typing import Self

from pos_app.devices.sim.panel import Button

READ_BYTES = 4096
TURN_S = 0.1
REPLY_S = 3.0  # as long it waits for the till's word
JOIN_S = 5.0
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


@dataclass
class Booking:
    """One line of the terminal's own books."""

    trace: int
    receipt: int
    amount_minor: int
    refund: bool = False
    reversed: bool = False


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
        Button("terminal off", "switch it off"),
        Button("terminal on", "switch it on again"),
        Button("terminal ledger", "what it took"),
    )

    def __init__(self, host: str = "127.0.0.1", port: int = 0, banner: bytes = b"") -> None:
        self._listener = socket.create_server((host, port))
        self.host, self.port = self._listener.getsockname()[:2]
        self.next = Behaviour.APPROVE
        self.ledger: list[Booking] = []
        self.card = bytes.fromhex("eeeeeeeeeeee4242")
        self.registered = False
        self.prints_for_till = False
        self.refuse_abort = False
        self.off = False
        self._banner = banner
        self._books = Lock()
        self._closing = False
        self._rest = b""
        self._thread = Thread(target=self._run, name="terminal-sim", daemon=True)
        self._thread.start()

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def balance_minor(self) -> int:
        """What the merchant has got: payments less refunds, reversed ones not counted."""
        with self._books:
            return sum((-1 if b.refund else 1) * b.amount_minor for b in self.ledger if not b.reversed)

    def book(self, amount_minor: int) -> Booking:
        """A payment made at the terminal itself."""
        return self._book(amount_minor, refund=False)

    def close(self) -> None:
        self._closing = True
        self._thread.join(JOIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["terminal", "ledger"]:
                return f"{len(self.ledger)} bookings, balance {self.balance_minor}"
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
                if select.select([self._listener], [], [], TURN_S)[0]:
                    with self._listener.accept()[0] as link, contextlib.suppress(OSError):
                        self._serve(link)
        finally:
            self._listener.close()

    def _serve(self, link: socket.socket) -> None:
        if self.off:
            return
        self._rest = b""
        link.sendall(self._banner)
        while not self._closing and not self.off:
            order = self._hear(link)
            if order is None:
                return
            if not self._obey_till(link, order):
                return

    def _hear(self, link: socket.socket, wait_s: float | None = None) -> bytes | None:
        """One APDU of the till; None when it has gone (or, with `wait_s`, said nothing so long)."""
        while len(self._rest) < 3 or len(self._rest) < 3 + self._rest[2]:
            if select.select([link], [], [], TURN_S if wait_s is None else wait_s)[0]:
                data = link.recv(READ_BYTES)
                if not data:
                    return None
                self._rest += data
            elif wait_s is not None or self._closing or self.off:
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
            return self._say(link, ACK, _apdu("060f"))
        if not self.registered or (self.next is Behaviour.FORGETS_TILL and control == "0601"):
            self.next = Behaviour.APPROVE if self.next is Behaviour.FORGETS_TILL else self.next
            self.registered = False
            link.sendall(b"\x84\x6b\x00")
            return True
        return self._business(link, control, data)

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
                return self._say(link, ACK, _apdu("060f"))
            case "06b0":
                return self._say(link, ACK)
            case _:
                link.sendall(b"\x84\x83\x00")
                return True

    def _pay(self, link: socket.socket, amount_minor: int, *, refund: bool) -> bool:
        how, self.next = self.next, Behaviour.APPROVE
        link.sendall(ACK)
        if how is Behaviour.DIES_BEFORE:
            return False
        self._say(link, _apdu("04ff", b"\x0a"))
        if how is Behaviour.WAITS and not self._wait_for_stop(link):
            how = Behaviour.TIMEOUT
        if how is Behaviour.TIMEOUT:
            return self._say(link, _apdu("040f", b"\x27\x6c"), _apdu("061e", b"\x6c"))
        if how is Behaviour.DECLINE:
            return self._say(link, _apdu("04ff", b"\x1d"), _apdu("040f", b"\x27\x71"), _apdu("061e", b"\x71"))
        booking = self._book(amount_minor // 2 if how is Behaviour.PARTIAL else amount_minor, refund=refund)
        if how is Behaviour.PAID_THEN_DIES:
            return False
        if how is Behaviour.SILENT:
            while self._hear(link) is not None:
                continue
            return False
        result = _apdu("040f", self._result(booking))
        if how is Behaviour.DIES_AT_END:
            self._say(link, result)
            return False
        receipt = (
            [_apdu("06d1", b"\x00" + text) for text in (b"CARD PAYMENT", b"APPROVED")] if self.prints_for_till else []
        )
        ends = [_apdu("060f")] * (2 if how is Behaviour.DUPLICATE else 1)
        return self._say(link, result, *receipt, *ends)

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
        with self._books:
            last = self.ledger[-1] if self.ledger else None
        told = [_apdu("040f", self._result(last))] if last else []
        return self._say(link, ACK, *told, _apdu("060f"))

    def _reverse(self, link: socket.socket, receipt: int) -> bool:
        with self._books:
            found = next((b for b in self.ledger if b.receipt == receipt), None)
            code = 0xB5 if found is None else 0xB4 if found.reversed else 0
            if found and not code:
                found.reversed = True
        if code:
            return self._say(link, ACK, _apdu("040f", bytes([0x27, code])), _apdu("061e", bytes([code])))
        return self._say(link, ACK, _apdu("040f", b"\x27\x00"), _apdu("060f"))

    def _book(self, amount_minor: int, *, refund: bool) -> Booking:
        with self._books:
            number = len(self.ledger) + 1
            booking = Booking(4000 + number, number, amount_minor, refund)
            self.ledger.append(booking)
            return booking

    def _result(self, booking: Booking) -> bytes:
        return (
            b"\x27\x00\x04" + _bcd(booking.amount_minor, 6) + b"\x49\x09\x78\x0b" + _bcd(booking.trace, 3)
            + b"\x0c\x12\x34\x56\x0d\x11\x27\x22\xf0" + bytes([0xF0 | len(self.card)]) + self.card
            + b"\x29\x28\x00\x48\x69\x87" + _bcd(booking.receipt, 2) + b"\x8b\xf1\xf1Mastercard\0"
        )  # fmt: skip

    def _say(self, link: socket.socket, *sentences: bytes) -> bool:
        """Each sentence but an acknowledgement waits for the till's."""
        for sentence in sentences:
            link.sendall(sentence)
            if sentence != ACK and self._hear(link, REPLY_S) is None:
                return False
        return True
