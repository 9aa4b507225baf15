"""Laws that every measure keeps where it has one: offset, scale, rotation, time reversal; and a value or a reason."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from station.sway.analysis import analyse
from station.sway.density import sway_density
from station.sway.family import measure, units_of
from station.sway.measures import FAMILIES, UNITS
from station.sway.quijoux2021 import paper_outputs

from .making import seconds, sway_mm

FS_HZ = 25.0
# Each example is a whole analysis or two; how long that takes is for the benchmarks.
FEW = settings(max_examples=40, deadline=None)
# How a measure grows when every distance grows by a factor.
POWER = {"mm2": 2, "mm2/s": 2, "mm": 1, "mm/s": 1, "deg": 0, "Hz": 0, "s": 0, "1": 0}
# The circle of 3 mm does not grow with the sway.
OF_A_FIXED_CIRCLE = {"sway_density_peak_s", "sway_density_peak_distance_mm"}
# The slope of the axis, of no use where the ellipse is nearly a circle: its law stands in test_time_domain.
DIRECTION = {"ellipse_angle_deg"}
PER_AXIS = {key for key in UNITS if "_ml" in key or "_ap" in key}


@st.composite
def sways(draw):
    """A wander with a tremor, 20 to 32 s at 25 samples/s, from still to wild and in any direction."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(500, 800))
    held = draw(st.floats(0.9, 0.999))
    wander = signal.lfilter([1], [1, -held], random.normal(0, draw(st.floats(0.1, 1.5)), (2, count)))
    tremor = random.normal(0, draw(st.floats(0.01, 0.3)), (2, count))
    return wander * np.array([[1.0], [draw(st.floats(0.3, 3.0))]]) + tremor


def measured(cop):
    return measure(*cop, FS_HZ, FAMILIES).metrics


def assert_equal(left, right, keys=None, rel=1e-7):
    keys = set(UNITS) - DIRECTION if keys is None else keys
    for key in keys:
        assert (key in left) == (key in right), key
        if key in left:
            assert left[key] == pytest.approx(right[key], rel=rel, abs=1e-9), key


@FEW
@given(sways(), st.tuples(st.floats(-300, 300), st.floats(-300, 300)))
def test_where_on_the_deck_somebody_stands_changes_no_measure(cop, place):
    assert_equal(measured(cop), measured(cop + np.array(place)[:, None]))


@FEW
@given(sways(), st.integers(-4, 4))
def test_measures_grow_with_the_scale_as_their_unit_says(cop, power):
    factor = 2.0**power  # exact, so that no pair of samples comes to lie on the other side of a tolerance
    before, after = measured(cop), measured(cop * factor)
    keys = set(UNITS) - OF_A_FIXED_CIRCLE - DIRECTION
    assert_equal({key: value * factor ** POWER[UNITS[key]] for key, value in before.items()}, after, keys)


@FEW
@given(sways(), st.integers(-4, 4), st.floats(0.3, 5.0))
def test_sway_density_keeps_when_the_circle_grows_with_the_sway(cop, power, radius_mm):
    factor = 2.0**power
    assert (sway_density(cop * factor, radius_mm * factor) == sway_density(cop, radius_mm)).all()


@FEW
@given(sways(), st.floats(-math.pi, math.pi))
def test_planar_measures_do_not_know_how_the_deck_is_turned(cop, angle):
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    before, after = measured(cop), measured(turn @ cop)
    assert_equal(before, after, set(UNITS) - PER_AXIS - DIRECTION)
    for key in ("power_total_{}_mm2", "power_low_{}_mm2", "power_mid_{}_mm2", "power_high_{}_mm2"):
        ml, ap = key.format("ml"), key.format("ap")
        assert before[ml] + before[ap] == pytest.approx(after[ml] + after[ap], rel=1e-7)


@FEW
@given(sways())
def test_a_quarter_turn_exchanges_the_axes(cop):
    before, after = measured(cop), measured(np.stack([-cop[1], cop[0]]))
    exchanged = {key.replace("_ml", "_AP").replace("_ap", "_ml").replace("_AP", "_ap"): v for key, v in after.items()}
    assert_equal(before, exchanged)


@FEW
@given(sways())
def test_time_reversed_diffusion_is_the_same_and_density_is_reversed(cop):
    back = cop[:, ::-1]
    before, after = measured(cop), measured(back)
    time_domain = set(units_of(FAMILIES[:1]))
    assert_equal(before, after, time_domain - DIRECTION)
    assert_equal(before, after, {key for key in UNITS if key.startswith(("diffusion_", "hurst_", "critical_"))})
    assert (sway_density(back, 3.0) == sway_density(cop, 3.0)[::-1]).all()


@FEW
@given(sways())
def test_the_bands_are_the_whole_and_the_quantiles_are_in_order(cop):
    found = measured(cop)
    for axis in ("ml", "ap"):
        parts = [found[f"power_{band}_{axis}_mm2"] for band in ("low", "mid", "high")]
        assert sum(parts) == pytest.approx(found[f"power_total_{axis}_mm2"], rel=1e-9)
        assert 0.15 <= found[f"power_50_{axis}_hz"] <= found[f"power_95_{axis}_hz"] <= 5.0
        assert 0.15 <= found[f"centroid_frequency_{axis}_hz"] <= 5.0
        assert 0.0 <= found[f"frequency_dispersion_{axis}"] <= 1.0


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 900), st.sampled_from([1.0, 8.0, 25.0, 93.7, 100.0]), st.integers(0, 3)
)
def test_every_key_has_a_finite_number_or_a_reason_whatever_the_signal(seed, count, fs_hz, kind):
    random = np.random.default_rng(seed)
    cop = (
        random.normal(0, 3, (2, count)),
        np.cumsum(random.integers(-1, 2, (2, count)), axis=1).astype(float),
        np.stack([np.arange(count) * 0.1, np.zeros(count)]),
        np.round(random.normal(0, 0.4, (2, count))),
    )[kind]
    found = measure(*cop, fs_hz, FAMILIES)
    assert set(found.metrics) | set(found.not_computed) == set(UNITS)
    assert not set(found.metrics) & set(found.not_computed)
    assert all(math.isfinite(value) for value in found.metrics.values())
    assert all(found.not_computed.values())


@FEW
@given(sways(), st.tuples(st.integers(-323, 4), st.integers(-323, 4)))
def test_however_small_or_large_there_is_a_finite_number_or_a_reason(cop, powers):
    cop = cop / np.abs(cop).max() * np.array([[10.0 ** powers[0]], [10.0 ** powers[1]]])
    found = measure(*cop, FS_HZ, FAMILIES)
    assert all(math.isfinite(value) for value in found.metrics.values())
    outputs = paper_outputs(cop / 10, cop.mean(axis=1) / 10, FS_HZ)
    assert all(isinstance(value, str) or math.isfinite(value) for value in outputs.values())


def test_every_family_returns_exactly_the_keys_that_it_promises():
    for family in FAMILIES:
        for count in (2, 60, 700, 2500):
            assert set(measure(*sway_mm(max(count, 60))[:, :count], 100.0, (family,)).metrics) <= set(family.units)
    assert len(UNITS) == sum(len(family.units) for family in FAMILIES)  # no key twice


def test_memory_grows_with_the_length_of_the_record_and_no_faster():
    peaks = []
    for count in (12_000, 48_000):
        cop = sway_mm(count)
        tracemalloc.start()
        analyse(seconds(count), *cop)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 4.5 * peaks[0]
    assert peaks[1] < 60e6
