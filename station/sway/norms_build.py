"""Building the table of norms from recordings of people: the same pipeline that measures a visit, over everybody.

Expects the layout of the human-balance recordings: `trials.csv` with a row a trial, and `subject_NNN.npz` with one
int32 array (N, 2) a trial, columns ML and AP in units of 10 nm, sample k at (k + 1) / 100 s.
"""

import csv
import hashlib
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from station.errors import DataError, NoInputError
from station.sway.analysis import analyse
from station.sway.measures import RECORDED, UNITS
from station.sway.norms import ChangeRatio, NormBand, Norms, Percentiles
from station.sway.profiles import STATION, crop

VERSION: Final = "norms-1"
RATE_HZ: Final = 100.0
UNITS_PER_MM: Final = 1e5
WINDOW_S: Final = (10.0, 40.0)
TRIALS_A_PERSON: Final = 3
SOURCE: Final = (
    "Santos DA, Duarte M (2016) A public data set of human balance evaluations. PeerJ 4:e2648; "
    "PhysioNet 10.13026/C2WW2W; CC-BY 4.0"
)
MEASURES: Final = (
    "mean_velocity_mm_s",
    "mean_velocity_ap_mm_s",
    "sway_area_per_second_mm2_s",
    "rms_ml_mm",
    "ellipse_area_95_mm2",
)
# Completed years, both ends included; the oldest person was 85, and the reference is not stretched past 86.
BANDS: Final = {"18-44": (18, 44), "60-69": (60, 69), "70+": (70, 86)}
# A band of fewer people has no 90th percentile worth the name.
FEWEST_PEOPLE: Final = 10
CHANGE: Final = {
    "mean_velocity_mm_s": ChangeRatio(
        one_trial=1.63,
        mean_of_three=1.33,
        bands=("60-69", "70+"),
        source="older adults, eyes open, firm, 30 s, within-session: ICC(2,1) 0.75 for one trial, 0.90 for the mean "
        "of three, on all 163 people of the same data set",
    )
}

_COLUMNS: Final = ("trial", "subject", "vision", "surface", "age_years")
_Row = dict[str, str]


class _Person(msgspec.Struct, frozen=True):
    age_years: float
    values: dict[str, float]


def build_norms(folder: Path, progress: Callable[[Iterable[str]], Iterable[str]] = iter) -> Norms:
    """Return the table made from a folder of recordings; `progress` may wrap the people as they are worked through.

    A person counts with the median of three trials (eyes open, firm), each measured in the same 30 s window.
    Raises NoInputError for a folder without recordings, DataError for recordings that do not fit the layout.
    """
    rows = _read_rows(folder / "trials.csv")
    digest = hashlib.sha256()
    people = []
    for subject in progress(sorted(rows)):
        trials = sorted(rows[subject], key=lambda row: row["trial"])
        if len(trials) < TRIALS_A_PERSON:
            raise DataError(
                f"{folder}/trials.csv: subject {subject} has {len(trials)} trials with eyes open on firm ground, "
                f"expected {TRIALS_A_PERSON}"
            )
        people.append(_measure_person(folder / f"subject_{int(subject):03d}.npz", trials, digest.update))
    return Norms(
        version=VERSION,
        pipeline=STATION.version,
        condition="eyes open, firm",
        window_s=WINDOW_S,
        statistic=f"median of {TRIALS_A_PERSON} trials a person",
        source=SOURCE,
        data_sha256=digest.hexdigest(),
        bands={name: _band(folder, name, people) for name in BANDS},
        mdc_ratio=dict(CHANGE),
    )


def encode_norms(norms: Norms) -> bytes:
    """Return the table as the JSON text that ships."""
    return msgspec.json.format(msgspec.json.encode(norms), indent=2) + b"\n"


def _read_rows(path: Path) -> dict[str, list[_Row]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{path}:1: no column {missing[0]!r}; expected {', '.join(_COLUMNS)}")
            people: dict[str, list[_Row]] = {}
            for row in reader:
                if not all(row[name] for name in _COLUMNS) or not row["subject"].isdigit():
                    raise DataError(f"{path}:{reader.line_num}: expected a trial with {', '.join(_COLUMNS)}")
                if row["vision"] == "Open" and row["surface"] == "Firm":
                    people.setdefault(row["subject"], []).append(row)
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror}; name the folder with the recordings") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a CSV file in UTF-8: {error}") from None
    if not people:
        raise DataError(f"{path}: no trial has vision Open and surface Firm")
    return people


def _measure_person(path: Path, trials: list[_Row], hash_update: Callable[[bytes], None]) -> _Person:
    values: list[list[float]] = []
    for row in trials:
        counts = _read_trial(path, row["trial"])
        hash_update(f"{row['trial']} {row['subject']} {row['age_years']} {counts.shape}\n".encode())
        hash_update(np.ascontiguousarray(counts, dtype="<i4").tobytes())
        time_s = np.arange(1, len(counts) + 1) / RATE_HZ
        window = crop(time_s, *WINDOW_S)
        ml_mm, ap_mm = counts[window].T / UNITS_PER_MM
        file = f"{path}:{row['trial']}"
        analysis = analyse(time_s[window], ml_mm, ap_mm, RATE_HZ, STATION.name, file, families=RECORDED)
        if not analysis.quality.assessable or analysis.duration_s < WINDOW_S[1] - WINDOW_S[0]:
            why = "; ".join(analysis.quality.flags) or "shorter than the window"
            raise DataError(f"{analysis.file}: cannot be measured: {why}")
        found = [analysis.metrics[key] for key in MEASURES]
        values.append([value for value in found if value is not None])
    try:
        age_years = float(trials[0]["age_years"])
    except ValueError:
        raise DataError(f"{path}: age_years is {trials[0]['age_years']!r}, expected a number") from None
    medians = np.median(np.array(values), axis=0)
    return _Person(age_years, dict(zip(MEASURES, medians.tolist(), strict=True)))


def _read_trial(path: Path, trial: str) -> npt.NDArray[np.int32]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            counts: npt.NDArray[np.int32] = archive[trial]
    except FileNotFoundError:
        raise NoInputError(f"{path}: no such file, though trials.csv names its trial {trial}") from None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: trial {trial} cannot be read: {error}") from None
    if counts.ndim != 2 or counts.shape[1] != 2 or counts.dtype != np.int32:
        raise DataError(f"{path}: trial {trial} is {counts.dtype} {counts.shape}, expected int32 (N, 2)")
    return counts


def _band(folder: Path, name: str, people: list[_Person]) -> NormBand:
    first, last = BANDS[name]
    members = [person for person in people if first <= int(person.age_years) <= last]
    if len(members) < FEWEST_PEOPLE:
        raise DataError(f"{folder}: {len(members)} people of {name} years, at least {FEWEST_PEOPLE} are needed")
    measures = {}
    for key in MEASURES:
        p50, p75, p90, p95 = np.percentile([person.values[key] for person in members], [50, 75, 90, 95]).tolist()
        measures[key] = Percentiles(unit=UNITS[key], p50=p50, p75=p75, p90=p90, p95=p95)
    return NormBand(from_years=first, to_years=last, n=len(members), measures=measures)
