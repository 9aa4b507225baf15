"""Romberg: eyes closed over eyes open."""

import pytest

from station.sway.ratios import romberg_ratios

OPEN = {"mean_velocity_mm_s": 8.0, "ellipse_area_95_mm2": 120.0}


def test_the_ratio_is_closed_over_open():
    found = romberg_ratios(OPEN, {"mean_velocity_mm_s": 12.0, "ellipse_area_95_mm2": 90.0})
    assert found.metrics == {"romberg_velocity": 1.5, "romberg_area": 0.75}
    assert found.not_computed == {}


@pytest.mark.parametrize(
    ("eyes_open", "eyes_closed", "reason"),
    [
        (OPEN | {"ellipse_area_95_mm2": None}, OPEN, "ellipse_area_95_mm2 with eyes open was not computed"),
        (OPEN, {"mean_velocity_mm_s": 8.0}, "ellipse_area_95_mm2 with eyes closed was not computed"),
        (OPEN | {"ellipse_area_95_mm2": 0.0}, OPEN, "no variation: ellipse_area_95_mm2 with eyes open is 0"),
    ],
)
def test_without_one_of_the_two_there_is_a_reason_and_the_other_ratio(eyes_open, eyes_closed, reason):
    found = romberg_ratios(eyes_open, eyes_closed)
    assert found.metrics == {"romberg_velocity": 1.0}
    assert found.not_computed == {"romberg_area": reason}
