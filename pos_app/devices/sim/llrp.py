"""A fixed RFID reader on TCP: one client, keep-alives, up to 10,000 tags; its messages are packed here by hand.

with LlrpSim() as reader:
    reader.field.fill(200)
    reader.drop(mid_message=True); reader.silent = True; reader.refuse = True
"""

import contextlib
import select
import socket
import struct
import time
from collections.abc import Sequence
from enum import Enum
from threading import Thread
from typing import Self

from pos_app.devices.sim.panel import Button
from pos_app.devices.sim.tags import TAG_BUTTONS, TagField

TURN_S = 0.02
READ_BYTES = 65_536
JOIN_S = 5.0
LINES_PER_REPORT = 100
POWERS = ((1, 1000), (2, 1500), (3, 2000), (4, 2500), (5, 3000))
OK_STATUS = bytes.fromhex("011f000800000000")


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


def _capabilities() -> bytes:
    general = _param(137, struct.pack(">HHIIH", 4, 0, 25_882, 2_001_002, 5) + b"9.9.9")
    powers = b"".join(_param(145, struct.pack(">Hh", index, cdbm)) for index, cdbm in POWERS)
    hops = _param(146, b"\x80" + _param(147, struct.pack(">BBHII", 1, 0, 2, 902_750, 903_250)))
    modes = _param(328, _param(329, struct.pack(">I", 1000) + bytes(28)))
    regulatory = _param(143, struct.pack(">HH", 840, 1) + _param(144, powers + hops + modes))
    return OK_STATUS + general + regulatory


class LlrpSim:
    """Runs on its own thread from the moment it is made until `close`."""

    name = "rfid"
    buttons = (
        *TAG_BUTTONS,
        Button("rfid drop", "the connection dies in mid-message"),
        Button("rfid silent", "the reader says nothing more"),
        Button("rfid mend", "it speaks again"),
    )

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._listener = socket.create_server((host, port))
        self.host, self.port = self._listener.getsockname()[:2]
        self.field = TagField()
        self.silent = False
        self.refuse_rospec = False
        self.connections = 0
        self._drop = Drop.NO
        self._lost_antenna = 0
        self._client: socket.socket | None = None
        self._heard = b""
        self._closing = False
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

    def lose_antenna(self, number: int) -> None:
        self._lost_antenna = number

    def close(self) -> None:
        self._closing = True
        self._thread.join(JOIN_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def obey(self, words: Sequence[str]) -> str | None:
        match words:
            case ["rfid", "drop"]:
                self.drop(mid_message=True)
            case ["rfid", "silent"]:
                self.silent = True
            case ["rfid", "mend"]:
                self.silent = False
            case _:
                return self.field.obey(words)
        return "ok"

    # ── its thread ───────────────────────────────────────────────────────────────────────────────

    def _begin_afresh(self) -> None:
        self._has_rospec = self._enabled = self._running = False
        self._keepalive_s, self._last_keepalive_s = 0.0, time.monotonic()
        self._number, self._power = 1, 0
        self._owed = 0.0
        self._read_s = time.monotonic()

    def _run(self) -> None:
        try:
            while not self._closing:
                self._turn()
        finally:
            self._hang_up()
            self._listener.close()

    def _turn(self) -> None:
        sources = [self._listener, *([self._client] if self._client else [])]
        for ready in select.select(sources, [], [], TURN_S)[0]:
            if ready is self._listener:
                self._greet(self._listener.accept()[0])
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
        """One client only: another is told so and sent away, as real readers do."""
        taken = self._client is not None
        attempt = _param(246, _param(128, bytes(8)) + _param(256, struct.pack(">H", 2 if taken else 0)))
        with contextlib.suppress(OSError):
            connection.sendall(_message(63, 0, attempt))
        if taken:
            connection.close()
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
        answers = {1: (11, _capabilities()), 3: (13, OK_STATUS), 14: (4, OK_STATUS), 20: (30, OK_STATUS), 22: (32, OK_STATUS),
                   23: (33, OK_STATUS), 24: (34, OK_STATUS), 21: (31, OK_STATUS)}  # fmt: skip
        if kind == 3:
            at = body.find(b"\x00\xdc\x00\x09")
            self._keepalive_s = int.from_bytes(body[at + 5 : at + 9], "big") / 1000 if at >= 0 else 0.0
        elif kind == 20:
            at = body.find(b"\x00\xe0\x00\x0a")
            self._power = int.from_bytes(body[at + 8 : at + 10], "big") if at >= 0 else 0
            self._has_rospec = not self.refuse_rospec
        elif kind == 21:
            answers[21] = (31, OK_STATUS if self._has_rospec else _status(101, b"no such ROSpec"))
            self._has_rospec = self._enabled = self._running = False
        elif kind == 24:
            self._enabled = self._has_rospec
        elif kind in (22, 23):
            self._running = kind == 22 and self._enabled
            self._read_s, self._owed = time.monotonic(), 0.0
        if kind == 20 and self.refuse_rospec:
            answers[20] = (30, _status(100, b"bad parameter"))
        if kind in answers and not self.silent:
            answer, content = answers[kind]
            self._say(_message(answer, number, content))

    def _speak(self) -> None:
        now_s = time.monotonic()
        if self._keepalive_s and now_s - self._last_keepalive_s >= self._keepalive_s:
            self._last_keepalive_s = now_s
            self._say(_message(62, self._next(), b""))
        if self._lost_antenna:
            event = _param(255, struct.pack(">BH", 0, self._lost_antenna))
            self._lost_antenna = 0
            self._say(_message(63, self._next(), _param(246, _param(128, bytes(8)) + event)))
        if self._running:
            self._owed += (now_s - self._read_s) * self.field.rate
            self._read_s = now_s
            count, self._owed = int(self._owed), self._owed % 1
            for start in range(0, count, LINES_PER_REPORT):
                self._report(min(LINES_PER_REPORT, count - start))

    def _report(self, count: int) -> None:
        lines = [
            _param(240, b"\x8d" + epc + b"\x81\x00\x01\x86" + struct.pack(">b", dbm) + b"\x88\x00\x01")
            for epc, dbm in self.field.look(count)
        ]
        if lines:
            self._say(_message(61, self._next(), b"".join(lines)))

    def _say(self, data: bytes) -> None:
        if self._client:
            try:
                self._client.sendall(data)
            except OSError:
                self._hang_up()

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _hang_up(self) -> None:
        if self._client:
            self._client.close()
            self._client = None
        self._running = False
