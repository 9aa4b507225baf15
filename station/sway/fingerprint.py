"""A fingerprint of the station pipeline: a hash of what it makes of fixed signals, not of how it is written.

Norms carry the fingerprint of the pipeline that made them, so a change that moves a measure cannot go unnoticed under
an old version, while a tidied function or a newer numpy changes nothing: values count to six digits.
"""

import hashlib
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from station.sway.analysis import analyse
from station.sway.measures import RECORDED
from station.sway.profiles import STATION

FloatArray = npt.NDArray[np.float64]

# Frequencies (Hz) and amplitudes (mm) of a made-up sway; none divides another, so nothing cancels.
_ML: Final = ((0.083, 4.1), (0.31, 1.7), (0.97, 0.6), (3.3, 0.11), (12.7, 0.05))
_AP: Final = ((0.071, 6.3), (0.43, 2.2), (1.13, 0.8), (4.9, 0.09), (17.3, 0.04))
# Evenly at the profile's rate, and unevenly at that of a load cell: the second goes through the resampling.
_EVEN_HZ: Final = 100.0
_UNEVEN_HZ: Final = 89.3
_SECONDS: Final = 30.0


@cache
def pipeline_sha256(measures: tuple[str, ...]) -> str:
    """Return the fingerprint of the station profile as far as these measures go."""
    even_s = np.arange(round(_SECONDS * _EVEN_HZ)) / _EVEN_HZ
    uneven_s = np.arange(round(_SECONDS * _UNEVEN_HZ)) / _UNEVEN_HZ
    uneven_s = uneven_s + 0.002 * np.sin(7.0 * uneven_s)
    lines = [STATION.version]
    for time_s in (even_s, uneven_s):
        signal_mm = _sway(time_s, _ML), _sway(time_s, _AP)
        metrics = analyse(time_s, *signal_mm, profile=STATION.name, families=RECORDED).metrics
        lines += [f"{key} {metrics[key]:.6g}" for key in measures]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _sway(time_s: FloatArray, parts: tuple[tuple[float, float], ...]) -> FloatArray:
    waves = [amplitude_mm * np.sin(2 * np.pi * hz * time_s + hz) for hz, amplitude_mm in parts]
    return np.asarray(np.sum(waves, axis=0), dtype=np.float64)
