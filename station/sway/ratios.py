"""Ratios between two trials of one person: eyes closed to eyes open (Romberg).

A note on how much somebody relies on sight, not a risk: in the reference data they tell neither age nor falls apart.
Both trials must come from the same profile, protocol and surface; that is the caller's business.
"""

from collections.abc import Mapping
from typing import Final

from station.sway.family import Found, Measures, sorted_out

UNITS: Final[dict[str, str]] = {"romberg_velocity": "1", "romberg_area": "1"}
_OF: Final = {"romberg_velocity": "mean_velocity_mm_s", "romberg_area": "ellipse_area_95_mm2"}


def romberg_ratios(eyes_open: Mapping[str, float | None], eyes_closed: Mapping[str, float | None]) -> Measures:
    """Return eyes closed / eyes open of velocity and ellipse area, from the `metrics` of two analyses."""
    found: Found = {}
    for key, measure in _OF.items():
        before, after = eyes_open.get(measure), eyes_closed.get(measure)
        if before is None or after is None:
            eyes = "open" if before is None else "closed"
            found[key] = f"{measure} with eyes {eyes} was not computed"
        elif not before > 0:
            found[key] = f"no variation: {measure} with eyes open is 0"
        else:
            found[key] = after / before
    return sorted_out(UNITS, found)
