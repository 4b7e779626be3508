"""What a client says to a reader. Pure."""

import struct
from dataclasses import dataclass, field
from enum import IntEnum

from pos_app.devices.rfid.llrp.wire import message, tlv

ROSPEC_ID = 0x0711  # ours; a reader's other ROSpecs are somebody else's and are left alone
TOLD_EVENTS = (2, 4, 8)  # ROSpecs, reader exceptions, antennas
EACH_READ = 1
"""Tags of a report. With more, a tag that lies there alone would wait for company that never comes."""


class Kind(IntEnum):
    """Message types."""

    GET_READER_CAPABILITIES = 1
    GET_READER_CONFIG = 2
    SET_READER_CONFIG = 3
    CLOSE_CONNECTION_RESPONSE = 4
    GET_READER_CAPABILITIES_RESPONSE = 11
    GET_READER_CONFIG_RESPONSE = 12
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
    ENABLE_EVENTS_AND_REPORTS = 64
    KEEPALIVE_ACK = 72
    ERROR_MESSAGE = 100


@dataclass(frozen=True)
class Settings:
    """How to read. `power_dbm` None: as much as the reader may; `mode` None: the one the reader likes best.

    `session` 0 tells of a tag again and again, which a till needs to know what still lies there; 2 tells of it once in a
    while, which leaves the air to the others in a count.
    """

    antennas: tuple[int, ...] = ()  # empty: all
    power_dbm: int | None = None
    session: int = 0
    mode: int | None = None
    population: int = 64
    keepalive_ms: int = 2_000


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


def get_capabilities(message_id: int) -> bytes:
    return message(Kind.GET_READER_CAPABILITIES, message_id, b"\0")  # 0: all of them


def get_antennas(message_id: int) -> bytes:
    """Asks which antennas have a cable on them."""
    return message(Kind.GET_READER_CONFIG, message_id, struct.pack(">HBHH", 0, 2, 0, 0))  # all antennas, properties


def enable_reports(message_id: int) -> bytes:
    """Lets go what a client before us may have asked to hold back after a new connection; it has no answer."""
    return message(Kind.ENABLE_EVENTS_AND_REPORTS, message_id)


def set_config(message_id: int, settings: Settings) -> bytes:
    """Keep-alives, and the news we live by; the reader's other settings stay as they are."""
    events = b"".join(tlv(245, struct.pack(">HB", kind, 0x80)) for kind in TOLD_EVENTS)
    keepalive = tlv(220, struct.pack(">BI", 1, settings.keepalive_ms))
    return message(Kind.SET_READER_CONFIG, message_id, b"\0" + tlv(244, events) + keepalive)


def add_rospec(message_id: int, settings: Settings, capabilities: Capabilities) -> bytes:
    """An inventory that runs from START to STOP and reports as it goes; `settings` are within `capabilities`."""
    boundary = tlv(178, tlv(179, b"\0") + tlv(182, struct.pack(">BI", 0, 0)))
    antennas = settings.antennas or (0,)
    power = capabilities.power_index(settings.power_dbm)
    how = _transmitter(capabilities, power) + _singulation(settings)
    each = b"".join(tlv(222, struct.pack(">H", antenna) + how) for antenna in antennas)
    inventory = tlv(186, struct.pack(">HB", 1, 1) + each)
    spec = struct.pack(f">H{len(antennas)}H", len(antennas), *antennas) + tlv(184, struct.pack(">BI", 0, 0)) + inventory
    content = tlv(238, struct.pack(">H", 1 << 12 | 1 << 10 | 1 << 7))  # antenna, strongest signal, count
    report = tlv(237, struct.pack(">BH", 1, EACH_READ) + content)
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


def _singulation(settings: Settings) -> bytes:
    control = tlv(336, struct.pack(">BHI", settings.session << 6, settings.population, 0))
    mode = tlv(335, struct.pack(">HH", settings.mode, 0)) if settings.mode is not None else b""
    return tlv(330, b"\0" + mode + control)
