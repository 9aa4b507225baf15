"""The time-domain measures: by hand on small shapes and by law on any trace."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from station.sway.ellipse import prediction_factor
from station.sway.time_domain import UNITS, time_domain

# Measures that do not know which way ML points.
PLANAR = (
    "mean_distance_mm",
    "rms_distance_mm",
    "range_mm",
    "path_length_mm",
    "mean_velocity_mm_s",
    "ellipse_area_95_mm2",
    "ellipse_major_mm",
    "ellipse_minor_mm",
    "circle_area_95_mm2",
    "hull_area_mm2",
    "sway_area_per_second_mm2_s",
    "mean_frequency_hz",
    "fractal_dimension_ellipse",
)
# How a measure grows when every distance grows by a factor.
POWER = {"mm2": 2, "mm2/s": 2, "mm": 1, "mm/s": 1, "deg": 0, "Hz": 0, "1": 0}

coordinate = st.integers(-3_000_000, 3_000_000).map(lambda units: units / 1e5)  # 10 nm steps, up to 30 mm
traces = st.lists(st.tuples(coordinate, coordinate), min_size=4, max_size=80)


def measured(points, fs_hz=100.0):
    ml, ap = np.array(points, dtype=float).T
    return time_domain(ml, ap, fs_hz)


def well_spread(points):
    """Measure, and leave out traces so flat, or so small beside where they are, that rounding decides the result."""
    found = measured(points).metrics
    assume("ellipse_minor_mm" in found and found["ellipse_minor_mm"] > max(1e-3, 1e-3 * found["ellipse_major_mm"]))
    return found


def agree(left, right, keys, rel=1e-8):
    for key in keys:
        assert (key in left) == (key in right), key
        if key in left:
            assert left[key] == pytest.approx(right[key], rel=rel, abs=1e-9), key


def test_three_sides_of_a_square_measure_what_they_measure_by_hand():
    found = measured([(1, 1), (-1, 1), (-1, -1), (1, -1)], fs_hz=4.0)
    root2 = math.sqrt(2)
    assert found.metrics == pytest.approx(
        {
            "mean_distance_mm": root2,
            "mean_distance_ml_mm": 1,
            "mean_distance_ap_mm": 1,
            "rms_distance_mm": root2,
            "rms_ml_mm": 1,
            "rms_ap_mm": 1,
            "range_mm": 2 * root2,
            "range_ml_mm": 2,
            "range_ap_mm": 2,
            "path_length_mm": 6,
            "path_length_ml_mm": 4,
            "path_length_ap_mm": 2,
            "mean_velocity_mm_s": 6,
            "mean_velocity_ml_mm_s": 4,
            "mean_velocity_ap_mm_s": 2,
            "peak_velocity_ml_mm_s": 8,
            "peak_velocity_ap_mm_s": 8,
            "ellipse_area_95_mm2": 95 * math.pi,  # S = 4/3 I; 2*3*5/(4*2) * F.95(2, 2), which is 19
            "ellipse_major_mm": math.sqrt(95),
            "ellipse_minor_mm": math.sqrt(95),
            "circle_area_95_mm2": 2 * math.pi,
            "hull_area_mm2": 4,
            "sway_area_per_second_mm2_s": 3,
            "mean_frequency_hz": 6 / (2 * math.pi * root2),
            "mean_frequency_ml_hz": 1 / root2,
            "mean_frequency_ap_hz": 0.5 / root2,
            "fractal_dimension_ellipse": math.log(4) / math.log(4 * math.sqrt(380) / 6),
        },
        rel=1e-12,
    )
    assert found.not_computed == {"ellipse_angle_deg": "no main direction: the ellipse is a circle"}


def test_one_turn_of_a_circle_has_the_radius_as_distance_and_sweeps_its_disc():
    count, radius = 1000, 10.0
    angle = 2 * math.pi * np.arange(count) / count
    found = time_domain(radius * np.cos(angle), radius * np.sin(angle), 100.0).metrics
    polygon = count / 2 * radius**2 * math.sin(2 * math.pi / count)
    assert found["mean_distance_mm"] == pytest.approx(radius)
    assert found["range_mm"] == pytest.approx(2 * radius)
    assert found["hull_area_mm2"] == pytest.approx(polygon)
    assert found["circle_area_95_mm2"] == pytest.approx(math.pi * radius**2)
    assert found["path_length_mm"] == pytest.approx((count - 1) * 2 * radius * math.sin(math.pi / count))
    assert found["sway_area_per_second_mm2_s"] == pytest.approx(polygon * (count - 1) / count / 10)


def test_the_circle_holds_95_percent_of_unequal_distances():
    found = measured([(1, 0), (0, 3), (-1, 0), (0, -3)]).metrics  # distances 1 and 3: mean 2, deviation 1
    assert found["circle_area_95_mm2"] == pytest.approx(math.pi * (2 + 1.645) ** 2)


def test_a_line_has_lengths_but_no_areas():
    found = measured([(0, 0), (3, 4), (6, 8), (12, 16)], fs_hz=4.0)
    assert found.metrics["path_length_mm"] == pytest.approx(20)
    assert found.metrics["range_mm"] == pytest.approx(20)
    without = {key for key, reason in found.not_computed.items() if "one line" in reason}
    assert without == {
        "ellipse_area_95_mm2",
        "ellipse_major_mm",
        "ellipse_minor_mm",
        "ellipse_angle_deg",
        "hull_area_mm2",
        "sway_area_per_second_mm2_s",
        "fractal_dimension_ellipse",
    }


def test_the_angle_of_the_ellipse_goes_from_ml_towards_ap():
    along = np.linspace(-10, 10, 101)
    across = np.cos(np.arange(101))
    for degrees in (0.0, 30.0, 90.0, -45.0):
        turn = math.radians(degrees)
        ml, ap = along * math.cos(turn) - across * math.sin(turn), along * math.sin(turn) + across * math.cos(turn)
        found = time_domain(ml, ap, 100.0).metrics["ellipse_angle_deg"]
        assert (found - degrees + 90) % 180 - 90 == pytest.approx(0, abs=1.0)
        assert -90 <= found <= 90


def test_an_axis_that_does_not_move_has_no_value_and_says_so():
    found = measured([(5, 1), (5, 3), (5, 2)])
    assert found.not_computed["rms_ml_mm"] == "no variation: the centre of pressure does not move in ML"
    assert found.metrics["path_length_ap_mm"] == pytest.approx(3)


@pytest.mark.parametrize(
    ("points", "reason"),
    [([(1.0, 2.0)], "too short: 1 sample, at least 2 are needed"), ([(0.1, 0.2)] * 50, "no variation")],
)
def test_what_cannot_be_measured_is_left_out_with_a_reason_for_every_key(points, reason):
    found = measured(points)
    assert found.metrics == {}
    assert set(found.not_computed) == set(UNITS)
    assert all(text.startswith(reason) for text in found.not_computed.values())


def test_two_samples_have_a_path_and_no_ellipse():
    found = measured([(0, 0), (3, 4)])
    assert found.metrics["path_length_mm"] == pytest.approx(5)
    assert found.not_computed["ellipse_area_95_mm2"] == "too short: 2 samples, at least 3 are needed"


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="finite"):
        measured([(0, 0), (math.nan, 1), (1, 1)])


@pytest.mark.parametrize("count", [3, 4, 10, 3000, 6000])
def test_the_closed_form_of_the_ellipse_factor_is_the_quantile_of_f(count):
    scale = 2 * (count - 1) * (count + 1) / (count * (count - 2))
    assert prediction_factor(count) == pytest.approx(scale * stats.f.ppf(0.95, 2, count - 2), rel=1e-10)


@given(traces)
def test_every_key_has_a_finite_value_or_a_reason(points):
    found = measured(points)
    assert set(found.metrics) | set(found.not_computed) == set(UNITS)
    assert not set(found.metrics) & set(found.not_computed)
    assert all(math.isfinite(value) for value in found.metrics.values())
    assert all(found.not_computed.values())


@given(traces, st.tuples(coordinate, coordinate))
def test_where_on_the_deck_somebody_stands_changes_nothing(points, offset):
    before = well_spread(points)
    after = well_spread([(ml + offset[0], ap + offset[1]) for ml, ap in points])
    agree(before, after, set(UNITS) - {"ellipse_angle_deg"})


@given(traces, st.floats(-math.pi, math.pi))
def test_planar_measures_do_not_know_how_the_deck_is_turned(points, angle):
    before = well_spread(points)
    cos, sin = math.cos(angle), math.sin(angle)
    agree(before, well_spread([(cos * ml - sin * ap, sin * ml + cos * ap) for ml, ap in points]), PLANAR)


@given(traces, st.floats(0.1, 10.0))
def test_lengths_grow_with_the_scale_and_areas_with_its_square(points, factor):
    before = well_spread(points)
    after = well_spread([(factor * ml, factor * ap) for ml, ap in points])
    scaled = {key: value * factor ** POWER[UNITS[key]] for key, value in before.items()}
    agree(scaled, after, set(UNITS) - {"ellipse_angle_deg"})


@given(traces)
def test_time_reversed_measures_the_same(points):
    agree(well_spread(points), well_spread(points[::-1]), set(UNITS) - {"ellipse_angle_deg"})


@given(traces)
def test_exchanging_the_axes_exchanges_their_measures(points):
    before = well_spread(points)
    after = well_spread([(ap, ml) for ml, ap in points])
    for key in UNITS:
        if "_ml_" in key:
            agree(before, {key: after.get(key.replace("_ml_", "_ap_"))} if key in before else {}, [key])


@given(traces)
def test_the_measures_keep_the_order_that_geometry_demands(points):
    found = well_spread(points)
    assert found["range_mm"] <= found["path_length_mm"] * (1 + 1e-12)
    assert max(found["range_ml_mm"], found["range_ap_mm"]) <= found["range_mm"] * (1 + 1e-12)
    assert found["hull_area_mm2"] <= found["range_ml_mm"] * found["range_ap_mm"] * (1 + 1e-12)
    assert found["mean_distance_mm"] <= found["rms_distance_mm"] * (1 + 1e-12)
    assert found["ellipse_area_95_mm2"] == pytest.approx(
        math.pi * found["ellipse_major_mm"] * found["ellipse_minor_mm"], rel=1e-9
    )
