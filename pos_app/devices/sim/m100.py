"""A serial UHF module on a pty: answers, polls, falls silent, and can be unplugged in the middle of a notice."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Self

from pos_app.devices.sim.panel import Button
from pos_app.devices.sim.port import PtyPort
from pos_app.devices.sim.tags import TagField, tag_buttons

TURN_S = 0.02
JOIN_S = 5.0
LEAST_POWER_CDBM, MOST_POWER_CDBM = 1_500, 2_600


def _frame(kind: int, command: int, params: bytes) -> bytes:
    inner = bytes((kind, command, len(params) >> 8, len(params) & 0xFF)) + params
    return b"\xbb" + inner + bytes((sum(inner) % 256, 0x7E))


class M100Sim:
    """Runs on its own threads from the moment it is made until `close`."""

    name = "m100"
    buttons = (
        *tag_buttons("m100"),
        Button("m100 unplug", "pull the module's cable"),
        Button("m100 plug in", "put it back"),
        Button("m100 silent", "the module says nothing more"),
        Button("m100 mend", "it speaks again"),
    )

    def __init__(self, link: Path | None = None) -> None:
        self.field = TagField()
        self.field.rate = 50
        self.silent = False
        self.says_no_tag = True
        self.power_cdbm = 0
        self._rounds = 0
        self._heard = b""
        self._closing = Event()
        self._port = PtyPort(self._obey_till, link)
        self._thread = Thread(target=self._run, name="m100-sim", daemon=True)
        self._thread.start()

    @property
    def where(self) -> str:
        return self._port.path

    path = where

    @property
    def reading(self) -> bool:
        return self._rounds > 0 and not self.silent

    def forget_order(self) -> None:
        """The rounds it was told to make are over; it says nothing about it."""
        self._rounds = 0

    def unplug(self, *, mid_message: bool = False) -> None:
        if mid_message:
            self._send(_frame(2, 0x22, bytes(17))[:9])
        self._rounds = 0
        self._port.unplug()

    def plug_in(self) -> None:
        self._port.plug_in()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(JOIN_S)
        self._port.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["m100", "unplug"]:
                self.unplug()
            case ["m100", "plug", "in"]:
                self.plug_in()
            case ["m100", "silent" | "mend" as how]:
                self.silent = how == "silent"
            case _:
                return self.field.obey(words, "m100")
        return "ok"

    # ── its threads ──────────────────────────────────────────────────────────────────────────────

    def _obey_till(self, data: bytes) -> None:
        self._heard += data
        while (at := self._heard.find(b"\xbb")) >= 0 and len(self._heard) >= at + 7:
            length = 7 + int.from_bytes(self._heard[at + 3 : at + 5], "big")
            if len(self._heard) < at + length:
                return
            command, params = self._heard[at + 2], self._heard[at + 5 : at + length - 2]
            self._heard = self._heard[at + length :]
            self._answer(command, params)

    def _answer(self, command: int, params: bytes) -> None:
        match command:
            case 0x03:
                self._send(_frame(1, 0x03, b"\x01V2.3.5"))
            case 0x27:
                self._rounds = int.from_bytes(params[1:3], "big")
            case 0x28:
                self._rounds = 0
                self._send(_frame(1, 0x28, b"\x00"))
            case 0xB6 if LEAST_POWER_CDBM <= int.from_bytes(params, "big") <= MOST_POWER_CDBM:
                self.power_cdbm = int.from_bytes(params, "big")
                self._send(_frame(1, 0xB6, b"\x00"))
            case _:
                self._send(_frame(1, 0xFF, b"\x17"))

    def _run(self) -> None:
        owed = 0.0
        while not self._closing.wait(TURN_S):
            polling = self._rounds > 0
            owed = owed + self.field.rate * TURN_S if polling else 0.0
            reads, owed = self.field.look(int(owed)), owed % 1
            for epc, dbm in reads:
                words = len(epc) // 2 << 11  # the PC's length field
                self._send(_frame(2, 0x22, bytes([dbm & 0xFF]) + words.to_bytes(2, "big") + epc + b"\xab\xcd"))
            if polling and not reads and self.says_no_tag:
                self._send(_frame(1, 0xFF, b"\x15"))
            self._rounds = max(0, self._rounds - 1)

    def _send(self, data: bytes) -> None:
        if not self.silent:
            self._port.send(data)
