"""A virtual person: steps on, stands as told, loses their balance when their ability ends, steps off.

A person is a load whose future is set by commands (`step_on`, `stand`, ...). A command takes effect at the time that it
is given with, which must not lie before what the deck has already asked for; everything is continuous across it.
For the quiet stance a person with a recording plays it from a known moment; the reply says which, so that a trial can
be compared with the recording's own samples. All other stances come from `hardware.virtual.body`.
"""

import functools
from collections.abc import Mapping
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import SettingError
from hardware.virtual.body import Body, Posture
from hardware.virtual.load import Load
from hardware.virtual.playback import Playback, Recording
from hardware.virtual.track import FloatArray, Point, Track

STANDARD_GRAVITY_M_S2: Final = 9.80665
DEFAULT_MASS_KG: Final = 70.0

Stance = Literal["quiet", "side-by-side", "semi-tandem", "tandem", "one-foot"]
STANCES: Final[tuple[Stance, ...]] = ("quiet", "side-by-side", "semi-tandem", "tandem", "one-foot")
Arrays = tuple[FloatArray, FloatArray, FloatArray]

_S: Final = 1_000_000_000
_BLEND_NS: Final = _S  # from one way of standing into the next


class Gesture:
    """A movement of known length on top of standing: factor on force, shift of COP in mm. Ends where it began."""

    def __init__(self, *points: tuple[float, float, float, float]) -> None:
        """Take turning points `(time_s, force factor, ml_mm, ap_mm)`; time starts at 0."""
        table = np.array(points, dtype=np.float64).T
        self.track = Track(table[0], (table[1], table[2], table[3]), level=True)
        self.duration_ns = round(self.track.last_s * _S)


# One foot takes the weight, the other follows; 0.9 s to full weight, then a small overshoot dies away.
_STEP_ON: Final = Gesture(
    (0.0, 0.0, -110, -60), (0.35, 0.62, -105, -20), (0.5, 0.68, -95, -5), (0.9, 1.05, 12, 6), (1.2, 0.98, -4, -2),
    (1.6, 1.0, 0, 0),
)  # fmt: skip
_STEP_OFF: Final = Gesture((0.0, 1.0, 0, 0), (0.4, 0.85, 80, -15), (0.9, 0.0, 110, -70))
# The feet move into another stance: some weight comes off while each is placed.
_PLACE_FEET: Final = Gesture(
    (0.0, 1.0, 0, 0), (0.3, 0.95, 18, 3), (0.6, 1.04, -12, -4), (0.9, 0.98, 4, 2), (1.3, 1.0, 0, 0)
)
# Balance is lost: COP runs out to the side within 0.6 s, then a step: the foot leaves the deck, lands outside the
# stance, takes the weight with an overshoot, and the feet end up apart.
_LOSE_BALANCE: Final = Gesture(
    (0.0, 1.0, 0, 0), (0.25, 1.0, -8, 4), (0.6, 0.97, 75, 15), (0.72, 0.6, 95, 20), (0.9, 1.28, 150, 35),
    (1.15, 0.93, 90, 10), (1.5, 1.02, 30, 5), (2.2, 1.0, 0, 0),
)  # fmt: skip
FALL_STEP_S: Final = 0.6  # from the start of losing balance to the foot leaving the deck


class Done(msgspec.Struct, frozen=True):
    """A command was taken at `t_ns`. When a recording plays, `recording_at_s` is its own time at that moment."""

    t_ns: int
    recording_at_s: float | None = None


class _Standing(msgspec.Struct, frozen=True):
    """A way of standing from `start_ns` on: a signal, and the signal's own time at that moment."""

    start_ns: int
    signal: Body | Playback
    signal_at_s: float

    def at(self, t_ns: int) -> Point:
        return self.signal.at((t_ns - self.start_ns) * 1e-9 + self.signal_at_s)

    def over(self, t_ns: npt.NDArray[np.int64]) -> Arrays:
        return self.signal.over(_seconds(t_ns, self.start_ns) + self.signal_at_s)


class _Move(msgspec.Struct, frozen=True):
    """A gesture at a time."""

    start_ns: int
    end_ns: int
    track: Track


class _Stay:
    """One stay on the deck, from stepping on to having stepped off: what stands and moves, in order of time."""

    def __init__(self, start_ns: int, first: _Standing) -> None:
        self.start_ns = start_ns
        self.end_ns: int | None = None
        self.standings = [first]
        self.moves: list[_Move] = []

    def forget(self, before_ns: int) -> None:
        """Drop what no longer shows after `before_ns`."""
        while len(self.standings) > 1 and self.standings[1].start_ns + _BLEND_NS < before_ns:
            del self.standings[0]
        self.moves = [move for move in self.moves if move.end_ns >= before_ns]

    def cancel(self, after_ns: int) -> None:
        """Drop what was planned for later than `after_ns`."""
        self.standings = [stand for stand in self.standings if stand.start_ns <= after_ns]
        self.moves = [move for move in self.moves if move.start_ns <= after_ns]

    def at(self, t_ns: int) -> Point:
        """Return force as a share of body weight and COP in mm, at one moment."""
        number = len(self.standings) - 1
        while number and t_ns < self.standings[number].start_ns:
            number -= 1
        force, ml, ap = self._standing_at(number, t_ns)
        for move in self.moves:
            if move.start_ns <= t_ns < move.end_ns:
                factor, shift_ml, shift_ap = move.track.at((t_ns - move.start_ns) * 1e-9)
                force, ml, ap = force * factor, ml + shift_ml, ap + shift_ap
        return force, ml, ap

    def _standing_at(self, number: int, t_ns: int) -> Point:
        stand = self.standings[number]
        new = stand.at(t_ns)
        since_ns = t_ns - stand.start_ns
        if not number or since_ns >= _BLEND_NS:
            return new
        old = self._standing_at(number - 1, t_ns)
        u = since_ns / _BLEND_NS
        w = u * u * (3 - 2 * u)
        return old[0] + w * (new[0] - old[0]), old[1] + w * (new[1] - old[1]), old[2] + w * (new[2] - old[2])

    def over(self, t_ns: npt.NDArray[np.int64]) -> Arrays:
        """Return the same for an array of moments: the same operations in the same order, so the same bits."""
        first_ns, last_ns = int(t_ns.min()), int(t_ns.max())
        number = len(self.standings) - 1
        while number and first_ns < self.standings[number].start_ns:
            number -= 1
        stand = self.standings[number]
        settled = not number or first_ns >= stand.start_ns + _BLEND_NS
        if settled and (number + 1 == len(self.standings) or last_ns < self.standings[number + 1].start_ns):
            force, ml, ap = stand.over(t_ns)  # by far the most frequent case: quietly one way of standing
        else:
            force, ml, ap = self._standings_over(t_ns)
        for move in self.moves:
            if move.start_ns <= last_ns and first_ns < move.end_ns:
                mask = (move.start_ns <= t_ns) & (t_ns < move.end_ns)
                factor, shift_ml, shift_ap = move.track.over(_seconds(t_ns[mask], move.start_ns))
                force[mask] *= factor
                ml[mask] += shift_ml
                ap[mask] += shift_ap
        return force, ml, ap

    def _standings_over(self, t_ns: npt.NDArray[np.int64]) -> Arrays:
        result = np.empty((3, *t_ns.shape))
        for number, stand in enumerate(self.standings):
            mask = t_ns >= stand.start_ns if number else np.ones(t_ns.shape, dtype=np.bool_)
            if number + 1 < len(self.standings):
                mask &= t_ns < self.standings[number + 1].start_ns
            if mask.any():
                result[:, mask] = self._standing_over(number, t_ns[mask])
        return result[0], result[1], result[2]

    def _standing_over(self, number: int, t_ns: npt.NDArray[np.int64]) -> FloatArray:
        stand = self.standings[number]
        new = np.array(stand.over(t_ns))
        since_ns = t_ns - stand.start_ns
        blending = since_ns < _BLEND_NS
        if number and blending.any():
            old = self._standing_over(number - 1, t_ns[blending])
            u = since_ns[blending] / _BLEND_NS
            w = u * u * (3 - 2 * u)
            new[:, blending] = old + w * (new[:, blending] - old)
        return new


class VirtualPerson(Load):
    """A person beside or on the virtual deck; starts beside it.

    mass_kg: None takes it from the recording's force, else 70 kg. loses_after_s: stance -> seconds into the measured
    window at which balance begins to go; a stance that is not named is held. unsteadiness: factor on the model's sway.
    Raises SettingError for a mass or ability that makes no sense, and for commands out of order.
    """

    def __init__(
        self,
        mass_kg: float | None = None,
        recording: Recording | None = None,
        loses_after_s: Mapping[str, float] | None = None,
        seed: int = 1,
        unsteadiness: float = 1.0,
    ) -> None:
        self.mass_kg = _mass(mass_kg, recording)
        self.weight_n = self.mass_kg * STANDARD_GRAVITY_M_S2
        self.recording = recording
        self.loses_after_s = dict(loses_after_s or {})
        if unknown := sorted(set(self.loses_after_s) - set(STANCES)):
            raise SettingError(f"there is no stance {unknown[0]!r}; stances are {', '.join(STANCES)}")
        self._playback = None if recording is None else Playback(recording)
        self._seed = seed
        self._unsteadiness = unsteadiness
        self._stays: list[_Stay] = []
        self._last_command_ns: int | None = None

    @property
    def on_deck(self) -> bool:
        """Return whether the last command leaves the person on the deck."""
        return bool(self._stays) and self._stays[-1].end_ns is None

    def at(self, t_ns: int) -> Point:
        """Return `(fz_n, cop_ml_mm, cop_ap_mm)` at one moment."""
        for stay in reversed(self._stays):
            if t_ns >= stay.start_ns:
                if stay.end_ns is not None and t_ns >= stay.end_ns:
                    break
                force, ml, ap = stay.at(t_ns)
                return self.weight_n * force, ml, ap
        return 0.0, 0.0, 0.0

    def over(self, t_ns: npt.NDArray[np.int64]) -> Arrays:
        """Return the same three for an array of moments."""
        if t_ns.size and self.on_deck and int(t_ns.min()) >= self._stays[-1].start_ns:
            force, ml, ap = self._stays[-1].over(t_ns)
            return self.weight_n * force, ml, ap
        fz, ml, ap = np.zeros(t_ns.shape), np.zeros(t_ns.shape), np.zeros(t_ns.shape)
        for number, stay in enumerate(self._stays):
            mask = t_ns >= stay.start_ns
            if stay.end_ns is not None:
                mask &= t_ns < stay.end_ns
            if number + 1 < len(self._stays):
                mask &= t_ns < self._stays[number + 1].start_ns
            if mask.any():
                force, ml[mask], ap[mask] = stay.over(t_ns[mask])
                fz[mask] = self.weight_n * force
        return fz, ml, ap

    # --- commands --------------------------------------------------------------------------------------------------

    def step_on(self, at_ns: int) -> Done:
        """Step onto the deck, one foot then the other, and stand with feet apart."""
        if self.on_deck:
            raise SettingError("the person is on the deck already; step off first")
        if self._stays and at_ns < (self._stays[-1].end_ns or 0):
            raise SettingError("the person is still stepping off; a step takes 0.9 s")
        self._take(at_ns)
        stay = _Stay(at_ns, _Standing(at_ns, self._body("feet-apart"), 0.0))
        stay.moves.append(_move(at_ns, _STEP_ON))
        self._stays = [*self._stays[-1:], stay]
        return Done(at_ns)

    def stand(self, stance: str, at_ns: int, lead_s: float = 8.0, window_s: float = 30.0) -> Done:
        """Take up a stance now; what counts begins `lead_s` later and lasts `window_s`.

        `quiet` plays the recording, if there is one, so that this window lies within it as far as it is long enough.
        In any other stance the person loses balance when their ability ends within the window.
        """
        stay = self._stay()
        if stance not in STANCES:
            raise SettingError(f"there is no stance {stance!r}; stances are {', '.join(STANCES)}")
        if not (lead_s >= 0 and window_s > 0):
            raise SettingError(f"a lead of {lead_s:g} s and a window of {window_s:g} s make no sense")
        self._take(at_ns)
        posture: Posture = "feet-apart" if stance == "quiet" else stance
        signal: Body | Playback = self._body(posture)
        signal_at_s, recording_at_s = 0.0, None
        if stance == "quiet":
            if self._playback is not None and self.recording is not None:
                signal = self._playback
                signal_at_s = recording_at_s = self.recording.start_for(lead_s, window_s)
        else:
            stay.moves.append(_move(at_ns, _PLACE_FEET))
        stay.standings.append(_Standing(at_ns, signal, signal_at_s))
        held_s = self.loses_after_s.get(stance)
        if held_s is not None and held_s < window_s:
            self._plan_loss(stay, at_ns + round((lead_s + held_s) * _S))
        return Done(at_ns, recording_at_s)

    def lose_balance(self, at_ns: int) -> Done:
        """Lose balance now: COP runs out, and 0.6 s later a step to the side; then stand with feet apart."""
        stay = self._stay()
        self._take(at_ns)
        self._plan_loss(stay, at_ns)
        return Done(at_ns)

    def grab_rail(self, at_ns: int, for_s: float = 3.0, share: float = 0.12) -> Done:
        """Put `share` of the body weight on a rail beside the deck for `for_s`."""
        stay = self._stay()
        if not (for_s > 0 and 0 < share < 1):
            raise SettingError(f"a rail that takes {share:g} of the weight for {for_s:g} s makes no sense")
        self._take(at_ns, cancel=False)
        off = 1 - share
        gesture = Gesture((0, 1, 0, 0), (0.3, off, 10, 8), (0.3 + for_s, off, 10, 8), (0.8 + for_s, 1, 0, 0))
        stay.moves.append(_move(at_ns, gesture))
        return Done(at_ns)

    def step_off(self, at_ns: int) -> Done:
        """Step off the deck, which takes 0.9 s."""
        stay = self._stay()
        self._take(at_ns)
        stay.moves.append(_move(at_ns, _STEP_OFF))
        stay.end_ns = at_ns + _STEP_OFF.duration_ns
        return Done(at_ns)

    def _take(self, at_ns: int, cancel: bool = True) -> None:
        if self._last_command_ns is not None and at_ns < self._last_command_ns:
            raise SettingError(f"a command for {at_ns} ns came after one for {self._last_command_ns} ns")
        self._last_command_ns = at_ns
        for stay in self._stays:
            if cancel and stay.end_ns is None:
                stay.cancel(at_ns)
            stay.forget(at_ns - 3 * _S)

    def _stay(self) -> _Stay:
        if not self.on_deck:
            raise SettingError("the person is not on the deck; step on first")
        return self._stays[-1]

    def _plan_loss(self, stay: _Stay, at_ns: int) -> None:
        stay.moves.append(_move(at_ns, _LOSE_BALANCE))
        caught_ns = at_ns + round(FALL_STEP_S * _S)
        stay.standings.append(_Standing(caught_ns, self._body("feet-apart"), caught_ns * 1e-9 % 60))

    def _body(self, posture: Posture) -> Body:
        return _cached_body(posture, self._seed, self._unsteadiness)


def _seconds(t_ns: npt.NDArray[np.int64], since_ns: int) -> FloatArray:
    return (t_ns - since_ns).astype(np.float64) * 1e-9


def _move(at_ns: int, gesture: Gesture) -> _Move:
    return _Move(at_ns, at_ns + gesture.duration_ns, gesture.track)


@functools.lru_cache(maxsize=16)
def _cached_body(posture: Posture, seed: int, unsteadiness: float) -> Body:
    return Body(posture, seed, unsteadiness)


def _mass(mass_kg: float | None, recording: Recording | None) -> float:
    if mass_kg is None:
        if recording is None or recording.fz_n is None:
            return DEFAULT_MASS_KG
        return float(recording.fz_n.mean()) / STANDARD_GRAVITY_M_S2
    if not 1 <= mass_kg <= 300:
        raise SettingError(f"a body mass of {mass_kg:g} kg; expected 1 to 300 kg")
    return mass_kg
