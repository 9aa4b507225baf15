"""People of the same age: the shipped table of norms, and where a value stands in it.

A value is placed in a band (up to P75, P75 to P90, above P90) with the number of people behind it, never as a single
percentile: the groups are small. Norms apply to the pipeline that made them and to nothing else; for ages, stances
and surfaces that the table does not have there is no reference, and that is said.
"""

from functools import cache
from importlib import resources
from typing import Final

import msgspec

from station.records.record import SwayBand
from station.sway.profiles import STATION

NO_REFERENCE: Final = "no reference"
UP_TO_P75: Final = "up to P75"
P75_TO_P90: Final = "P75 to P90"
ABOVE_P90: Final = "above P90"

# What a visit knows when it knows no exact age. People of 80 and more are too few to stand alone.
_BAND_OF_VISIT: Final = {"18-44": "18-44", "60-69": "60-69", "70-86": "70+"}


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


class ChangeRatio(msgspec.Struct, frozen=True):
    """Beyond this ratio between two visits a change is real (95 %), for one trial and for the mean of three a visit."""

    one_trial: float
    mean_of_three: float
    bands: tuple[str, ...]
    source: str


class Norms(msgspec.Struct, frozen=True):
    """A version of the table, with what it was made from and by what."""

    version: str
    pipeline: str
    condition: str
    window_s: tuple[float, float]
    statistic: str
    source: str
    data_sha256: str
    bands: dict[str, NormBand]
    mdc_ratio: dict[str, ChangeRatio]


@cache
def load_norms() -> Norms:
    """Return the shipped table of the station profile."""
    table = resources.files("station.sway.data").joinpath(f"norms_{STATION.version}.json")
    return msgspec.json.decode(table.read_bytes(), type=Norms)


def reference_band(age: float | str | None) -> str | None:
    """Return the band of the table for an age in years, or for an age band of a visit; None: no reference.

    Visits know "18-44", "45-59", "60-69", "70-86" and "87+". Nobody between 45 and 59, under 18 or over 86 is in the
    table. Years are completed years: 69.9 is 69. Raises ValueError for a band that no visit knows.
    """
    if age is None:
        return None
    if isinstance(age, str):
        if age not in _BAND_OF_VISIT and age not in {"45-59", "87+"}:
            raise ValueError(f"there is no age band {age!r}; visits know {', '.join(_BAND_OF_VISIT)} 45-59 and 87+")
        return _BAND_OF_VISIT.get(age)
    for name, band in load_norms().bands.items():
        if band.from_years <= int(age) <= band.to_years:
            return name
    return None


def band_word(value: float, p75: float, p90: float) -> str:
    """Return where a value stands: the words of the contract. A value on an edge is in the band below it."""
    if value <= p75:
        return UP_TO_P75
    return P75_TO_P90 if value <= p90 else ABOVE_P90


def place(metric: str, value: float | None, band: str | None, *, trials: int = 1) -> SwayBand | None:
    """Return a measure of the `station-1` pipeline (eyes open, firm, 30 s) beside people of the same age.

    `band` is what `reference_band` said; `trials` how many the value is the mean of (1 or 3). None where there is no
    reference: no value, no band, or a measure that the table does not have.
    """
    norms = load_norms()
    if value is None or band is None or metric not in norms.bands[band].measures:
        return None
    people = norms.bands[band]
    row = people.measures[metric]
    change = norms.mdc_ratio.get(metric)
    ratio = None
    if change is not None and band in change.bands:
        ratio = {1: change.one_trial, 3: change.mean_of_three}.get(trials)
    return SwayBand(
        metric=metric,
        value=value,
        unit=row.unit,
        band=band_word(value, row.p75, row.p90),
        p75=row.p75,
        p90=row.p90,
        reference=f"{band}, {norms.condition}, n={people.n}",
        n=people.n,
        mdc_ratio=ratio,
    )
