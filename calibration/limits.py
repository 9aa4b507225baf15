"""The limits that a deck is held to: tables with values, units, sources and what to do.

`limits.toml` is for a calibration, `limits_running.toml` for the time between two of them. Only the tables and the
comparison: what is measured for each limit is in `calibration.judge`, `calibration.daily` and `calibration.zero`.
"""

import math
import tomllib
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from calibration.evidence import Judgement

CALIBRATION: Final = "limits.toml"
RUNNING: Final = "limits_running.toml"
NO_NUMBER: Final = 1e300  # stands in a record for what could not be measured
NOT_MEASURED: Final = "not measured"


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One limit. refused: on which side of `value` a measurement is refused; exactly at it, it passes.

    short: its name on a screen; what: what is measured, as refusals and certificates say it.
    """

    name: str
    short: str
    what: str
    value: float
    unit: str
    refused: Literal["above", "below"]
    source: str
    to_do: str

    @property
    def allowed(self) -> str:
        """Return in words what passes: `at most 0.5 %`."""
        return f"{'at most' if self.refused == 'above' else 'at least'} {self.with_unit(f'{self.value:g}')}"

    def with_unit(self, number: str) -> str:
        """Return a number with this limit's unit behind it, as people write it."""
        if self.unit == "1":
            return number
        return f"{number}{self.unit}" if self.unit == "°" else f"{number} {self.unit}"

    def judge(self, measured: float) -> Judgement:
        """Hold one measurement to this limit. A value that is no number never passes."""
        beyond = measured > self.value if self.refused == "above" else measured < self.value
        return Judgement(
            limit_name=self.name,
            measured=measured if math.isfinite(measured) else NO_NUMBER,
            limit=self.value,
            unit=self.unit,
            passed=math.isfinite(measured) and not beyond,
        )


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All limits, under one version."""

    version: str
    limit: tuple[Limit, ...]

    def named(self, name: str) -> Limit:
        """Return one limit; raises KeyError, a mistake of ours, for a name that is not in the table."""
        for limit in self.limit:
            if limit.name == name:
                return limit
        raise KeyError(name)


@cache
def load_limits(file: str = CALIBRATION) -> Limits:
    """Return a shipped table."""
    text = (files("calibration") / file).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Limits)


def limit_of(judgement: Judgement) -> Limit:
    """Return the limit that was applied: value and unit of the record, in today's words where a table has them."""
    for file in (CALIBRATION, RUNNING):
        for limit in load_limits(file).limit:
            if limit.name == judgement.limit_name:
                return msgspec.structs.replace(limit, value=judgement.limit, unit=judgement.unit)
    return Limit(
        name=judgement.limit_name,
        short=judgement.limit_name,
        what=judgement.limit_name,
        value=judgement.limit,
        unit=judgement.unit,
        refused="above" if judgement.passed == (judgement.measured <= judgement.limit) else "below",
        source="a table of limits that this version does not have any more",
        to_do="calibrate the deck again",
    )


def explain(judgement: Judgement) -> str:
    """Return a refusal in words: which limit, the value, what is allowed, what to do."""
    limit = limit_of(judgement)
    measured = NOT_MEASURED if judgement.measured >= NO_NUMBER else limit.with_unit(f"{judgement.measured:.4g}")
    return f"{limit.what}: {measured}, {limit.allowed} allowed; {limit.to_do}"
