"""The cut-offs of the screening rule as typed data, read from `rule_screen-1.toml`. What they mean is in rule.py."""

import functools
import tomllib
from importlib import resources
from typing import Annotated, Final

import msgspec

from station.errors import DataError
from station.screens import Tier

RULE_VERSION: Final = "screen-1"


class AnswerLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reached when any of the questions `any_of` was answered `is`."""

    part: str
    any_of: tuple[str, ...]
    is_: str = msgspec.field(name="is")
    tier: Tier
    cut_off: str
    text: str
    source: str


class StanceLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reached when a stance was lost before `below_s` seconds; one without a tier is reported and reaches nothing."""

    part: str
    source: str
    below_s: Annotated[float, msgspec.Meta(gt=0)] | None = None
    tier: Tier | None = None
    text: str = ""


class SwayGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sway measures that say nearly the same and so count once."""

    name: str
    metrics: tuple[str, ...]


class SwayLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reached when at least `at_least` groups lie in the band `above`."""

    part: str
    above: str
    at_least: int
    groups: tuple[SwayGroup, ...]
    tier: Tier
    cut_off: str
    text: str
    source: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All lines of one version of the rule."""

    version: str
    answers: tuple[AnswerLine, ...]
    stances: tuple[StanceLine, ...]
    sway: tuple[SwayLine, ...]


@functools.cache
def load_rule(version: str = RULE_VERSION) -> Rule:
    """Return a version of the rule; raises DataError when its file is missing, broken or of another version."""
    name = f"rule_{version}.toml"
    try:
        text = (resources.files("station.screening") / name).read_text(encoding="utf-8")
        rule = msgspec.convert(tomllib.loads(text), Rule)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DataError(f"{name}: not a screening rule: {error}") from error
    if rule.version != version:
        raise DataError(f"{name}: version = {rule.version!r}; expected {version!r}, as its name says")
    return rule
