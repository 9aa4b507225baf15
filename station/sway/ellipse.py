"""The 95 % prediction ellipse of a planar covariance. Shared by the batch and the streaming measures.

Prediction, not confidence: the area that holds the next sample with 95 %, which does not shrink with the length of
the trial (Schubert & Kirchner 2014, Gait Posture 39:518-522). The F form is the one the published data were made with.
"""

import math
from typing import Final

import msgspec

COVERAGE: Final = 0.95
# Relative size of the small eigenvalue below which all points count as lying on one line: ten thousand roundings.
ON_ONE_LINE: Final = 1e-12


class Ellipse(msgspec.Struct, frozen=True):
    """Area in mm2, semi-axes in mm, angle of the major axis from ML towards AP in (-90, 90] degrees.

    `angle_deg` is None for a circle, which has no major axis.
    """

    area_mm2: float
    major_mm: float
    minor_mm: float
    angle_deg: float | None


def prediction_factor(count: int) -> float:
    """Return (n-1)(n+1)/(n(n-2)) * 2 F.95(2, n-2), the squared scale of the ellipse; needs 3 samples.

    The quantile of F with 2 and d degrees of freedom has a closed form: d/2 * (0.05^(-2/d) - 1).
    """
    quantile_doubled = (count - 2) * math.expm1(-2.0 * math.log1p(-COVERAGE) / (count - 2))
    return (count - 1) * (count + 1) / (count * (count - 2)) * quantile_doubled


def chi_square_factor() -> float:
    """Return the .95 quantile of chi-square with 2 degrees of freedom: what `prediction_factor` tends to.

    Other programs take it for any number of samples (openbalance does); ours never do.
    """
    return -2.0 * math.log1p(-COVERAGE)


def prediction_ellipse(
    var_ml: float, var_ap: float, covariance: float, count: int, factor: float | None = None
) -> Ellipse | None:
    """Return the ellipse of a covariance (with N-1, mm2) of `count` samples; `factor` is its squared scale.

    Without a factor it is `prediction_factor`. None when there is no ellipse: fewer than 3 samples, or all of them on
    one line.
    """
    if count < 3:
        return None
    middle = (var_ml + var_ap) / 2
    half_gap = math.hypot((var_ml - var_ap) / 2, covariance)
    large = middle + half_gap
    determinant = var_ml * var_ap - covariance * covariance
    if not determinant > ON_ONE_LINE * large * large:
        return None
    if factor is None:
        factor = prediction_factor(count)
    angle_deg: float | None = None
    if half_gap > ON_ONE_LINE * middle:
        angle_deg = math.degrees(math.atan2(2 * covariance, var_ml - var_ap)) / 2
    return Ellipse(
        area_mm2=math.pi * math.sqrt(determinant) * factor,
        major_mm=math.sqrt(large * factor),
        minor_mm=math.sqrt(determinant / large * factor),
        angle_deg=angle_deg,
    )
