"""The reference population: what ships, how a value is placed in it, and how it is made."""

import csv
import json
import re

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.errors import ConfigError, DataError, NoInputError
from station.sway import norms_build
from station.sway.analysis import analyse
from station.sway.fingerprint import pipeline_sha256
from station.sway.norms import (
    MEASURES,
    Norms,
    band_word,
    encode_norms,
    load_norms,
    parse_norms,
    place,
    reference_band,
    sealed,
)
from station.sway.profiles import PROFILES, STATION, LowPass

from .making import balance_station, sway_mm

COLUMNS = ["trial", "subject", "vision", "surface", "age_years"]


def test_the_shipped_table_is_of_the_pipeline_that_ships():
    norms = load_norms()
    assert norms.pipeline == STATION.version
    assert norms.version == norms_build.VERSION
    assert re.fullmatch(r"[0-9a-f]{64}", norms.data_sha256)
    assert "CC-BY 4.0" in norms.source
    assert {name: band.n for name, band in norms.bands.items()} == {"18-44": 55, "60-69": 26, "70+": 25}


def test_every_band_has_every_measure_in_ascending_percentiles():
    for band in load_norms().bands.values():
        assert tuple(band.measures) == MEASURES
        for row in band.measures.values():
            assert 0 < row.p50 < row.p75 < row.p90 < row.p95


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (17, None),
        (18, "18-44"),
        (44.9, "18-44"),
        (45, None),
        (59.9, None),
        (60, "60-69"),
        (69.99, "60-69"),
        (70, "70+"),
        (86, "70+"),
        (87, None),
        (None, None),
        ("18-44", "18-44"),
        ("45-59", None),
        ("60-69", "60-69"),
        ("70-86", "70+"),
        ("87+", None),
    ],
)
def test_an_age_finds_its_band_or_no_reference(age, band):
    assert reference_band(load_norms(), age) == band


def test_an_age_band_that_no_visit_knows_is_a_mistake():
    with pytest.raises(ValueError, match="there is no age band '70\\+'"):
        reference_band(load_norms(), "70+")


def test_a_value_is_placed_with_the_people_it_is_compared_with():
    row = load_norms().bands["60-69"].measures["mean_velocity_mm_s"]
    placed = place(load_norms(), "mean_velocity_mm_s", row.p90 + 0.1, "60-69")
    assert (placed.band, placed.unit, placed.reference, placed.n) == (
        "above P90",
        "mm/s",
        "60-69, eyes open, firm, n=26",
        26,
    )
    assert (placed.p75, placed.p90) == (row.p75, row.p90)
    assert place(load_norms(), "mean_velocity_mm_s", row.p90, "60-69").band == "P75 to P90"
    assert place(load_norms(), "mean_velocity_mm_s", row.p75, "60-69").band == "up to P75"


def test_the_smallest_real_change_is_that_of_the_built_table_for_the_number_of_trials():
    studies = load_norms().repeatability
    older, young = (studies[name].measures["mean_velocity_mm_s"] for name in ("60+", "18-44"))
    for band in ("60-69", "70+"):
        placed = [place(load_norms(), "mean_velocity_mm_s", 9.0, band, trials=trials) for trials in (1, 2, 3)]
        assert [each.mdc_ratio for each in placed] == [older.mdc_ratio_one_trial, None, older.mdc_ratio_mean_of_three]
    assert place(load_norms(), "mean_velocity_mm_s", 9.0, "18-44").mdc_ratio == young.mdc_ratio_one_trial
    assert place(load_norms(), "rms_ml_mm", 3.0, "70+").mdc_ratio > 1


def test_the_shipped_repeatability_is_of_the_size_that_was_found_in_all_people_of_the_data_set():
    # the 163 people of the whole data set: ICC 0.75 and ratio 1.63 for one trial, 0.90 and 1.33 for the mean of three
    study = load_norms().repeatability["60+"]
    seen = study.measures["mean_velocity_mm_s"]
    assert study.n == 51
    assert seen.icc_one_trial_low < 0.75 < seen.icc_one_trial_high
    assert 1.5 < seen.mdc_ratio_one_trial < 1.8
    assert seen.icc_mean_of_three == pytest.approx(0.90, abs=0.03)
    assert 1.25 < seen.mdc_ratio_mean_of_three < 1.45


def test_a_table_of_another_clinic_places_by_its_own_bands():
    shipped = load_norms()
    everybody = msgspec.structs.replace(shipped.bands["70+"], from_years=45, to_years=59)
    table = sealed(msgspec.structs.replace(shipped, bands={"45-59": everybody}))
    assert [reference_band(table, age) for age in ("45-59", 50, "60-69", 44)] == ["45-59", "45-59", None, None]
    assert place(table, "mean_velocity_mm_s", 9.0, "45-59").mdc_ratio is None, "nobody looked at these ages"


def broken(**changes):
    return encode_norms(msgspec.structs.replace(load_norms(), **changes))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "not a table of norms"),
        (b"\xff\xfe", "not a table of norms"),
        (b'{"version": "mine"}', "missing required field"),
        (encode_norms(load_norms()).replace(b'"n": 25', b'"n": 250'), "was changed after it was made"),
        (broken(version="norms-9"), "was changed after it was made"),
        (encode_norms(sealed(msgspec.convert({**msgspec.to_builtins(load_norms()), "pipeline": "station-0"}, Norms))),
         "made with pipeline 'station-0', this software measures with 'station-1'"),
        (encode_norms(sealed(msgspec.structs.replace(load_norms(), pipeline_sha256="0" * 64))),
         "measured differently from this software's"),
        (encode_norms(sealed(msgspec.structs.replace(load_norms(), bands={}))), "expected at least one band"),
        (encode_norms(sealed(msgspec.structs.replace(load_norms(), format="x/2"))), "its format is 'x/2'"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_trusted_is_refused_in_one_line_and_stops_the_station(tmp_path, text, complaint):
    with pytest.raises(DataError, match=r"^my\.json: ") as refused:
        parse_norms(text, "my.json")
    assert complaint in str(refused.value)
    (tmp_path / "my.json").write_bytes(text)
    with pytest.raises(ConfigError, match=r"^screen\.norms: .*my\.json: ") as stopped:
        load_norms(str(tmp_path / "my.json"))
    assert "\n" not in str(stopped.value)
    with pytest.raises(ConfigError, match=r"none\.json: cannot be read: No such file"):
        load_norms(str(tmp_path / "none.json"))


def test_a_table_is_read_back_as_it_was_written(tmp_path):
    (tmp_path / "my.json").write_bytes(encode_norms(load_norms()))
    assert load_norms(str(tmp_path / "my.json")) == load_norms()


def test_the_fingerprint_is_of_what_the_pipeline_does(monkeypatch):
    assert load_norms().pipeline_sha256 == pipeline_sha256(MEASURES)
    slower = msgspec.structs.replace(STATION, low_pass=LowPass(4, 9.99))
    monkeypatch.setitem(PROFILES, "station", slower)
    pipeline_sha256.cache_clear()
    try:
        assert load_norms().pipeline_sha256 != pipeline_sha256(MEASURES)
    finally:
        pipeline_sha256.cache_clear()


@pytest.mark.parametrize(
    ("metric", "value", "band"),
    [("mean_velocity_mm_s", 9.0, None), ("mean_velocity_mm_s", None, "70+"), ("hull_area_mm2", 90.0, "70+")],
)
def test_without_a_reference_nothing_is_placed(metric, value, band):
    assert place(load_norms(), metric, value, band) is None


@given(st.floats(0, 50), st.floats(0, 50))
def test_more_sway_is_never_in_a_lower_band(one, other):
    order = ["up to P75", "P75 to P90", "above P90"]
    low, high = sorted([one, other])
    assert order.index(band_word(low, 10, 20)) <= order.index(band_word(high, 10, 20))


def write_people(folder, ages, skip_trial=False):
    """Write recordings in the layout of human-balance: three trials a person, one with eyes closed besides."""
    rows = []
    for number, age in enumerate(ages, 1):
        trials = {}
        for k in range(4):
            name = f"T{number:03d}{k}"
            counts = np.rint(sway_mm(6000, seed=10 * number + k) * (1 + number / 10) * 1e5).astype(np.int32)
            trials[name] = counts.T
            vision = "Closed" if k == 3 else "Open"
            if not (skip_trial and number == 1 and k == 0):
                rows.append([name, str(number), vision, "Firm", str(age)])
        np.savez(folder / f"subject_{number:03d}.npz", **trials)
    with (folder / "trials.csv").open("w", newline="") as lines:
        csv.writer(lines).writerows([COLUMNS, *rows])


@pytest.fixture
def few_people(monkeypatch):
    monkeypatch.setattr(norms_build, "FEWEST_PEOPLE", 3)


def test_a_person_counts_with_the_median_of_three_trials_in_the_same_window(tmp_path, few_people):
    write_people(tmp_path, [20, 30, 40, 61, 62, 63, 71, 75, 79.5, 50])
    norms = norms_build.build_norms(tmp_path)
    medians = []
    for number in (1, 2, 3):
        values = []
        for k in range(3):
            counts = np.load(tmp_path / f"subject_{number:03d}.npz")[f"T{number:03d}{k}"][999:3999]
            values.append(analyse(np.arange(3000) / 100, *counts.T / 1e5).metrics["mean_velocity_mm_s"])
        medians.append(sorted(values)[1])
    row = norms.bands["18-44"].measures["mean_velocity_mm_s"]
    assert row.p50 == pytest.approx(sorted(medians)[1], rel=1e-12)
    assert {name: band.n for name, band in norms.bands.items()} == {"18-44": 3, "60-69": 3, "70+": 3}


def test_the_hash_changes_with_the_data_and_with_nothing_else(tmp_path, few_people):
    ages = [20, 30, 40, 61, 62, 63, 71, 75, 79.5]
    write_people(tmp_path, ages)
    before = norms_build.build_norms(tmp_path)
    assert norms_build.build_norms(tmp_path) == before
    write_people(tmp_path, [21, *ages[1:]])
    assert norms_build.build_norms(tmp_path).data_sha256 != before.data_sha256


def test_people_without_three_trials_and_groups_too_small_are_refused(tmp_path, few_people):
    write_people(tmp_path, [20, 30], skip_trial=True)
    with pytest.raises(DataError, match=r"subject 1 has 2 trials with eyes open on firm ground, expected 3"):
        norms_build.build_norms(tmp_path)
    write_people(tmp_path, [20, 30, 40, 61])
    with pytest.raises(DataError, match=r"1 people of 60-69 years, at least 3 are needed"):
        norms_build.build_norms(tmp_path)


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("trial,subject\n", "trials.csv:1: no column 'vision'"),
        (",".join(COLUMNS) + "\nT1,one,Open,Firm,20\n", "trials.csv:2: expected a trial with"),
        (",".join(COLUMNS) + "\nT1,1,Closed,Firm,20\n", "no trial has vision Open"),
        ("", "no column 'trial'"),
    ],
)
def test_a_table_of_trials_that_does_not_fit_is_refused(tmp_path, rows, complaint):
    (tmp_path / "trials.csv").write_text(rows)
    with pytest.raises(DataError, match=complaint):
        norms_build.build_norms(tmp_path)


def test_a_folder_without_recordings_is_no_input(tmp_path, few_people):
    with pytest.raises(NoInputError, match=r"trials\.csv: cannot be read"):
        norms_build.build_norms(tmp_path)
    write_people(tmp_path, [20, 30])
    (tmp_path / "subject_002.npz").unlink()
    with pytest.raises(NoInputError, match=r"subject_002\.npz: no such file"):
        norms_build.build_norms(tmp_path)


def test_somebody_who_did_not_move_is_not_a_reference(tmp_path, few_people):
    write_people(tmp_path, [20, 30])
    trials = dict(np.load(tmp_path / "subject_001.npz"))
    trials["T0011"][:] = 7
    np.savez(tmp_path / "subject_001.npz", **trials)
    with pytest.raises(DataError, match="T0011: cannot be measured: constant"):
        norms_build.build_norms(tmp_path)


@pytest.mark.parametrize("age", ["nan", "inf", "-1", "old"])
def test_an_age_that_nobody_has_is_refused(tmp_path, few_people, age):
    write_people(tmp_path, [age])
    with pytest.raises(DataError, match=rf"trials\.csv: age_years of subject 1 is '{age}', expected 0 to 130"):
        norms_build.build_norms(tmp_path)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda trials: trials["T0011"].__setitem__((slice(None), 1), trials["T0011"][:, 0]),
         "T0011: cannot be measured: no variation across the main direction"),
        (lambda trials: trials.update(T0012=trials["T0011"]), "T0012: the same recording as another trial of"),
    ],
    ids=["on one line", "twice the same"],
)  # fmt: skip
def test_a_trial_that_no_norms_can_be_made_of_is_named(tmp_path, few_people, spoil, complaint):
    write_people(tmp_path, [20, 30])
    trials = dict(np.load(tmp_path / "subject_001.npz"))
    spoil(trials)
    np.savez(tmp_path / "subject_001.npz", **trials)
    with pytest.raises(DataError, match=complaint):
        norms_build.build_norms(tmp_path)


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *arguments: balance_station(monkeypatch, capsys, "norms", *arguments)


def test_the_table_that_ships_can_be_shown_for_people_and_for_programs(run):
    shown = run("show")
    assert shown.exit_code == 0
    assert "norms-2" in shown.stdout
    assert load_norms().table_sha256 in shown.stdout
    assert load_norms().data_sha256 in shown.stdout
    assert "repeating ICC(2,1)" in shown.stdout
    assert "60-69 (26), 70+ (25): fewer than 40 people" in shown.stdout
    table = json.loads(run("show", "--json").stdout)
    assert table["bands"]["70+"]["n"] == 25
    assert table["repeatability"]["60+"]["measures"]["mean_velocity_mm_s"]["mdc_ratio_one_trial"] > 1


def test_a_table_is_built_to_a_file_or_to_stdout(run, tmp_path, few_people):
    write_people(tmp_path, [20, 30, 40, 61, 62, 63, 71, 75, 79.5])
    out = tmp_path / "norms.json"
    assert run("build", "--from", tmp_path, "--out", out).exit_code == 0
    printed = run("build", "--from", tmp_path)
    assert json.loads(printed.stdout) == json.loads(out.read_text())
    assert json.loads(printed.stdout)["pipeline"] == "station-1"
    assert json.loads(run("show", "--json", out).stdout) == json.loads(out.read_text())
    assert "18-44" in run("show", out).stdout


def test_one_source_of_norms_must_be_named(run, tmp_path):
    for arguments in ((), ("--from", tmp_path, "--from-ingest", tmp_path)):
        assert run("build", *arguments).exit_code == 64
    assert run("show", tmp_path / "none.json").exit_code == 66


def test_a_table_that_cannot_be_built_is_one_line_and_an_exit_code(run, tmp_path):
    missing = run("build", "--from", tmp_path)
    assert missing.exit_code == 66
    assert missing.stderr.startswith("balance-station: ")
    assert missing.stderr.count("\n") == 1
    (tmp_path / "trials.csv").write_text("a,b\n")
    assert run("build", "--from", tmp_path).exit_code == 65
