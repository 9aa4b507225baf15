"""Counting chair stands in the vertical force under the feet: the feet on the deck, the chair beside it.

Somebody who sits leaves the weight of their legs on the deck (the seated baseline). To rise they shift their weight
onto the feet (seat-off: the force leaves the baseline), push off (the force goes above body weight), slow down (below)
and stand (within 5 % of body weight for 0.2 s). Going down is the same the other way round.

Counting follows the 30-second chair stand of CDC STEADI: full stands within 30 s of "go"; more than half-way up at 30 s
counts. How far up somebody is, is known from the force once the feet carry everything: force over mass is acceleration,
and that twice integrated is height. A fast person who turns at the top without standing still counts by it, too.

Limits. A rise so gentle that the force stays within 5 % of body weight is counted, but when it ends is not seen to
better than a second. Force does not see hands: whether they were used is asked or watched. It sees height only by
comparison: what a body has of height and speed before the feet carry everything is not known. So somebody who holds a
crouch with all their weight on the feet looks like standing, and somebody who turns half-way up every single time is
counted. Body weight comes from quiet standing on the same deck before the test, right to 0.3 %. No recorded force was
at hand; the tests use a model built from mechanics.
"""

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import integrate

from station.sway.gravity import STANDARD_GRAVITY_M_S2
from station.sway.profiles import LowPass, shortest_filtered, smooth

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

VERSION: Final = "chair-stand-1"
UNITS: Final[dict[str, str]] = {"repetitions": "1", "mean_rise_time_s": "s", "peak_rise_force_bw_s": "1/s"}
WINDOW_S: Final = 30.0
# Standing: within this share of body weight for this long (station design; see the limits above).
STANDS_WITHIN: Final = 0.05
STANDS_S: Final = 0.2
_OWN_WEIGHT_S: Final = 5.0
_STANDS_ON_AVERAGE: Final = 0.02
_LONGEST_RISE_S: Final = 4.0
SLOWEST_HZ: Final = 40.0
_LOW_PASS: Final = LowPass(4, 10.0)  # as everything the station measures
# Of the way from the seated baseline to body weight: leaving it (seat-off), and being back on it.
_SEAT_OFF: Final = 0.10
_SEATED: Final = 0.20
# Legs and feet are 12 to 35 % of body weight, by how far forward somebody sits; half and more is no longer sitting.
_HEAVIEST_SEATED: Final = 0.5
_LIGHTEST_SEATED: Final = 0.03
# Less than half of what the feet weigh when seated, for this long, is nobody there.
_GONE: Final = 0.5
_GONE_S: Final = 0.2
# A turn at the top without standing still is a full stand when its lift is like the person's own others: lifts of full
# rises differ by a fifth or so from one to the next, a half rise has half of it. In time, half-way is half-way.
_LIKE_OTHERS: Final = 2 / 3
_HALF: Final = 0.5
_SPENT: Final = 0.15  # of its peak; a weight that is 0.2 % off leaves as much of a slow rise
_UNKNOWN_HALF_M: Final = 0.05  # for half-way where there is no other rise to compare with


class Rise(msgspec.Struct, frozen=True):
    """One counted rise: times in s after "go", the steepest force in body weights/s.

    `standing_s` is None for a rise that was more than half-way up when the time was over. `lift_m` is how far the body
    is lifted by the push that is left once the feet carry everything: for comparing the rises of one person.
    """

    seat_off_s: float
    standing_s: float | None
    peak_force_bw_s: float
    lift_m: float


class ChairStand(msgspec.Struct, frozen=True):
    """The count with what it is made of.

    `metrics` has the keys of `UNITS` that could be computed, `not_computed` why the others could not.
    `five_times_s` is the time from "go" to the fifth stand, None where there are fewer. `not_counted` says which
    attempts were none, and `ended` why the count stopped before its time, in words.
    """

    metrics: dict[str, float]
    not_computed: dict[str, str]
    rises: tuple[Rise, ...] = ()
    five_times_s: float | None = None
    not_counted: tuple[str, ...] = ()
    ended: str | None = None


class _Attempt(msgspec.Struct, frozen=True):
    """A rise that may count, when its upward velocity is spent, and whether the force ends before they sit again."""

    rise: Rise
    top_s: float
    unfinished: bool


class _Force(msgspec.Struct, frozen=True, eq=False):
    """The force of one test in body weights, low-passed, and the level of sitting."""

    bw: FloatArray
    fs_hz: float
    seated_bw: float

    def level(self, share: float) -> float:
        return self.seated_bw + share * (1.0 - self.seated_bw)


def chair_stand(fz_n: FloatArray, fs_hz: float, body_weight_n: float, window_s: float | None = WINDOW_S) -> ChairStand:
    """Return the chair stands in a vertical force of shape (N,), N, evenly at `fs_hz`, from "go" on.

    What comes after `window_s` is not looked at; None takes all (five times sit to stand). `body_weight_n` is the same
    person's force in quiet standing. Raises ValueError for values that are not finite or a weight that is none.
    """
    fz_n = np.asarray(fz_n, dtype=np.float64)
    if fz_n.ndim != 1 or not np.isfinite(fz_n).all() or not (0 < fs_hz < math.inf and 0 < body_weight_n < math.inf):
        raise ValueError("chair_stand takes one axis of finite forces, a rate and a body weight above 0")
    if window_s is not None:
        fz_n = fz_n[: round(window_s * fs_hz)]
    if fs_hz < SLOWEST_HZ:
        return _nothing(f"rate too low: {fs_hz:.4g} samples/s, at least {SLOWEST_HZ:g} are needed")
    fewest = max(shortest_filtered(_LOW_PASS), math.ceil(fs_hz))
    if len(fz_n) < fewest:
        return _nothing(f"too short: {len(fz_n) / fs_hz:.3g} s, at least {fewest / fs_hz:.3g} s are needed")
    smoothed_bw = smooth(fz_n, fs_hz, _LOW_PASS) / body_weight_n
    smoothed_bw /= _own_weight(smoothed_bw, fs_hz)
    seated_bw, reason = _seated_level(smoothed_bw, fs_hz)
    if reason is not None:
        return _nothing(reason)
    force, ended = _until_gone(_Force(smoothed_bw, fs_hz, seated_bw))
    timed = window_s is not None and ended is None and len(fz_n) >= round(window_s * fs_hz)
    rises, not_counted = _count(_attempts(force), timed)
    return _summary(rises, not_counted, ended)


def _own_weight(bw: FloatArray, fs_hz: float) -> float:
    """Return the weight that this test itself shows, in body weights as given: the median of the force near it.

    Half a per cent of weight that is off is 0.05 m/s2, which height feels. Up and down, faster and slower, lie on both
    sides of the weight, and standing on it; it takes some of each.
    """
    near = bw[np.abs(bw - 1.0) <= STANDS_WITHIN]
    return float(np.median(near)) if len(near) >= _OWN_WEIGHT_S * fs_hz else 1.0


def _seated_level(bw: FloatArray, fs_hz: float) -> tuple[float, str | None]:
    if not bw.any():
        return 0.0, "no load: the vertical force is 0 throughout"
    first = float(np.median(bw[: max(1, round(0.2 * fs_hz))]))
    if first >= _HEAVIEST_SEATED:
        return 0.0, f"does not start seated: {first:.0%} of body weight is on the deck, a seated person leaves less"
    if first < _LIGHTEST_SEATED:
        return 0.0, f"no feet on the deck at the start: {first:.1%} of body weight, at least {_LIGHTEST_SEATED:.0%}"
    until_first_rise = int(np.argmax(bw >= _HEAVIEST_SEATED)) or len(bw)
    return float(np.median(bw[:until_first_rise])), None


def _until_gone(force: _Force) -> tuple[_Force, str | None]:
    """Return the force up to where the person leaves the deck, and that in words; all of it where nobody does."""
    for first, last in _runs(force.bw < _GONE * force.seated_bw):
        if last - first < _GONE_S * force.fs_hz:
            continue
        reason = f"stepped off: nobody is on the deck at {first / force.fs_hz:.2f} s; counted until then"
        up = np.flatnonzero(force.bw[:first] > force.level(_SEATED))
        # From the feet straight off the deck is not sitting down: the last rise has no end then.
        straight = len(up) and first - int(up[-1]) < _GONE_S * force.fs_hz
        return msgspec.structs.replace(force, bw=force.bw[: int(up[-1]) + 1 if straight else first]), reason
    return force, None


def _attempts(force: _Force) -> list[_Attempt]:
    """Return every time the feet carry everything, from sitting to sitting again."""
    attempts: list[_Attempt] = []
    for first, last in _runs(force.bw > force.level(_SEATED)):
        full = first + int(np.argmax(force.bw[first:last] >= 1.0 - STANDS_WITHIN))
        if force.bw[full] < 1.0 - STANDS_WITHIN:
            continue  # leaned forward, or tried and sat back
        below = np.flatnonzero(force.bw[:full] <= force.level(_SEAT_OFF))
        seat_off = int(below[-1]) if len(below) else 0
        top, down, lift_m = _lift(force, full, last)
        standing = _standing(force, full, (top, down), last)
        up = top if standing is None else standing
        rise = Rise(
            seat_off_s=seat_off / force.fs_hz,
            standing_s=None if standing is None else standing / force.fs_hz,
            peak_force_bw_s=float(np.diff(force.bw[seat_off : up + 1]).max(initial=0.0)) * force.fs_hz,
            lift_m=lift_m,
        )
        attempts.append(_Attempt(rise, top / force.fs_hz, unfinished=last == len(force.bw)))
    return attempts


def _count(attempts: list[_Attempt], timed: bool) -> tuple[list[Rise], list[str]]:
    """Return the rises that count and, in words, the attempts that do not; `timed`: the force ends as time is over."""
    own_m = [attempt.rise.lift_m for attempt in attempts if attempt.rise.standing_s is not None]
    own_m = own_m or [attempt.rise.lift_m for attempt in attempts if not attempt.unfinished]
    usual_m = float(np.median(own_m)) if own_m else 0.0
    rises: list[Rise] = []
    not_counted: list[str] = []
    for attempt in attempts:
        rise, at = attempt.rise, f"the rise at {attempt.rise.seat_off_s:.2f} s"
        if rise.standing_s is not None:
            rises.append(rise)
        elif attempt.unfinished and not timed:
            not_counted.append(f"{at} was not finished")
        elif attempt.unfinished:
            if rise.lift_m > (_HALF * usual_m if own_m else _UNKNOWN_HALF_M):
                rises.append(rise)
            else:
                not_counted.append(f"{at} was not half-way up when the time was over")
        elif rise.lift_m >= _LIKE_OTHERS * usual_m:
            rises.append(msgspec.structs.replace(rise, standing_s=attempt.top_s))
        else:
            not_counted.append(f"{at} turned back before the top")
    return rises, not_counted


def _lift(force: _Force, full: int, last: int) -> tuple[int, int, float]:
    """Return where the upward velocity is spent, where it is downward (`last`: not before then), and the height, m.

    From where the feet carry everything, with no velocity there: what the body has by then is left out alike in all
    rises of a person.
    """
    upward_m_s2 = (force.bw[full:last] - 1.0) * STANDARD_GRAVITY_M_S2
    velocity_m_s = integrate.cumulative_trapezoid(upward_m_s2, dx=1 / force.fs_hz, initial=0)
    pushing = int(np.argmax(upward_m_s2 > 0))  # the very first samples are still below body weight
    velocity_m_s -= velocity_m_s[pushing]
    fastest = int(np.argmax(velocity_m_s[: round(_LONGEST_RISE_S * force.fs_hz)]))
    # Nearly: exactly to 0 it may come only with the next movement down.
    nearly_m_s = _SPENT * velocity_m_s[fastest]
    top = _first(velocity_m_s <= nearly_m_s, fastest + 1)
    down = _first(velocity_m_s <= -nearly_m_s, top)
    height_m = float(integrate.trapezoid(velocity_m_s[pushing:top], dx=1 / force.fs_hz))
    return full + top, full + down, max(height_m, 0.0)


def _first(flags: BoolArray, since: int) -> int:
    """Return the first flag that is set from `since` on, or the end."""
    found = np.flatnonzero(flags[since:])
    return since + int(found[0]) if len(found) else len(flags)


def _standing(force: _Force, full: int, spent: tuple[int, int], last: int) -> int | None:
    """Return the first sample of standing: near body weight for long enough, while the velocity is `spent`.

    A slow rise is near body weight all the way, and so is a gentle turn: on average, too, it must be body weight. Where
    the velocity is not spent in time, a body weight that is a little off has made it up; then standing is the first
    time near body weight.
    """
    width = round(STANDS_S * force.fs_hz)
    if last - full < width:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(force.bw[full:last] - 1.0, width)
    stands = (np.abs(windows) <= STANDS_WITHIN).all(axis=1) & (np.abs(windows.mean(axis=1)) <= _STANDS_ON_AVERAGE)
    longest = round(_LONGEST_RISE_S * force.fs_hz)
    since, until = (at - full for at in spent)
    if full + since == last or since > longest:
        if last - full <= longest:
            return None  # still on the way up as the force ends
        since, until = 0, last - full
    found = np.flatnonzero(stands[since : until + 1])
    return full + since + int(found[0]) if len(found) else None


def _runs(flags: BoolArray) -> list[tuple[int, int]]:
    """Return where each run of set flags starts and ends (one past it)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _summary(rises: list[Rise], not_counted: list[str], ended: str | None) -> ChairStand:
    metrics = {"repetitions": float(len(rises))}
    stood = [rise for rise in rises if rise.standing_s is not None]
    times_s = [rise.standing_s - rise.seat_off_s for rise in stood if rise.standing_s is not None]
    not_computed: dict[str, str] = {}
    if times_s:
        metrics["mean_rise_time_s"] = float(np.mean(times_s))
        metrics["peak_rise_force_bw_s"] = max(rise.peak_force_bw_s for rise in stood)
    else:
        not_computed = dict.fromkeys(("mean_rise_time_s", "peak_rise_force_bw_s"), "no rise was finished")
    return ChairStand(
        metrics=metrics,
        not_computed=not_computed,
        rises=tuple(rises),
        five_times_s=stood[4].standing_s if len(stood) >= 5 else None,
        not_counted=tuple(not_counted),
        ended=ended,
    )


def _nothing(reason: str) -> ChairStand:
    return ChairStand(metrics={}, not_computed=dict.fromkeys(UNITS, reason))
