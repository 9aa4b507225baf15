"""How weight is on the deck: by hand, by law, in a recorded person on two plates, and on the command line."""

import csv
import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.sway.loading import UNITS, loading, loading_of_total, no_loading

from .making import balance_station, corner_forces_n, csv_text, raw_trial, seconds, sway_mm
from .recorded import BESIDE, DATA, needs_all_recordings

G = 9.80665
# Right less left over both, mean of 60 s, %, of one person: O, C eyes open, closed; R, F rigid, foam; number of trial.
ON_TWO_PLATES = {
    "PDS13CF2": -3.11,
    "PDS13CF3": -2.40,
    "PDS13CR2": 2.89,
    "PDS13CR3": -4.53,
    "PDS13OF2": -3.75,
    "PDS13OF3": -3.81,
    "PDS13OR2": 0.01,
    "PDS13OR3": -6.95,
}


def steady(front_left, front_right, back_left, back_right, count=100):
    return np.repeat([[front_left], [front_right], [back_left], [back_right]], count, axis=1).astype(float)


def test_four_forces_measure_what_they_measure_by_hand():
    found = loading(steady(100, 150, 200, 250))
    assert found.metrics == pytest.approx(
        {
            "body_mass_kg": 700 / G,
            "load_asymmetry_percent": 100 * (400 - 300) / 700,
            "weight_distribution_index": np.sqrt(np.mean(np.square(np.array([100, 150, 200, 250]) / 7 - 25))),
        }
    )
    assert found.not_computed == {"fz_cv_percent": "no variation: the vertical force is the same throughout"}


def test_a_force_that_alternates_varies_by_its_deviation_over_its_mean():
    forces = steady(175, 175, 175, 175)
    forces[0, ::2] += 14
    forces[0, 1::2] -= 14
    assert loading(forces).metrics["fz_cv_percent"] == pytest.approx(2.0)


def test_local_gravity_makes_a_mass_of_a_force():
    assert loading(steady(1, 1, 1, 1), 9.78).metrics["body_mass_kg"] == pytest.approx(4 / 9.78)


corner = st.floats(1.0, 500.0)


@given(corner, corner, corner, corner, st.floats(0.1, 10.0))
def test_shares_do_not_know_how_heavy_somebody_is_and_mirror_with_them(
    front_left, front_right, back_left, back_right, k
):
    found = loading(steady(front_left, front_right, back_left, back_right)).metrics
    heavier = loading(k * steady(front_left, front_right, back_left, back_right)).metrics
    mirrored = loading(steady(front_right, front_left, back_right, back_left)).metrics
    assert heavier["body_mass_kg"] == pytest.approx(k * found["body_mass_kg"])
    for key in ("load_asymmetry_percent", "weight_distribution_index"):
        assert heavier[key] == pytest.approx(found[key], abs=1e-9)
    assert mirrored["load_asymmetry_percent"] == pytest.approx(-found["load_asymmetry_percent"], abs=1e-9)
    assert mirrored["weight_distribution_index"] == pytest.approx(found["weight_distribution_index"], abs=1e-9)
    assert -100 < found["load_asymmetry_percent"] < 100
    assert 0 <= found["weight_distribution_index"] <= 25 * np.sqrt(3) + 1e-9


@pytest.mark.parametrize("forces", [steady(0, 0, 0, 0), steady(-1, 0, 0, 0), np.zeros((4, 0))])
def test_without_a_load_there_is_nothing_and_a_reason_for_every_key(forces):
    found = loading(forces)
    assert found.metrics == {}
    assert set(found.not_computed) == set(UNITS)


def test_what_a_recording_does_not_have_is_left_out():
    total = loading_of_total(np.array([700.0, 701.0, 699.0]))
    assert set(total.metrics) == {"body_mass_kg", "fz_cv_percent"}
    assert all(reason.startswith("no corner forces") for reason in total.not_computed.values())
    assert set(no_loading().not_computed) == set(UNITS)


# --- a recorded person, one foot on each plate ------------------------------------------------------------------------


def of_two_plates(right_n, left_n):
    """Measure as the deck would: the plates' forces on the right and the left of its midline."""
    return loading(np.stack([left_n / 2, right_n / 2, left_n / 2, right_n / 2])).metrics


@pytest.mark.parametrize("trial", ON_TWO_PLATES)
def test_the_load_of_a_person_on_two_plates_is_what_the_plates_say(trial):
    with np.load(DATA / "two_plates.npz") as trials:
        right_n, left_n = trials[trial].astype(float)
    found = of_two_plates(right_n, left_n)
    assert found["load_asymmetry_percent"] == pytest.approx(ON_TWO_PLATES[trial], abs=0.01)
    assert found["body_mass_kg"] == pytest.approx(65.6, abs=1.0)  # foam lies on the plates, and weighs 1.5 kg


@needs_all_recordings
@pytest.mark.parametrize("trial", ON_TWO_PLATES)
def test_every_sample_of_the_full_recording_says_the_same(trial):
    with gzip.open(BESIDE / "two-plates" / f"{trial}.csv.gz", "rt") as lines:
        rows = list(csv.DictReader(lines))
    right_n, left_n = (np.array([float(row[key]) for row in rows]) for key in ("right_fz_n", "left_fz_n"))
    found = of_two_plates(right_n, left_n)
    assert found["load_asymmetry_percent"] == pytest.approx(ON_TWO_PLATES[trial], abs=0.01)
    assert found["fz_cv_percent"] == pytest.approx(100 * np.std(right_n + left_n) / np.mean(right_n + left_n))


# --- on the command line ----------------------------------------------------------------------------------------------


@pytest.fixture
def analyzed(monkeypatch, capsys):
    def run(path):
        return json.loads(balance_station(monkeypatch, capsys, "analyze", path, "--json").stdout)

    return run


def test_analyze_prints_the_loading_of_a_file_with_four_corner_forces(analyzed, tmp_path):
    path = tmp_path / "corners.csv"
    forces = corner_forces_n(sway_mm(), np.full(3000, 700.0))
    columns = "time_s,front_left_n,front_right_n,back_left_n,back_right_n"
    path.write_text(csv_text(columns, np.column_stack([seconds(3000), forces.T])))
    document = analyzed(path)
    expected = loading(forces)
    for key in UNITS:
        assert document["metrics"][key] == (
            pytest.approx(expected.metrics[key], rel=1e-9) if key in expected.metrics else None
        )


def test_analyze_prints_the_loading_of_a_trial_in_its_window(analyzed, tmp_path):
    path = tmp_path / "a.trial.npz"
    path.write_bytes(raw_trial(sway_mm(3500)).to_bytes())
    assert analyzed(path)["metrics"]["body_mass_kg"] == pytest.approx(700 / G)


def test_analyze_says_why_a_file_without_forces_has_no_loading(analyzed, tmp_path):
    path = tmp_path / "cop.csv"
    path.write_text(csv_text("time_s,cop_ml_mm,cop_ap_mm", np.column_stack([seconds(3000), sway_mm().T])))
    document = analyzed(path)
    for key in UNITS:
        assert document["metrics"][key] is None
        assert document["not_computed"][key] == "no forces: the recording has a centre of pressure only"
