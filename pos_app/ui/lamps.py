"""Lamps of the devices on the counter: their health in one or two words."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pos_app.devices.ports import DeviceState, Health
from pos_app.ui.shell import PillState
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr

TONES: Mapping[DeviceState, Tone] = MappingProxyType(
    {
        DeviceState.READY: Tone.OK,
        DeviceState.CONNECTING: Tone.INFO,
        DeviceState.ABSENT: Tone.WARNING,
        DeviceState.FAULT: Tone.ERROR,
    }
)


def device_lamps(healths: Iterable[tuple[str, Health]]) -> tuple[PillState, ...]:
    """One lamp for each (kind, health). Anything but ready says so in words."""
    return tuple(PillState(kind, _words(kind, health), TONES[health.state]) for kind, health in healths)


def _words(kind: str, health: Health) -> str:
    name = _kind_words().get(kind, kind.replace("_", " ").capitalize())
    if health.state is DeviceState.READY:
        return name
    return f"{name}: {_code_words().get(health.code) or _state_words()[health.state]}"


def _kind_words() -> dict[str, str]:
    return {
        "scanner": tr("Scanner"),
        "printer": tr("Printer"),
        "drawer": tr("Drawer"),
        "scale": tr("Scale"),
        "rfid": tr("RFID"),
        "display": tr("Display"),
        "terminal": tr("Terminal"),
    }


def _state_words() -> dict[DeviceState, str]:
    return {
        DeviceState.ABSENT: tr("not connected"),
        DeviceState.CONNECTING: tr("connecting"),
        DeviceState.FAULT: tr("look at it"),
        DeviceState.READY: "",
    }


def _code_words() -> dict[str, str]:
    return {
        "printer.paper_out": tr("out of paper"),
        "printer.cover_open": tr("cover open"),
        "printer.offline": tr("switched off"),
        "printer.unreachable": tr("not reachable"),
        "scanner.unplugged": tr("unplugged"),
    }
