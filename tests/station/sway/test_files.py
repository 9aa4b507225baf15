"""Files are read as they are, or refused in one line that says where and why."""

import numpy as np
import pytest

from station.config import DeckConfig
from station.errors import DataError, NoInputError
from station.sway.files import read_recording

from .making import corner_forces_n, csv_text, raw_trial, seconds, sway_mm

COP = "time_s,cop_ml_mm,cop_ap_mm"
CORNERS = "time_s,front_left_n,front_right_n,back_left_n,back_right_n"
GOOD = "0,1,2\n0.01,2,3\n0.02,3,5\n"


@pytest.fixture
def written(tmp_path):
    def write(content, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_cop_file_is_read_to_the_last_bit(written):
    cop = sway_mm(500)
    recording = read_recording(written(csv_text(COP, zip(seconds(500), *cop, strict=True))))
    assert np.array_equal(recording.time_s, seconds(500))
    assert np.array_equal([recording.ml_mm, recording.ap_mm], cop)
    assert recording.fz_n is None


def test_the_vertical_force_is_read_where_there_is_one(written):
    recording = read_recording(written(f"{COP},fz_n\n0,1,2,700\n0.01,2,3,701\n0.02,3,5,702\n"))
    assert recording.fz_n.tolist() == [700, 701, 702]


def test_corner_forces_become_the_cop_that_made_them(written):
    cop = sway_mm(500)
    forces = corner_forces_n(cop, 700.0)
    path = written(csv_text(CORNERS, zip(seconds(500), *forces, strict=True)))
    recording = read_recording(path)
    assert np.array([recording.ml_mm, recording.ap_mm]) == pytest.approx(cop, abs=1e-9)
    assert recording.fz_n == pytest.approx(np.full(500, 700.0))
    wide = read_recording(path, DeckConfig(cell_spacing_ml_mm=800.0))
    assert wide.ml_mm == pytest.approx(2 * cop[0])


@pytest.mark.parametrize(
    "content",
    [
        f"{COP}\n{GOOD}",
        f"{COP}\n{GOOD}".replace("\n", "\r\n"),
        f"\ufeff{COP}\n{GOOD}",
        f"# CC-BY 4.0, someone (2016)\n{COP}\n{GOOD}",
        f"{COP}\n\n{GOOD}\n\n",
        "cop_ap_mm, time_s ,note,cop_ml_mm\n2,0,start,1\n3,0.01,,2\n5,0.02,end,3\n",
        f'"time_s","cop_ml_mm","cop_ap_mm"\n{GOOD}'.rstrip("\n"),
    ],
    ids=["plain", "windows", "byte order mark", "comment", "blank lines", "other order and columns", "quoted header"],
)
def test_harmless_differences_between_programs_do_not_matter(written, content):
    recording = read_recording(written(content))
    assert recording.time_s.tolist() == [0, 0.01, 0.02]
    assert recording.ml_mm.tolist() == [1, 2, 3]
    assert recording.ap_mm.tolist() == [2, 3, 5]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "a.csv: empty; expected time_s,cop_ml_mm,cop_ap_mm[,fz_n] or time_s,front_left_n"),
        ("\n \n", "a.csv: empty"),
        ("# only a comment\n", "a.csv:1: the columns are ''"),
        ("time_s,x,y\n1,2,3\n", "a.csv:1: the columns are 'time_s,x,y'; expected time_s,cop_ml_mm,cop_ap_mm"),
        ("time_s;cop_ml_mm;cop_ap_mm\n", "a.csv:1: the columns are 'time_s;cop_ml_mm;cop_ap_mm'; expected"),
        (f"{COP},cop_ml_mm\n", "a.csv:1: the columns are"),
        (f"{COP},{CORNERS[7:]}\n", "a.csv:1: the columns are"),
        (f"{COP}\n", "a.csv: a header and no rows; at least 3 rows"),
        (f"{COP}\n0,1,2\n0.01,2,3\n", "a.csv: only 2 rows; at least 3"),
        (f"{COP}\n0,1,2\n0.01,2,3\n0.02,oops,5\n", "a.csv:4: cop_ml_mm is 'oops', expected a number"),
        (f"{COP}\n0,1,2\n\n0.01,2,\n0.02,3,5\n", "a.csv:4: cop_ap_mm is missing, expected a number"),
        (f"{COP}\n0,1,2\n0.01,2\n0.02,3,5\n", "a.csv:3: 2 columns, expected 3 as in the header"),
        (f"{COP}\n0,1,2\n0.01,2,3,4\n0.02,3,5\n", "a.csv:3: 4 columns, expected 3 as in the header"),
        (f"{COP}\n0,1,2\n\n0.01,nan,3\n0.02,3,5\n", "a.csv:4: cop_ml_mm is nan, expected a number between"),
        (f"{COP}\n0,1,2\n0.01,2,inf\n0.02,3,5\n", "a.csv:3: cop_ap_mm is inf"),
        (f"{COP}\n0,1,2\n0.01,2,3e7\n0.02,3,5\n", "a.csv:3: cop_ap_mm is 3e+07"),
        (f"{COP}\n0,1,2\n0.02,2,3\n0.01,3,5\n", "a.csv:4: time_s is 0.01 after 0.02; times must ascend"),
        (f"{COP}\n0,1,2\n0.01,2,3\n0.01,3,5\n", "a.csv:4: time_s is 0.01 after 0.01"),
        (f"{COP}\n0,1,2\n".encode() + b"0.01,\xff,3\n", "a.csv:3: not UTF-8 text"),
        (f"{CORNERS}\n0,1,1,1,1\n0.01,0,0,0,0\n0.02,1,1,1,1\n", "a.csv:3: the four forces add up to no load"),
        (b"\x00\x01\x02\x03", "a.csv:1: the columns are"),
    ],
)
def test_a_broken_file_is_refused_in_one_line_that_says_where(written, content, complaint):
    with pytest.raises(DataError) as refused:
        read_recording(written(content))
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 65


def test_a_missing_file_and_a_folder_are_no_input(tmp_path):
    for path, complaint in ((tmp_path / "none.csv", "no such file"), (tmp_path, "cannot be read")):
        with pytest.raises(NoInputError, match=complaint) as refused:
            read_recording(path)
        assert refused.value.exit_code == 66


def test_a_raw_trial_is_read_from_its_window_on(written):
    cop = sway_mm(1000)
    recording = read_recording(written(raw_trial(cop, lead_in=200).to_bytes(), "a.trial.npz"))
    assert recording.time_s == pytest.approx(seconds(800))
    assert np.array([recording.ml_mm, recording.ap_mm]) == pytest.approx(cop[:, 200:], abs=1e-9)
    assert recording.window_s == (0.0, 8.0)


def test_a_raw_trial_without_a_valid_tick_is_refused(written):
    trial = raw_trial(sway_mm(1000), valid=np.zeros(1000, dtype=np.uint8))
    with pytest.raises(DataError, match="only 0 valid ticks"):
        read_recording(written(trial.to_bytes(), "a.trial.npz"))


def test_a_damaged_raw_trial_is_named(written):
    path = written(b"PK not really", "a.trial.npz")
    with pytest.raises(DataError, match=r"a\.trial\.npz: not a raw trial"):
        read_recording(path)
