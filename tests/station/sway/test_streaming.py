"""The streaming measures say what the batch ones say on the same samples, however long the stream."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from station.sway.causal import CausalLowPass
from station.sway.streaming import StreamingSway
from station.sway.time_domain import time_domain

from .recorded import PEOPLE, all_trials, needs_all_recordings, shipped_mm, subjects

SAME = (
    "path_length_mm",
    "path_length_ml_mm",
    "path_length_ap_mm",
    "mean_velocity_mm_s",
    "mean_velocity_ml_mm_s",
    "mean_velocity_ap_mm_s",
    "rms_distance_mm",
    "rms_ml_mm",
    "rms_ap_mm",
    "range_ml_mm",
    "range_ap_mm",
    "sway_area_per_second_mm2_s",
)

coordinate = st.integers(-3_000_000, 3_000_000).map(lambda units: units / 1e5)
traces = st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=120)


def sway_like(count, seed):
    """A slow wander with a quick tremor, mm."""
    random = np.random.default_rng(seed)
    wander = signal.lfilter([1], [1, -0.995], random.normal(0, 0.1, (2, count)))
    return (wander + random.normal(0, 0.02, (2, count))).T


def assert_same(streamed, points, fs_hz):
    ml, ap = np.array(points).T
    batch = time_domain(ml, ap, fs_hz).metrics
    # Rounding puts the batch's mean 1e-13 mm beside itself, which sweeps an area of its own along the path.
    swept = 1e-13 * batch.get("mean_velocity_mm_s", 0.0)
    for key in SAME:
        value = getattr(streamed, key)
        if value is not None and key in batch:
            least = max(1e-12, swept) if key == "sway_area_per_second_mm2_s" else 1e-12
            assert value == pytest.approx(batch[key], rel=1e-9, abs=least), key
    # Rounding of the batch covariance is all that separates the two; a trace as flat as a sheet shows it.
    if batch.get("ellipse_minor_mm", 0.0) > 1e-3 * batch.get("ellipse_major_mm", math.inf):
        for key in ("ellipse_area_95_mm2", "ellipse_major_mm", "ellipse_minor_mm"):
            of_ellipse = key.replace("ellipse_area_95_mm2", "area_mm2").replace("ellipse_", "")
            assert getattr(streamed.ellipse, of_ellipse) == pytest.approx(batch[key], rel=1e-9), key
    assert (streamed.count, streamed.duration_s) == (len(points), len(points) / fs_hz)


@given(traces, st.integers(2, 40), st.tuples(coordinate, coordinate))
def test_the_stream_agrees_with_the_batch_over_all_of_it_and_over_the_window(points, window, offset):
    points = [(ml + offset[0], ap + offset[1]) for ml, ap in points]
    stream = StreamingSway(100.0, window)
    for point in points:
        stream.push(*point)
        recent = stream.sliding()
    assert_same(stream.whole(), points, 100.0)
    assert_same(recent, points[-window:], 100.0)


def test_the_window_agrees_at_every_moment_of_a_minute():
    points = [tuple(point) for point in sway_like(6000, seed=1).tolist()]
    stream = StreamingSway(100.0, 1000)
    for count, point in enumerate(points, 1):
        stream.push(*point)
        if count % 250 == 0:
            assert_same(stream.sliding(), points[max(0, count - 1000) : count], 100.0)
    assert_same(stream.whole(), points, 100.0)


def stream_and_compare(cop_mm, window):
    """Read about as often as the loop does, and compare what is read once a second."""
    stream = StreamingSway(100.0, window)
    points = [tuple(point) for point in cop_mm.T.tolist()]
    for count, point in enumerate(points, 1):
        stream.push(*point)
        if count % 4:
            continue
        recent = stream.sliding()
        if count % 100 == 0:
            assert_same(recent, points[max(0, count - window) : count], 100.0)
        if count % 1500 == 0:
            assert_same(stream.whole(), points[:count], 100.0)
    assert_same(stream.whole(), points, 100.0)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person["name"])
def test_stream_and_batch_agree_on_everybody_who_ships(person):
    stream_and_compare(shipped_mm(person["trial"]), 1000)


@needs_all_recordings
def test_stream_and_batch_agree_on_a_trial_of_everybody_in_the_data_set():
    by_subject = {}
    for row in all_trials():
        by_subject.setdefault(row["subject"], []).append(row)
    # Eyes open and closed, firm and foam take turns over the people.
    chosen = [trials[k % len(trials)] for k, trials in enumerate(by_subject.values())]
    assert len({(row["vision"], row["surface"]) for row in chosen}) == 4
    for _, cop_mm in subjects(chosen):
        stream_and_compare(cop_mm[:, :3000], 1000)


def test_a_jolt_of_metres_leaves_nothing_behind_when_it_has_left_the_window():
    quiet = [(ml * 1e-3, ap * 1e-3) for ml, ap in sway_like(500, seed=2).tolist()]
    stream = StreamingSway(100.0, 500)
    for point in [(9e5, -9e5), (-9e5, 0.1), *quiet]:
        stream.push(*point)
        recent = stream.sliding()
    assert_same(recent, quiet, 100.0)


def test_half_an_hour_of_samples_does_not_make_the_window_drift():
    points = [tuple(point) for point in (sway_like(180_000, seed=3) + 180.0).tolist()]
    stream = StreamingSway(100.0, 300)
    for point in points:
        stream.push(*point)
    assert_same(stream.sliding(), points[-300:], 100.0)


def test_sway_area_per_second_is_exact_in_the_window_and_absent_over_the_whole():
    points = [tuple(point) for point in sway_like(700, seed=4).tolist()]
    stream = StreamingSway(100.0, 512)
    for point in points:
        stream.push(*point)
        recent = stream.sliding()
    ml, ap = np.array(points[-512:]).T
    batch = time_domain(ml, ap, 100.0).metrics["sway_area_per_second_mm2_s"]
    assert recent.sway_area_per_second_mm2_s == pytest.approx(batch, rel=1e-12)
    assert stream.whole().sway_area_per_second_mm2_s is None


@pytest.mark.parametrize("wrong", [(math.nan, 0.0), (0.0, math.inf), (2e6, 0.0)])
def test_a_sample_that_cannot_be_is_refused_and_changes_nothing(wrong):
    stream = StreamingSway(100.0, 10)
    for point in [(0.0, 0.0), (1.0, 2.0), (3.0, 1.0)]:
        stream.push(*point)
    before = stream.sliding()
    with pytest.raises(ValueError, match="do not push invalid ticks"):
        stream.push(*wrong)
    assert stream.sliding() == before


def test_after_a_reset_it_is_as_new():
    stream = StreamingSway(100.0, 10)
    stream.push(1.0, 2.0)
    stream.reset()
    assert stream.count == 0
    with pytest.raises(ValueError, match="nothing has been pushed"):
        stream.whole()
    stream.push(5.0, 5.0)
    assert stream.whole().path_length_mm == 0.0


@given(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=200))
def test_the_causal_low_pass_is_the_recursion_of_scipy(points):
    low_pass = CausalLowPass(100.0)
    stepped = np.array([low_pass.step(*point) for point in points])
    sections = signal.butter(4, 10.0, fs=100.0, output="sos")
    for axis, column in enumerate(np.array(points).T):
        expected, _ = signal.sosfilt(sections, column, zi=signal.sosfilt_zi(sections) * column[0])
        assert stepped[:, axis] == pytest.approx(expected, rel=1e-12, abs=1e-11)


def test_the_causal_low_pass_starts_where_the_person_stands():
    low_pass = CausalLowPass(100.0)
    for _ in range(20):
        assert low_pass.step(12.5, -80.0) == pytest.approx((12.5, -80.0), rel=1e-12)
    low_pass.reset()
    assert low_pass.step(-3.0, 4.0) == pytest.approx((-3.0, 4.0), rel=1e-12)
