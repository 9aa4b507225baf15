"""What a calibrated deck's force and centre of pressure are worth: their expanded uncertainty, from the evidence. Pure.

After the GUM: each contribution is a standard uncertainty, they are taken as independent and added in squares, and the
result is multiplied by 2 (about 95 %). It holds on the day of the calibration, where the template has its holes, for
loads between the lightest and the largest that stood on it; what is heavier is taken along the same straight line.
Zero and hysteresis are known as parts of the largest load, and are stated as what they are of the lightest.

Not in it: local g, which the certificate states; what moves afterwards, which the daily check and the zero watch.
"""

import math
import statistics
from typing import Final

import msgspec

from calibration.certificate import Certificate

COVERAGE: Final = 2.0
# A weight of 8000 kg/m3 in air of 1.2 kg/m3 presses 0.015 % less than its mass times g. Not corrected.
AIR_PERCENT: Final = 0.015
# Drilled holes are off by 0.3 mm (1 sd); 0.44 of that arrives in a centre of pressure (docs/calibration.md).
TEMPLATE_MM: Final = 0.3 * 0.44


class Contribution(msgspec.Struct, frozen=True):
    """One of them: what it comes from, and its standard uncertainty in the unit of the whole."""

    what: str
    standard: float


class Uncertainty(msgspec.Struct, frozen=True):
    """Of force, in percent of the load, and of the centre of pressure, in mm (length of its error)."""

    force_percent: tuple[Contribution, ...]
    place_mm: tuple[Contribution, ...]
    lightest_kg: float
    largest_kg: float

    @property
    def expanded_force_percent(self) -> float:
        """Return the expanded uncertainty of force, k = 2."""
        return _expanded(self.force_percent)

    @property
    def expanded_place_mm(self) -> float:
        """Return the expanded uncertainty of the centre of pressure, k = 2."""
        return _expanded(self.place_mm)


def uncertainty_of(certificate: Certificate) -> Uncertainty | None:
    """Return what the evidence of a calibration says of its own result; None without evidence."""
    evidence, gravity_m_s2 = certificate.evidence, certificate.gravity_m_s2
    if evidence is None:
        return None
    loads = [each for each in evidence.readings if each.mass_kg > 0]
    lightest_kg, largest_kg = min(each.mass_kg for each in loads), max(each.mass_kg for each in loads)
    found = list(zip(loads, evidence.residuals, strict=True))
    relative = [(load.kind, off.force_n / (load.mass_kg * gravity_m_s2) * 100) for load, off in found]
    unseen = [(load, off) for load, off in found if load.kind == "verify"]
    expanded_g = {each.id: each.uncertainty_g for each in evidence.weights}
    # of weights that stand together the uncertainties are added up: they come from one laboratory
    weights = max(sum(expanded_g[each] for each in load.weights) / load.mass_kg / 10 for load in loads)
    of_lightest = largest_kg / lightest_kg
    zero = evidence.zero_return_percent * of_lightest / math.sqrt(3)
    hysteresis = evidence.hysteresis_percent * of_lightest / math.sqrt(12)
    lever_mm = math.hypot(certificate.cell_spacing_ml_mm, certificate.cell_spacing_ap_mm) / 2
    return Uncertainty(
        force_percent=(
            Contribution("weights: their certificates, halved (k = 2)", weights / COVERAGE),
            Contribution("air that carries the weights: not corrected, rectangular", AIR_PERCENT / math.sqrt(3)),
            Contribution(
                "repeatability: standard deviation of the repeats",
                statistics.stdev(off for kind, off in relative if kind == "repeat"),
            ),
            Contribution("hysteresis: up to down, rectangular", hysteresis),
            Contribution("zero: as far as it did not return, rectangular", zero),
            Contribution("verification loads: RMS", _rms([off for kind, off in relative if kind == "verify"])),
        ),
        place_mm=(
            Contribution("verification loads: RMS", _rms([math.hypot(off.x_mm, off.y_mm) for _, off in unseen])),
            Contribution("holes of the template: drilled, 0.3 mm", TEMPLATE_MM),
            Contribution("zero: as far as it did not return, at one corner", zero / 100 * lever_mm),
        ),
        lightest_kg=lightest_kg,
        largest_kg=largest_kg,
    )


def _expanded(contributions: tuple[Contribution, ...]) -> float:
    return COVERAGE * math.sqrt(sum(each.standard**2 for each in contributions))


def _rms(values: list[float]) -> float:
    return math.sqrt(statistics.fmean(each * each for each in values))
