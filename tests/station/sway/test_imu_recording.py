"""A worn sensor's CSV file: recognised by its columns, measured whatever its rate, refused with file and line."""

import json

import numpy as np
import pytest

from station.errors import DataError, NoInputError
from station.sway import trunk
from station.sway.imu_recording import analyse_imu, analyse_imu_file, is_imu_file, to_builtins

from .making import csv_text, seconds, sway_mm
from .trunk_signals import RecordedRises, swaying_g

COLUMNS = "time_s,acc_x_g,acc_y_g,acc_z_g"


def written(path, time_s, acc_g, columns=COLUMNS):
    path.write_text(csv_text(columns, np.column_stack([time_s, acc_g.T])))
    return path


@pytest.fixture
def quiet(tmp_path):
    return written(tmp_path / "quiet.csv", seconds(3000), swaying_g())


def test_a_file_of_quiet_standing_gives_the_trunks_measures_and_no_rise(quiet):
    found = to_builtins(analyse_imu_file(quiet))
    assert found["file"] == str(quiet)
    assert found["profile"] == "trunk-1, sit-to-stand-1, sit-to-stand-displacement-1"
    assert (found["fs_hz"], found["duration_s"]) == (100, 30)
    assert list(found["metrics"]) == list(trunk.UNITS)
    assert all(value > 0 for value in found["metrics"].values())
    assert found["sit_to_stands"] == found["sit_to_stands_displacement"] == []
    assert found["not_computed"] == {}
    assert found["quality"] == {"assessable": True, "flags": []}
    json.dumps(found, allow_nan=False)


def test_a_file_of_rises_gives_them_in_its_own_time_and_says_that_this_is_no_quiet_standing(tmp_path):
    recorded = RecordedRises()
    epoch_s = 1_568_054_270.0
    time_s = epoch_s + np.arange(recorded.acc_g.shape[1]) / 128.0
    found = analyse_imu_file(written(tmp_path / "rises.csv", time_s, recorded.acc_g))
    assert len(found.sit_to_stands) == 3
    for rise, (start_s, end_s) in zip(found.sit_to_stands, recorded.stillness_s, strict=True):
        assert rise.start_s == pytest.approx(epoch_s + start_s, abs=0.25)
        assert rise.end_s == pytest.approx(epoch_s + end_s, abs=0.25)
        assert rise.duration_s == pytest.approx(rise.end_s - rise.start_s, abs=1e-6)
    assert len(found.sit_to_stands_displacement) == 5
    for rise, (start_s, end_s) in zip(found.sit_to_stands_displacement, recorded.displacement_s, strict=True):
        assert rise.start_s == pytest.approx(epoch_s + start_s, abs=0.02)
        assert rise.end_s == pytest.approx(epoch_s + end_s, abs=0.02)
        assert rise.duration_s == pytest.approx(rise.end_s - rise.start_s, abs=1e-6)
    assert found.quality.flags[0].startswith("not quiet standing (3 rises from a chair found)")


def test_samples_that_come_unevenly_are_placed_by_their_times():
    time_s = seconds(6000, 200.0) + np.random.default_rng(0).uniform(-0.001, 0.001, 6000)
    even = analyse_imu(seconds(3000), swaying_g())
    fine = np.stack([np.interp(time_s, seconds(3000), axis) for axis in swaying_g()])
    uneven = analyse_imu(time_s, fine)
    assert uneven.fs_hz == 100
    for key in trunk.UNITS:
        assert uneven.metrics[key] == pytest.approx(even.metrics[key], rel=0.02)
    assert "irregular timestamps" in uneven.quality.flags[0]


def test_what_cannot_be_measured_is_null_with_a_reason_and_not_assessable(tmp_path):
    found = to_builtins(analyse_imu_file(written(tmp_path / "short.csv", seconds(200), swaying_g(200))))
    assert set(found["metrics"].values()) == {None}
    assert found["sit_to_stands"] is found["sit_to_stands_displacement"] is None
    assert set(found["not_computed"]) == {*trunk.UNITS, "sit_to_stands", "sit_to_stands_displacement"}
    assert not found["quality"]["assessable"]


def test_files_are_recognised_by_their_columns(tmp_path, quiet):
    with_gyroscope = tmp_path / "gyr.csv"
    columns = f"# worn at L5\n{COLUMNS},gyr_x_deg_s,gyr_y_deg_s,gyr_z_deg_s"
    written(with_gyroscope, seconds(3000), np.vstack([swaying_g(), np.zeros((3, 3000))]), columns)
    cop = tmp_path / "cop.csv"
    cop.write_text(csv_text("time_s,cop_ml_mm,cop_ap_mm", np.column_stack([seconds(30), sway_mm(30).T])))
    both = tmp_path / "both.csv"
    both.write_text(csv_text(f"{COLUMNS},cop_ml_mm,cop_ap_mm", np.column_stack([seconds(30), np.ones((30, 5))])))
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00time_s")
    (tmp_path / "empty.csv").write_text("")
    assert is_imu_file(quiet)
    assert is_imu_file(with_gyroscope)
    assert not any(is_imu_file(tmp_path / name) for name in ("cop.csv", "both.csv"))
    assert not any(is_imu_file(tmp_path / name) for name in ("bytes.csv", "empty.csv", "missing.csv", "."))
    assert analyse_imu_file(with_gyroscope).metrics == analyse_imu_file(quiet).metrics


def test_a_file_that_is_not_what_it_should_be_names_the_line(tmp_path):
    path = tmp_path / "torn.csv"
    path.write_text(f"{COLUMNS}\n0,0,0,1\n0.01,0,oops,1\n0.02,0,0,1\n")
    with pytest.raises(DataError, match=r"torn\.csv:3: acc_y_g is 'oops', expected a number"):
        analyse_imu_file(path)
    with pytest.raises(NoInputError, match="no such file"):
        analyse_imu_file(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("time_s", "acc_g"),
    [(seconds(2), np.ones((3, 2))), (seconds(9), np.ones((2, 9))), (np.zeros(9), np.ones((3, 9)))],
)
def test_arrays_that_are_no_accelerations_over_time_are_refused(time_s, acc_g):
    with pytest.raises(DataError):
        analyse_imu(time_s, acc_g)
