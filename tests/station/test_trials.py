"""A raw trial comes back as it went in, or not at all."""

import io

import numpy as np
import pytest

from station.errors import DataError
from station.trials import RawTrial
from tests.station.sway.making import raw_trial, sway_mm


def equal(left, right):
    return all(np.array_equal(getattr(left, key), getattr(right, key)) for key in RawTrial.__struct_fields__)


def short_trial(**others):
    return raw_trial(sway_mm(40), lead_in=10, **others)


def test_a_trial_comes_back_from_bytes_to_the_last_bit():
    trial = raw_trial(sway_mm(3500), cell_spacing_ap_mm=380.0)
    back = RawTrial.from_bytes(trial.to_bytes())
    assert equal(trial, back)
    assert back.t_ns.dtype == np.int64


def test_no_damaged_byte_goes_unnoticed():
    trial = short_trial()
    archive = trial.to_bytes()
    noticed = 0
    for place in range(len(archive)):
        damaged = bytearray(archive)
        damaged[place] ^= 0xFF
        try:
            back = RawTrial.from_bytes(bytes(damaged))
        except DataError:
            noticed += 1
        else:  # a date in the archive's directory, or the like: nothing of the trial
            assert equal(trial, back), place
    assert noticed > len(archive) / 2


def test_a_torn_file_is_never_a_trial():
    archive = short_trial().to_bytes()
    for length in range(len(archive)):
        with pytest.raises(DataError, match="not a raw trial"):
            RawTrial.from_bytes(archive[:length], "x.trial.npz")


def archive_of(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def bare_array():
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize(
    "archive",
    [
        b"time_s,cop_ml_mm\n",
        archive_of(BDS00001=np.zeros((3, 2))),
        archive_of(t_ns=np.array([object()], dtype=object)),
        bare_array(),
    ],
    ids=["a csv", "another archive", "pickled objects", "a bare array"],
)
def test_what_is_no_trial_is_refused_by_name(archive):
    with pytest.raises(DataError, match=r"^here\.trial\.npz: not a raw trial of this station"):
        RawTrial.from_bytes(archive, "here.trial.npz")


def test_a_trial_of_a_format_to_come_is_refused(monkeypatch):
    monkeypatch.setattr("station.trials.FORMAT", "balance-station/trial/9")
    archive = short_trial().to_bytes()
    monkeypatch.undo()
    with pytest.raises(DataError, match=r"'balance-station/trial/9', this software reads 'balance-station/trial/1'"):
        RawTrial.from_bytes(archive)


@pytest.mark.parametrize(
    ("others", "complaint"),
    [
        ({"valid": np.ones(39, dtype=np.uint8)}, r"valid is uint8 \(39,\), expected uint8 \(40,\)"),
        ({"front_left_n": np.ones(40, dtype=np.float32)}, "front_left_n is float32"),
        ({"t_ns": np.zeros(40, dtype=np.int64)}, "not in time order"),
        ({"window_end_ns": 0}, "its window ends at or before its start"),
        ({"cell_spacing_ml_mm": 0.0}, "distances between load cells"),
    ],
)
def test_arrays_that_cannot_be_a_trial_do_not_make_one(others, complaint):
    with pytest.raises(DataError, match=complaint):
        short_trial(**others)


def test_the_window_holds_its_start_and_not_its_end():
    trial = short_trial()
    window = trial.in_window()
    assert trial.t_ns[window][0] == trial.window_start_ns
    assert trial.t_ns[window][-1] == trial.window_end_ns - 10_000_000
