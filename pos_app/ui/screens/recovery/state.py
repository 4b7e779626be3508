"""What the page of lost tills shows: frozen facts, already in words."""

from dataclasses import dataclass

from pos_app.ui.theme import Tone


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One number series of an earlier till."""

    name: str
    words: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiskRow:
    """A folder of a lost machine that is plugged in."""

    folder: str
    words: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class RecoveryState:
    """`stage` says what is being done with the disk, or what came of it; `details` what was found."""

    series: tuple[SeriesRow, ...] = ()
    about_series: str = ""
    disks: tuple[DiskRow, ...] = ()
    about_disks: str = ""
    stage: str = ""
    tone: Tone = Tone.INFO
    details: tuple[str, ...] = ()
