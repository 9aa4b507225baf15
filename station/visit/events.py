"""What can happen to a visit. Time is one of the events; nothing in this room reads a clock."""

from typing import Literal

import msgspec

from station.records.record import Sex
from station.screens import ResultView

TrialEnd = Literal["completed", "lost", "stopped", "not assessable"]


class Began(msgspec.Struct, frozen=True, tag=True):
    """A visit starts at the attract screen; what is given here is not asked again."""

    protocol: str
    age_years: int | None = None
    sex: Sex | None = None
    visit_token: str | None = None


class Pressed(msgspec.Struct, frozen=True, tag=True):
    """A button of the present screen was touched."""

    action: str


class Ticked(msgspec.Struct, frozen=True, tag=True):
    """Time has passed. `now_s` is the station's monotonic time; it comes at every tick of the loop (100 Hz)."""

    now_s: float


class SteppedOn(msgspec.Struct, frozen=True, tag=True):
    """Weight came onto the deck (not yet still)."""


class Settled(msgspec.Struct, frozen=True, tag=True):
    """Somebody stands still enough to start, with both feet on; `body_mass_kg` is what they weigh."""

    body_mass_kg: float


class Unsettled(msgspec.Struct, frozen=True, tag=True):
    """No longer still enough to start (they move, or lift a foot), but weight is on."""


class SteppedOff(msgspec.Struct, frozen=True, tag=True):
    """The deck is empty."""


class TrialEnded(msgspec.Struct, frozen=True, tag=True):
    """A trial that was started is over.

    `end`: `completed` (held or measured for the whole window), `lost` (balance event: step, rail, stepped off),
    `stopped` (by the flow), `not assessable` (technical; `reasons` say why, in words for staff).
    `held_s` is how long the stance was held, at most the window.
    """

    trial: str
    attempt: int
    end: TrialEnd
    held_s: float
    reasons: tuple[str, ...] = ()


class Recorded(msgspec.Struct, frozen=True, tag=True):
    """The record is committed; this is what the person is shown."""

    view: ResultView


class Faulted(msgspec.Struct, frozen=True, tag=True):
    """The station cannot go on (sensor lost, certificate gone, an exception): make the person safe, call staff."""

    reason: str


class Cleared(msgspec.Struct, frozen=True, tag=True):
    """The fault is over."""


Event = (
    Began | Pressed | Ticked | SteppedOn | Settled | Unsettled | SteppedOff | TrialEnded | Recorded | Faulted | Cleared
)
