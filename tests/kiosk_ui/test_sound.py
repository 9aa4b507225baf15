"""Sound: chimes that are sounds, speech through a voice if there is one, and never an error."""

import io
import math
import os
import signal
import struct
import wave
from pathlib import Path

import pytest

from kiosk_ui.chimes import TONES, chime_wav
from kiosk_ui.sound import SpokenAudio
from station.messages import Cue
from tests.kiosk_ui.scripted_station import wait_until

VOICE = """#!/bin/sh
# stands in for espeak-ng: writes down what it was asked to say, then takes its time
{ echo "$@"; cat; echo; } >> "$VOICE_LOG"
exec sleep 60
"""


@pytest.fixture
def voice_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "espeak-ng"
    program.write_text(VOICE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("VOICE_LOG", str(tmp_path / "said.txt"))
    return tmp_path / "said.txt"


@pytest.mark.parametrize("name", sorted(TONES))
def test_every_chime_is_a_sound_that_starts_and_ends_softly(name: str) -> None:
    with wave.open(io.BytesIO(chime_wav(name))) as file:
        count = file.getnframes()
        samples = struct.unpack(f"<{count}h", file.readframes(count))
        assert file.getframerate() / 2 > 1000 * 2
    assert 12_000 < max(map(abs, samples)) < 20_000
    assert abs(samples[0]) < 200
    assert max(map(abs, samples[-200:])) < 1000
    rms = math.sqrt(sum(sample**2 for sample in samples) / count)
    assert rms > 1000


def test_speech_goes_to_the_voice_in_its_language_and_pace(voice_log: Path) -> None:
    audio = SpokenAudio()
    audio.cue(Cue("speech", "Stand still. -v is no option here.", "en"))
    wait_until(lambda: voice_log.exists() and "option here." in voice_log.read_text(), "the voice to speak")
    assert voice_log.read_text().splitlines()[0] == "-v en -s 150 --stdin"
    audio.close()


def test_new_speech_takes_the_place_of_old(voice_log: Path) -> None:
    audio = SpokenAudio()
    audio.cue(Cue("speech", "first"))
    first = audio._speaking
    assert first is not None
    wait_until(lambda: voice_log.exists() and "first" in voice_log.read_text(), "the first words")
    audio.cue(Cue("speech", "second"))
    assert first.wait(timeout=30) == -signal.SIGKILL, "the first voice is silent"
    wait_until(lambda: "second" in voice_log.read_text(), "the second words")
    audio.close()


def test_a_language_that_is_no_language_is_not_given_to_a_program(voice_log: Path) -> None:
    audio = SpokenAudio()
    audio.cue(Cue("speech", "hello", "en --path=/"))
    wait_until(lambda: voice_log.exists() and "hello" in voice_log.read_text(), "the voice to speak")
    assert voice_log.read_text().splitlines()[0] == "-v en -s 150 --stdin"
    audio.close()


def test_without_a_voice_it_says_so_once_and_stays_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    audio = SpokenAudio()
    audio.cue(Cue("speech", "hello"))
    audio.cue(Cue("speech", "hello"))
    assert caplog.text.count("espeak-ng is not installed") == 1
    audio.close()


def test_sound_never_raises(
    voice_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    audio = SpokenAudio()
    audio.cue(Cue("thunder"))
    assert "no sound 'thunder'" in caplog.text
    (tmp_path / "espeak-ng").unlink()
    audio.cue(Cue("speech", "hello"))
    assert "could not be heard" in caplog.text
    monkeypatch.setattr("kiosk_ui.sound._load", lambda name: 1 / 0)
    audio.cue(Cue("chime"))
    audio.close()
