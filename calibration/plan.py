"""The plan of a calibration: which load goes into which hole of the template, in which order. Data, and its unrolling.

Holes are named as staff see them on the template: A is the row nearest to the screen, 1 is left.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
import numpy as np

from calibration.errors import RegisterError
from calibration.evidence import ReadingKind, Weight

FILE: Final = "plan_standard.toml"
CENTRE: Final = "B2"
MOST_OFF: Final = 0.25  # of a load that the plan asks for: so far may the weights at hand be from it
_PER_KG: Final = 100  # sums of weights are told apart by whole 10 g


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One plan. holes: name -> place as parts of half the cells' spacing (ML, AP)."""

    version: str
    warm_up_s: float
    place_kg: float
    series_kg: tuple[float, ...]
    repeats: int
    holes: dict[str, tuple[float, float]]

    def place_mm(self, hole: str, cell_spacing_ml_mm: float, cell_spacing_ap_mm: float) -> tuple[float, float]:
        """Return where a hole is, mm from the deck's centre."""
        x, y = self.holes[hole]
        return x * cell_spacing_ml_mm / 2, y * cell_spacing_ap_mm / 2


class Step(msgspec.Struct, frozen=True):
    """One reading to take. hole: None with an empty deck; weights: ids, heaviest first."""

    kind: ReadingKind
    hole: str | None
    x_mm: float
    y_mm: float
    mass_kg: float
    weights: tuple[str, ...]


@cache
def load_plan() -> Plan:
    """Return the shipped plan."""
    text = (files("calibration") / FILE).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Plan)


def unroll(
    plan: Plan, weights: Sequence[Weight], cell_spacing_ml_mm: float, cell_spacing_ap_mm: float
) -> tuple[Step, ...]:
    """Return every reading in order, with the weights at hand.

    Raises RegisterError when no combination of them comes near a load that the plan needs.
    """
    place = choose(weights, plan.place_kg)
    series = [choose(weights, kg) for kg in plan.series_kg]

    def step(kind: ReadingKind, hole: str | None, chosen: tuple[Weight, ...]) -> Step:
        x, y = (0.0, 0.0) if hole is None else plan.place_mm(hole, cell_spacing_ml_mm, cell_spacing_ap_mm)
        return Step(kind, hole, x, y, sum(each.mass_kg for each in chosen), tuple(each.id for each in chosen))

    guided = [hole for hole in plan.holes if not hole.startswith("V")]
    unseen = [hole for hole in plan.holes if hole.startswith("V")]
    return (
        step("zero", None, ()),
        *(step("place", hole, place) for hole in guided),
        *(step("load-up", CENTRE, chosen) for chosen in series),
        *(step("load-down", CENTRE, chosen) for chosen in reversed(series[:-1])),
        *(step("repeat", CENTRE, place) for _ in range(plan.repeats)),
        step("zero-return", None, ()),
        *(step("verify", hole, place) for hole in unseen),
    )


def missing_kg(plan: Plan, weights: Sequence[Weight]) -> tuple[float, ...]:
    """Return the loads of a plan that these weights do not make, lightest first."""
    missing = []
    for kg in sorted({plan.place_kg, *plan.series_kg}):
        try:
            choose(weights, kg)
        except RegisterError:
            missing.append(kg)
    return tuple(missing)


def choose(weights: Sequence[Weight], wanted_kg: float) -> tuple[Weight, ...]:
    """Return the weights whose sum is nearest to what is wanted, the fewest of them, heaviest first.

    The station's 100 Hz loop asks for it with every screen that names a load, so the work is bounded: for each weight
    one pass over all sums of whole 10 g. Raises RegisterError when the nearest sum is too far off.
    """
    ordered = sorted(weights, key=lambda each: (-each.nominal_kg, each.id))
    sums = np.arange(round((1 + MOST_OFF) * wanted_kg * _PER_KG) + 1)
    fewest = np.where(sums == 0, 0.0, np.inf)  # weights that make each sum
    taken = []
    for weight in ordered:
        mass = min(round(weight.nominal_kg * _PER_KG), len(sums))
        more = np.full(len(sums), np.inf)
        more[mass:] = fewest[: len(sums) - mass] + 1
        taken.append((weight, mass, more < fewest))
        fewest = np.minimum(fewest, more)
    at = int(np.argmin(np.abs(sums - wanted_kg * _PER_KG) * (len(ordered) + 1) + fewest))
    too_far = abs(at - wanted_kg * _PER_KG) > MOST_OFF * wanted_kg * _PER_KG  # in whole 10 g: a sum of kg is rounded
    best: list[Weight] = []
    for weight, mass, takes in reversed(taken):
        if takes[at]:
            best.insert(0, weight)
            at -= mass
    if too_far:
        have = ", ".join(f"{each.id} ({each.nominal_kg:g} kg)" for each in ordered) or "none"
        raise RegisterError(
            f"the plan needs a load of about {wanted_kg:g} kg, and the weights chosen do not make it: {have}; "
            "choose more weights, or enter them in the register"
        )
    return tuple(best)
