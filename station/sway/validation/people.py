"""Everything that the page needs of the human-balance recordings, measured once, in several processes.

Each trial is measured twice: whole and as it is, for the values that its authors published; and as the station
measures, 30 s of it with the `station` profile, for everything else.
"""

import csv
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from station.errors import DataError, NoInputError
from station.sway.analysis import analyse
from station.sway.batch import cores
from station.sway.measures import FAMILIES, RECORDED
from station.sway.norms_build import WINDOW_S
from station.sway.profiles import PUBLISHED, STATION, crop
from station.sway.subjects import INDEX, RATE_HZ, UNITS_PER_MM, read_counts, sample_times

MM2_A_CM2: Final = 100.0
MM_A_CM: Final = 10.0

# Eyes and ground of the four conditions, as `trials.csv` says them and as the page does.
CONDITIONS: Final = {
    ("Open", "Firm"): "eyes open, firm",
    ("Closed", "Firm"): "eyes closed, firm",
    ("Open", "Foam"): "eyes open, foam",
    ("Closed", "Foam"): "eyes closed, foam",
}


class _Row(msgspec.Struct, frozen=True):
    """One line of `trials.csv`, as far as it is needed."""

    trial: str
    subject: int
    vision: str
    surface: str
    age_years: float
    falls_12_months: str
    fes_i_short_total: str
    mini_bestest_total: str
    published_area_cm2: float
    published_velocity_cm_s: float


class Trial(msgspec.Struct, frozen=True):
    """One trial: who, how, what was published, and what comes out here (mm). Unknown numbers are None."""

    trial: str
    subject: int
    condition: str
    age_years: float
    falls: int | None
    fes_i: float | None
    mini_bestest: float | None
    published_area_mm2: float
    published_velocity_mm_s: float
    own_area_mm2: float
    own_velocity_mm_s: float
    sha256: str
    metrics: dict[str, float | None]


def measure_everybody(folder: Path, jobs: int | None = None) -> Iterator[Trial]:
    """Yield every trial of a folder, in the order of its index.

    Raises NoInputError for a folder without recordings, DataError for recordings that do not fit the layout.
    """
    work = [(str(folder), row) for row in read_index(folder)]
    if (jobs or cores()) < 2:
        yield from map(_measure, work)
        return
    with ProcessPoolExecutor(jobs or cores()) as pool:
        yield from pool.map(_measure, work, chunksize=8)


def read_index(folder: Path) -> list[_Row]:
    """Return the lines of `trials.csv`; raises as `measure_everybody`."""
    path = folder / INDEX
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [msgspec.convert(row, _Row, strict=False) for row in csv.DictReader(lines)]
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror}; name the folder with the recordings") from None
    except (UnicodeDecodeError, csv.Error, msgspec.ValidationError) as error:
        raise DataError(f"{path}: not an index of trials: {error}") from None
    if not rows:
        raise DataError(f"{path}: holds no trial")
    return rows


def archive_of(folder: Path, subject: int) -> Path:
    """Return where the trials of a person are."""
    return folder / f"subject_{subject:03d}.npz"


def data_sha256(trials: Iterable[Trial]) -> str:
    """Return the hash of all trials that were measured."""
    digest = hashlib.sha256()
    for trial in trials:
        digest.update(f"{trial.trial} {trial.sha256}\n".encode())
    return digest.hexdigest()


def _measure(work: tuple[str, _Row]) -> Trial:
    folder, row = work
    counts = read_counts(archive_of(Path(folder), row.subject), row.trial)
    ml_mm, ap_mm = counts.T / UNITS_PER_MM
    time_s = sample_times(len(counts))
    whole = analyse(time_s, ml_mm, ap_mm, RATE_HZ, PUBLISHED.name, row.trial, families=RECORDED)
    cut = crop(time_s, *WINDOW_S)
    part = analyse(time_s[cut], ml_mm[cut], ap_mm[cut], RATE_HZ, STATION.name, row.trial, families=FAMILIES)
    return Trial(
        trial=row.trial,
        subject=row.subject,
        condition=CONDITIONS[row.vision, row.surface],
        age_years=row.age_years,
        falls=int(row.falls_12_months) if row.falls_12_months.isdigit() else None,
        fes_i=_number(row.fes_i_short_total),
        mini_bestest=_number(row.mini_bestest_total),
        published_area_mm2=row.published_area_cm2 * MM2_A_CM2,
        published_velocity_mm_s=row.published_velocity_cm_s * MM_A_CM,
        own_area_mm2=whole.metrics["ellipse_area_95_mm2"] or 0.0,
        own_velocity_mm_s=whole.metrics["mean_velocity_mm_s"] or 0.0,
        sha256=hashlib.sha256(np.ascontiguousarray(counts, dtype="<i4").tobytes()).hexdigest(),
        metrics=part.metrics,
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
