"""Real people, against the values that others published or print for them."""

import csv
import json
import math

import numpy as np
import pytest

from station.sway.analysis import analyse, analyse_recording
from station.sway.ellipse import chi_square_factor, prediction_ellipse
from station.sway.files import read_recording
from station.sway.loading import UNITS as LOADING
from station.sway.measures import RECORDED
from station.sway.profiles import LowPass, smooth
from station.sway.time_domain import time_domain

from .recorded import BESIDE, DATA, PEOPLE, SHIPPED, all_trials, example_mm, needs_all_recordings, shipped_mm, subjects

OPENBALANCE = json.loads((DATA / "openbalance015.json").read_text())


@pytest.fixture(scope="module")
def published():
    with (DATA / "published_values.csv").open(newline="") as lines:
        return {row["trial"]: row for row in csv.DictReader(lines)}


def assert_as_published(metrics, row):
    assert metrics["ellipse_area_95_mm2"] == pytest.approx(float(row["published_area_cm2"]) * 100, rel=1e-9)
    assert metrics["mean_velocity_mm_s"] == pytest.approx(float(row["published_velocity_cm_s"]) * 10, rel=1e-9)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person["name"])
def test_published_area_and_velocity_come_out_to_a_billionth(person, published):
    analysis = analyse_recording(read_recording(SHIPPED / f"{person['name']}.csv"), "published")
    assert_as_published(analysis.metrics, published[person["trial"]])


@needs_all_recordings
def test_published_area_and_velocity_come_out_to_a_billionth_for_every_trial_of_the_data_set():
    rows = all_trials()
    count = 0
    for row, cop_mm in subjects(rows):
        time_s = np.arange(1, cop_mm.shape[1] + 1) / 100
        assert_as_published(analyse(time_s, *cop_mm, profile="published", families=RECORDED).metrics, row)
        count += 1
    assert count == len(rows) == 1294


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person["name"])
def test_every_measure_of_a_real_person_can_be_computed_and_trusted(person):
    analysis = analyse_recording(read_recording(SHIPPED / f"{person['name']}.csv"))
    # One line may fall where the other rises: a single trial need not have a critical point.
    # Their files have a centre of pressure; a load's left and right need four forces.
    assert set(analysis.not_computed) <= {"critical_time_s", "critical_displacement_mm2", *LOADING}
    assert analysis.quality.flags == ()
    assert analysis.quality.assessable


def assert_as_openbalance(cop_mm, reference):
    """Its settings: 13 Hz low-pass of order 2 without phase shift, and the ellipse of chi-square."""
    filtered = smooth(cop_mm, 100.0, LowPass(2, 13.0))
    metrics = time_domain(*filtered, 100.0).metrics
    (var_ml, covariance), (_, var_ap) = np.cov(filtered).tolist()
    ellipse = prediction_ellipse(var_ml, var_ap, covariance, filtered.shape[1], chi_square_factor())
    assert metrics["path_length_mm"] == pytest.approx(reference["Path_Length"], rel=1e-6)
    assert metrics["hull_area_mm2"] == pytest.approx(reference["Area_Hull"], rel=1e-6)
    assert ellipse.area_mm2 == pytest.approx(reference["Area_Ellipse"], rel=1e-6)
    assert math.pi * ellipse.major_mm * ellipse.minor_mm == pytest.approx(ellipse.area_mm2)


@pytest.mark.parametrize(
    ("trial", "variant"), [(trial, variant) for trial, variants in OPENBALANCE.items() for variant in variants]
)
def test_openbalance_prints_the_same_ellipse_hull_and_path_under_its_settings(trial, variant):
    cop_mm = shipped_mm(trial)
    assert_as_openbalance(cop_mm[:, :3000] if variant.startswith("first30s") else cop_mm, OPENBALANCE[trial][variant])


@needs_all_recordings
def test_openbalance_prints_the_same_for_every_record_that_it_was_run_on():
    records = json.loads((BESIDE / "peer-values" / "openbalance015.json").read_text())["records"]
    assert_as_openbalance(example_mm(), records.pop("quijoux_test_rows4000_7000")["13Hz"])
    count = 0
    for row, cop_mm in subjects([row for row in all_trials() if row["trial"] in records]):
        for variant, reference in records[row["trial"]].items():
            assert_as_openbalance(cop_mm[:, :3000] if variant.startswith("first30s") else cop_mm, reference)
            count += 1
    assert count == 2 * len(records)
