"""What the staff mode knows, frozen. It changes nothing: reduce.py does."""

from typing import Final, Literal

import msgspec

from calibration.evidence import Reading, Weight
from calibration.plan import CENTRE, Step, choose, load_plan
from calibration.procedure import Session
from station.screens import TableRow, Trend
from station.staff.events import CertificateView, Site

Stage = Literal[
    "pin",
    "menu",
    "certificate",
    "notice",  # something cannot be done now; says why
    "begin-anew",  # a calibration is under way, and somebody wants to begin another
    "weights",
    "warm-up",
    "level",
    "read",
    "working",  # the shell is at it
    "result",
    "refused",
    "details",  # every limit of a result
    "discard",
    "approve",
    "done",
    "daily-place",
    "daily-result",
]

MOST_DIGITS: Final = 12
IDLE_S: Final = 120.0
IDLE_READING_S: Final = 900.0  # weights are fetched and carried meanwhile, or what refuses is mended
IDLE_WARM_UP_S: Final = 2700.0  # a warm-up takes a quarter of an hour by itself

IDLE_OF: Final[dict[Stage, float]] = {
    "warm-up": IDLE_WARM_UP_S,
    "level": IDLE_READING_S,
    "read": IDLE_READING_S,
    "refused": IDLE_READING_S,
    "daily-place": IDLE_READING_S,
}


class StaffState(msgspec.Struct, frozen=True):
    """The staff mode at one moment.

    shut: no PIN can be typed, because there is none; digits: typed so far, never shown; operator: initials of who
    signed in; chosen: ids of weights; held: the load that was read last still stands there; note: what is wrong with
    it, in words; touched_s: when something last happened, stamped by the tick after it; locked_s: seconds for which no
    PIN is taken.
    """

    site: Site
    stage: Stage = "pin"
    certificate: CertificateView = CertificateView()
    trend: Trend = Trend((), 0.0)
    session: Session | None = None
    journal_problem: str | None = None
    shut: bool = False
    pin_words: str = ""
    digits: str = ""
    locked_s: float = 0.0
    operator: str = ""
    blocked: str = ""
    chosen: tuple[str, ...] = ()
    new_parts: bool = False
    on_s: float = 0.0
    drift_counts_per_min: float | None = None
    steady: bool = True
    tilt_deg: float | None = None
    held: bool = False
    note: str = ""
    rows: tuple[TableRow, ...] = ()
    passed: bool = False
    place_mm: float = 0.0
    force_percent: float = 0.0
    came_from: Stage = "menu"  # where discarding or details were asked for
    empty: Reading | None = None  # of the daily check
    touched_s: float | None = None
    now_s: float = 0.0

    @property
    def wants_rows(self) -> bool:
        """Return whether counts are to be watched now: for a reading, or for its load to be moved."""
        return (self.stage == "read" and self.session is not None and self.session.step is not None) or (
            self.stage == "daily-place"
        )

    @property
    def step(self) -> Step | None:
        """Return the reading that is asked for now, of the calibration or of the daily check."""
        if self.stage == "daily-place":
            return daily_step(self)
        return None if self.session is None else self.session.step


def valid_weights(state: StaffState) -> tuple[Weight, ...]:
    """Return the weights of the register whose certificates hold today."""
    return tuple(each for each in state.site.weights if each.valid_until >= state.site.today)


def daily_step(state: StaffState) -> Step:
    """Return what the daily check asks for: the empty deck first, then one load at the centre."""
    return Step("zero", None, 0.0, 0.0, 0.0, ()) if state.empty is None else daily_load(state)


def daily_load(state: StaffState) -> Step:
    """Return the load of the daily check; raises RegisterError when no valid weights come near it."""
    chosen = choose(valid_weights(state), load_plan().place_kg)
    return Step("repeat", CENTRE, 0.0, 0.0, sum(each.mass_kg for each in chosen), tuple(each.id for each in chosen))
