"""Tones: three that differ, short, and never in the way."""

import io
import sys
import wave
from pathlib import Path

import pytest

from pos_app.devices.sound.player import NO_PLAYER, PLAYER_FAILED, TonePlayer
from pos_app.devices.sound.tones import MAX_MS, Tone, duration_ms, wav
from tests.devices.support import eventually
from tests.support.pace import Watch


def test_three_tones_differ_and_none_is_longer_than_a_tenth_of_a_second() -> None:
    assert len({wav(tone) for tone in Tone}) == 3
    for tone in Tone:
        with wave.open(io.BytesIO(wav(tone))) as sound:
            assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
            assert sound.getnframes() / sound.getframerate() * 1000 <= MAX_MS
        assert duration_ms(tone) <= MAX_MS
    assert set(wav(Tone.OK, 0)[44:]) == {0}


def player(tmp_path: Path, body: str) -> str:
    """A program that is given a WAV file, as a system's player is."""
    made = tmp_path / "player"
    made.write_text(f"#!{sys.executable}\nimport sys, time\n{body}\n")
    made.chmod(0o755)
    return str(made)


def test_a_tone_reaches_the_player_as_a_wav_file(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    command = player(tmp_path, f"open({str(heard)!r}, 'ab').write(open(sys.argv[1], 'rb').read())")
    tones = TonePlayer("tones", 80, command)
    tones.start()
    tones.play(Tone.ERROR)
    assert eventually(lambda: heard.exists() and heard.read_bytes() == wav(Tone.ERROR, 80))
    tones.close()


@pytest.mark.parametrize("body", ["time.sleep(60)", "sys.exit(1)"])
def test_a_player_that_hangs_or_fails_holds_nobody_up_and_is_told(tmp_path: Path, body: str) -> None:
    tones = TonePlayer("tones", 80, player(tmp_path, body))
    tones.start()
    began = Watch()
    for _ in range(50):
        tones.play(Tone.OK)
    assert began.took_s < 0.1
    assert eventually(lambda: tones.health.code == PLAYER_FAILED)
    tones.close()


def test_without_a_player_there_is_silence_and_a_reason() -> None:
    tones = TonePlayer("tones", 80, "/nowhere/player")
    tones.start()
    tones.play(Tone.OK)
    assert tones.health.code == NO_PLAYER
    tones.close()
    tones.close()
