"""A fixed RFID reader on TCP: one client, keep-alives, up to 10,000 tags; its messages are packed here by hand.

with LlrpSim() as reader:
    reader.field.fill(200)
    reader.drop(mid_message=True); reader.silent = True; reader.refuse_rospec = True; reader.switch_off()
"""

import contextlib
import socket
import struct
import time
from collections.abc import Sequence
from enum import Enum
from threading import Event, Thread
from typing import Self

from pos_app.devices.sim.panel import Button
from pos_app.devices.sim.tags import TagField, tag_buttons
from pos_app.devices.transport.ready import readable

TURN_S = 0.02
READ_BYTES = 65_536
JOIN_S = 5.0
ANTENNAS = (1, 2, 3, 4)
POWERS = ((1, 1000), (2, 1500), (3, 2000), (4, 2500), (5, 3000))
MODE = 1002
OK_STATUS = bytes.fromhex("011f000800000000")
ANSWER_OF = {1: 11, 2: 12, 3: 13, 14: 4, 20: 30, 21: 31, 22: 32, 23: 33, 24: 34}


class Drop(Enum):
    NO = 0
    NOW = 1
    MID_MESSAGE = 2


def _message(kind: int, number: int, body: bytes) -> bytes:
    return bytes([0x04 | kind >> 8, kind & 0xFF]) + struct.pack(">II", 10 + len(body), number) + body


def _param(kind: int, body: bytes) -> bytes:
    return struct.pack(">HH", kind, 4 + len(body)) + body


def _status(code: int, words: bytes = b"") -> bytes:
    return _param(287, struct.pack(">HH", code, len(words)) + words)


def _event(content: bytes) -> bytes:
    return _param(246, _param(128, bytes(8)) + content)


def _attempt(status: int) -> bytes:
    return _event(_param(256, struct.pack(">H", status)))


def _capabilities() -> bytes:
    general = _param(137, struct.pack(">HHIIH", len(ANTENNAS), 0, 25_882, 2_001_002, 5) + b"9.9.9")
    powers = b"".join(_param(145, struct.pack(">Hh", index, cdbm)) for index, cdbm in POWERS)
    hops = _param(146, b"\x80" + _param(147, struct.pack(">BBHII", 1, 0, 2, 902_750, 903_250)))
    modes = _param(328, _param(329, struct.pack(">I", MODE) + bytes(28)))
    regulatory = _param(143, struct.pack(">HH", 840, 1) + _param(144, powers + hops + modes))
    return OK_STATUS + general + regulatory


class LlrpSim:
    """Runs on its own thread from the moment it is made until `close`."""

    name = "rfid"
    buttons = (
        *tag_buttons("rfid"),
        Button("rfid drop", "the connection dies in mid-message"),
        Button("rfid silent", "the reader says nothing more"),
        Button("rfid mend", "it speaks again"),
        Button("rfid off", "switch the reader off"),
        Button("rfid on", "and on again"),
        Button("rfid unscrew", "take the cable off an antenna", "N"),
        Button("rfid screw", "and on again", "N"),
    )

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._listener: socket.socket | None = socket.create_server((host, port))
        self.host, self.port = self._listener.getsockname()[:2]
        self.field = TagField()
        self.silent = False
        self.refuse_rospec = self.refuse_config = False
        self.keeps_alive = True
        self.answers_start = True
        self.connections = self.reads_sent = 0
        self._drop = Drop.NO
        self._switched_on = True
        self._unscrewed: set[int] = set()
        self._to_say: list[bytes] = []
        self._client: socket.socket | None = None
        self._heard = b""
        self._closing = Event()
        self._begin_afresh()
        self._thread = Thread(target=self._run, name="llrp-sim", daemon=True)
        self._thread.start()

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def reading(self) -> bool:
        return self._running

    @property
    def power_index(self) -> int:
        """The power step the client asked for; 0 before it did."""
        return self._power

    def drop(self, *, mid_message: bool = False) -> None:
        """End the connection, perhaps in the middle of a report."""
        self._drop = Drop.MID_MESSAGE if mid_message else Drop.NOW

    def switch_off(self) -> None:
        """No connection and nobody listening; what was set up is forgotten."""
        self._switched_on = False

    def switch_on(self) -> None:
        self._switched_on = True

    def lose_antenna(self, number: int) -> None:
        self._unscrewed.add(number)
        self._to_say.append(_event(_param(255, struct.pack(">BH", 0, number))))

    def find_antenna(self, number: int) -> None:
        self._unscrewed.discard(number)
        self._to_say.append(_event(_param(255, struct.pack(">BH", 1, number))))

    def complain(self, words: str) -> None:
        """Report an exception."""
        text = words.encode()
        self._to_say.append(_event(_param(252, struct.pack(">H", len(text)) + text)))

    def end_rospec(self) -> None:
        """Stop reading by itself, and say so."""
        self._running = False
        self._to_say.append(_event(_param(249, struct.pack(">BII", 1, self._rospec, 0))))

    def close(self) -> None:
        self._closing.set()
        self._thread.join(JOIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["rfid", "drop"]:
                self.drop(mid_message=True)
            case ["rfid", "silent" | "mend" as how]:
                self.silent = how == "silent"
            case ["rfid", "off" | "on" as how]:
                self._switched_on = how == "on"
            case ["rfid", "unscrew", number] if number in map(str, ANTENNAS):
                self.lose_antenna(int(number))
            case ["rfid", "screw", number] if number in map(str, ANTENNAS):
                self.find_antenna(int(number))
            case _:
                return self.field.obey(words, "rfid")
        return "ok"

    # ── its thread ───────────────────────────────────────────────────────────────────────────────

    def _begin_afresh(self) -> None:
        self._rospec = 0
        self._enabled = self._running = False
        self._antennas: tuple[int, ...] = ANTENNAS
        self._keepalive_s, self._last_keepalive_s = 0.0, time.monotonic()
        self._number, self._power = 1, 0
        self._owed = 0.0
        self._read_s = time.monotonic()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._switch()
                if self._listener is None:
                    self._closing.wait(TURN_S)
                else:
                    self._turn(self._listener)
        finally:
            self._hang_up()
            if self._listener:
                self._listener.close()

    def _switch(self) -> None:
        if not self._switched_on and self._listener:
            self._hang_up()
            self._listener.close()
            self._listener = None
        elif self._switched_on and self._listener is None:
            self._listener = socket.create_server((self.host, self.port))

    def _turn(self, listener: socket.socket) -> None:
        sources = [listener, *([self._client] if self._client else [])]
        for ready in readable(sources, TURN_S):
            if ready is listener:
                self._greet(listener.accept()[0])
            else:
                self._receive()
        if self._client and self._drop is not Drop.NO:
            if self._drop is Drop.MID_MESSAGE:
                self._say(_message(61, self._next(), bytes(40))[:20])
            self._drop = Drop.NO
            self._hang_up()
        if self._client and not self.silent:
            self._speak()

    def _greet(self, connection: socket.socket) -> None:
        """One client only: another is told so and sent away, and the first hears of it, as with real readers."""
        taken = self._client is not None
        with contextlib.suppress(OSError):
            if not self.silent:
                connection.sendall(_message(63, 0, _attempt(2 if taken else 0)))
        if taken:
            connection.close()
            self._to_say.append(_attempt(4))
            return
        self.connections += 1
        self._client, self._heard = connection, b""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._begin_afresh()

    def _receive(self) -> None:
        try:
            data = self._client.recv(READ_BYTES) if self._client else b""
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return
        self._heard += data
        while len(self._heard) >= 10:
            length = int.from_bytes(self._heard[2:6], "big")
            if len(self._heard) < length:
                return
            message, self._heard = self._heard[:length], self._heard[length:]
            self._obey_client((message[0] & 3) << 8 | message[1], int.from_bytes(message[6:10], "big"), message[10:])

    def _obey_client(self, kind: int, number: int, body: bytes) -> None:
        answer = self._done(kind, body)
        if kind in ANSWER_OF and not self.silent and (kind != 22 or self.answers_start):
            self._say(_message(ANSWER_OF[kind], number, answer))

    def _done(self, kind: int, body: bytes) -> bytes:
        """Do what is asked; the content of the answer."""
        match kind:
            case 1:
                return _capabilities()
            case 2:
                return self._configuration()
            case 3:
                at = body.find(b"\x00\xdc\x00\x09")
                self._keepalive_s = int.from_bytes(body[at + 5 : at + 9], "big") / 1000 if at >= 0 else 0.0
            case 20:
                return self._take_rospec(body)
            case 21 if not self._rospec:
                return _status(100, b"no such ROSpec")
            case 21:
                self._rospec, self._enabled, self._running = 0, False, False
            case 24:
                self._enabled = bool(self._rospec)
            case 22 | 23:
                self._running = kind == 22 and self._enabled
                self._read_s, self._owed = time.monotonic(), 0.0
            case _:
                pass
        return OK_STATUS

    def _configuration(self) -> bytes:
        if self.refuse_config:
            return _status(111, b"not supported")
        on = [struct.pack(">BHh", 0 if number in self._unscrewed else 0x80, number, 600) for number in ANTENNAS]
        return OK_STATUS + b"".join(_param(221, one) for one in on)

    def _take_rospec(self, body: bytes) -> bytes:
        """An ROSpec: id, priority, state, boundary, then the AISpec with its antennas."""
        if self.refuse_rospec:
            return _status(100, b"bad parameter")
        self._rospec = int.from_bytes(body[4:8], "big")
        at = 10 + int.from_bytes(body[12:14], "big")
        count = int.from_bytes(body[at + 4 : at + 6], "big")
        wanted = struct.unpack_from(f">{count}H", body, at + 6)
        self._antennas = ANTENNAS if wanted == (0,) else wanted
        at = body.find(b"\x00\xe0\x00\x0a")
        self._power = int.from_bytes(body[at + 8 : at + 10], "big") if at >= 0 else 0
        return OK_STATUS

    def _speak(self) -> None:
        now_s = time.monotonic()
        if self.keeps_alive and self._keepalive_s and now_s - self._last_keepalive_s >= self._keepalive_s:
            self._last_keepalive_s = now_s
            self._say(_message(62, self._next(), b""))
        while self._to_say:
            self._say(_message(63, self._next(), self._to_say.pop(0)))
        if self._running:
            self._owed += (now_s - self._read_s) * self.field.rate
            self._read_s = now_s
            count, self._owed = int(self._owed), self._owed % 1
            self._report(count)

    def _report(self, count: int) -> None:
        """A message for each read, as the client asks for; those of one turn leave together."""
        antennas = [number for number in self._antennas if number not in self._unscrewed]
        if not antennas:
            return
        reads = self.field.look(count)
        reports = [
            _message(
                61,
                self._next(),
                _param(
                    240,
                    (b"\x8d" + epc if len(epc) == 12 else _param(241, struct.pack(">H", 8 * len(epc)) + epc))
                    + struct.pack(">BHBbBH", 0x81, antennas[n % len(antennas)], 0x86, dbm, 0x88, 1),
                ),
            )
            for n, (epc, dbm) in enumerate(reads)
        ]
        if reports and self._say(b"".join(reports)):
            self.reads_sent += len(reports)

    def _say(self, data: bytes) -> bool:
        if not self._client:
            return False
        try:
            self._client.sendall(data)
        except OSError:
            self._hang_up()
            return False
        return True

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _hang_up(self) -> None:
        if self._client:
            self._client.close()
            self._client = None
        self._running = False
