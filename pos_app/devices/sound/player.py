"""Plays tones with the system's own player, one after the other; a newer tone replaces one that still waits."""

import logging
import shutil
import subprocess
from pathlib import Path
from queue import Empty, Full, Queue
from tempfile import TemporaryDirectory
from threading import Thread

from pos_app.devices.ports import DeviceState, Health
from pos_app.devices.sound.tones import Tone, wav

log = logging.getLogger(__name__)

PLAYERS = ("pw-play", "paplay", "aplay")
PLAY_S = 1.0
JOIN_S = 3.0
NO_PLAYER = "sound.no_player"
PLAYER_FAILED = "sound.player_failed"


def find_player(command: str = "auto") -> str:
    """The player's path; empty when there is none."""
    names = PLAYERS if command == "auto" else (command,)
    return next((found for name in names if (found := shutil.which(name))), "")


class TonePlayer:
    """`play` returns at once, whatever the loudspeaker does."""

    def __init__(self, name: str, volume_percent: int, command: str = "auto") -> None:
        self._name = name
        self.volume_percent = volume_percent
        self._player = find_player(command)
        self._health = Health(
            DeviceState.READY if self._player else DeviceState.ABSENT, "" if self._player else NO_PLAYER
        )
        self._folder = TemporaryDirectory(prefix="tones-")
        self._waiting: Queue[tuple[Tone, int] | None] = Queue(maxsize=1)
        self._thread = Thread(target=self._run, name=f"device-{name}", daemon=True)

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._health

    def start(self) -> None:
        if self._player and not self._thread.is_alive():
            self._thread.start()

    def play(self, tone: Tone, volume_percent: int | None = None) -> None:
        """Sound it soon, as loud as its table says or as is said here; one that waits already is forgotten for it."""
        self._offer((tone, self.volume_percent if volume_percent is None else volume_percent))

    def close(self) -> None:
        if self._thread.is_alive():
            self._offer(None)
            self._thread.join(JOIN_S)
        self._folder.cleanup()
        self._health = Health(DeviceState.ABSENT)

    def _offer(self, tone: tuple[Tone, int] | None) -> None:
        while True:
            try:
                self._waiting.put_nowait(tone)
                return
            except Full:
                try:
                    self._waiting.get_nowait()
                except Empty:
                    continue

    def _run(self) -> None:
        while (tone := self._waiting.get()) is not None:
            self._sound(*tone)

    def _sound(self, tone: Tone, volume_percent: int) -> None:
        """One tone by one child of ours; one that hangs is ended."""
        file = Path(self._folder.name) / f"{tone}-{volume_percent}.wav"
        try:
            if not file.exists():
                file.write_bytes(wav(tone, volume_percent))
            done = subprocess.run(
                [self._player, str(file)], timeout=PLAY_S, check=False, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            failed = done.returncode != 0
        except (OSError, subprocess.TimeoutExpired):
            failed = True
        if failed and self._health.state is DeviceState.READY and not self._health.code:
            log.warning("tones cannot be heard", extra={"code": PLAYER_FAILED})
        self._health = Health(DeviceState.READY, PLAYER_FAILED if failed else "")
