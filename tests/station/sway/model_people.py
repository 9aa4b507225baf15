"""What the postural model's sway comes to in the station's own measures: `python -m tests.station.sway.model_people`.

Prints the table by which `hardware.virtual.balance` was fitted: the medians over seeds of a 30 s window, through the
`station-1` pipeline, for every condition, stance, eyes and surface that is of use.
"""

import functools
from statistics import median

import numpy as np

from hardware.errors import SettingError
from hardware.virtual.balance import CONDITIONS, POSTURES, Condition, Eyes, Posture, Surface
from hardware.virtual.body import Body, Standing
from station.sway.analysis import analyse

WINDOW = np.arange(1000, 4000) / 100  # s; the norms' window
SHOWN = (
    "mean_velocity_mm_s",
    "mean_velocity_ml_mm_s",
    "mean_velocity_ap_mm_s",
    "rms_ml_mm",
    "rms_ap_mm",
    "sway_area_per_second_mm2_s",
    "ellipse_area_95_mm2",
)


@functools.cache
def measures(standing: Standing, seed: int) -> dict[str, float]:
    """Return the measures of 30 s of one body."""
    _, ml_mm, ap_mm = Body(standing, seed).over(WINDOW)
    analysis = analyse(WINDOW, ml_mm, ap_mm, 100.0)
    return {key: value for key, value in analysis.metrics.items() if value is not None}


def medians(
    condition: Condition,
    posture: Posture = "feet-apart",
    eyes: Eyes = "open",
    surface: Surface = "firm",
    seeds: range = range(1, 12),
) -> dict[str, float]:
    """Return the median of each measure over seeds."""
    each = [measures(Standing(condition, posture, eyes, surface), seed) for seed in seeds]
    return {key: median(one[key] for one in each) for key in SHOWN}


def _print() -> None:
    print(" " * 40 + "".join(f"{name.removesuffix('_mm_s').removesuffix('_mm')[:20]:>22}" for name in SHOWN))
    for condition in CONDITIONS:
        for posture in POSTURES:
            for eyes, surface in (("open", "firm"), ("closed", "firm"), ("open", "foam"), ("closed", "foam")):
                if posture not in ("feet-apart", "side-by-side") and (eyes, surface) != ("open", "firm"):
                    continue
                name = f"{condition} {posture} {eyes} {surface}"
                try:
                    found = medians(condition, posture, eyes, surface)  # type: ignore[arg-type]
                except SettingError as error:
                    print(f"{name:40}  {error}")
                    continue
                print(f"{name:40}" + "".join(f"{found[key]:22.2f}" for key in SHOWN))


if __name__ == "__main__":
    _print()
