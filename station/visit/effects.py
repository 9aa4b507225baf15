"""What a visit asks its shell to do. Data only; the shell (station.live.engine) does it and answers with events."""

from typing import Literal

import msgspec

from station.records.record import Sex
from station.visit.events import TrialEnd

Stance = Literal["quiet", "side-by-side", "semi-tandem", "tandem", "one-foot"]


class Say(msgspec.Struct, frozen=True, tag=True):
    """Speak this text."""

    text: str
    language: str = "en"


class Sound(msgspec.Struct, frozen=True, tag=True):
    """Play a named sound."""

    key: Literal["chime", "double-chime", "call-staff"]


class StartTrial(msgspec.Struct, frozen=True, tag=True):
    """Begin to measure now: `settle_s` that are not scored, then `window_s` that are. Answered by `TrialEnded`."""

    trial: str  # name of the part, e.g. "quiet-stance", "tandem"
    stance: Stance
    attempt: int
    settle_s: float
    window_s: float
    sway: bool  # compute sway measures (quiet stance) or only time the stance (stages)


class StopTrial(msgspec.Struct, frozen=True, tag=True):
    """End the running trial now; no `TrialEnded` follows (the flow has already gone on)."""

    reason: str


class CallStaff(msgspec.Struct, frozen=True, tag=True):
    """Ask staff to come; `reason` is for staff and holds nothing about the person."""

    reason: str


class TrialResult(msgspec.Struct, frozen=True):
    """One finished trial as the flow knows it."""

    trial: str
    stance: Stance
    attempt: int
    end: TrialEnd
    held_s: float
    reasons: tuple[str, ...] = ()


class VisitSummary(msgspec.Struct, frozen=True):
    """All that the screening rule needs to know of a visit. `answers` maps question names to answer actions.

    `stopped` says in words why the visit ended early ("stop pressed", "stepped off", "nobody answered"), or is null.
    `not_offered` lists parts of the protocol that the site did not offer.
    """

    protocol: str
    protocol_version: str
    answers: dict[str, str]
    trials: tuple[TrialResult, ...]
    not_offered: tuple[str, ...]
    stopped: str | None
    age_years: int | None
    age_band: str | None  # from the answer or the age given: "18-44", "45-59", "60-69", "70-86", "87+", null unknown
    sex: Sex | None
    visit_token: str | None
    body_mass_kg: float | None
    consented: bool = False  # asked, and said yes


class Finish(msgspec.Struct, frozen=True, tag=True):
    """The measuring is over: make the record. Answered by `Recorded` (or `Faulted`)."""

    summary: VisitSummary


class Wipe(msgspec.Struct, frozen=True, tag=True):
    """Forget the person: the shell drops everything it holds of this visit. Records already committed stay."""


Effect = Say | Sound | StartTrial | StopTrial | CallStaff | Finish | Wipe
