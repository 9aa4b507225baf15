"""A standing body: an inverted pendulum over the ankles in each direction, held by stiffness and delayed feedback.

    J x'' = m g h (x - u),   u = K x + B x' + M [on] (P x(t - d) + D x'(t - d)) + noise

x is where the centre of mass is over the ankles, u the ankle torque over body weight: the COP, M the lag of muscle.
Feedback is intermittent as in Asai 2009 (PLoS ONE 4:e6169); parameters and their sources in `hardware.virtual.balance`.
u stays within the base of support, because a foot cannot push beyond its edge. The vertical force beats with the heart.

A body is integrated once, at 100 Hz, and then goes round without a seam (period 82 s). Same arguments, same sway to
the bit. Not modelled: hips and knees, the asymmetry of two legs, coupling of the two directions, breathing.
"""

import functools
import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import SettingError
from hardware.virtual.balance import (
    CONDITIONS,
    MUSCLE_LAG_S,
    POSTURES,
    WANDER,
    WANDER_S,
    Condition,
    Control,
    Eyes,
    Physique,
    Posture,
    Surface,
    steadiness,
)
from hardware.virtual.track import FloatArray, Point, Track

GRID_HZ: Final = 100
GRID_POINTS: Final = 8192
PERIOD_S: Final = GRID_POINTS / GRID_HZ

_STEP_S: Final = 1 / GRID_HZ
_WARM_UP: Final = 800  # steps from rest until the sway has its size
_SEAM: Final = 200  # steps over which the end passes into the beginning
_FFT_LENGTH: Final = 32768  # a power of two, at least twice all steps together
_MOST_DRAWS: Final = 10

# The vertical force of somebody who stands still: four fifths of its power in the shipped recordings are at 3 to 10 Hz,
# RMS 0.08-0.12 % of body weight: each beat of the heart rings the body (ballistocardiogram).
FORCE_RMS_SHARE: Final = 0.0009
_HEART_HZ: Final = 1.15
_HEART_SPREAD: Final = 0.05  # of the time between beats
_RING_HZ: Final = 5.0
_RING_DECAY_S: Final = 0.12


class Standing(msgspec.Struct, frozen=True):
    """Who stands how: everything that sway follows from, but for the seed."""

    condition: Condition = "older"
    posture: Posture = "feet-apart"
    eyes: Eyes = "open"
    surface: Surface = "firm"
    physique: Physique = Physique()


class Body:
    """Signals without end of one way of standing: force as a share of body weight, ML and AP in mm from its centre.

    `extent_mm` is the largest excursion ML and AP, `posture` how the feet stand. Raises SettingError for a stance that
    this body cannot hold.
    """

    def __init__(self, standing: Standing, seed: int) -> None:
        hold = steadiness(standing.condition, standing.posture, standing.eyes, standing.surface)
        edge_ml_mm, edge_ap_mm = standing.physique.base_mm(standing.posture)
        fall_hz2 = standing.physique.pendulum_hz2
        who = CONDITIONS.index(standing.condition)
        key = [seed, who, POSTURES.index(standing.posture), standing.eyes == "closed", standing.surface == "foam"]
        try:
            ml = _closed(_sway(hold.ml, hold.noise_ml_mm, edge_ml_mm, fall_hz2, [*key, 0]))
            ap = _closed(_sway(hold.ap, hold.noise_ap_mm, edge_ap_mm, fall_hz2, [*key, 1]))
        except SettingError as error:
            raise SettingError(
                f"{standing.posture} with eyes {standing.eyes} on {standing.surface}: somebody {standing.condition} "
                f"does not hold that for {PERIOD_S:.0f} s in this model; {error}"
            ) from None
        force = 1 + _heart_beats(np.random.default_rng([*key, 2]))
        self.posture = standing.posture
        self.extent_mm = float(np.abs(ml).max()), float(np.abs(ap).max())
        # three points more than a period, so that slopes are right where it closes
        knots = np.arange(-1, GRID_POINTS + 2)
        around = knots % GRID_POINTS
        self._track = Track(knots / GRID_HZ, (force[around], ml[around], ap[around]))

    def at(self, time_s: float) -> Point:
        """Return `(share of body weight, ml_mm, ap_mm)` at one moment."""
        return self._track.at(time_s - math.floor(time_s / PERIOD_S) * PERIOD_S)

    def over(self, time_s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the same three for an array of moments."""
        return self._track.over(time_s - np.floor(time_s / PERIOD_S) * PERIOD_S)


@functools.lru_cache(maxsize=32)
def cached_body(standing: Standing, seed: int) -> Body:
    """Return the body; somebody who stands so a second time is not integrated again."""
    return Body(standing, seed)


def _sway(control: Control, noise_mm: float, edge_mm: float, fall_hz2: float, key: list[int]) -> FloatArray:
    """Return the COP of one direction, `_SEAM` longer than a period.

    A realisation in which balance is lost is not one of somebody who stands: the next is drawn. Balance is lost by
    command, or where somebody's ability ends.
    """
    for draw in range(_MOST_DRAWS):
        cop = _integrate(control, noise_mm, edge_mm, fall_hz2, np.random.default_rng([*key, draw]))
        if cop is not None:
            return cop
    raise SettingError(f"balance was lost in {_MOST_DRAWS} of {_MOST_DRAWS} attempts")


def _integrate(
    control: Control, noise_mm: float, edge_mm: float, fall_hz2: float, random: np.random.Generator
) -> FloatArray | None:
    """Integrate from rest (semi-implicit Euler) and return the COP, or None if the centre of mass left the base.

    Plain floats in a plain loop: the delay and the switch make every step depend on the one before.
    """
    stiff, damp = control.stiffness, control.damping_s
    gain, rate_gain, back = control.feedback, control.feedback_rate_s, control.returning_per_s
    late = round((control.delay_s - MUSCLE_LAG_S) * GRID_HZ)
    answer = 1 - math.exp(-_STEP_S / MUSCLE_LAG_S)
    # about twice where noise alone holds the body: closer to upright it is not felt (Asai 2009: 0.004 rad)
    unfelt_mm2 = noise_mm * noise_mm
    fall = fall_hz2 * _STEP_S
    x = v = pull = 0.0
    leans, speeds, cop = [0.0] * late, [0.0] * late, []
    # the lists that are gone through grow at their other end: what comes out was put in `late` steps ago
    for noise, then_x, then_v in zip(_noise(control, noise_mm, random).tolist(), leans, speeds, strict=False):
        if then_x * (then_v - back * then_x) > 0 and then_x * then_x + then_v * then_v > unfelt_mm2:
            pull += answer * (gain * then_x + rate_gain * then_v - pull)
        else:
            pull -= answer * pull
        u = stiff * x + damp * v + pull + noise
        if not -edge_mm < u < edge_mm:
            u = math.copysign(edge_mm, u)
            if abs(x) >= edge_mm:
                return None
        v += fall * (x - u)
        x += v * _STEP_S
        leans.append(x)
        speeds.append(v)
        cop.append(u)
    return np.array(cop[_WARM_UP:])


def _noise(control: Control, noise_mm: float, random: np.random.Generator) -> FloatArray:
    """Return the noise of the torque as COP, step by step: twice through the muscle, and a slow wander."""
    steps = _WARM_UP + GRID_POINTS + _SEAM
    fast, slow = random.standard_normal((2, steps))
    time_s = np.arange(steps) * _STEP_S
    keep = math.exp(-_STEP_S / control.muscle_s)
    muscle = (1 - keep) ** 2 * (1 + np.arange(steps)) * np.exp(-time_s / control.muscle_s) / math.sqrt(_STEP_S)
    linger = math.exp(-_STEP_S / WANDER_S)
    drift = math.sqrt(1 - linger * linger) * WANDER * np.exp(-time_s / WANDER_S)
    # one convolution each, longer than both together so that nothing comes round
    length = _FFT_LENGTH
    spectrum = np.fft.rfft(fast, length) * np.fft.rfft(muscle, length)
    spectrum += np.fft.rfft(slow, length) * np.fft.rfft(drift, length)
    return noise_mm * np.fft.irfft(spectrum, length)[:steps]


def _closed(signal: FloatArray) -> npt.NDArray[np.float64]:
    """Return one period of a signal that is `_SEAM` longer, its end led into its beginning with its size kept."""
    angle = np.arange(_SEAM) * (math.pi / 2 / _SEAM)
    one = signal[:GRID_POINTS].copy()
    one[:_SEAM] = np.sin(angle) * one[:_SEAM] + np.cos(angle) * signal[GRID_POINTS:]
    return one


def _heart_beats(random: np.random.Generator) -> FloatArray:
    """Return one period of what beats of the heart add to the force, as a share of body weight, mean 0."""
    count = round(PERIOD_S * _HEART_HZ)
    gaps = 1 + _HEART_SPREAD * np.clip(random.standard_normal(count), -3, 3)
    beats = np.zeros(GRID_POINTS)
    # as many beats as fit the period exactly, so that the last is followed by the first as by any other
    places = (np.cumsum(gaps) / gaps.sum() * GRID_POINTS).astype(np.int64) % GRID_POINTS
    beats[places] = 1 + 0.2 * np.clip(random.standard_normal(count), -3, 3)
    t = np.arange(GRID_POINTS) / GRID_HZ
    ring = np.exp(-t / _RING_DECAY_S) * np.sin(2 * math.pi * _RING_HZ * t)
    signal = np.fft.irfft(np.fft.rfft(beats) * np.fft.rfft(ring), GRID_POINTS)
    signal -= signal.mean()
    return np.asarray(signal * (FORCE_RMS_SHARE / signal.std()), dtype=np.float64)
