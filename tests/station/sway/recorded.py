"""Real people to test with: the twelve trials that ship, and all of the data set where it lies beside the project."""

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

import hardware.virtual.recordings
from station.sway.files import read_recording

SHIPPED = Path(hardware.virtual.recordings.__file__).parent
PEOPLE = json.loads((SHIPPED / "people.json").read_text())
DATA = Path(__file__).parent / "data"
# Where RECORDINGS says, else beside the project; a user's clone has none.
BESIDE = Path(os.environ.get("RECORDINGS") or Path(__file__).parents[4] / "shared" / "recordings")
UNITS_PER_MM = 1e5

needs_all_recordings = pytest.mark.skipif(
    not (BESIDE / "human-balance").is_dir(),
    reason="the whole data set is not beside the project; only what ships is tested",
)


def shipped_mm(trial):
    """Return ML and AP of a shipped trial by the data set's name, shape (2, 6000)."""
    (name,) = [person["name"] for person in PEOPLE if person["trial"] == trial]
    recording = read_recording(SHIPPED / f"{name}.csv")
    return np.stack([recording.ml_mm, recording.ap_mm])


def all_trials():
    """Return the rows of the whole data set's table."""
    with (BESIDE / "human-balance" / "trials.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def subjects(rows):
    """Yield for each person of some rows (row, ML and AP in mm, shape (2, N)) of each trial."""
    by_subject = {}
    for row in rows:
        by_subject.setdefault(int(row["subject"]), []).append(row)
    for subject, trials in by_subject.items():
        with np.load(BESIDE / "human-balance" / f"subject_{subject:03d}.npz") as archive:
            for row in trials:
                yield row, np.ascontiguousarray(archive[row["trial"]].T / UNITS_PER_MM)


def example_mm():
    """Return the 30 s example of Quijoux et al., shape (2, 3000)."""
    table = np.loadtxt(BESIDE / "force-plate-30s" / "cop_30s_100hz.csv", delimiter=",", skiprows=1)
    return table[:, 1:3].T * 10
