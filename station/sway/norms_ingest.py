"""A clinic's own table of norms, from the results in its reference consumer's database (`balance-station ingest`).

Only what a person agreed to be compared by is taken, and only anonymous visits: a result with a visit token belongs to
somebody. Nothing about a person enters the table: no id, date, station or single value, only percentiles of groups
that are not small. One trial a visit; people who came twice without a token cannot be told from two people.

Opens the database read-only, and knows of its table only that `inbox` has `id` and `body`.
"""

import hashlib
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from station.errors import DataError, NoInputError
from station.records.record import KEEP_AND_COMPARE, RESULT_SCHEMA
from station.sway.fingerprint import pipeline_sha256
from station.sway.norms import MEASURES, VISIT_BANDS, NormBand, Norms, load_norms, sealed
from station.sway.norms_build import BANDS, percentiles
from station.sway.profiles import STATION

# Below this the 90th percentile rests on four people or fewer, and a band says something about single persons.
FEWEST_RESULTS: Final = 40
# The trial that the shipped norms are of: quiet standing, eyes open, firm, this long.
TRIAL: Final = "quiet-stance"
WINDOW_S: Final = 30.0
_WINDOW_SLACK: Final = 0.05  # as many ticks of a window may be missing
# The shipped bands where there are some, so that what is known about repeating holds for them too.
_NAMES: Final = {years: name for name, years in BANDS.items()}


class _Part(msgspec.Struct, frozen=True):
    name: str
    state: str


class _Result(msgspec.Struct, frozen=True):
    """What a row must say; all else in it is not even read."""

    schema: str
    pipeline_version: str
    visit_token: str | None
    age_band: str | None
    parts: tuple[_Part, ...]
    sway: dict[str, Any] | None
    consent: str | None = None


class Taken(msgspec.Struct, frozen=True):
    """A table, and how many results were left out for which reason (bands that are too small included)."""

    norms: Norms
    left_out: dict[str, int]


def build_from_ingest(database: Path, name: str, fewest: int = FEWEST_RESULTS) -> Taken:
    """Return the table of a clinic's own results; `name` says in the table whose they are.

    Raises NoInputError for a database that cannot be opened, DataError when no band reaches `fewest` results, and
    ValueError for a `fewest` below `FEWEST_RESULTS`.
    """
    if fewest < FEWEST_RESULTS:
        raise ValueError(f"a band needs at least {FEWEST_RESULTS} results, not {fewest}")
    left_out: Counter[str] = Counter()
    groups: dict[str, list[list[float]]] = {band: [] for band in VISIT_BANDS}
    digest = hashlib.sha256()
    for result_id, body in _rows(database):
        taken = _taken(body)
        if isinstance(taken, str):
            left_out[taken] += 1
            continue
        band, values = taken
        groups[band].append(values)
        digest.update(f"{result_id} {band} {' '.join(map(repr, values))}\n".encode())
    small = {band: len(values) for band, values in groups.items() if 0 < len(values) < fewest}
    for band, count in small.items():
        left_out[f"fewer than {fewest} results of {band} years"] = count
    bands = {
        _NAMES.get(VISIT_BANDS[band], band): _band(band, values)
        for band, values in groups.items()
        if len(values) >= fewest
    }
    if not bands:
        why = "; ".join(f"{count} {reason}" for reason, count in left_out.items()) or "it holds no result"
        raise DataError(f"{database}: no age band has {fewest} results that may be used: {why}")
    shipped = load_norms()
    data_sha256 = digest.hexdigest()
    norms = Norms(
        version=f"clinic-{data_sha256[:8]}",
        pipeline=STATION.version,
        pipeline_sha256=pipeline_sha256(MEASURES),
        condition=shipped.condition,
        window_s=(0.0, WINDOW_S),
        statistic="one trial a visit",
        source=f"{name}: people measured there who agreed to be compared, whatever the outcome of their screen",
        data_sha256=data_sha256,
        bands=bands,
        repeatability=shipped.repeatability,
    )
    return Taken(sealed(norms), dict(left_out))


def _rows(database: Path) -> list[tuple[str, bytes]]:
    if not database.is_file():
        raise NoInputError(f"{database}: no such database; name the one that `balance-station ingest` writes")
    try:
        connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=10.0)
        try:
            return connection.execute("SELECT id, body FROM inbox ORDER BY id").fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise DataError(
            f"{database}: not a database of results ({error}); name the one that `balance-station ingest` writes"
        ) from None


def _taken(body: bytes) -> tuple[str, list[float]] | str:
    """Return the age band and the measures of a result, or why it is left out."""
    try:
        result = msgspec.json.decode(body, type=_Result)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "not readable"
    if result.schema != RESULT_SCHEMA:
        return "of another schema"
    if result.consent != KEEP_AND_COMPARE:
        return "without consent to be compared"
    if result.visit_token is not None:
        return "with a visit token, so not anonymous"
    if result.age_band not in VISIT_BANDS:
        return "without an age"
    sway = result.sway or {}
    if result.pipeline_version != STATION.version or sway.get("profile", STATION.version) != STATION.version:
        return f"of another pipeline than {STATION.version}"
    return _measures(result, sway)


def _measures(result: _Result, sway: dict[str, Any]) -> tuple[str, list[float]] | str:
    done = any(part.name == TRIAL and part.state == "done" for part in result.parts)
    quality, metrics, duration_s = sway.get("quality"), sway.get("metrics"), sway.get("duration_s")
    if not done or not isinstance(quality, dict) or quality.get("assessable") is not True:
        return f"without an assessable {TRIAL}"
    if not isinstance(duration_s, int | float) or abs(duration_s - WINDOW_S) > _WINDOW_SLACK * WINDOW_S:
        return f"of another length than {WINDOW_S:g} s"
    values = [metrics.get(key) for key in MEASURES] if isinstance(metrics, dict) else []
    numbers = [float(value) for value in values if isinstance(value, int | float) and value > 0]
    if len(numbers) < len(MEASURES):
        return "without every measure"
    assert result.age_band is not None
    return result.age_band, numbers


def _band(name: str, values: list[list[float]]) -> NormBand:
    first, last = VISIT_BANDS[name]
    return NormBand(from_years=first, to_years=last, n=len(values), measures=percentiles(np.array(values)))
