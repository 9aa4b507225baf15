"""`analyze` of what a sensor at the waist recorded: known by its columns, alone and in a folder, as table and JSON."""

import json

import numpy as np
import pytest

from station.sway import trunk

from .making import balance_station, csv_text, seconds, sway_mm
from .trunk_signals import RecordedRises, swaying_g

COLUMNS = "time_s,acc_x_g,acc_y_g,acc_z_g"
RECORDED = RecordedRises()


@pytest.fixture
def run(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "110")
    return lambda *arguments: balance_station(monkeypatch, capsys, "analyze", *arguments)


def written(path, time_s, acc_g):
    path.write_text(csv_text(COLUMNS, np.column_stack([time_s, acc_g.T])))
    return path


def rows_of(table):
    """Return the cells of every row of the printed tables."""
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.splitlines() if "│" in line]


@pytest.fixture
def rises(tmp_path):
    """Return the recording of rises as a CSV file, as its owner would have it."""
    return written(tmp_path / "rises.csv", np.arange(RECORDED.acc_g.shape[1]) / RECORDED.rate_hz, RECORDED.acc_g)


@pytest.fixture
def folder(tmp_path, rises):
    written(tmp_path / "quiet.csv", seconds(3000), swaying_g())
    rows = zip(seconds(3000), *sway_mm(), strict=True)
    (tmp_path / "deck.csv").write_text(csv_text("time_s,cop_ml_mm,cop_ap_mm", rows))
    return tmp_path


def test_the_document_has_the_trunks_measures_and_the_rises_of_both_rules(run, rises):
    result = run(rises, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert document["file"] == str(rises)
    assert document["profile"] == "trunk-1, sit-to-stand-1, sit-to-stand-displacement-1"
    assert list(document["metrics"]) == list(trunk.UNITS)
    for key, expected_s, within_s in (
        ("sit_to_stands", RECORDED.stillness_s, 0.25),
        ("sit_to_stands_displacement", RECORDED.displacement_s, 0.02),
    ):
        found_s = [(rise["start_s"], rise["end_s"]) for rise in document[key]]
        assert np.shape(found_s) == expected_s.shape
        assert np.array(found_s) == pytest.approx(expected_s, abs=within_s)


def test_people_get_the_measures_with_units_and_a_line_for_each_rise(run, rises):
    table = run(rises).stdout
    rows = rows_of(table)
    units = {row[0]: row[4] for row in rows if row[0] in trunk.UNITS}
    assert units == trunk.UNITS
    assert [row[1:4] for row in rows if row[0] == "station"] == [
        ["23.22", "24.62", "1.41"],
        ["36.68", "38.17", "1.49"],
        ["81.63", "83.18", "1.55"],
    ]
    assert [row[4:] for row in rows if row[0] == "displacement"] == [
        [height, "", ""] for height in ("0.48", "0.54", "0.52", "0.75", "0.55")
    ]
    assert "not quiet standing (3 rises from a chair found)" in table


def test_a_recording_without_a_rise_says_none_and_one_that_is_too_short_says_why(run, folder, tmp_path):
    assert run(folder / "quiet.csv").stdout.count("none") == 2
    short = run(written(tmp_path / "short.csv", seconds(200), swaying_g(200))).stdout
    assert "not computed: too short: 2 s, at least 3 s are needed: sit_to_stands, sit_to_stands_displacement" in short
    assert "NOT ASSESSABLE" in short


def test_a_folder_measures_worn_sensors_and_decks_each_in_its_own_way(run, folder):
    documents = json.loads(run(folder, "--json").stdout)
    assert documents == [
        json.loads(run(folder / name, "--json").stdout) for name in ("deck.csv", "quiet.csv", "rises.csv")
    ]
    assert ["sit_to_stands" in document for document in documents] == [False, True, True]
    table = run(folder).stdout
    lines = {row[0]: row for row in rows_of(table)}
    assert {"deck.csv", "quiet.csv", "rises.csv"} <= set(lines)
    assert lines["rises.csv"][5:7] == ["3", "5"]
    assert lines["quiet.csv"][5:7] == ["0", "0"]
    assert "profile station-1" in table
    assert "profile trunk-1" in table


def test_a_broken_file_of_a_worn_sensor_is_named_with_its_line_and_the_others_are_measured(run, folder):
    (folder / "torn.csv").write_text(f"{COLUMNS}\n0,0,0,1\n0.01,0,oops,1\n0.02,0,0,1\n")
    result = run(folder, "--json")
    assert result.exit_code == 65
    assert [set(document) == {"file", "error"} for document in json.loads(result.stdout)] == [False, False, False, True]
    assert "torn.csv:3: acc_y_g is 'oops', expected a number" in result.stderr


def test_there_is_no_picture_of_a_worn_sensor(run, rises, tmp_path):
    result = run(rises, "--plot", tmp_path / "picture.png")
    assert result.exit_code == 64
    assert result.stdout == ""
    assert "rises.csv is of a sensor at the waist" in result.stderr
    assert not (tmp_path / "picture.png").exists()
