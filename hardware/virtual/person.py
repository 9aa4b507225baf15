"""A virtual person: steps on, stands as told, leans, sits and rises, loses their balance, steps off.

A person is a load whose future is set by commands (`step_on`, `stand`, ...). A command takes effect at the time that it
is given with, which must not lie before what the deck has already asked for; everything is continuous across it.
For the quiet stance a person with a recording plays it from a known moment; the reply says which, so that a trial can
be compared with the recording's own samples. All other stances are sway of `hardware.virtual.body`.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.errors import SettingError
from hardware.virtual.balance import AGILITY, GRAVITY_M_S2, POSTURES, Condition, Eyes, Physique, Posture, Surface
from hardware.virtual.body import Body, Standing, cached_body
from hardware.virtual.load import Load
from hardware.virtual.movements import (
    CAUGHT_S,
    DIRECTIONS,
    FALL_STEP_S,
    HANDS_TIME,
    LOSE_BALANCE,
    PLACE_FEET,
    STEP_OFF,
    STEP_ON,
    Passage,
    hold_rail,
    lean,
    rise,
    sit,
)
from hardware.virtual.playback import Playback, RecordedStance
from hardware.virtual.press import Press, Presses
from hardware.virtual.stay import Stay, Sway
from hardware.virtual.track import FloatArray, Point
from hardware.virtual.weights import Weights

STANDARD_GRAVITY_M_S2: Final = GRAVITY_M_S2
DEFAULT_MASS_KG: Final = 70.0
MAX_PRESS_N: Final = 500.0

Stance = Literal["quiet", "side-by-side", "semi-tandem", "tandem", "one-foot"]
STANCES: Final[tuple[Stance, ...]] = ("quiet", "side-by-side", "semi-tandem", "tandem", "one-foot")
Arrays = tuple[FloatArray, FloatArray, FloatArray]

MOST_STANDS: Final = 100
_S: Final = 1_000_000_000
_CAUGHT_NS: Final = round(CAUGHT_S * _S)
_LEAST_ROOM_MM: Final = 10.0  # for a lean, of somebody whose sway fills their base
_UNEVEN: Final = 0.04  # sd of one chair stand's time on the next


class Done(msgspec.Struct, frozen=True):
    """A command was taken at `t_ns`.

    recording_at_s: when a recording plays, its own time at that moment. until_ns: when a movement is over.
    reached_mm: how far the centre of mass goes in a lean, which a person may cut short at their limit of stability.
    """

    t_ns: int
    recording_at_s: float | None = None
    until_ns: int | None = None
    reached_mm: float | None = None


class VirtualPerson(Load):
    """A person beside or on the virtual deck; starts beside it.

    mass_kg: None takes it from the recording's force, else 70 kg. loses_after_s: stance -> seconds into the measured
    window at which balance begins to go; a stance that is not named is held. condition, physique: of the postural
    model, for everything that is not recorded. Raises SettingError for a mass or ability that makes no sense, and for
    commands out of order.
    """

    def __init__(
        self,
        mass_kg: float | None = None,
        recording: RecordedStance | None = None,
        loses_after_s: Mapping[str, float] | None = None,
        seed: int = 1,
        condition: Condition = "older",
        physique: Physique | None = None,
    ) -> None:
        self.mass_kg = _mass(mass_kg, recording)
        self.weight_n = self.mass_kg * STANDARD_GRAVITY_M_S2
        self.recording = recording
        self.loses_after_s = dict(loses_after_s or {})
        if unknown := sorted(set(self.loses_after_s) - set(STANCES)):
            raise SettingError(f"there is no stance {unknown[0]!r}; stances are {', '.join(STANCES)}")
        self.physique = physique or Physique()
        self.condition: Condition = condition
        self._agility = AGILITY[condition]
        self._playback = None if recording is None else Playback(recording)
        self._seed = seed
        self._leans = np.random.default_rng([seed, 11])
        self._stays: list[Stay] = []
        self._weights = Weights()
        self._last_command_ns: int | None = None
        for posture in POSTURES:  # now, because no command may wait for it: the chips do not
            self._body(posture)
        self._presses = Presses()

    @property
    def on_deck(self) -> bool:
        """Return whether the last command leaves the person on the deck."""
        return bool(self._stays) and self._stays[-1].end_ns is None

    def at(self, t_ns: int) -> Point:
        """Return `(fz_n, cop_ml_mm, cop_ap_mm)` at one moment."""
        return self._presses.at(t_ns, self._person_at(t_ns))

    def over(self, t_ns: npt.NDArray[np.int64]) -> Arrays:
        """Return the same three for an array of moments."""
        return self._presses.over(t_ns, self._person_over(t_ns))

    def _person_at(self, t_ns: int) -> Point:
        for stay in reversed(self._stays):
            if t_ns >= stay.start_ns:
                if stay.end_ns is not None and t_ns >= stay.end_ns:
                    break
                force, ml, ap = stay.at(t_ns)
                return self.weight_n * force, ml, ap
        return self._weights.at(t_ns) if self._weights else (0.0, 0.0, 0.0)

    def _person_over(self, t_ns: npt.NDArray[np.int64]) -> Arrays:
        if t_ns.size and self.on_deck and int(t_ns.min()) >= self._stays[-1].start_ns:
            force, ml, ap = self._stays[-1].over(t_ns)
            return self.weight_n * force, ml, ap
        fz, ml, ap = self._weights.over(t_ns)
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

    # --- commands: feet ----------------------------------------------------------------------------------------------

    def step_on(self, at_ns: int) -> Done:
        """Step onto the deck, one foot then the other, and stand with feet apart."""
        if self.on_deck:
            raise SettingError("the person is on the deck already; step off first")
        if self._stays and at_ns < (self._stays[-1].end_ns or 0):
            raise SettingError("the person is still stepping off; a step takes 0.9 s")
        if self._weights.lie_at(at_ns):
            raise SettingError("a weight lies on the deck; take it away first (a load of 0 kg)")
        self._take(at_ns)
        stay = Stay(at_ns, self._body("feet-apart"))
        stay.gesture(at_ns, STEP_ON)
        self._stays = [*self._stays[-1:], stay]
        return Done(at_ns)

    def stand(
        self,
        stance: str,
        at_ns: int,
        lead_s: float = 8.0,
        window_s: float = 30.0,
        eyes: Eyes = "open",
        surface: Surface = "firm",
    ) -> Done:
        """Take up a stance now; what counts begins `lead_s` later and lasts `window_s`.

        `quiet` plays the recording, if there is one, so that this window lies within it as far as it is long enough;
        recordings are of open eyes on firm ground, so that anything else is the model. In any other stance the person
        loses balance when their ability ends within the window.
        """
        stay = self._standing(at_ns)
        if stance not in STANCES:
            raise SettingError(f"there is no stance {stance!r}; stances are {', '.join(STANCES)}")
        if not (lead_s >= 0 and window_s > 0):
            raise SettingError(f"a lead of {lead_s:g} s and a window of {window_s:g} s make no sense")
        posture: Posture = "feet-apart" if stance == "quiet" else stance
        signal: Body | Playback = self._body(posture, eyes, surface)
        signal_at_s, recording_at_s = 0.0, None
        as_recorded = stance == "quiet" and (eyes, surface) == ("open", "firm")
        if as_recorded and self._playback is not None and self.recording is not None:
            signal = self._playback
            signal_at_s = recording_at_s = self.recording.start_for(lead_s, window_s)
        self._take(at_ns)
        stay.straighten(at_ns)
        feet_move = stance != "quiet" or _posture(stay.stance(at_ns)) != "feet-apart"
        if feet_move and not stay.makes(PLACE_FEET, at_ns):
            stay.gesture(at_ns, PLACE_FEET)
        stay.stand(at_ns, signal, signal_at_s)
        held_s = self.loses_after_s.get(stance)
        if held_s is not None and held_s < window_s:
            self._plan_loss(stay, at_ns + round((lead_s + held_s) * _S))
        return Done(at_ns, recording_at_s)

    def lose_balance(self, at_ns: int) -> Done:
        """Lose balance now: COP runs out, and 0.6 s later a step to the side; then stand with feet apart.

        Somebody who is losing it already goes on doing so.
        """
        stay = self._standing(at_ns)
        if stay.makes(LOSE_BALANCE, at_ns, _CAUGHT_NS):
            self._take(at_ns, cancel=False)
            return Done(at_ns)
        self._take(at_ns)
        stay.straighten(at_ns)
        self._plan_loss(stay, at_ns)
        return Done(at_ns, until_ns=at_ns + LOSE_BALANCE.duration_ns)

    def grab_rail(self, at_ns: int, for_s: float = 3.0, share: float = 0.12) -> Done:
        """Put `share` of the body weight on a rail beside the deck for `for_s`."""
        stay = self._stay()
        gesture = hold_rail(for_s, share, self._room_mm(stay, at_ns))
        self._take(at_ns, cancel=False)
        stay.gesture(at_ns, gesture)
        return Done(at_ns, until_ns=at_ns + gesture.duration_ns)

    def step_off(self, at_ns: int) -> Done:
        """Step off the deck, which takes 0.9 s."""
        stay = self._standing(at_ns)
        if stay.makes(LOSE_BALANCE, at_ns, _CAUGHT_NS):
            raise SettingError(f"the person is losing their balance; they can step off {CAUGHT_S:g} s after it began")
        self._take(at_ns)
        stay.straighten(at_ns)
        stay.gesture(at_ns, STEP_OFF)
        stay.end_ns = at_ns + STEP_OFF.duration_ns
        return Done(at_ns, until_ns=stay.end_ns)

    # --- commands: leaning -------------------------------------------------------------------------------------------

    def reach(self, direction: str, at_ns: int, distance_mm: float | None = None, hold_s: float = 1.0) -> Done:
        """Lean towards a target in one of eight directions, after a reaction time, hold, and come back.

        None leans as far as this person dares; so does a target beyond that.
        """
        return self._lean(direction, at_ns, distance_mm, hold_s, self._agility.reaction_s)

    def shift_weight(self, direction: str, at_ns: int, distance_mm: float = 40.0, hold_s: float = 0.5) -> Done:
        """Shift weight towards a side (or forward, or back) at once, as to a rhythm, hold, and come back."""
        return self._lean(direction, at_ns, distance_mm, hold_s, 0.0)

    def _lean(self, direction: str, at_ns: int, distance_mm: float | None, hold_s: float, reaction_s: float) -> Done:
        stay = self._standing(at_ns)
        if direction not in DIRECTIONS:
            raise SettingError(f"there is no direction {direction!r}; directions are {', '.join(DIRECTIONS)}")
        if stay.on_the_way(at_ns):
            raise SettingError("the person is still standing up; lean when that is over")
        signal, reached_mm = lean(
            DIRECTIONS[direction],
            distance_mm,
            self._room_mm(stay, at_ns),
            self._agility,
            self.physique.pendulum_hz2,
            stray=float(self._leans.uniform(-1, 1)),
            reaction_s=reaction_s,
            hold_s=hold_s,
        )
        self._take(at_ns)
        stay.lean(at_ns, signal)
        return Done(at_ns, until_ns=at_ns + round(signal.duration_s * _S), reached_mm=reached_mm)

    def _room_mm(self, stay: Stay, at_ns: int) -> tuple[float, float]:
        """Return how far a movement may take the COP ML and AP, so that with the sway it stays on the feet."""
        sway = stay.stance(at_ns)
        (edge_ml, edge_ap), (sway_ml, sway_ap) = self.physique.base_mm(_posture(sway)), sway.extent_mm
        return max(_LEAST_ROOM_MM, edge_ml - sway_ml), max(_LEAST_ROOM_MM, edge_ap - sway_ap)

    # --- commands: the chair -----------------------------------------------------------------------------------------

    def sit(self, at_ns: int, hands: bool = False) -> Done:
        """Sit down on the chair behind, feet staying on the deck."""
        stay = self._standing(at_ns)
        self._take(at_ns)
        stay.straighten(at_ns)
        return self._seat(stay, sit(self._agility.rise_s, self._agility.rise_peak, hands), at_ns, down=True)

    def rise(self, at_ns: int, hands: bool = False) -> Done:
        """Stand up from the chair."""
        stay = self._stay()
        if not stay.sits(at_ns):
            if not stay.seat_planned(at_ns):
                raise SettingError("the person stands already; sit down first")
            self._take(at_ns)  # on the way up in a series: this was the last
            return Done(at_ns)
        self._take(at_ns)
        return self._seat(stay, rise(self._agility.rise_s, self._agility.rise_peak, hands), at_ns, down=False)

    def chair_stands(self, at_ns: int, count: int = 5, pace_s: float | None = None, hands: bool = False) -> Done:
        """Stand up and sit down `count` times, from the chair to the chair, as fast as this person can.

        pace_s: for one up and down, where that is slower. Somebody at risk grows slower from one to the next.
        """
        stay = self._stay()
        if not stay.sits(at_ns):
            raise SettingError("the person stands; chair stands begin on the chair: sit down first")
        if not (1 <= count <= MOST_STANDS and (pace_s is None or 0 < pace_s < 60)):
            raise SettingError(f"{count} chair stands of {pace_s} s; expected 1 to {MOST_STANDS}, of up to 60 s")
        self._take(at_ns)
        random = np.random.default_rng([self._seed, 12])
        own_s = self._agility.stand_cycle_s
        slower = HANDS_TIME if hands else 1.0
        begin_ns = at_ns
        for number in range(count):
            unevenness = 1 + _UNEVEN * float(np.clip(random.standard_normal(), -2, 2))
            fastest_s = own_s * (1 + self._agility.slowing) ** number
            cycle_s = max(fastest_s, pace_s or 0.0) * unevenness
            # at a slow pace they wait, standing and sitting, instead of moving in slow motion
            move_s = min(cycle_s / 2, self._agility.rise_s)
            self._seat(stay, rise(move_s, self._agility.rise_peak, hands), begin_ns, down=False)
            half_ns = begin_ns + round(slower * cycle_s / 2 * _S)
            self._seat(stay, sit(move_s, self._agility.rise_peak, hands), half_ns, down=True)
            begin_ns += round(slower * cycle_s * _S)
        return Done(at_ns, until_ns=begin_ns)

    def _seat(self, stay: Stay, signal: Passage, at_ns: int, *, down: bool) -> Done:
        stay.seat(at_ns, signal, down=down)
        return Done(at_ns, until_ns=at_ns + round(signal.duration_s * _S))

    # --- commands: a hand --------------------------------------------------------------------------------------------

    def press(self, at_ns: int, ml_mm: float, ap_mm: float, force_n: float, for_s: float) -> Done:
        """Press on a place of the deck with a hand for a while; it needs nobody on the deck."""
        if not (0 < force_n <= MAX_PRESS_N and 0.3 <= for_s <= 60):
            raise SettingError(
                f"a press of {force_n:g} N for {for_s:g} s; up to {MAX_PRESS_N:.0f} N for 0.3 to 60 s is expected"
            )
        self._take(at_ns, cancel=False)
        self._presses.add(Press(at_ns, at_ns + round(for_s * _S), force_n, ml_mm, ap_mm))
        return Done(at_ns)

    # --- commands: weights -------------------------------------------------------------------------------------------

    def put_weight(self, mass_kg: float, at_ns: int, x_mm: float = 0.0, y_mm: float = 0.0) -> Done:
        """Put a weight on the empty deck, in place of the one before, as staff do who calibrate; 0 kg: take it away."""
        if self.on_deck or (self._stays and at_ns < (self._stays[-1].end_ns or 0)):
            raise SettingError("the person is on the deck; a weight needs an empty one: step off first")
        if not 0 <= mass_kg <= 200 or not max(abs(x_mm), abs(y_mm)) <= 1000:
            raise SettingError(f"a weight of {mass_kg:g} kg at ({x_mm:g}, {y_mm:g}) mm; expected 0 to 200 kg on a deck")
        self._take(at_ns)
        return Done(at_ns, until_ns=self._weights.put(at_ns, mass_kg * STANDARD_GRAVITY_M_S2, x_mm, y_mm))

    # --- shared ------------------------------------------------------------------------------------------------------

    def _take(self, at_ns: int, cancel: bool = True) -> None:
        if self._last_command_ns is not None and at_ns < self._last_command_ns:
            raise SettingError(f"a command for {at_ns} ns came after one for {self._last_command_ns} ns")
        self._last_command_ns = at_ns
        for stay in self._stays:
            if cancel and stay.end_ns is None:
                stay.cancel(at_ns)
            stay.forget(at_ns - 3 * _S)

    def _stay(self) -> Stay:
        if not self.on_deck:
            raise SettingError("the person is not on the deck; step on first")
        return self._stays[-1]

    def _standing(self, at_ns: int) -> Stay:
        stay = self._stay()
        if stay.sits(at_ns):
            raise SettingError("the person sits; rise first")
        return stay

    def _plan_loss(self, stay: Stay, at_ns: int) -> None:
        stay.gesture(at_ns, LOSE_BALANCE)
        caught_ns = at_ns + round(FALL_STEP_S * _S)
        stay.stand(caught_ns, self._body("feet-apart"), caught_ns * 1e-9 % 60)

    def _body(self, posture: Posture, eyes: Eyes = "open", surface: Surface = "firm") -> Body:
        return cached_body(Standing(self.condition, posture, eyes, surface, self.physique), self._seed)


def _posture(sway: Sway) -> Posture:
    return sway.posture if isinstance(sway, Body) else "feet-apart"


def _mass(mass_kg: float | None, recording: RecordedStance | None) -> float:
    if mass_kg is None:
        if recording is None or recording.fz_n is None:
            return DEFAULT_MASS_KG
        return float(recording.fz_n.mean()) / STANDARD_GRAVITY_M_S2
    if not 1 <= mass_kg <= 300:
        raise SettingError(f"a body mass of {mass_kg:g} kg; expected 1 to 300 kg")
    return mass_kg
