"""What people hear: chimes through Kivy, speech through espeak-ng where it is installed, otherwise silence.

The only file that knows how sound is made. Nothing here ever raises: a station without a loudspeaker still measures.
"""

import contextlib
import logging
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final, Protocol

from kiosk_ui.chimes import TONES, chime_wav
from station.messages import Cue

log = logging.getLogger(__name__)

SPEECH: Final = "speech"
WORDS_PER_MINUTE: Final = 150  # comfortable for young and old (Sutton 1995)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)


class Audio(Protocol):
    """Something that can be heard."""

    def cue(self, cue: Cue) -> None:
        """Play or say a cue; a new one takes the place of speech that has not ended. Never raises, never blocks."""

    def close(self) -> None:
        """Fall silent."""


class Silence:
    """Makes no sound, and remembers what it would have said."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []

    def cue(self, cue: Cue) -> None:
        """Remember the cue."""
        self.cues.append(cue)

    def close(self) -> None:
        """Do nothing."""


class SpokenAudio:
    """Chimes and a synthetic voice."""

    def __init__(self) -> None:
        self._voice = shutil.which("espeak-ng")
        self._speaking: subprocess.Popen[bytes] | None = None
        self._sounds: dict[str, Any] = {}
        if self._voice is None:
            log.warning("nothing will be spoken: espeak-ng is not installed (apt install espeak-ng)")

    def cue(self, cue: Cue) -> None:
        """Play or say a cue."""
        try:
            if cue.key == SPEECH:
                self._say(cue.text, cue.language)
            else:
                self._play(cue.key)
        except Exception:  # sound fails in many ways, and none of them may stop a visit
            log.exception("cue %r could not be heard", cue.key)

    def close(self) -> None:
        """Stop speaking."""
        self._hush()

    def _say(self, text: str, language: str) -> None:
        self._hush()
        if self._voice is None or not text.strip():
            return
        voice = language if _LANGUAGE.fullmatch(language) else "en"
        self._speaking = subprocess.Popen(
            [self._voice, "-v", voice, "-s", str(WORDS_PER_MINUTE), "--stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if self._speaking.stdin is not None:
            # a cue is far shorter than a pipe's buffer, so this cannot block
            self._speaking.stdin.write(text.encode())
            self._speaking.stdin.close()

    def _hush(self) -> None:
        speaking, self._speaking = self._speaking, None
        if speaking is None:
            return
        if speaking.poll() is None:
            speaking.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):  # killed it is; a busy machine may take longer to say so
            speaking.wait(timeout=2)

    def _play(self, name: str) -> None:
        if name not in TONES:
            log.warning("there is no sound %r; known: %s", name, ", ".join(TONES))
            return
        if name not in self._sounds:
            self._sounds[name] = _load(name)
        sound = self._sounds[name]
        if sound is not None:
            sound.stop()
            sound.play()


def _load(name: str) -> Any:
    from kivy.core.audio import SoundLoader

    with tempfile.TemporaryDirectory(prefix="balance-station-") as folder:
        path = Path(folder) / f"{name}.wav"
        path.write_bytes(chime_wav(name))
        sound = SoundLoader.load(str(path))  # read into memory; the file is not needed afterwards
        if sound is not None:
            sound.load()
        return sound
