"""What the postural model knows about people: how they are built, how they hold their balance, what they stand on.

Tables only, each with its source; `hardware.virtual.body` turns them into sway, `hardware.virtual.movements` into
movements. The amplitudes are fitted: `python -m tests.station.sway.model_people` prints what comes of them, measured by
the station's own pipeline, beside the reference bands. Nothing here is a finding about a real person.
"""

from typing import Final, Literal

import msgspec

from hardware.errors import SettingError

GRAVITY_M_S2: Final = 9.80665

Posture = Literal["feet-apart", "side-by-side", "semi-tandem", "tandem", "one-foot"]
POSTURES: Final[tuple[Posture, ...]] = ("feet-apart", "side-by-side", "semi-tandem", "tandem", "one-foot")
Condition = Literal["young", "older", "older-at-risk"]
CONDITIONS: Final[tuple[Condition, ...]] = ("young", "older", "older-at-risk")
Eyes = Literal["open", "closed"]
Surface = Literal["firm", "foam"]


class Physique(msgspec.Struct, frozen=True):
    """A body as an inverted pendulum over the ankles.

    The height of the centre of mass over the ankles and the lengths of a foot are shares of body height (Winter 2009,
    Biomechanics and Motor Control of Human Movement, table 4.1 and figure 4.1); the moment of inertia about the ankles
    is 1.15 m h^2 (Peterka 2000, Biol Cybern 82:335: 66 kg m^2 at 76 kg and 0.87 m).
    """

    height_cm: float = 168.0

    @property
    def centre_of_mass_m(self) -> float:
        """Return how high the centre of mass is over the ankles, m."""
        return 0.53 * self.height_cm / 100

    @property
    def pendulum_hz2(self) -> float:
        """Return m g h / J, 1/s^2: how fast an uncontrolled body falls. Mass cancels out."""
        return GRAVITY_M_S2 / (1.15 * self.centre_of_mass_m)

    @property
    def foot_length_mm(self) -> float:
        """Return heel to toe."""
        return 0.152 * self.height_cm * 10

    @property
    def foot_width_mm(self) -> float:
        """Return the width of the forefoot."""
        return 0.055 * self.height_cm * 10

    def base_mm(self, posture: Posture) -> tuple[float, float]:
        """Return half the width (ML) and half the depth (AP) of the base of support, around its centre, mm.

        feet-apart: ankles 17 cm apart (McIlroy & Maki 1997, Clin Biomech 12:66); semi-tandem: one foot half its length
        ahead.
        """
        length, width = self.foot_length_mm, self.foot_width_mm
        bases = {
            "feet-apart": (85 + width / 2, length / 2),
            "side-by-side": (width, length / 2),
            "semi-tandem": (width, length * 0.75),
            "tandem": (width / 2, length),
            "one-foot": (width / 2, length / 2),
        }
        return bases[posture]


class Control(msgspec.Struct, frozen=True):
    """How one direction is held: ankle torque over m g h for a lean of 1 rad, which is COP over lean of the mass.

    stiffness, damping_s: passive, at once (Asai 2009: 0.8 and 0.007 s; Loram & Lakie 2002: 0.91 +- 0.23).
    feedback, feedback_rate_s: of lean and its speed as they were `delay_s` ago; intermittent: on only while the body
    leans one way and does not return fast enough, v/x > `returning_per_s` (Asai 2009: 0.25, 0.017 s, 0.2 s, -0.4/s).
    muscle_s: time constant of muscles, twice, through which the noise of the torque goes.
    """

    stiffness: float = 0.8
    damping_s: float = 0.03
    feedback: float = 0.4
    feedback_rate_s: float = 0.15
    delay_s: float = 0.18
    returning_per_s: float = -0.4
    muscle_s: float = 0.12


class Steadiness(msgspec.Struct, frozen=True):
    """One way of standing: the control of both directions and the noise of their torque, as COP in mm for 1 Hz^0.5.

    (Asai 2009: 0.2 N m s^0.5 at 60 kg is 0.34 mm s^0.5.) A slow wander of the same noise source, `WANDER` of it with
    a time constant of 20 s, stands for the low-passed sensory noise of Maurer & Peterka 2005, J Neurophysiol 93:189.
    """

    ml: Control
    ap: Control
    noise_ml_mm: float
    noise_ap_mm: float


MUSCLE_LAG_S: Final = 0.04  # of the delay: feedback comes on and goes off no faster than muscle does
WANDER: Final = 0.7
WANDER_S: Final = 20.0

# Age: mainly more noise (Maurer & Peterka 2005), somewhat stiffer and slower (Cenciarini 2010, IEEE TBME 57:267).
_CONTROL: Final[dict[Condition, Control]] = {
    "young": Control(delay_s=0.18, feedback=0.40, feedback_rate_s=0.13),
    "older": Control(stiffness=0.82, delay_s=0.19, feedback=0.40, feedback_rate_s=0.15),
    "older-at-risk": Control(stiffness=0.85, delay_s=0.22, feedback=0.45, feedback_rate_s=0.15, returning_per_s=-0.6),
}
# Feet apart, eyes open, firm. Fitted to the median sway of the reference recordings in that condition; at risk: to lie
# clear above the 90th percentile of people of 60 and over.
_NOISE_ML_AP_MM: Final[dict[Condition, tuple[float, float]]] = {
    "young": (0.33, 0.47),
    "older": (0.37, 0.59),
    "older-at-risk": (0.75, 1.10),
}
# A narrower base is held by faster, stiffer work of hips and ankles against more noise, ML most: Day 1993, J Physiol
# 469:479 (sway grows as the feet come together); Winter 1996, J Neurophysiol 75:2334 (hips hold ML, and AP in
# tandem); Oliveira 2018 (one-foot 95 % area around 10 cm^2). Factors on noise ML, AP; the order is the one in which the
# 4-Stage Balance Test grows harder. There are no reference bands for these. Somebody at risk sways so much already that
# the factors hold only to the power `_AT_RISK_NARROW` (ours: in one-foot the base is 9 cm wide).
_AT_RISK_NARROW: Final = 0.65
_NARROW: Final[dict[Posture, tuple[Control, float, float]]] = {
    "feet-apart": (Control(), 1.0, 1.0),
    "side-by-side": (Control(0.8, 0.03, 0.5, 0.2, 0.17, -0.8, 0.1), 2.3, 1.15),
    "semi-tandem": (Control(0.8, 0.03, 0.5, 0.25, 0.16, -1.0, 0.1), 3.0, 1.3),
    "tandem": (Control(0.85, 0.05, 0.6, 0.3, 0.15, -1.2, 0.08), 4.0, 1.5),
    "one-foot": (Control(0.85, 0.06, 0.7, 0.35, 0.14, -2.0, 0.08), 4.6, 2.2),
}  # fmt: skip
# Without eyes, or on foam, everything is noisier (sensory reweighting: Peterka 2002, J Neurophysiol 88:1097; foam also
# takes the ankles' footing). Factors on noise ML, AP: median RMS of the reference recordings in the condition over
# firm with eyes open, from the same age group.
_OLDER_HARDER: Final[dict[tuple[Eyes, Surface], tuple[float, float]]] = {
    ("open", "firm"): (1.0, 1.0),
    ("closed", "firm"): (1.0, 1.05),
    ("open", "foam"): (3.85, 3.0),
    ("closed", "foam"): (4.5, 3.4),
}
_HARDER: Final[dict[Condition, dict[tuple[Eyes, Surface], tuple[float, float]]]] = {
    "young": {
        ("open", "firm"): (1.0, 1.0),
        ("closed", "firm"): (1.0, 1.1),
        ("open", "foam"): (3.05, 2.55),
        ("closed", "foam"): (3.7, 3.25),
    },
    "older": _OLDER_HARDER,
    # ours: somebody at risk is nearer to what can be held at all
    "older-at-risk": {key: (ml**0.7, ap**0.7) for key, (ml, ap) in _OLDER_HARDER.items()},
}


def steadiness(condition: Condition, posture: Posture, eyes: Eyes = "open", surface: Surface = "firm") -> Steadiness:
    """Return how somebody in this condition stands so; raises SettingError for words that are not in the tables."""
    if condition not in _CONTROL:
        raise SettingError(f"there is no condition {condition!r}; conditions are {', '.join(_CONTROL)}")
    harder = _HARDER[condition].get((eyes, surface))
    if harder is None:
        raise SettingError(f"eyes {eyes!r} on {surface!r}: eyes are open or closed, on firm or foam")
    own = _CONTROL[condition]
    narrow, ml_factor, ap_factor = _NARROW[posture]
    noise_ml_mm, noise_ap_mm = _NOISE_ML_AP_MM[condition]
    if condition == "older-at-risk":
        ml_factor, ap_factor = ml_factor**_AT_RISK_NARROW, ap_factor**_AT_RISK_NARROW
    later_s = own.delay_s - _CONTROL["young"].delay_s
    ml = own if posture == "feet-apart" else msgspec.structs.replace(narrow, delay_s=narrow.delay_s + later_s)
    return Steadiness(ml, own, noise_ml_mm * ml_factor * harder[0], noise_ap_mm * ap_factor * harder[1])


class Agility(msgspec.Struct, frozen=True):
    """How somebody moves. limit_share: of the way to the edge of the base that they dare to lean.

    reaction_s, lean_s: before and for a lean; stray_share: of a lean that goes sideways. rise_s: standing up at ease;
    rise_peak: its highest force in body weights; stand_cycle_s: up and down as fast as they can; slowing: of each
    repetition on the one before.
    """

    limit_share: float
    reaction_s: float
    lean_s: float
    stray_share: float
    rise_s: float
    rise_peak: float
    stand_cycle_s: float
    slowing: float


# rise_s: 1.60 +- 0.28 s young, 1.69 +- 0.26 s older (Kazi 2025, Colorado School of Mines: force under the feet in
# sit-to-stand); at risk: ours. stand_cycle_s: 30 s hold 19, 14 and 9 repetitions (CDC STEADI: 9 is below average for
# women of 75-79). rise_peak: 1.1-1.2 body weights (Etnyre & Thomas 2007, Phys Ther 87:1651). The rest is ours.
AGILITY: Final[dict[Condition, Agility]] = {
    "young": Agility(0.75, 0.35, 1.0, 0.05, 1.60, 1.20, 1.55, 0.0),
    "older": Agility(0.60, 0.50, 1.3, 0.10, 1.70, 1.15, 2.10, 0.005),
    "older-at-risk": Agility(0.45, 0.75, 1.8, 0.18, 2.50, 1.10, 3.20, 0.01),
}
