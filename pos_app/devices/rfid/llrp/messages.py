"""What a client says to a reader, and what it understands of the answers. Pure."""

import struct
from dataclasses import dataclass, field
from enum import IntEnum

from pos_app.devices.rfid.llrp.wire import LlrpError, Message, message, parameters, tlv

ROSPEC_ID = 0x0711  # ours; a reader's other ROSpecs are somebody else's and are left alone
NO_RSSI_CDBM = -12_800


class Kind(IntEnum):
    """Message types."""

    GET_READER_CAPABILITIES = 1
    SET_READER_CONFIG = 3
    CLOSE_CONNECTION_RESPONSE = 4
    GET_READER_CAPABILITIES_RESPONSE = 11
    SET_READER_CONFIG_RESPONSE = 13
    CLOSE_CONNECTION = 14
    ADD_ROSPEC = 20
    DELETE_ROSPEC = 21
    START_ROSPEC = 22
    STOP_ROSPEC = 23
    ENABLE_ROSPEC = 24
    DISABLE_ROSPEC = 25
    ADD_ROSPEC_RESPONSE = 30
    DELETE_ROSPEC_RESPONSE = 31
    START_ROSPEC_RESPONSE = 32
    STOP_ROSPEC_RESPONSE = 33
    ENABLE_ROSPEC_RESPONSE = 34
    RO_ACCESS_REPORT = 61
    KEEPALIVE = 62
    READER_EVENT_NOTIFICATION = 63
    KEEPALIVE_ACK = 72
    ERROR_MESSAGE = 100


@dataclass(frozen=True)
class Settings:
    """How to read. `power_dbm` None: as much as the reader may; `session` 2 for counts, 1 for a till's antenna."""

    antennas: tuple[int, ...] = ()  # empty: all
    power_dbm: int | None = None
    session: int = 1
    population: int = 64
    keepalive_ms: int = 10_000


@dataclass(frozen=True)
class Capabilities:
    """What a reader says it can: its antennas, power steps (index → hundredths of a dBm), hop table and modes."""

    antennas: int = 0
    powers_cdbm: dict[int, int] = field(default_factory=dict[int, int])
    hop_table: int = 0
    hopping: bool = False
    modes: tuple[int, ...] = ()
    firmware: str = ""

    def power_index(self, wanted_dbm: int | None) -> int:
        """The step at or just below the wanted power; the lowest when all are above, the highest for None."""
        if not self.powers_cdbm:
            return 0
        allowed = [i for i, cdbm in self.powers_cdbm.items() if wanted_dbm is None or cdbm <= wanted_dbm * 100]
        if allowed:
            return max(allowed, key=lambda index: self.powers_cdbm[index])
        return min(self.powers_cdbm, key=lambda index: self.powers_cdbm[index])


@dataclass(frozen=True, slots=True)
class Read:
    """A line of a report: how often this tag was seen since the last one."""

    epc: bytes
    antenna: int
    rssi_cdbm: int
    count: int


# ── what we say ──────────────────────────────────────────────────────────────────────────────────


def get_capabilities(message_id: int) -> bytes:
    return message(Kind.GET_READER_CAPABILITIES, message_id, b"\0")  # 0: all of them


def set_config(message_id: int, settings: Settings) -> bytes:
    """Keep-alives, and news about antennas and exceptions; the reader's other settings stay as they are."""
    events = b"".join(tlv(245, struct.pack(">HB", kind, 0x80)) for kind in (4, 8))  # reader exceptions, antennas
    keepalive = tlv(220, struct.pack(">BI", 1, settings.keepalive_ms))
    return message(Kind.SET_READER_CONFIG, message_id, b"\0" + tlv(244, events) + keepalive)


def add_rospec(message_id: int, settings: Settings, capabilities: Capabilities) -> bytes:
    """An inventory that runs from START to STOP and reports as it goes."""
    boundary = tlv(178, tlv(179, b"\0") + tlv(182, struct.pack(">BI", 0, 0)))
    antennas = settings.antennas or (0,)
    power = capabilities.power_index(settings.power_dbm)
    inventory = tlv(
        186,
        struct.pack(">HB", 1, 1)
        + b"".join(
            tlv(
                222,
                struct.pack(">H", antenna) + _transmitter(capabilities, power) + _singulation(settings, capabilities),
            )
            for antenna in antennas
        ),
    )
    spec = struct.pack(f">H{len(antennas)}H", len(antennas), *antennas) + tlv(184, struct.pack(">BI", 0, 0)) + inventory
    content = tlv(238, struct.pack(">H", 1 << 12 | 1 << 10 | 1 << 7))  # antenna, strongest signal, count
    report = tlv(237, struct.pack(">BH", 1, 1) + content)
    body = struct.pack(">IBB", ROSPEC_ID, 0, 0) + boundary + tlv(183, spec) + report
    return message(Kind.ADD_ROSPEC, message_id, tlv(177, body))


def about_rospec(kind: Kind, message_id: int) -> bytes:
    """DELETE, ENABLE, START or STOP our ROSpec."""
    return message(kind, message_id, struct.pack(">I", ROSPEC_ID))


def keepalive_ack(message_id: int) -> bytes:
    return message(Kind.KEEPALIVE_ACK, message_id)


def close_connection(message_id: int) -> bytes:
    return message(Kind.CLOSE_CONNECTION, message_id)


def _transmitter(capabilities: Capabilities, power: int) -> bytes:
    hop, channel = (capabilities.hop_table, 0) if capabilities.hopping else (0, 1)
    return tlv(224, struct.pack(">HHH", hop, channel, power)) if capabilities.powers_cdbm else b""


def _singulation(settings: Settings, capabilities: Capabilities) -> bytes:
    control = tlv(336, struct.pack(">BHI", settings.session << 6, settings.population, 0))
    mode = tlv(335, struct.pack(">HH", capabilities.modes[0], 0)) if capabilities.modes else b""
    return tlv(330, b"\0" + mode + control)


# ── what we understand ───────────────────────────────────────────────────────────────────────────


def status(answer: Message) -> tuple[int, str]:
    """(code, words) of the LLRPStatus in an answer; code 0 is success."""
    for kind, start, end in parameters(answer.body):
        if kind == 287 and end - start >= 4:
            code, length = struct.unpack_from(">HH", answer.body, start)
            return code, answer.body[start + 4 : start + 4 + length].decode("utf-8", "replace")[:200]
    raise LlrpError("an answer without a status")


def connection_refused(news: Message) -> int | None:
    """The status of a ConnectionAttemptEvent: 0 connected, anything else refused; None when it is other news."""
    for kind, start, end in _news(news):
        if kind == 256 and end - start >= 2:
            return int.from_bytes(news.body[start : start + 2], "big")
    return None


def antenna_lost(news: Message) -> int | None:
    """The number of an antenna that was disconnected, or None."""
    for kind, start, end in _news(news):
        if kind == 255 and end - start >= 3 and news.body[start] == 0:
            return int.from_bytes(news.body[start + 1 : start + 3], "big")
    return None


def capabilities(answer: Message) -> Capabilities:
    """What the reader can, from its GET_READER_CAPABILITIES_RESPONSE."""
    antennas, firmware, powers, hop, hopping, modes = 0, "", dict[int, int](), 0, False, list[int]()
    for kind, start, end in parameters(answer.body):
        if kind == 137 and end - start >= 14:
            antennas = int.from_bytes(answer.body[start : start + 2], "big")
            length = int.from_bytes(answer.body[start + 12 : start + 14], "big")
            firmware = answer.body[start + 14 : start + 14 + length].decode("utf-8", "replace")[:60]
        elif kind == 143:
            for inner, at, until in parameters(answer.body, start + 4, end):
                if inner == 144:
                    hop, hopping = _band(answer.body, at, until, powers, modes)
    return Capabilities(antennas, powers, hop, hopping, tuple(modes), firmware)


def _band(body: bytes, start: int, end: int, powers: dict[int, int], modes: list[int]) -> tuple[int, bool]:
    hop, hopping = 0, False
    for kind, at, until in parameters(body, start, end):
        if kind == 145 and until - at >= 4:
            index, cdbm = struct.unpack_from(">Hh", body, at)
            powers[index] = cdbm
        elif kind == 146 and until > at:
            hopping = bool(body[at] & 0x80)
            tables = [body[t] for inner, t, end_ in parameters(body, at + 1, until) if inner == 147 and end_ > t]
            hop = tables[0] if tables else 0
        elif kind == 328:
            modes += [
                int.from_bytes(body[m : m + 4], "big")
                for inner, m, e in parameters(body, at, until)
                if inner == 329 and e - m >= 4
            ]
    return hop, hopping


def reads(report: Message) -> list[Read]:
    """The lines of a RO_ACCESS_REPORT. Raises LlrpError for one that cannot be read."""
    body = report.body
    made: list[Read] = []
    for kind, start, end in parameters(body):
        if kind == 240:
            read = _read(body, start, end)
            if read is not None:
                made.append(read)
    return made


def _read(body: bytes, start: int, end: int) -> Read | None:
    """One TagReportData. Written for speed: a busy reader sends thousands of these a second."""
    epc, antenna, rssi, count, at = b"", 0, NO_RSSI_CDBM, 1, start
    while at < end:
        first = body[at]
        if first == 0x8D:  # EPC-96
            epc = body[at + 1 : at + 13]
            at += 13
        elif first == 0x81:  # antenna
            antenna = body[at + 1] << 8 | body[at + 2]
            at += 3
        elif first == 0x86:  # strongest signal, whole dBm
            rssi = ((body[at + 1] ^ 0x80) - 0x80) * 100
            at += 2
        elif first == 0x88:  # how often
            count = body[at + 1] << 8 | body[at + 2]
            at += 3
        elif first == 0x00 and body[at + 1] == 0xF1:  # EPC of another length, in bits
            bits, length = body[at + 4] << 8 | body[at + 5], body[at + 2] << 8 | body[at + 3]
            epc = body[at + 6 : at + 6 + (bits + 7) // 8]
            at += max(length, 4)
        else:
            at = next(parameters(body, at, end))[2]
    if at != end:
        raise LlrpError("a tag report that runs over its end")
    return Read(epc, antenna, rssi, count) if epc else None


def _news(news: Message) -> list[tuple[int, int, int]]:
    return [
        inner
        for kind, start, end in parameters(news.body)
        if kind == 246
        for inner in parameters(news.body, start, end)
    ]
