"""Tones in till.toml."""

from typing import Annotated

from msgspec import Meta

from pos_app.devices.table import Table


class SoundTable(Table, frozen=True, tag="sound.player", kw_only=True):
    """`command`: auto finds pw-play, paplay or aplay; or the path of a program that plays the WAV file it is given."""

    volume: Annotated[int, Meta(ge=0, le=100)] = 80
    command: str = "auto"
