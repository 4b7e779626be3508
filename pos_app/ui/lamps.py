"""Lamps of the devices on the counter: their health in one or two words."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pos_app.devices.ports import DeviceState, Health
from pos_app.ui.device_words import kind_word, short_words
from pos_app.ui.shell import PillState
from pos_app.ui.theme import Tone

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
    by_kind: dict[str, list[Health]] = {}
    for kind, health in healths:
        by_kind.setdefault(kind, []).append(health)
    worst = {kind: worst_of(found) for kind, found in by_kind.items()}
    return tuple(PillState(kind, _words(kind, health), tone_of(health)) for kind, health in worst.items() if health)


def worst_of(healths: Iterable[Health]) -> Health | None:
    """The one that somebody should look at first; None when there is none at all."""
    return max(healths, key=lambda health: ORDER.index(health.state), default=None)


def tone_of(health: Health) -> Tone:
    """Ready with a code is a warning ahead of time, such as paper running low."""
    return Tone.WARNING if health.state is DeviceState.READY and health.code else TONES[health.state]


def _words(kind: str, health: Health) -> str:
    wrong = short_words(health)
    return f"{kind_word(kind)}: {wrong}" if wrong else kind_word(kind)
