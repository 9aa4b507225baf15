"""Time-domain sway measures of a centre-of-pressure signal, exactly as defined; pure, whatever was done to it before.

Definitions: Prieto et al. 1996, IEEE Trans Biomed Eng 43:956-966, with T = N / fs as the published reference data have
it, and the 95 % prediction ellipse of Schubert & Kirchner 2014. Filtering is the profile's business.
"""

import math
from typing import Final

import numpy as np

from station.sway.ellipse import ON_ONE_LINE, prediction_ellipse
from station.sway.family import AXES, Family, FloatArray, Found, Measures, Trace, measure, still
from station.sway.hull import convex_hull, hull_area, largest_distance

# One-sided 95 % point of the normal distribution, as printed by Prieto et al. (their z.05).
_Z_95: Final = 1.645

# Every key with its unit (UCUM), in the order in which it is shown.
UNITS: Final[dict[str, str]] = {
    "mean_distance_mm": "mm",
    "mean_distance_ml_mm": "mm",
    "mean_distance_ap_mm": "mm",
    "rms_distance_mm": "mm",
    "rms_ml_mm": "mm",
    "rms_ap_mm": "mm",
    "range_mm": "mm",
    "range_ml_mm": "mm",
    "range_ap_mm": "mm",
    "path_length_mm": "mm",
    "path_length_ml_mm": "mm",
    "path_length_ap_mm": "mm",
    "mean_velocity_mm_s": "mm/s",
    "mean_velocity_ml_mm_s": "mm/s",
    "mean_velocity_ap_mm_s": "mm/s",
    "peak_velocity_ml_mm_s": "mm/s",
    "peak_velocity_ap_mm_s": "mm/s",
    "ellipse_area_95_mm2": "mm2",
    "ellipse_major_mm": "mm",
    "ellipse_minor_mm": "mm",
    "ellipse_angle_deg": "deg",
    "circle_area_95_mm2": "mm2",
    "hull_area_mm2": "mm2",
    "sway_area_per_second_mm2_s": "mm2/s",
    "mean_frequency_hz": "Hz",
    "mean_frequency_ml_hz": "Hz",
    "mean_frequency_ap_hz": "Hz",
    "fractal_dimension_ellipse": "1",
}


_ON_ONE_LINE: Final = "no variation across the main direction: all points lie on one line"


def distance_measures(trace: Trace) -> Found:
    """Return mean distance, root mean square distance and range, planar and per axis."""
    found: Found = {
        "mean_distance_mm": float(trace.distances.mean()),
        "rms_distance_mm": math.sqrt(float(np.square(trace.cop).sum()) / trace.count),
    }
    for name, axis, moves in zip(AXES, trace.cop, trace.moves, strict=True):
        found[f"mean_distance_{name}_mm"] = float(np.abs(axis).mean()) if moves else still(name)
        found[f"rms_{name}_mm"] = math.sqrt(float(np.square(axis).sum()) / trace.count) if moves else still(name)
        found[f"range_{name}_mm"] = float(np.ptp(axis)) if moves else still(name)
    return found


def path_measures(trace: Trace) -> Found:
    """Return path length, mean velocity, peak velocity and mean frequency, planar and per axis."""
    path_mm = float(trace.step_lengths.sum())
    mean_distance_mm = float(trace.distances.mean())
    found: Found = {
        "path_length_mm": path_mm,
        "mean_velocity_mm_s": path_mm / trace.duration_s,
        "mean_frequency_hz": path_mm / trace.duration_s / (2 * math.pi * mean_distance_mm),
    }
    for name, axis, moves, steps in zip(AXES, trace.cop, trace.moves, np.abs(trace.steps), strict=True):
        keys = (
            f"path_length_{name}_mm",
            f"mean_velocity_{name}_mm_s",
            f"peak_velocity_{name}_mm_s",
            f"mean_frequency_{name}_hz",
        )
        if not moves:
            found |= dict.fromkeys(keys, still(name))
            continue
        axis_mm = float(steps.sum())
        velocity_mm_s = axis_mm / trace.duration_s
        mean_frequency_hz = velocity_mm_s / (4 * math.sqrt(2) * float(np.abs(axis).mean()))
        values = (axis_mm, velocity_mm_s, float(steps.max()) * trace.fs_hz, mean_frequency_hz)
        found |= dict(zip(keys, values, strict=True))
    return found


def area_measures(trace: Trace) -> Found:
    """Return the areas (ellipse, circle, hull, swept per second), the largest distance and the fractal dimension."""
    ml, ap = trace.cop
    corners = convex_hull(ml, ap)
    range_mm = largest_distance(corners)
    mean_mm = float(trace.distances.mean())
    spread_mm = math.sqrt(max(0.0, float(np.square(trace.distances).mean()) - mean_mm**2))
    found: Found = {
        "range_mm": range_mm,
        "circle_area_95_mm2": math.pi * (mean_mm + _Z_95 * spread_mm) ** 2,
    }
    area = hull_area(corners)
    swept = float(np.abs(ap[1:] * ml[:-1] - ap[:-1] * ml[1:]).sum()) / (2 * trace.duration_s)
    found["hull_area_mm2"] = area
    found["sway_area_per_second_mm2_s"] = swept
    freedom = trace.count - 1
    (var_ml, covariance), (_, var_ap) = (trace.cop @ trace.cop.T / freedom).tolist()
    ellipse = prediction_ellipse(var_ml, var_ap, covariance, trace.count)
    if ellipse is not None:
        found["ellipse_area_95_mm2"] = ellipse.area_mm2
        found["ellipse_major_mm"] = ellipse.major_mm
        found["ellipse_minor_mm"] = ellipse.minor_mm
        found["ellipse_angle_deg"] = (
            ellipse.angle_deg if ellipse.angle_deg is not None else "no main direction: the ellipse is a circle"
        )
        found["fractal_dimension_ellipse"] = _fractal_dimension(trace, ellipse.area_mm2)
        return found
    too_few = f"too short: {trace.count} samples, at least 3 are needed"
    reason = too_few if trace.count < 3 else _ON_ONE_LINE
    ellipse_keys = ("ellipse_area_95_mm2", "ellipse_major_mm", "ellipse_minor_mm", "ellipse_angle_deg")
    found |= dict.fromkeys((*ellipse_keys, "fractal_dimension_ellipse"), reason)
    if not area > ON_ONE_LINE * range_mm**2:
        # what rounding leaves of an area along a line is not an area
        found |= dict.fromkeys(("hull_area_mm2", "sway_area_per_second_mm2_s"), _ON_ONE_LINE)
    return found


def _every_measure(trace: Trace) -> Found:
    # the areas bring the planar range, which needs the hull
    return distance_measures(trace) | path_measures(trace) | area_measures(trace)


TIME_DOMAIN: Final = Family("time domain", UNITS, _every_measure)


def time_domain(ml_mm: FloatArray, ap_mm: FloatArray, fs_hz: float) -> Measures:
    """Return every time-domain measure of two axes, mm at `fs_hz` samples/s; raises as `family.measure`."""
    return measure(ml_mm, ap_mm, fs_hz, (TIME_DOMAIN,))


def _fractal_dimension(trace: Trace, ellipse_area_mm2: float) -> float | str:
    diameter_mm = math.sqrt(4 * ellipse_area_mm2 / math.pi)
    ratio = trace.count * diameter_mm / float(trace.step_lengths.sum())
    if not ratio > 1:
        return "the path is too long for its area: N d / path is not above 1"
    return math.log(trace.count) / math.log(ratio)
