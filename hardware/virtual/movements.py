"""Movements of a virtual person as signals: what they add to standing, over the time since they began.

Three kinds, which `hardware.virtual.stay` puts together: a `Gesture` ends where it began (steps, the rail), a lean adds
a shift of the COP while somebody reaches or shifts their weight, a seat movement says what share of the weight is on
the feet. Forces and shapes are tables; the pendulum turns the path of the centre of mass into that of the COP.
"""

import functools
import math
from typing import Final

import numpy as np
import numpy.typing as npt

from hardware.errors import SettingError
from hardware.virtual.balance import Agility
from hardware.virtual.track import FloatArray, Point, Track

_S: Final = 1_000_000_000
FALL_STEP_S: Final = 0.6  # from the start of losing balance to the foot leaving the deck
CAUGHT_S: Final = 1.5  # from the same moment to both feet bearing the weight
SEATED_SHARE: Final = 0.17  # of body weight on the feet of somebody who sits with their thighs on the chair
SEATED_AP_MM: Final = -10.0
BREATH: Final = 0.9  # of the room for a lean: what its COP may use, so that no rounding carries it over the edge

# Degrees from straight ahead, clockwise seen from above; the eight directions of a limits-of-stability test.
DIRECTIONS: Final[dict[str, float]] = {
    "forward": 0.0, "forward-right": 45.0, "right": 90.0, "back-right": 135.0,
    "back": 180.0, "back-left": 225.0, "left": 270.0, "forward-left": 315.0,
}  # fmt: skip
Arrays = tuple[FloatArray, FloatArray, FloatArray]


class Gesture:
    """A movement of known length on top of standing: factor on force, shift of COP in mm. Ends where it began."""

    def __init__(self, *points: tuple[float, float, float, float]) -> None:
        """Take turning points `(time_s, force factor, ml_mm, ap_mm)`; time starts at 0."""
        self.track = _turning(points)
        self.duration_ns = round(self.track.last_s * _S)


def _turning(points: tuple[tuple[float, float, float, float], ...]) -> Track:
    table = np.array(points, dtype=np.float64).T
    return Track(table[0], (table[1], table[2], table[3]), level=True)


# One foot takes the weight, the other follows; 0.9 s to full weight, then a small overshoot dies away.
STEP_ON: Final = Gesture(
    (0.0, 0.0, -110, -60), (0.35, 0.62, -105, -20), (0.5, 0.68, -95, -5), (0.9, 1.05, 12, 6), (1.2, 0.98, -4, -2),
    (1.6, 1.0, 0, 0),
)  # fmt: skip
STEP_OFF: Final = Gesture((0.0, 1.0, 0, 0), (0.4, 0.85, 80, -15), (0.9, 0.0, 110, -70))
# The feet move into another stance: some weight comes off while each is placed.
PLACE_FEET: Final = Gesture(
    (0.0, 1.0, 0, 0), (0.3, 0.95, 18, 3), (0.6, 1.04, -12, -4), (0.9, 0.98, 4, 2), (1.3, 1.0, 0, 0)
)
# Balance is lost: COP runs out to the side within 0.6 s, then a step: the foot leaves the deck, lands outside the
# stance, takes the weight with an overshoot, and the feet end up apart.
LOSE_BALANCE: Final = Gesture(
    (0.0, 1.0, 0, 0), (0.25, 1.0, -8, 4), (0.6, 0.97, 75, 15), (0.72, 0.6, 95, 20), (0.9, 1.28, 150, 35),
    (1.15, 0.93, 90, 10), (1.5, 1.02, 30, 5), (2.2, 1.0, 0, 0),
)  # fmt: skip


def hold_rail(for_s: float, share: float, room_mm: tuple[float, float]) -> Gesture:
    """Return a hand on the rail for `for_s` that takes `share` of the weight and draws the COP a little to its side.

    `room_mm` as for a lean: together with one, the COP stays within it.
    """
    if not (0 < for_s < 3600 and 0 < share < 1):
        raise SettingError(f"a rail that takes {share:g} of the weight for {for_s:g} s makes no sense")
    off = 1 - share
    ml_mm, ap_mm = (min(0.7 * (1 - BREATH) * room, 8.0) for room in room_mm)
    return Gesture((0, 1, 0, 0), (0.3, off, ml_mm, ap_mm), (0.3 + for_s, off, ml_mm, ap_mm), (0.8 + for_s, 1, 0, 0))


class Passage:
    """A signal that waits, as its track begins, goes through the track, and then stays, exactly, at its `end`."""

    def __init__(self, track: Track, end: Point, wait_s: float = 0.0) -> None:
        self._track = track
        self._end = end
        self._wait_s = wait_s
        self.duration_s = wait_s + track.last_s

    def at(self, time_s: float) -> Point:
        """Return `(force, ml_mm, ap_mm)` at one moment since its beginning."""
        if time_s >= self.duration_s:
            return self._end
        return self._track.at(min(max(time_s - self._wait_s, 0.0), self._track.last_s))

    def over(self, time_s: FloatArray) -> Arrays:
        """Return the same three for an array of moments."""
        three = self._track.over(np.minimum(np.maximum(time_s - self._wait_s, 0.0), self._track.last_s))
        over = time_s >= self.duration_s
        for signal, end in zip(three, self._end, strict=True):
            signal[over] = end
        return three


UPRIGHT: Final = Passage(_turning(((0.0, 1.0, 0, 0), (0.01, 1.0, 0, 0))), (1.0, 0.0, 0.0))  # neither leans nor sits

# Standing up, as shares of its duration: the feet are lightened, the trunk swings forward, seat-off, peak, less than
# the weight while the body slows on its way up, and it settles. From seat-off on, the upward impulse is given back.
_RISE: Final = (
    (0.0, SEATED_SHARE, 0.0, SEATED_AP_MM), (0.12, 0.13, 0.0, -18.0), (0.38, 1.15, 0.0, -32.0),
    (0.66, 0.87, 0.0, 14.0), (0.86, 1.02, 0.0, 5.0), (1.0, 1.0, 0.0, 0.0),
)  # fmt: skip
# Sitting down: the knees give (less than the weight), the legs brake, the chair takes over.
_SIT: Final = (
    (0.0, 1.0, 0.0, 0.0), (0.22, 0.87, 0.0, 4.0), (0.52, 1.08, 0.0, -28.0), (0.78, 0.26, 0.0, -20.0),
    (0.88, 0.14, 0.0, -12.0), (1.0, SEATED_SHARE, 0.0, SEATED_AP_MM),
)  # fmt: skip
_PEAK_IN_TABLE: Final = 1.15
# With the hands on the chair's arms: they carry part of the peak, and it takes longer.
_HANDS_FORCE: Final = 0.85
HANDS_TIME: Final = 1.2


@functools.lru_cache(maxsize=256)
def rise(duration_s: float, peak: float, hands: bool = False) -> Passage:
    """Return standing up from the chair in `duration_s`, with the highest force in body weights."""
    return Passage(_turning(_seat_points(_RISE, duration_s, peak, hands)), _RISE[-1][1:])


@functools.lru_cache(maxsize=256)
def sit(duration_s: float, peak: float, hands: bool = False) -> Passage:
    """Return sitting down in `duration_s`; the braking force goes with the peak of standing up."""
    return Passage(_turning(_seat_points(_SIT, duration_s, peak, hands)), _SIT[-1][1:])


def _seat_points(
    table: tuple[tuple[float, float, float, float], ...], duration_s: float, peak: float, hands: bool
) -> tuple[tuple[float, float, float, float], ...]:
    """Return a table in seconds, its departures from body weight scaled to the peak that is wanted."""
    scale = (peak - 1) / (_PEAK_IN_TABLE - 1)
    length_s = duration_s * (HANDS_TIME if hands else 1.0)
    points = []
    for share, force, ml_mm, ap_mm in table:
        if force > 0.5:  # upright: what is above the weight and what is below it go together
            force = 1 + scale * (force - 1)
            if hands and share not in (0.0, 1.0):
                force *= _HANDS_FORCE if force > 1 else 1.0
        points.append((share * length_s, force, ml_mm, ap_mm))
    return tuple(points)


def lean(
    direction_deg: float,
    distance_mm: float | None,
    room_mm: tuple[float, float],
    agility: Agility,
    pendulum_hz2: float,
    *,
    stray: float,
    reaction_s: float,
    hold_s: float,
) -> tuple[Passage, float]:
    """Return a lean of the centre of mass out, held, and back, as a shift of the COP; and how far it goes, mm.

    room_mm: how far the COP may go ML and AP (half axes of an ellipse). The distance is at most the person's own limit
    of stability in this direction, which is also what None asks for. `stray`, -1 to 1, is to which side it goes astray.
    The centre of mass moves at minimum jerk (Flash & Hogan 1985), the COP as the pendulum wants it: first away from the
    target, and beyond it to brake. A lean that would take the COP out of the room is slower.
    """
    if not (math.isfinite(direction_deg) and (distance_mm is None or distance_mm > 0) and 0 <= hold_s < 3600):
        raise SettingError(
            f"a lean of {distance_mm} mm at {direction_deg:g} degrees, held for {hold_s:g} s, makes no sense"
        )
    ml_share, ap_share = math.sin(math.radians(direction_deg)), math.cos(math.radians(direction_deg))
    room_ml_mm, room_ap_mm = room_mm
    edge_mm = 1 / math.hypot(ml_share / room_ml_mm, ap_share / room_ap_mm)
    limit_mm = agility.limit_share * edge_mm
    reached_mm = limit_mm if distance_mm is None else min(distance_mm, limit_mm)
    across_mm = 1 / math.hypot(ap_share / room_ml_mm, ml_share / room_ap_mm)
    aside_mm = stray * agility.stray_share * min(reached_mm, across_mm)
    lean_s = agility.lean_s
    while True:  # ends: very slowly, a lean takes no more of the room than limit_share + stray_share, under BREATH
        table = _lean_table(reached_mm, lean_s, hold_s, pendulum_hz2, aside_mm)
        along, across = table[1], table[2]
        ml_mm = along * ml_share + across * ap_share
        ap_mm = along * ap_share - across * ml_share
        if np.hypot(ml_mm / room_ml_mm, ap_mm / room_ap_mm).max() <= BREATH:
            break
        lean_s *= 1.1
    track = Track(table[0], (np.ones(len(ml_mm)), ml_mm, ap_mm))
    return Passage(track, (1.0, 0.0, 0.0), reaction_s), reached_mm


def _lean_table(
    reached_mm: float, lean_s: float, hold_s: float, pendulum_hz2: float, aside_mm: float
) -> npt.NDArray[np.float64]:
    """Return time from the first movement, COP along the direction, COP across it."""
    count = max(20, round(lean_s / 0.02))
    u = np.arange(count + 1) / count
    path = u**3 * (10 - 15 * u + 6 * u * u)
    pull = (60 * u - 180 * u**2 + 120 * u**3) / (pendulum_hz2 * lean_s**2)
    aside = aside_mm * np.sin(math.pi * u) ** 2
    out = reached_mm * (path - pull)
    back = reached_mm * (1 - path + pull)
    # Points close together at both ends of the hold: there the COP turns sharply, because the pull begins and ends so.
    held_s = lean_s + hold_s + 0.04
    pause = np.array([lean_s + 0.01, lean_s + 0.02, held_s - 0.02, held_s - 0.01])
    still = np.full(len(pause), reached_mm)
    return np.array(
        [
            np.concatenate((u * lean_s, pause, u * lean_s + held_s)),
            np.concatenate((out, still, back)),
            np.concatenate((aside, np.zeros(len(pause)), aside)),
        ]
    )
