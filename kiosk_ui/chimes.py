"""The sounds, computed: soft bell tones between 500 and 1000 Hz, which old ears hear best. WAV, 16 bit, one channel."""

import io
import math
import struct
import wave
from typing import Final

RATE_HZ: Final = 22050
LOUDNESS: Final = 0.5
DECAY_S: Final = 0.28

# name -> (Hz, starts at s) of each tone
TONES: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "chime": ((659.3, 0.0),),
    "double-chime": ((659.3, 0.0), (880.0, 0.35)),
    "call-staff": ((523.3, 0.0), (659.3, 0.25), (784.0, 0.5)),
}
RINGS_FOR_S: Final = 1.1


def chime_wav(name: str) -> bytes:
    """Return a sound as a WAV file. Raises KeyError for a name that is no sound."""
    tones = TONES[name]
    count = round((max(start for _, start in tones) + RINGS_FOR_S) * RATE_HZ)
    samples = [0.0] * count
    for pitch_hz, start_s in tones:
        first = round(start_s * RATE_HZ)
        for at in range(first, count):
            t = (at - first) / RATE_HZ
            # a quick but not sudden start, so that nobody is startled
            swell = min(1.0, t / 0.012) * math.exp(-t / DECAY_S)
            samples[at] += swell * (math.sin(2 * math.pi * pitch_hz * t) + 0.25 * math.sin(4 * math.pi * pitch_hz * t))
    peak = max(map(abs, samples))
    packed = b"".join(struct.pack("<h", round(32767 * LOUDNESS * sample / peak)) for sample in samples)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(packed)
    return buffer.getvalue()
