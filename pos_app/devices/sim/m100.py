"""A serial UHF module on a pty: answers, polls, and can be unplugged in the middle of a notice."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Self

from pos_app.devices.sim.panel import Button
from pos_app.devices.sim.port import PtyPort
from pos_app.devices.sim.tags import TAG_BUTTONS, TagField

TURN_S = 0.02
JOIN_S = 5.0


def _frame(kind: int, command: int, params: bytes) -> bytes:
    inner = bytes((kind, command, len(params) >> 8, len(params) & 0xFF)) + params
    return b"\xbb" + inner + bytes((sum(inner) % 256, 0x7E))


class M100Sim:
    """Runs on its own threads from the moment it is made until `close`."""

    name = "rfid"
    buttons = (*TAG_BUTTONS, Button("rfid unplug", "pull the module's cable"), Button("rfid plug in", "put it back"))

    def __init__(self, link: Path | None = None) -> None:
        self.field = TagField()
        self.field.rate = 50
        self._polling = False
        self._half = False
        self._heard = b""
        self._closing = Event()
        self._port = PtyPort(self._obey_till, link)
        self._thread = Thread(target=self._run, name="m100-sim", daemon=True)
        self._thread.start()

    @property
    def where(self) -> str:
        return self._port.path

    path = where

    def unplug(self, *, mid_message: bool = False) -> None:
        if mid_message:
            self._port.send(_frame(2, 0x22, bytes(17))[:9])
        self._polling = False
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
            case ["rfid", "unplug"]:
                self.unplug()
            case ["rfid", "plug", "in"]:
                self.plug_in()
            case _:
                return self.field.obey(words)
        return "ok"

    def _obey_till(self, data: bytes) -> None:
        self._heard += data
        while (at := self._heard.find(b"\xbb")) >= 0 and len(self._heard) >= at + 7:
            length = 7 + int.from_bytes(self._heard[at + 3 : at + 5], "big")
            if len(self._heard) < at + length:
                return
            command, self._heard = self._heard[at + 2], self._heard[at + length :]
            self._answer(command)

    def _answer(self, command: int) -> None:
        if command == 0x03:
            self._port.send(_frame(1, 0x03, b"\x01V2.3.5"))
        elif command == 0x27:
            self._polling = True
        elif command == 0x28:
            self._polling = False
            self._port.send(_frame(1, 0x28, b"\x00"))
        elif command == 0xB6:
            self._port.send(_frame(1, 0xB6, b"\x00"))

    def _run(self) -> None:
        owed = 0.0
        while not self._closing.wait(TURN_S):
            owed = owed + self.field.rate * TURN_S if self._polling else 0.0
            reads, owed = self.field.look(int(owed)), owed % 1
            for epc, dbm in reads:
                self._port.send(_frame(2, 0x22, bytes([dbm & 0xFF]) + b"\x34\x00" + epc + b"\xab\xcd"))
            if self._polling and not reads:
                self._port.send(_frame(1, 0xFF, b"\x15"))
