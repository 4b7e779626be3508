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
ORDER = (DeviceState.READY, DeviceState.CONNECTING, DeviceState.ABSENT, DeviceState.FAULT)


def device_lamps(healths: Iterable[tuple[str, Health]]) -> tuple[PillState, ...]:
    """One lamp for each kind of device, showing the worst of its kind. Anything but ready says so in words."""
    worst: dict[str, Health] = {}
    for kind, health in healths:
        known = worst.get(kind)
        if known is None or ORDER.index(health.state) > ORDER.index(known.state):
            worst[kind] = health
    return tuple(PillState(kind, _words(kind, health), _tone(health)) for kind, health in worst.items())


def _tone(health: Health) -> Tone:
    """Ready with a code is a warning ahead of time, such as paper running low."""
    return Tone.WARNING if health.state is DeviceState.READY and health.code else TONES[health.state]


def _words(kind: str, health: Health) -> str:
    name = _kind_words().get(kind, kind.replace("_", " ").capitalize())
    if health.state is DeviceState.READY and health.code not in _code_words():
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
        "device.in_use": tr("in use elsewhere"),
        "device.lost": tr("unplugged"),
        "device.no_permission": tr("no permission"),
        "device.not_found": tr("not found"),
        "printer.busy": tr("busy"),
        "printer.cover_open": tr("cover open"),
        "printer.link_died": tr("not reachable"),
        "printer.no_answer": tr("no answer"),
        "printer.not_confirmed": tr("paper not confirmed"),
        "printer.offline": tr("switched off"),
        "printer.paper_low": tr("paper low"),
        "printer.paper_out": tr("out of paper"),
        "printer.stalled": tr("stalled"),
        "printer.unreachable": tr("not reachable"),
        "rfid.antenna_lost": tr("antenna cable is off"),
        "rfid.no_answer": tr("no answer"),
        "rfid.no_such_antenna": tr("has no such antenna"),
        "rfid.no_such_mode": tr("has no such mode"),
        "rfid.refused": tr("refuses its settings"),
        "rfid.unreachable": tr("not reachable"),
        "terminal.busy": tr("busy"),
        "terminal.day_not_closed": tr("close its day"),
        "terminal.link_died": tr("not reachable"),
        "terminal.memory_full": tr("close its day"),
        "terminal.needs_diagnosis": tr("needs a diagnosis"),
        "terminal.no_host": tr("no line to the bank"),
        "terminal.not_registered": tr("does not know this till"),
        "terminal.printer_not_ready": tr("out of paper"),
        "terminal.silent": tr("no answer"),
        "terminal.unreachable": tr("not reachable"),
    }
