"""People of the same age: a table of norms, and where a value stands in it.

A value is placed in a band (up to P75, P75 to P90, above P90) with the number of people behind it, never as a single
percentile: the groups are small. Norms apply to the pipeline that made them and to nothing else; for ages, stances
and surfaces that the table does not have there is no reference, and that is said.

A table is checked when it is read: nobody has edited it since it was made, and this software's pipeline is the one
that made it.
"""

import hashlib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from station.errors import ConfigError, DataError
from station.records.record import SwayBand
from station.sway.fingerprint import pipeline_sha256
from station.sway.profiles import STATION
from station.sway.repeatability import Repeatability

FORMAT: Final = "balance-station/norms/1"
# What a visit's sway is placed by (design: screening).
MEASURES: Final = (
    "mean_velocity_mm_s",
    "mean_velocity_ap_mm_s",
    "sway_area_per_second_mm2_s",
    "rms_ml_mm",
    "ellipse_area_95_mm2",
)
# Completed years that each age band of a visit stands for.
VISIT_BANDS: Final = {"18-44": (18, 44), "45-59": (45, 59), "60-69": (60, 69), "70-86": (70, 86), "87+": (87, 120)}

UP_TO_P75: Final = "up to P75"
P75_TO_P90: Final = "P75 to P90"
ABOVE_P90: Final = "above P90"


class Percentiles(msgspec.Struct, frozen=True):
    """One measure in one band."""

    unit: str
    p50: float
    p75: float
    p90: float
    p95: float


class NormBand(msgspec.Struct, frozen=True):
    """People of `from_years` up to and with `to_years` completed years of age; `n` of them."""

    from_years: int
    to_years: int
    n: int
    measures: dict[str, Percentiles]


class RepeatStudy(msgspec.Struct, frozen=True):
    """How far measures repeat, seen in `n` people with three trials each; holds for the bands named."""

    bands: tuple[str, ...]
    n: int
    source: str
    measures: dict[str, Repeatability]


class Norms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the table, with what it was made from and by what.

    `data_sha256` is of the data, `pipeline_sha256` of what the pipeline makes of fixed signals (see `fingerprint`),
    `table_sha256` of everything else in the table.
    """

    version: str
    pipeline: str
    pipeline_sha256: str
    condition: str
    window_s: tuple[float, float]
    statistic: str
    source: str
    data_sha256: str
    bands: dict[str, NormBand]
    repeatability: dict[str, RepeatStudy]
    format: str = FORMAT
    table_sha256: str = ""


def sealed(norms: Norms) -> Norms:
    """Return the table with its own hash in it."""
    return msgspec.structs.replace(norms, table_sha256=_table_sha256(norms))


def encode_norms(norms: Norms) -> bytes:
    """Return a table as the JSON text that is kept."""
    return msgspec.json.format(msgspec.json.encode(norms), indent=2) + b"\n"


def parse_norms(text: bytes, where: str) -> Norms:
    """Return a table from its JSON text; `where` is named in what is raised.

    Raises DataError for a table that is not whole, or that another pipeline made.
    """
    try:
        norms = msgspec.json.decode(text, type=Norms)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(
            f"{where}: not a table of norms: {error}; make one with `balance-station norms build`"
        ) from None
    if norms.format != FORMAT:
        raise DataError(f"{where}: its format is {norms.format!r}, this software reads {FORMAT!r}; build it anew")
    if norms.table_sha256 != _table_sha256(norms):
        raise DataError(f"{where}: was changed after it was made (its hash does not fit); build it anew")
    if norms.pipeline != STATION.version:
        raise DataError(
            f"{where}: made with pipeline {norms.pipeline!r}, this software measures with {STATION.version!r}; "
            "norms hold for their own pipeline only: build them anew"
        )
    measures = tuple(dict.fromkeys(key for band in norms.bands.values() for key in band.measures))
    missing = [key for key in MEASURES for band in norms.bands.values() if key not in band.measures]
    if missing or not norms.bands or set(measures) != set(MEASURES):
        raise DataError(f"{where}: expected at least one band, each with {', '.join(MEASURES)}; build it anew")
    if norms.pipeline_sha256 != pipeline_sha256(MEASURES):
        raise DataError(
            f"{where}: made by a {norms.pipeline} that measured differently from this software's; build it anew"
        )
    return norms


def load_norms(file: str | None = None) -> Norms:
    """Return the table in a file that the configuration names (`screen.norms`), or the one that ships.

    Raises ConfigError, in one line that names the file, for one that is missing or that `parse_norms` refuses.
    """
    if file is None:
        return _shipped()
    try:
        return parse_norms(Path(file).read_bytes(), file)
    except OSError as error:
        raise ConfigError(
            f"screen.norms: {file}: cannot be read: {error.strerror}; name a table that `norms build` made, "
            "or leave the key out for the one that ships"
        ) from None
    except DataError as error:
        raise ConfigError(f"screen.norms: {error}") from None


@cache
def _shipped() -> Norms:
    table = resources.files("station.sway.data").joinpath(f"norms_{STATION.version}.json")
    return parse_norms(table.read_bytes(), table.name)


def reference_band(norms: Norms, age: float | str | None) -> str | None:
    """Return the band of the table for an age in years, or for an age band of a visit; None: no reference.

    Visits know the bands of `VISIT_BANDS`; one is in a band of the table when all its years are. Years are completed
    years: 69.9 is 69. Raises ValueError for a band that no visit knows.
    """
    if age is None:
        return None
    if isinstance(age, str):
        if age not in VISIT_BANDS:
            raise ValueError(f"there is no age band {age!r}; visits know {', '.join(VISIT_BANDS)}")
        first, last = VISIT_BANDS[age]
    else:
        first = last = int(age)
    for name, band in norms.bands.items():
        if band.from_years <= first and last <= band.to_years:
            return name
    return None


def band_word(value: float, p75: float, p90: float) -> str:
    """Return where a value stands: the words of the contract. A value on an edge is in the band below it."""
    if value <= p75:
        return UP_TO_P75
    return P75_TO_P90 if value <= p90 else ABOVE_P90


def place(norms: Norms, metric: str, value: float | None, band: str | None, *, trials: int = 1) -> SwayBand | None:
    """Return a measure of the `station-1` pipeline (eyes open, firm, 30 s) beside people of the same age.

    `band` is what `reference_band` said; `trials` how many the value is the mean of (1 or 3). None where there is no
    reference: no value, no band, or a measure that the table does not have.
    """
    if value is None or band is None or metric not in norms.bands[band].measures:
        return None
    people = norms.bands[band]
    row = people.measures[metric]
    return SwayBand(
        metric=metric,
        value=value,
        unit=row.unit,
        band=band_word(value, row.p75, row.p90),
        p75=row.p75,
        p90=row.p90,
        reference=f"{band}, {norms.condition}, n={people.n}",
        n=people.n,
        mdc_ratio=_smallest_change(norms, metric, band, trials),
    )


def _smallest_change(norms: Norms, metric: str, band: str, trials: int) -> float | None:
    for study in norms.repeatability.values():
        if band in study.bands and metric in study.measures:
            seen = study.measures[metric]
            return {1: seen.mdc_ratio_one_trial, 3: seen.mdc_ratio_mean_of_three}.get(trials)
    return None


def _table_sha256(norms: Norms) -> str:
    return hashlib.sha256(
        msgspec.json.encode(msgspec.structs.replace(norms, table_sha256=""), order="sorted")
    ).hexdigest()
