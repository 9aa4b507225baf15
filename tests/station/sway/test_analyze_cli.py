"""`analyze` on the command line: one JSON document, text for people elsewhere, and exit codes."""

import json

import numpy as np
import pytest

from station.sway.loading import UNITS as LOADING
from station.sway.measures import UNITS

from .making import balance_station, csv_text, raw_trial, seconds, sway_mm


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *arguments: balance_station(monkeypatch, capsys, "analyze", *arguments)


@pytest.fixture
def folder(tmp_path):
    for seed, name in enumerate(("b.csv", "a.csv")):
        rows = zip(seconds(3000), *sway_mm(seed=seed), strict=True)
        (tmp_path / name).write_text(csv_text("time_s,cop_ml_mm,cop_ap_mm", rows))
    (tmp_path / "c.trial.npz").write_bytes(raw_trial(sway_mm(3500)).to_bytes())
    (tmp_path / "notes.txt").write_text("not a recording")
    return tmp_path


def test_one_file_is_one_object_and_nothing_else_on_stdout(run, folder):
    result = run(folder / "a.csv", "--json")
    assert result.exit_code == 0
    assert result.stderr == ""
    document = json.loads(result.stdout)
    assert document["file"] == str(folder / "a.csv")
    assert document["profile"] == "station-1"
    assert list(document["metrics"]) == [*UNITS, *LOADING]
    assert document["quality"] == {"assessable": True, "flags": []}


def test_a_folder_is_a_list_of_its_recordings_by_name(run, folder):
    documents = json.loads(run(folder, "--json").stdout)
    assert [document["file"] for document in documents] == [
        str(folder / name) for name in ("a.csv", "b.csv", "c.trial.npz")
    ]


def test_several_files_are_a_list_in_the_order_given_and_equal_one_by_one(run, folder):
    files = [folder / "b.csv", folder / "c.trial.npz", folder / "a.csv"]
    together = json.loads(run(*files, "--json").stdout)
    assert together == [json.loads(run(file, "--json").stdout) for file in files]


def test_several_processes_print_what_one_prints(run, folder):
    assert run(folder, "--json", "--jobs", 2).stdout == run(folder, "--json", "--jobs", 1).stdout


def test_a_value_that_cannot_be_computed_is_null_with_a_reason(run, tmp_path):
    (tmp_path / "still.csv").write_text(
        "time_s,cop_ml_mm,cop_ap_mm\n" + "".join(f"{k / 100},1,2\n" for k in range(3000))
    )
    document = json.loads(run(tmp_path / "still.csv", "--json").stdout)
    assert set(document["metrics"].values()) == {None}
    assert document["not_computed"]["mean_velocity_mm_s"].startswith("no variation")
    assert document["quality"]["assessable"] is False


def test_people_get_a_table_with_units(run, folder):
    result = run(folder / "a.csv")
    assert result.exit_code == 0
    assert "mean_velocity_mm_s" in result.stdout
    assert "mm/s" in result.stdout
    assert "assessable" in result.stdout
    long = folder / ("a-long-name-of-a-recording-" * 3 + ".csv")
    long.write_bytes((folder / "a.csv").read_bytes())
    table = run(folder).stdout
    assert table.count("yes") == 4
    assert f" {long.name} " in table, "what a pipe gets is not folded"


def test_the_profile_can_be_chosen(run, folder):
    document = json.loads(run(folder / "a.csv", "--json", "--profile", "published").stdout)
    assert document["profile"] == "published"


def test_the_papers_outputs_stand_beside_our_own_measures(run, folder):
    document = json.loads(run(folder / "a.csv", "--json", "--profile", "quijoux2021").stdout)
    assert list(document["metrics"]) == [*UNITS, *LOADING]
    assert len(document["quijoux2021"]) == 72
    table = run(folder / "a.csv", "--profile", "quijoux2021").stdout
    assert "Quijoux et al. 2021" in table
    assert "planar_deviation" in table
    assert "cm/s" in table


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["none.csv", "--json"], 66, "none.csv: no such file"),
        (["empty", "--json"], 66, "empty: no recording in this folder"),
        (["bad.csv", "--json"], 65, "bad.csv:3: cop_ml_mm is 'x', expected a number"),
        (["a.csv", "--profile", "best"], 64, "there is no profile 'best'; the profiles are station, published"),
    ],
)
def test_what_is_wrong_is_one_line_on_stderr_and_an_exit_code(run, folder, monkeypatch, arguments, code, line):
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    (folder / "bad.csv").write_text("time_s,cop_ml_mm,cop_ap_mm\n0,1,2\n0.01,x,3\n0.02,3,4\n")
    result = run(*arguments)
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.startswith("balance-station: ")
    assert line in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_broken_file_among_several_is_named_and_the_others_are_analysed(run, folder):
    (folder / "bb.csv").write_text("time_s,x\n")
    result = run(folder, "--json")
    assert result.exit_code == 65
    documents = json.loads(result.stdout)
    assert [set(document) == {"file", "error"} for document in documents] == [False, False, True, False]
    assert "bb.csv:1: the columns are 'time_s,x'" in documents[2]["error"]
    assert result.stderr.count("\n") == 1


def test_a_sensor_at_the_waist_is_measured_alone_and_among_others(run, folder):
    random = np.random.default_rng(1)
    acc_g = np.array([[1.0], [0.0], [0.0]]) + random.normal(0, 0.002, (3, 3000))
    rows = zip(seconds(3000), *acc_g, strict=True)
    (folder / "waist.csv").write_text(csv_text("time_s,acc_x_g,acc_y_g,acc_z_g", rows))
    alone = json.loads(run(folder / "waist.csv", "--json").stdout)
    assert alone["metrics"]["trunk_rms_m_s2"] > 0
    assert alone["sit_to_stands"] == []
    assert json.loads(run(folder, "--json").stdout)[-1] == alone
    assert "trunk_rms_m_s2" in run(folder / "waist.csv").stdout
    assert run(folder).stdout.count("yes") == 4
    drawn = run(folder / "waist.csv", "--plot", folder / "a.png")
    assert (drawn.exit_code, drawn.stdout) == (64, "")
