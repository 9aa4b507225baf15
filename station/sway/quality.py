"""Whether a recording can be measured at all: its timing, its load, and whether a person stands there.

A gate that closes makes the recording not assessable, with the reason in words: never a risk finding, never a pass.
A note says what was done and closes nothing. Gates of the live deck (level, channels, certificate) are not here.
"""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from station.errors import DataError
from station.sway.family import AXES, LEAST_MOVEMENT_MM

FloatArray = npt.NDArray[np.float64]

# Nothing that measures a person is slower or faster; a rate beyond is one of times in another unit.
POSSIBLE_HZ: Final = (0.5, 1e5)
# Over a day. A single wrong time can claim years, which at a profile's rate fit into no memory.
LONGEST_S: Final = 1e5
# The shortest stance of any protocol; below it a mean velocity says little.
SHORTEST_S: Final = 10.0
# Below 25 samples/s more than 1.3 % of the path is lost (older people, eyes open, firm, against 100 samples/s).
SLOWEST_HZ: Final = 25.0
# Nobody stands as still as an object.
TOO_STILL_MM_S: Final = 2.0
# Nobody's feet are as far apart: the numbers are in another unit, or nobody stood there.
WIDEST_MM: Final = 1000.0
LONGEST_GAP_INTERVALS: Final = 2
FEWEST_VALID: Final = 0.95
# Of body weight. Quiet standing varies by 0.15 % at most (33 trials of the reference data); more: moved, held the rail.
LOAD_VARIES: Final = 0.02
STEPPED_OFF: Final = 0.70
# How far an interval may be from the usual one before the samples count as irregular in time.
_JITTER: Final = 0.02
_GAP_SLACK: Final = 1.01  # rounding of printed times


class Quality(msgspec.Struct, frozen=True):
    """`assessable` is False when a gate closed; `flags` hold every gate that closed and every note, in words."""

    assessable: bool
    flags: tuple[str, ...]


class Timing(msgspec.Struct, frozen=True):
    """When samples came: the rate (samples/s), whether they came evenly, and the longest wait."""

    rate_hz: float
    regular: bool
    shortest_s: float
    longest_s: float
    longest_at_s: float

    @property
    def gap(self) -> bool:
        """Return whether more than two sample intervals passed without a sample."""
        return self.longest_s * self.rate_hz > LONGEST_GAP_INTERVALS * _GAP_SLACK


def timing_of(time_s: FloatArray) -> Timing:
    """Return the timing of ascending sample times, s, at least two.

    An even rate is counted over the whole recording; for an uneven one it is that of the median interval.
    """
    intervals = np.diff(time_s)
    usual = float(np.median(intervals))
    longest = int(np.argmax(intervals))
    regular = bool(np.abs(intervals - usual).max() <= _JITTER * usual)
    rate_hz = len(intervals) / float(time_s[-1] - time_s[0]) if regular else 1 / usual
    printed = float(f"{rate_hz:.6g}")  # times are printed with some digits: 100.00000000000001 is 100
    return Timing(
        rate_hz=printed if abs(rate_hz - printed) <= 1e-6 * rate_hz else rate_hz,
        regular=regular,
        shortest_s=float(intervals.min()),
        longest_s=float(intervals[longest]),
        longest_at_s=float(time_s[longest]),
    )


def refuse_clock(where: str, time_s: FloatArray, timing: Timing) -> None:
    """Raise DataError, with `where` in it, for times that no recording of a person has."""
    slowest_hz, fastest_hz = POSSIBLE_HZ
    if not slowest_hz <= timing.rate_hz <= fastest_hz:
        raise DataError(
            f"{where}: {timing.rate_hz:.4g} samples/s by its times, expected {slowest_hz:g} to {fastest_hz:g}; "
            "time_s must be in seconds"
        )
    lasts_s = float(time_s[-1] - time_s[0])
    if lasts_s > LONGEST_S:
        raise DataError(
            f"{where}: lasts {lasts_s:.6g} s by its times, at most {LONGEST_S:g} s are measured; "
            f"correct the times (the longest gap begins at {timing.longest_at_s:.10g} s), or cut the recording"
        )


class Findings:
    """Collects gates that closed and notes, in the order in which they are looked at."""

    def __init__(self) -> None:
        self._flags: list[str] = []
        self._assessable = True

    def close(self, flag: str) -> None:
        """Make the recording not assessable for this reason."""
        self._flags.append(flag)
        self._assessable = False

    def note(self, flag: str) -> None:
        """Say something that does not stand in the way."""
        self._flags.append(flag)

    def quality(self) -> Quality:
        """Return what was found."""
        return Quality(assessable=self._assessable, flags=tuple(self._flags))


def check_timing(findings: Findings, timing: Timing, rate_hz: float | None) -> None:
    """Look at the timing of a signal that its profile brings to `rate_hz` (None: takes as it is)."""
    if timing.gap:
        findings.close(
            f"gap: {timing.longest_s * 1e3:.0f} ms without a sample at {timing.longest_at_s:.2f} s, "
            f"more than {LONGEST_GAP_INTERVALS} sample intervals of {1e3 / timing.rate_hz:.1f} ms"
        )
    if timing.rate_hz < SLOWEST_HZ:
        findings.close(f"rate too low: {timing.rate_hz:.4g} samples/s, at least {SLOWEST_HZ:g} are needed")
    if not timing.regular:
        spread = f"{timing.shortest_s * 1e3:.2f} to {timing.longest_s * 1e3:.2f} ms apart"
        if rate_hz is None:
            findings.close(f"irregular timestamps: {spread}, and this profile does not resample")
        else:
            findings.note(f"irregular timestamps: {spread}; resampled by time to {rate_hz:g} samples/s")
    elif rate_hz is not None and timing.rate_hz != rate_hz:
        findings.note(f"resampled by time from {timing.rate_hz:.6g} to {rate_hz:g} samples/s")


def check_window(findings: Findings, time_s: FloatArray, timing: Timing, window_s: tuple[float, float]) -> None:
    """Look at how much of the window that should have been measured there is."""
    expected = round((window_s[1] - window_s[0]) * timing.rate_hz)
    share = len(time_s) / max(expected, 1)
    if share < FEWEST_VALID:
        findings.close(f"missing samples: {share:.1%} of the window is valid, at least {FEWEST_VALID:.0%} are needed")
    longest_s = (LONGEST_GAP_INTERVALS + 0.5) / timing.rate_hz
    for side, missing_s in (("start", time_s[0] - window_s[0]), ("end", window_s[1] - time_s[-1])):
        if missing_s > longest_s:
            findings.close(f"gap: {missing_s * 1e3:.0f} ms without a sample at the {side} of the window")


def check_range(findings: Findings, cop_mm: FloatArray) -> None:
    """Look at how far a centre of pressure of shape (2, N) gets: not at all, or farther than anybody's feet."""
    for name, range_mm in zip(AXES, np.ptp(cop_mm, axis=1).tolist(), strict=True):
        if not range_mm > LEAST_MOVEMENT_MM:
            findings.close(f"constant: the centre of pressure does not move in {name.upper()}")
        elif range_mm > WIDEST_MM:
            findings.close(
                f"too wide: the centre of pressure covers {range_mm:.4g} mm in {name.upper()}, nobody stands on more "
                f"than {WIDEST_MM:g} mm"
            )


def check_load(findings: Findings, time_s: FloatArray, fz_n: FloatArray) -> None:
    """Look at the vertical force, N: nobody on the deck, stepped off, moved, held the rail."""
    weight_n = float(np.median(fz_n))
    if not weight_n > 0:
        findings.close("no load: the vertical force is not above 0 N")
        return
    least = int(np.argmin(fz_n))
    if fz_n[least] < STEPPED_OFF * weight_n:
        share = f"{fz_n[least] / weight_n:.0%} of body weight"
        findings.close(f"stepped off: the vertical force falls to {share} at {time_s[least]:.2f} s")
    variation = float(np.std(fz_n)) / weight_n
    slope_n_s = np.polynomial.Polynomial.fit(time_s, fz_n, 1).convert().coef
    drift = abs(float(slope_n_s[1])) * float(time_s[-1] - time_s[0]) / weight_n if len(slope_n_s) > 1 else 0.0
    for what, size in (("varies", variation), ("drifts", drift)):
        if size > LOAD_VARIES:
            findings.close(
                f"load {what}: by {size:.1%} of body weight, at most {LOAD_VARIES:.0%}: moved, or held the rail"
            )


def check_person(findings: Findings, duration_s: float, velocity_mm_s: float | None) -> None:
    """Look at the length of what was measured and at whether a living person stood there."""
    if duration_s < SHORTEST_S:
        findings.close(f"too short: {duration_s:.4g} s, at least {SHORTEST_S:g} s are needed")
    if velocity_mm_s is not None and velocity_mm_s < TOO_STILL_MM_S:
        findings.close(
            f"too still: mean velocity {velocity_mm_s:.2g} mm/s, a person sways at {TOO_STILL_MM_S:g} mm/s or more"
        )
