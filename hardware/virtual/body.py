"""A simple standing body: sways like a damped inverted pendulum kept upright by noisy control.

The sway of each stance is a realisation of the closed loop's spectrum (a damped second-order system driven by white
noise), the same for the same seed, seamless at its period of 82 s, scaled to the stance's amplitude. Enough to step on
and off, to stand in the stances of which no recording exists, and to lose one's balance. Not modelled: the delays,
gains and geometry of a postural model; nothing scored against norms may come from here.
"""

import math
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.virtual.track import FloatArray, Point, Track

Posture = Literal["feet-apart", "side-by-side", "semi-tandem", "tandem", "one-foot"]

GRID_HZ: Final = 100
GRID_POINTS: Final = 8192
PERIOD_S: Final = GRID_POINTS / GRID_HZ


class Sway(msgspec.Struct, frozen=True):
    """How much and how fast a posture sways: RMS in mm, natural frequency in Hz; damping ratio of the closed loop."""

    rms_ml_mm: float
    rms_ap_mm: float
    frequency_ml_hz: float
    frequency_ap_hz: float
    damping: float = 0.7


# Amplitudes grow with the narrowing of the base, ML most: in the order of the 4-Stage Balance Test. Size of feet apart
# from the shipped recordings (older adults: RMS ML 2-4 mm, AP 3-6 mm, 7-15 mm/s); tandem and one foot of the order in
# which ML sway is reported to grow (two to threefold; Oliveira 2018: one-foot 95 % area around 10 cm^2).
SWAY: Final[dict[Posture, Sway]] = {
    "feet-apart": Sway(2.0, 3.5, 0.30, 0.25),
    "side-by-side": Sway(3.5, 4.0, 0.40, 0.30),
    "semi-tandem": Sway(4.2, 4.5, 0.45, 0.35),
    "tandem": Sway(5.5, 4.8, 0.60, 0.40),
    "one-foot": Sway(7.0, 6.0, 0.70, 0.50),
}
FORCE_RMS_SHARE: Final = 0.0008  # of body weight, quiet stance: 0.08-0.12 % in the shipped recordings with force

_CUT_OFF_HZ: Final = 6.0  # muscles do not follow faster; recordings hold next to nothing above


class Body:
    """Signals without end of one posture: force as a share of body weight, ML and AP in mm around the stance's centre.

    `unsteadiness` scales the COP amplitude (1 is a steady older adult). Same seed and posture, same sway.
    """

    def __init__(self, posture: Posture, seed: int, unsteadiness: float = 1.0) -> None:
        sway = SWAY[posture]
        random = np.random.default_rng([seed, list(SWAY).index(posture)])
        signals = (
            1 + FORCE_RMS_SHARE * _coloured(random, 1.2, 0.5),
            unsteadiness * sway.rms_ml_mm * _coloured(random, sway.frequency_ml_hz, sway.damping),
            unsteadiness * sway.rms_ap_mm * _coloured(random, sway.frequency_ap_hz, sway.damping),
        )
        # three points more than a period, so that slopes are right where it closes
        knots = np.arange(-1, GRID_POINTS + 2)
        wrapped = tuple(signal[knots % GRID_POINTS] for signal in signals)
        self._track = Track(knots / GRID_HZ, (wrapped[0], wrapped[1], wrapped[2]))

    def at(self, time_s: float) -> Point:
        """Return `(share of body weight, ml_mm, ap_mm)` at one moment."""
        return self._track.at(time_s - math.floor(time_s / PERIOD_S) * PERIOD_S)

    def over(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the same three for an array of moments."""
        return self._track.over(time_s - np.floor(time_s / PERIOD_S) * PERIOD_S)


def _coloured(random: np.random.Generator, frequency_hz: float, damping: float) -> npt.NDArray[np.float64]:
    """Return one period of noise shaped by a damped second-order system, mean 0 and RMS 1."""
    f = np.fft.rfftfreq(GRID_POINTS, 1 / GRID_HZ)
    system = 1 / (frequency_hz**2 - f**2 + 2j * damping * frequency_hz * f)
    system /= 1 + (f / _CUT_OFF_HZ) ** 4
    system[0] = 0
    noise = random.standard_normal(len(f)) + 1j * random.standard_normal(len(f))
    signal = np.fft.irfft(system * noise, GRID_POINTS)
    return np.asarray(signal / signal.std(), dtype=np.float64)
