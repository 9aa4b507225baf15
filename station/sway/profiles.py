"""Profiles: what is done to a centre-of-pressure signal before it is measured. One table, each row with a version.

Every value is valid for its profile only: four public programs give 6.95 to 13.10 mm/s mean velocity on the same
30 s, because they filter differently. So a profile never changes; a better one gets a new version beside it.

The order of the `station-1` pipeline: crop to the analysed window first, then bring to 100 Hz, then filter. The filter
sees nothing outside the window, so analysing a file that was cropped to the same window gives the same numbers.
"""

from functools import cache
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import signal

from station.errors import UsageError

FloatArray = npt.NDArray[np.float64]

# Above the band of the profile's own filter and low enough to keep what would fold into it out; at 10 Hz it takes
# 0.0015 % of the power away. Only signals sampled faster than the profile's rate meet it.
ANTI_ALIAS_HZ: Final = 40.0


class LowPass(msgspec.Struct, frozen=True):
    """A Butterworth low-pass; `scipy.signal.butter(order, cutoff_hz)`."""

    order: int
    cutoff_hz: float


class Profile(msgspec.Struct, frozen=True):
    """What is done before measuring.

    `version` is what results carry; `rate_hz` the rate to resample to by timestamp (None: the signal's own);
    `low_pass` is run forward and backward, without phase shift (None: no filter). `swarii_window_s` is the window of
    SWARII (`swarii.py`) where that resamples, whatever the signal's own rate; None: linear interpolation.
    """

    name: str
    version: str
    rate_hz: float | None
    low_pass: LowPass | None
    swarii_window_s: float | None = None


STATION: Final = Profile(name="station", version="station-1", rate_hz=100.0, low_pass=LowPass(4, 10.0))
# The authors of the published data had low-passed it at 10 Hz already (Santos & Duarte 2016, PeerJ 4:e2648).
PUBLISHED: Final = Profile(name="published", version="published", rate_hz=None, low_pass=None)
# Quijoux et al. 2021, Physiol Rep 9:e15067. An analysis with it also has that paper's own outputs (`quijoux2021.py`).
QUIJOUX2021: Final = Profile(
    name="quijoux2021", version="quijoux2021", rate_hz=25.0, low_pass=LowPass(4, 10.0), swarii_window_s=0.08
)

PROFILES: Final = {profile.name: profile for profile in (STATION, PUBLISHED, QUIJOUX2021)}


def profile_named(name: str) -> Profile:
    """Return a profile by its name or its version; raises UsageError that lists the names."""
    for profile in PROFILES.values():
        if name in (profile.name, profile.version):
            return profile
    raise UsageError(f"there is no profile {name!r}; the profiles are {', '.join(PROFILES)}")


@cache
def low_pass_sections(low_pass: LowPass, fs_hz: float) -> FloatArray:
    """Return the second-order sections of a low-pass at `fs_hz`, shape (n, 6). Shared: not to be written to."""
    if not fs_hz > 2 * low_pass.cutoff_hz:
        raise UsageError(f"a {low_pass.cutoff_hz:g} Hz low-pass needs more than {2 * low_pass.cutoff_hz:g} samples/s")
    return np.asarray(signal.butter(low_pass.order, low_pass.cutoff_hz, fs=fs_hz, output="sos"), dtype=np.float64)


def shortest_filtered(low_pass: LowPass) -> int:
    """Return how few samples `smooth` can take: one more than the edge that `sosfiltfilt` reflects at each end."""
    return 3 * (2 * ((low_pass.order + 1) // 2) + 1) + 1


def smooth(cop_mm: FloatArray, fs_hz: float, low_pass: LowPass | None) -> FloatArray:
    """Return a signal, shape (..., N), low-passed forward and backward; needs `shortest_filtered` samples."""
    if low_pass is None:
        return cop_mm
    smoothed: FloatArray = signal.sosfiltfilt(low_pass_sections(low_pass, fs_hz), cop_mm, axis=-1)
    return smoothed


def crop(time_s: FloatArray, from_s: float, to_s: float) -> slice:
    """Return the samples with `from_s <= time < to_s`, as a slice; times ascend.

    A time within 1 us of an end counts as being on it, so that 10.0 finds 9.9999999.
    """
    first, last = np.searchsorted(time_s, [from_s - 1e-6, to_s - 1e-6], side="left")
    return slice(int(first), int(last))


def resample(time_s: FloatArray, cop_mm: FloatArray, rate_hz: float) -> FloatArray:
    """Return a signal, shape (2, N), on a regular grid of `rate_hz` from its first time on, by linear interpolation.

    Each value is placed by its own timestamp, never by its index. A signal that is faster than the grid is
    interpolated on a multiple of the grid first and low-passed there at `ANTI_ALIAS_HZ`, so that noise cannot fold.
    """
    span_s = time_s[-1] - time_s[0]
    factor = max(1, int(np.ceil((len(time_s) - 1) / span_s / rate_hz - 0.01)))
    fine_hz = rate_hz * factor
    steps = int(span_s * fine_hz + 1e-6)
    grid_s = time_s[0] + np.arange(steps + 1) / fine_hz
    fine = np.stack([np.interp(grid_s, time_s, axis) for axis in cop_mm])
    anti_alias = LowPass(4, ANTI_ALIAS_HZ)
    if factor == 1 or fine.shape[1] < shortest_filtered(anti_alias):
        return fine[:, ::factor]
    return smooth(fine, fine_hz, anti_alias)[:, ::factor]
