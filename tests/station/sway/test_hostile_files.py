"""Whatever people hand to `analyze`: the right answer or one clear line, no traceback; and one never stops many."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import hardware.recorded
from station.errors import DataError, NoInputError
from station.sway.files import read_recording

from .making import balance_station, csv_text, seconds, sway_mm

COP = "time_s,cop_ml_mm,cop_ap_mm"


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *arguments: balance_station(monkeypatch, capsys, "analyze", *arguments)


def rows(time_s, cop):
    return csv_text(COP, zip(time_s, *cop, strict=True))


REFUSED = {
    "empty": (b"", "empty; expected time_s,cop_ml_mm,cop_ap_mm"),
    "header only": (COP.encode() + b"\n", "a header and no rows; at least 3 rows are needed"),
    "two rows": (f"{COP}\n0,1,2\n0.01,2,3\n".encode(), "only 2 rows; at least 3 rows are needed"),
    "no header": (b"0,1,2\n0.01,2,3\n0.02,3,4\n", ":1: the columns are '0,1,2'; expected time_s"),
    "other names": (b"t,x,y\n0,1,2\n", ":1: the columns are 't,x,y'; expected time_s,cop_ml_mm,cop_ap_mm"),
    "semicolons": (
        b"time_s;cop_ml_mm;cop_ap_mm\n0;1;2\n",
        ":1: the columns are 'time_s;cop_ml_mm;cop_ap_mm'; expected time_s,cop_ml_mm,cop_ap_mm[,fz_n] or time_s,"
        "front_left_n,front_right_n,back_left_n,back_right_n; put commas between columns and points in numbers",
    ),
    "tabs": (b"time_s\tcop_ml_mm\tcop_ap_mm\n0\t1\t2\n", "; put commas between columns and points in numbers"),
    "decimal commas": (
        f'{COP}\n"0,0","1,5",2\n0,1,2\n'.encode(),
        ":2: 5 columns, expected 3 as in the header; is there a comma in a number?",
    ),
    "milliseconds": (
        rows(seconds(300) * 1e3, sway_mm(300)).encode(),
        ": 0.1 samples/s by its times, expected 0.5 to 100000; time_s must be in seconds",
    ),
    "seconds as if nanoseconds": (
        rows(seconds(300) * 1e-9, sway_mm(300)).encode(),
        ": 1e+11 samples/s by its times, expected 0.5 to 100000; time_s must be in seconds",
    ),
    "one wrong time": (
        rows(np.append(seconds(299), 1e9), sway_mm(300)).encode(),
        ": lasts 1e+09 s by its times, at most 100000 s are measured; correct the times (the longest gap begins at 2.",
    ),
    "a wrong time of a worn sensor": (
        b"time_s,acc_x_g,acc_y_g,acc_z_g\n0,1,0,0\n0.01,1,0,0\n0.02,1,0,0\n1e11,1,0,0\n",
        ": lasts 1e+11 s by its times",
    ),
    "not a number": (f"{COP}\n0,1,2\n0.01,nan,3\n0.02,3,4\n".encode(), ":3: cop_ml_mm is nan, expected a number"),
    "infinite": (f"{COP}\n0,1,2\n0.01,2,-inf\n0.02,3,4\n".encode(), ":3: cop_ap_mm is -inf, expected a number"),
    "a word": (f"{COP}\n0,1,2\n0.01,2,n/a\n0.02,3,4\n".encode(), ":3: cop_ap_mm is 'n/a', expected a number"),
    "missing": (f"{COP}\n0,1,2\n0.01,,3\n0.02,3,4\n".encode(), ":3: cop_ml_mm is missing, expected a number"),
    "unsorted": (f"{COP}\n0,1,2\n0.02,2,3\n0.01,3,4\n".encode(), ":4: time_s is 0.01 after 0.02; times must ascend"),
    "torn": (f"{COP}\n0,1,2\n0.01,2,3\n0.02,3,4\n0.03,1".encode(), ":5: 2 columns, expected 3 as in the header"),
    "latin-1": (f"{COP}\n0,1,2\n0.01,2,3°\n".encode("latin-1"), ":3: not UTF-8 text; save the file as CSV in UTF-8"),
    "utf-16": (f"{COP}\n0,1,2\n".encode("utf-16"), ":1: not UTF-8 text; save the file as CSV in UTF-8"),
    "binary": (bytes(range(256)) * 8, ":2: not UTF-8 text"),
    "zeros": (bytes(5000), ":1: the columns are"),
    "no load": (
        b"time_s,front_left_n,front_right_n,back_left_n,back_right_n\n0,1,1,1,1\n1,0,0,0,0\n2,1,1,1,1\n",
        ":3: the four forces add up to no load",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_cannot_be_right_is_one_line_with_file_line_and_what_to_do(run, tmp_path, what):
    content, complaint = REFUSED[what]
    (tmp_path / "a.csv").write_bytes(content)
    ran = run(tmp_path / "a.csv", "--json")
    assert (ran.exit_code, ran.stdout) == (65, "")
    assert ran.stderr.startswith(f"balance-station: {tmp_path / 'a.csv'}")
    assert complaint in ran.stderr
    assert ran.stderr.count("\n") == 1


MEASURED = {
    "constant": (rows(seconds(3000), np.full((2, 3000), 7.0)), False, "constant"),
    "1 Hz": (rows(seconds(60, 1.0), sway_mm(60, fs_hz=100.0)), False, "rate too low: 1 samples/s"),
    "three rows": (f"{COP}\n0,1,2\n0.01,2,3\n0.02,3,5\n", False, "too short: 0.03 s"),
    "a gap": (rows(np.delete(seconds(3000), slice(900, 960)), np.delete(sway_mm(), slice(900, 960), 1)), False, "gap"),
    "irregular": (
        rows(seconds(3000) + np.random.default_rng(1).uniform(0, 0.004, 3000), sway_mm()),
        True,
        "irregular timestamps",
    ),
    "far from zero": (rows(seconds(3000) + 1.7e9, sway_mm() + 9e4), True, None),
    "micrometres": (rows(seconds(3000), sway_mm() * 1000), False, "too wide: the centre of pressure covers"),
}


def test_what_hardly_moves_at_all_does_not_move(run, tmp_path):
    for size in (1e-10, 1e-160, 5e-324):
        (tmp_path / "a.csv").write_text(rows(seconds(3000), sway_mm() / 100 * size))
        for profile in ("station", "published", "quijoux2021"):
            document = json.loads(run(tmp_path / "a.csv", "--json", "--profile", profile).stdout)
            assert document["not_computed"]["mean_velocity_mm_s"].startswith("no variation")
            assert "constant: the centre of pressure does not move in AP" in document["quality"]["flags"]


@pytest.mark.parametrize("what", MEASURED)
def test_a_file_that_can_be_measured_is_and_says_how_far_it_can_be_trusted(run, tmp_path, what):
    text, assessable, flag = MEASURED[what]
    (tmp_path / "a.csv").write_text(text)
    for profile in ("station", "published", "quijoux2021"):
        ran = run(tmp_path / "a.csv", "--json", "--profile", profile)
        assert (ran.exit_code, ran.stderr) == (0, "")
        document = json.loads(ran.stdout)  # strict JSON: NaN and Infinity do not pass
        for key, value in document["metrics"].items():
            assert (value is None) == (key in document["not_computed"])
        if profile == "station":
            assert document["quality"]["assessable"] is assessable
            assert flag is None or any(each.startswith(flag) for each in document["quality"]["flags"])
    assert run(tmp_path / "a.csv").exit_code == 0


def test_among_many_files_the_bad_ones_are_named_and_the_rest_is_measured(run, tmp_path):
    for number, (content, _) in enumerate(REFUSED.values()):
        (tmp_path / f"bad-{number:02d}.csv").write_bytes(content)
    good = rows(seconds(3000), sway_mm())
    for number in range(3):
        (tmp_path / f"good-{number}.csv").write_text(good)
    (tmp_path / "subject_001.npz").write_bytes(b"PK")
    (tmp_path / "x.trial.npz").write_bytes(b"PK")
    for jobs in (1, 2):
        ran = run(tmp_path, "--json", "--jobs", jobs)
        assert ran.exit_code == 65
        documents = json.loads(ran.stdout)
        assert sum("error" in each for each in documents) == len(REFUSED) + 2 == ran.stderr.count("\n")
        assert all(set(each) == {"file", "error"} for each in documents if "error" in each)
        measured = [each["metrics"] for each in documents if "metrics" in each]
        assert measured[0] == measured[1] == measured[2]
    table = run(tmp_path)
    assert table.stdout.count("yes") == 3
    missing = run(tmp_path / "good-0.csv", tmp_path / "none.csv", "--json")
    assert missing.exit_code == 65
    assert "no such file" in json.loads(missing.stdout)[1]["error"]


def test_a_pipe_is_read_once_and_its_lines_are_still_known(tmp_path):
    for text, complaint in (
        (rows(seconds(500), sway_mm(500)), None),
        (f"{COP}\n0,1,2\n\n0.01,1,2\n0.01,3,4\n", ":5: "),
    ):
        pipe = tmp_path / f"pipe-{complaint is None}"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_text, args=(text,))
        writer.start()
        if complaint is None:
            assert len(read_recording(pipe).time_s) == 500
        else:
            with pytest.raises(DataError, match=complaint):
                read_recording(pipe)
        writer.join(10)


def test_what_may_not_be_read_is_no_input(run, tmp_path, monkeypatch):
    with pytest.raises(NoInputError, match="cannot be read"):
        read_recording(tmp_path)
    (tmp_path / "a.csv").write_text(rows(seconds(3000), sway_mm()))
    endless = tmp_path / ("a" * 300 + ".csv")
    ran = run(endless, "--json")
    assert (ran.exit_code, ran.stderr) == (66, f"balance-station: {endless}: cannot be read: File name too long\n")
    ran = run(endless, tmp_path / "a.csv", "--json")
    assert (ran.exit_code, ran.stderr.count("\n")) == (65, 1)
    assert ["error" in each for each in json.loads(ran.stdout)] == [True, False]

    def refuse(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert run(tmp_path / "a.csv").exit_code == 0, "whether it can be read is found out by reading"
    monkeypatch.setattr(Path, "iterdir", refuse)
    ran = run(tmp_path)
    assert (ran.exit_code, ran.stderr) == (66, f"balance-station: {tmp_path}: cannot be read: Permission denied\n")


def test_a_folder_has_what_other_systems_leave_there(run, tmp_path):
    text = rows(seconds(3000), sway_mm())
    (tmp_path / "TRIAL1.CSV").write_text(text)
    (tmp_path / "._TRIAL1.csv").write_bytes(b"\0\5\x16\7")
    (tmp_path / os.fsdecode(b"caf\xe9.csv")).write_text(text)
    (tmp_path / os.fsdecode(b"caf\xe9-empty.csv")).write_text("")
    ran = run(tmp_path, "--json")
    documents = json.loads(ran.stdout)
    assert [Path(each["file"]).name for each in documents] == ["TRIAL1.CSV", "caf\ufffd-empty.csv", "caf\ufffd.csv"]
    assert ["error" in each for each in documents] == [False, True, False]
    assert ran.stderr.startswith(f"balance-station: {tmp_path}/caf\ufffd-empty.csv: empty")
    assert run(tmp_path / os.fsdecode(b"caf\xe9.csv"), "--plot", tmp_path / "a.png").exit_code == 0


@given(
    size=st.integers(1, 200),
    lines=st.lists(
        st.sampled_from(["\n", "  \n", "0.5,1,2\n", "1,2,3,4\n", "1,x,3\n", "2,é,3\n", "3,4,5\n", "9,8,7\n"])
    ),
    end=st.sampled_from(["", "10,1,2", "10,1,2\n"]),
)
@example(size=1, lines=["0.5,1,2\n", "3,4,5\n"], end="10,1,2")
@settings(deadline=None)
def test_it_does_not_matter_where_a_block_ends(tmp_path_factory, size, lines, end):
    path = tmp_path_factory.mktemp("blocks") / "a.csv"
    path.write_text("# comment\n\n" + COP + "\n" + "".join(lines) + end, encoding="utf-8")
    found = []
    for block_bytes in (hardware.recorded._BLOCK_BYTES, size):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hardware.recorded, "_BLOCK_BYTES", block_bytes)
            try:
                found.append(read_recording(path).time_s.tolist())
            except DataError as error:
                found.append(str(error))
    assert found[0] == found[1] or {type(each) for each in found} == {str}
    assert all("\n" not in each for each in found if isinstance(each, str))


def test_a_recording_of_hours_is_measured_and_what_would_take_days_is_left_out_with_a_reason(run, tmp_path):
    path = tmp_path / "long.csv"
    count = 200_000
    table = np.column_stack([seconds(count), sway_mm(count).T])
    np.savetxt(path, table, delimiter=",", fmt="%.4f", header=COP, comments="")
    document = json.loads(run(path, "--json").stdout)
    assert document["duration_s"] == 2000.0
    assert document["metrics"]["sway_density_peak_s"] > 0
    too_long = {key: why for key, why in document["not_computed"].items() if why.startswith("too long")}
    assert too_long == dict.fromkeys(
        ("sample_entropy_ml", "sample_entropy_ap"),
        "too long: 50000 samples at 25/s, at most 45000; cut the recording",
    )


def test_a_million_rows_need_little_more_memory_than_their_numbers(tmp_path):
    path = tmp_path / "long.csv"
    with path.open("w") as file:
        file.write(COP + "\n")
        file.writelines(f"{k / 100},{k % 7}.25,{k % 11}.5\n" for k in range(1_000_000))
    code = (
        "import re, sys; from pathlib import Path; from station.sway.files import read_recording\n"
        "def peak_kb():\n"  # not ru_maxrss, which a process has from the one that started it
        "    return int(re.search(r'VmHWM:\\s*(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        "before = peak_kb()\n"
        "assert len(read_recording(Path(sys.argv[1])).time_s) == 1_000_000\n"
        "print(peak_kb() - before)"
    )
    ran = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=120, check=True)
    numbers_kb = 3 * 8 * 1_000_000 / 1024
    assert int(ran.stdout) < 4 * numbers_kb, "the text alone, read at once as a string, is beyond that"
