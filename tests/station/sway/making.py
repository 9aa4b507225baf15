"""What this room is tested with: sway that looks like sway, as arrays, CSV files and trials; and the command line."""

import sys
from typing import NamedTuple

import numpy as np
import pytest
from scipy import signal

from station.cli.main import main
from station.trials import RawTrial


class Ran(NamedTuple):
    exit_code: int
    stdout: str
    stderr: str


def balance_station(monkeypatch, capsys, *arguments):
    """Run the whole command line, errors and exit codes included."""
    monkeypatch.setattr(sys, "argv", ["balance-station", *map(str, arguments)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main()
    return Ran(ended.value.code, *capsys.readouterr())


def sway_mm(count=3000, seed=0, fs_hz=100.0):
    """Return (2, count): a slow wander with a low-passed tremor, about 7 mm/s, off the deck's centre."""
    random = np.random.default_rng(seed)
    wander = signal.lfilter([1], [1, -0.998], random.normal(0, 0.05, (2, count)))
    low_pass = signal.butter(2, 5.0, fs=fs_hz, output="sos")
    return wander + signal.sosfiltfilt(low_pass, random.normal(0, 1.0, (2, count))) + np.array([[4.0], [-30.0]])


def seconds(count, fs_hz=100.0):
    return np.arange(count) / fs_hz


def corner_forces_n(cop_mm, fz_n, spacing_mm=400.0):
    """Return four forces (front left, front right, back left, back right) that press at a COP."""
    right, front = cop_mm / spacing_mm + 0.5
    return fz_n * np.array([(1 - right) * front, right * front, (1 - right) * (1 - front), right * (1 - front)])


def csv_text(columns, rows):
    return "\n".join([columns, *(",".join(repr(float(value)) for value in row) for row in rows)]) + "\n"


def raw_trial(cop_mm, *, lead_in=500, valid=None, start_ns=10**15 + 7, **others):
    """Return a trial at 100 Hz whose window begins after `lead_in` ticks and ends with the last."""
    count = cop_mm.shape[1]
    t_ns = start_ns + np.arange(count, dtype=np.int64) * 10_000_000
    forces = corner_forces_n(cop_mm, np.full(count, 700.0))
    fields = {
        "name": "quiet-stance",
        "stance": "quiet",
        "t_ns": t_ns,
        "front_left_n": forces[0],
        "front_right_n": forces[1],
        "back_left_n": forces[2],
        "back_right_n": forces[3],
        "valid": np.ones(count, dtype=np.uint8) if valid is None else valid,
        "window_start_ns": int(t_ns[lead_in]),
        "window_end_ns": int(t_ns[-1]) + 10_000_000,
        "calibration_id": "cal-1",
        "boot_id": "boot-1",
    }
    return RawTrial(**(fields | others))
