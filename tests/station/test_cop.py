"""The centre of pressure from corner forces."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.cop import cop_from_corners, cop_of_trial

force = st.floats(0.0, 1500.0)
corners = st.tuples(force, force, force, force)
spacing = st.floats(100.0, 800.0)


@pytest.mark.parametrize(
    ("forces", "place"),
    [
        ((100, 100, 100, 100), (400, 0, 0)),
        ((0, 100, 0, 100), (200, 200, 0)),  # all on the right
        ((100, 100, 0, 0), (200, 0, 150)),  # all in front
        ((0, 0, 50, 0), (50, -200, -150)),  # on the cell at the back left
        ((30, 10, 30, 10), (80, -100, 0)),
    ],
)
def test_right_and_forward_are_positive(forces, place):
    assert cop_from_corners(*map(float, forces), 400.0, 300.0) == pytest.approx(place)


@given(corners, spacing, spacing)
def test_the_centre_of_pressure_is_between_the_cells(forces, ml_mm, ap_mm):
    fz_n, cop_ml_mm, cop_ap_mm = cop_from_corners(*forces, ml_mm, ap_mm)
    if fz_n > 0:
        assert abs(cop_ml_mm) <= ml_mm / 2 * (1 + 1e-12)
        assert abs(cop_ap_mm) <= ap_mm / 2 * (1 + 1e-12)


@given(st.lists(st.tuples(*[st.floats(-50.0, 1500.0)] * 4), min_size=1, max_size=30), spacing, spacing)
def test_one_tick_and_a_whole_trial_agree_to_the_last_bit(ticks, ml_mm, ap_mm):
    together = np.array(cop_of_trial(*np.array(ticks).T, ml_mm, ap_mm)).T
    apart = np.array([cop_from_corners(*tick, ml_mm, ap_mm) for tick in ticks])
    assert together.tobytes() == apart.tobytes() or np.array_equal(together, apart, equal_nan=True)


@pytest.mark.parametrize("forces", [(0.0, 0.0, 0.0, 0.0), (-5.0, 1.0, 1.0, 1.0)])
def test_an_empty_deck_has_no_centre_of_pressure(forces):
    _, cop_ml_mm, cop_ap_mm = cop_from_corners(*forces, 400.0, 400.0)
    assert math.isnan(cop_ml_mm)
    assert math.isnan(cop_ap_mm)
