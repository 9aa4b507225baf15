"""Building the table of norms from recordings of people: the same pipeline that measures a visit, over everybody.

Expects the layout of the human-balance recordings (see `subjects`): `trials.csv` with a row a trial, and an archive a
person. Three trials a person also tell how far a measure repeats.
"""

import csv
import hashlib
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from station.errors import DataError, NoInputError
from station.sway.analysis import analyse
from station.sway.fingerprint import pipeline_sha256
from station.sway.measures import RECORDED, UNITS
from station.sway.norms import MEASURES, NormBand, Norms, Percentiles, RepeatStudy, sealed
from station.sway.profiles import STATION, crop
from station.sway.repeatability import repeatability
from station.sway.subjects import INDEX, RATE_HZ, UNITS_PER_MM, read_counts, sample_times

FloatArray = npt.NDArray[np.float64]

VERSION: Final = "norms-2"
WINDOW_S: Final = (10.0, 40.0)
TRIALS_A_PERSON: Final = 3
SOURCE: Final = (
    "Santos DA, Duarte M (2016) A public data set of human balance evaluations. PeerJ 4:e2648; "
    "PhysioNet 10.13026/C2WW2W; CC-BY 4.0"
)
# Completed years, both ends included; the oldest person was 85, and the reference is not stretched past 86.
BANDS: Final = {"18-44": (18, 44), "60-69": (60, 69), "70+": (70, 86)}
OLDEST_YEARS: Final = 130
# A band of fewer people has no 90th percentile worth the name.
FEWEST_PEOPLE: Final = 10
# Who is taken together to see how far a measure repeats, and the bands for which that is taken to hold.
REPEATED: Final = {"18-44": ("18-44",), "60+": ("60-69", "70+")}

_COLUMNS: Final = ("trial", "subject", "vision", "surface", "age_years")
_Row = dict[str, str]


class _Person(msgspec.Struct, frozen=True, eq=False):
    """`values` has shape (trials, measures)."""

    age_years: float
    values: FloatArray


def build_norms(folder: Path, progress: Callable[[Iterable[str]], Iterable[str]] = iter) -> Norms:
    """Return the table made from a folder of recordings; `progress` may wrap the people as they are worked through.

    A person counts with the median of three trials (eyes open, firm), each measured in the same 30 s window.
    Raises NoInputError for a folder without recordings, DataError for recordings that do not fit the layout.
    """
    rows = _read_rows(folder / INDEX)
    digest = hashlib.sha256()
    people = []
    for subject in progress(sorted(rows)):
        trials = sorted(rows[subject], key=lambda row: row["trial"])
        if len(trials) != TRIALS_A_PERSON:
            raise DataError(
                f"{folder}/{INDEX}: subject {subject} has {len(trials)} trials with eyes open on firm ground, "
                f"expected {TRIALS_A_PERSON}"
            )
        people.append(_measure_person(folder / f"subject_{int(subject):03d}.npz", trials, digest.update))
    members = {name: _members(folder, name, people) for name in BANDS}
    return sealed(
        Norms(
            version=VERSION,
            pipeline=STATION.version,
            pipeline_sha256=pipeline_sha256(MEASURES),
            condition="eyes open, firm",
            window_s=WINDOW_S,
            statistic=f"median of {TRIALS_A_PERSON} trials a person",
            source=SOURCE,
            data_sha256=digest.hexdigest(),
            bands={name: _band(name, each) for name, each in members.items()},
            repeatability={
                name: _repeat_study(bands, [person for band in bands for person in members[band]])
                for name, bands in REPEATED.items()
            },
        )
    )


def _read_rows(path: Path) -> dict[str, list[_Row]]:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DataError(f"{path}:1: no column {missing[0]!r}; expected {', '.join(_COLUMNS)}")
            people: dict[str, list[_Row]] = {}
            for row in reader:
                if not all(row[name] for name in _COLUMNS) or not row["subject"].isdecimal():
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
        counts = read_counts(path, row["trial"])
        hash_update(f"{row['trial']} {row['subject']} {row['age_years']} {counts.shape}\n".encode())
        hash_update(np.ascontiguousarray(counts, dtype="<i4").tobytes())
        time_s = sample_times(len(counts))
        window = crop(time_s, *WINDOW_S)
        ml_mm, ap_mm = counts[window].T / UNITS_PER_MM
        file = f"{path}:{row['trial']}"
        analysis = analyse(time_s[window], ml_mm, ap_mm, RATE_HZ, STATION.name, file, families=RECORDED)
        if not analysis.quality.assessable or analysis.duration_s < WINDOW_S[1] - WINDOW_S[0]:
            why = "; ".join(analysis.quality.flags) or "shorter than the window"
            raise DataError(f"{analysis.file}: cannot be measured: {why}")
        measured = [value for key in MEASURES if (value := analysis.metrics[key]) is not None]
        if len(measured) < len(MEASURES):
            why = next(analysis.not_computed[key] for key in MEASURES if key in analysis.not_computed)
            raise DataError(f"{analysis.file}: cannot be measured: {why}")
        if measured in values:
            raise DataError(f"{analysis.file}: the same recording as another trial of subject {row['subject']}")
        values.append(measured)
    return _Person(_age_years(path.parent / INDEX, trials[0]), np.array(values))


def _age_years(index: Path, row: _Row) -> float:
    try:
        age_years = float(row["age_years"])
    except ValueError:
        age_years = math.nan
    if not 0 <= age_years <= OLDEST_YEARS:
        raise DataError(
            f"{index}: age_years of subject {row['subject']} is {row['age_years']!r}, expected 0 to {OLDEST_YEARS:g}"
        )
    return age_years


def _members(folder: Path, name: str, people: list[_Person]) -> list[_Person]:
    first, last = BANDS[name]
    members = [person for person in people if first <= int(person.age_years) <= last]
    if len(members) < FEWEST_PEOPLE:
        raise DataError(f"{folder}: {len(members)} people of {name} years, at least {FEWEST_PEOPLE} are needed")
    return members


def _band(name: str, members: list[_Person]) -> NormBand:
    first, last = BANDS[name]
    medians = np.array([np.median(person.values, axis=0) for person in members])
    return NormBand(from_years=first, to_years=last, n=len(members), measures=percentiles(medians))


def percentiles(values: FloatArray) -> dict[str, Percentiles]:
    """Return the percentiles of `MEASURES`, in the columns of values with shape (people, measures)."""
    points = np.percentile(values, [50, 75, 90, 95], axis=0).T.tolist()
    return {key: Percentiles(UNITS[key], *row) for key, row in zip(MEASURES, points, strict=True)}


def _repeat_study(bands: tuple[str, ...], members: list[_Person]) -> RepeatStudy:
    values = np.stack([person.values for person in members])  # (people, trials, measures)
    return RepeatStudy(
        bands=bands,
        n=len(members),
        source=f"ICC(2,1) and minimal detectable change on the logarithm, {TRIALS_A_PERSON} trials within one session: "
        f"{SOURCE}",
        measures={key: repeatability(values[:, :, place]) for place, key in enumerate(MEASURES)},
    )
