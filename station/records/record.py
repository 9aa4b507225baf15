"""The record of one visit: what is stored, published and printed. Data only; nothing here decides anything."""

from typing import Any, Final, Literal

import msgspec

from station.screens import Tier

RESULT_SCHEMA: Final = "balance-station/result/1"

UtcQuality = Literal["synced", "estimated", "unknown"]
PartState = Literal["done", "not done", "not offered", "not assessable"]
Sex = Literal["female", "male"]
# What a person said yes to: the words of `[consent]` in station/visit/texts_<language>.toml.
Consent = Literal["keep-and-compare"]
KEEP_AND_COMPARE: Final = "keep-and-compare"


class Instant(msgspec.Struct, frozen=True):
    """A moment: durations come from `monotonic_ns` within one `boot_id`; `utc` is only as good as `utc_quality`."""

    utc: str | None
    utc_quality: UtcQuality
    monotonic_ns: int
    boot_id: str


class Reason(msgspec.Struct, frozen=True):
    """Why the tier is what it is: one line a person can check, with the source of its cut-off."""

    tier: Tier
    part: str
    text: str
    source: str


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of the screen. `met` says whether its at-risk criterion is met; null where that cannot be said."""

    name: str
    state: PartState
    value: float | int | str | bool | None = None
    unit: str | None = None  # UCUM
    cut_off: str | None = None
    met: bool | None = None
    source: str | None = None
    detail: str | None = None


class SwayBand(msgspec.Struct, frozen=True):
    """One sway measure against people of the same age."""

    metric: str
    value: float
    unit: str
    band: str  # "up to P75", "P75 to P90", "above P90"
    p75: float
    p90: float
    reference: str  # e.g. "60-69, eyes open, firm, n=19"
    n: int
    mdc_ratio: float | None = None  # a change is real beyond this ratio (95 %), where it is known


class Record(msgspec.Struct, frozen=True):
    """One visit. `sway` has the shape that `analyze` prints, or is null when no sway was measured.

    `consent` is what the person agreed to, null where the protocol does not ask: such a result may be kept by those who
    measured, but nobody said that others may be compared with it.
    """

    schema: str
    id: str
    station: str
    site: str
    protocol: str
    protocol_version: str
    rule_version: str
    pipeline_version: str
    norms_version: str
    software_version: str
    calibration_id: str
    started: Instant
    ended: Instant
    visit_token: str | None
    age_band: str | None
    sex: Sex | None
    tier: Tier
    reasons: tuple[Reason, ...]
    parts: tuple[Part, ...]
    sway: dict[str, Any] | None
    sway_bands: tuple[SwayBand, ...]
    quality_flags: tuple[str, ...]
    historical: bool = False
    consent: Consent | None = None
