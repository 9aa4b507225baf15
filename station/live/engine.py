"""The station itself: rows in, events to the visit, effects done, messages out. No socket, no sleep, no window.

The engine is the shell around the pure flow in station.visit. Whatever goes wrong in here ends in the same safe
place: the trial stops, the person is asked to hold the rail, staff are called, and the log says why.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, Literal

from calibration.model import DeckModel
from station.config import Config
from station.errors import UsageError
from station.live.deck_state import DeckState
from station.live.finish import RecordKeeper, RecordMaker, StationState, TrialAnalysis
from station.live.grid import Grid, Row, RowFlag
from station.live.health import HealthWatch
from station.live.presence import Presence
from station.live.score import LiveSway
from station.live.staff_mode import StaffMode
from station.live.trial import RunningTrial
from station.live.trial_quality import TrialContext, technical_reasons
from station.live.zero_return import NOT_BACK, ZeroReturn, doubted, without_trials
from station.messages import Cue, Live, LiveScore, Show, ToClient
from station.protocols.reader import Protocol as ScreenProtocol
from station.records.outbox import DeckNote
from station.screens import ScreenModel
from station.visit.effects import CallStaff, Effect, Finish, Say, Sound, StartTrial, StopTrial, Wipe
from station.visit.events import (
    Began,
    Cleared,
    Event,
    Faulted,
    Pressed,
    Recorded,
    SteppedOff,
    Ticked,
    TrialEnded,
)
from station.visit.present import present
from station.visit.reduce import reduce
from station.visit.state import VisitState, start_state

log = logging.getLogger(__name__)

STAFF: Final = "staff"  # the staff corner was held; no button says so
ALWAYS_HEARD: Final = frozenset({"stop", "help"})
HEALTH_EVERY_TICKS: Final = 10
OWN_FAULT: Final = "internal error"
# After a fault of our own the station serves the next person only once this one has left and staff could see it.
OWN_FAULT_SHOWN_NS: Final = 10_000_000_000
# The cell, not the person: a leap must not step anybody off the deck. Knocks and places outside it do not change loads.
_NOT_A_LOAD: Final = int(RowFlag.IMPOSSIBLE | RowFlag.SATURATED | RowFlag.GAP | RowFlag.UNCALIBRATED)
FARTHEST_MM: Final = 1000.0  # a centre of pressure beyond this, or none (NaN), is no place to draw or score


class StationEngine:
    """One tick at a time. `publish` gets every message for clients; `live()` is asked for at 30 Hz."""

    def __init__(
        self,
        config: Config,
        grid: Grid,
        presence: Presence,
        maker: RecordMaker,
        keeper: RecordKeeper,
        protocols: Mapping[str, ScreenProtocol],
        health: HealthWatch,
        deck: DeckState,
        staff: StaffMode,
    ) -> None:
        self._grid = grid
        self._deck = deck
        deck.changed = self._deck_changed
        self._deck_note: DeckNote | None = None
        self._staff = staff
        staff.show = self._staff_screen
        staff.chime = lambda: self.publish(Cue("chime"))
        self._await_empty = False  # staff have left something on the deck: that is no visitor
        self._presence = presence
        self._maker = maker
        self._keeper = keeper
        self._health = health
        self._protocols = protocols
        self._visit: VisitState = start_state(
            protocols, config.screen.alone, config.screen.protocol, config.station.language
        )
        self.publish: Callable[[ToClient], None] = lambda message: None  # noqa: ARG005
        self.serial = 0
        self.screen: ScreenModel = present(self._visit)
        self.state: StationState = "ready"
        self.last_result_id: str | None = None
        self.last_score: LiveScore | None = None
        self._sway = LiveSway()
        self._trial: RunningTrial | None = None
        self._frames_at_window: tuple[int, int] = (0, 0)
        self._trials: dict[str, TrialAnalysis] = {}
        self._raw: dict[str, bytes] = {}
        self._zero_return: ZeroReturn | None = None
        self._zero_kept = True
        self._started_ns = 0
        self._own_fault_ns: int | None = None
        self._cleared = False  # the fault is over, but somebody may still stand there and hold the rail
        self._events: deque[Event] = deque()
        self._draining = False
        self._ticks = 0
        self._now_ns = 0

    # --- what happens ----------------------------------------------------------------------------------------------

    def tick(self, now_ns: int) -> None:
        """Work through everything that has arrived; called at 100 Hz."""
        self._now_ns = now_ns
        self._ticks += 1
        try:
            for row in self._grid.rows(now_ns):
                self._take(row)
            self.handle(Ticked(now_ns / 1e9))
            self._staff.tick(now_ns)
            if self._ticks % HEALTH_EVERY_TICKS == 0:
                self._look_after_health(now_ns)
        except Exception:
            log.exception("a tick failed")
            self._own_fault()

    def press(self, action: str, serial: int) -> None:
        """Take a touch. Stale or unknown actions are ignored; Stop and Help are always heard."""
        if self._staff.is_open:
            if serial == self.serial:
                self._staff_safely(lambda: self._staff.press(action))
            return
        if action == STAFF and serial == self.serial and self._nobody_served:
            self._staff_safely(self._staff.open)
            return
        known = any(button.action == action for button in self.screen.buttons)
        if action in ALWAYS_HEARD or (known and serial == self.serial):
            self._handle_safely(Pressed(action))

    def begin(self, event: Began) -> None:
        """Start a visit; raises UsageError when the station is not free or does not know the protocol."""
        if event.protocol not in self._protocols:
            names = ", ".join(sorted(self._protocols))
            raise UsageError(f"there is no protocol {event.protocol!r}; this station has: {names}")
        if self.screen.kind != "attract":
            raise UsageError(f"the station is not free: it shows {self.screen.name!r}")
        self._handle_safely(event)

    @property
    def _nobody_served(self) -> bool:
        """Return whether neither visit nor staff nor weight on the deck has the station."""
        waiting = self.screen.kind == "attract" or self._visit.stage == "fault"
        return waiting and not self._presence.on_deck and not self._staff.is_open

    def _staff_safely(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("the staff mode failed")
            self._staff.close()
            self._own_fault()

    def _staff_screen(self) -> None:
        """Show what the staff mode shows, or the visit's screen again when staff have left."""
        self._await_empty = self._presence.on_deck
        self._show()

    def _deck_changed(self, model: DeckModel | None) -> None:
        """Measure with another certificate or zero from now on."""
        self._grid.model = model
        self._presence.local_g_m_s2 = self._deck.gravity_m_s2
        self._presence.rezeroed()

    def _handle_safely(self, event: Event) -> None:
        try:
            self.handle(event)
        except Exception:
            log.exception("event %s failed", type(event).__name__)
            self._own_fault()

    def handle(self, event: Event) -> None:
        """Let one event run through the visit, and everything that follows from it."""
        self._events.append(event)
        if self._draining:
            return
        self._draining = True
        try:
            while self._events:
                self._reduce(self._events.popleft())
        finally:
            self._draining = False

    def _reduce(self, event: Event) -> None:
        before = self._visit
        if self.screen.kind == "attract":
            self._started_ns = self._now_ns
        self._visit, effects = reduce(before, event)
        for effect in effects:
            try:
                self._do(effect)
            except Exception:
                log.exception("effect %s failed", type(effect).__name__)
                if not isinstance(event, Faulted):
                    self._own_fault()
        if self._visit is not before:
            self._show()

    def _own_fault(self) -> None:
        """Go to the safe state: the only right answer to a fault of our own, whatever it is."""
        if self._staff.is_open:
            self._staff.close()
        self._trial = None
        self._own_fault_ns = self._now_ns
        self.handle(Faulted(OWN_FAULT))

    def _show(self) -> None:
        model = self._staff.screen or present(self._visit)
        if model != self.screen:
            self.screen = model
            self.serial += 1
            self.publish(Show(self.serial, model))
            self._update_state()

    @property
    def on_deck(self) -> bool:
        """Return whether somebody stands on the deck."""
        return self._presence.on_deck

    @property
    def fault_reasons(self) -> tuple[str, ...]:
        """Return why nobody can be measured now, in words; empty when somebody can."""
        own = (OWN_FAULT,) if self._own_fault_ns is not None else ()
        return (*self._health.reasons, *own)

    def _update_state(self) -> None:
        state: StationState = "ready"
        if self.fault_reasons:
            state = "fault"
        elif self.screen.kind != "attract":
            state = "busy"
        if state != self.state:
            self.state = state
            self._keeper.set_state(state)

    # --- effects ---------------------------------------------------------------------------------------------------

    def _do(self, effect: Effect) -> None:
        said = not self._staff.is_open  # staff are here: nobody has to be called, or told to hold the rail
        match effect:
            case Say(text, language):
                if said:
                    self.publish(Cue("speech", text, language))
            case Sound(key):
                if said:
                    self.publish(Cue(key))
            case CallStaff(reason):
                log.warning("staff called: %s", reason)
                if said:
                    self.publish(Cue("call-staff"))
            case StartTrial():
                weight_n = self._presence.body_weight_n
                if weight_n is None:
                    raise RuntimeError("a trial was started with nobody settled on the deck")
                self._trial = RunningTrial(effect, weight_n, self._now_ns)
                self._mark_window()
            case StopTrial(reason):
                log.info("trial stopped: %s", reason)
                self._trial = None
            case Finish(summary):
                trials = self._trials
                if not self._zero_kept or self._zero_return is not None:  # or nobody knows yet: a fault came first
                    summary, trials = without_trials(summary, NOT_BACK), doubted(trials, NOT_BACK)
                record, view = self._maker.make(
                    self._keeper, summary, self._started_ns, self._now_ns, trials, self._raw
                )
                self.last_result_id = record.id
                self._events.append(Recorded(view))
            case Wipe():
                self._trial = None
                self._zero_return, self._zero_kept = None, True
                self._trials.clear()
                self._raw.clear()
                self._sway.restart()

    # --- rows ------------------------------------------------------------------------------------------------------

    def _take(self, row: Row) -> None:
        self._deck.push(row, self._nobody_served)
        event = None if row.flags & _NOT_A_LOAD else self._presence.push(row)
        if self._staff.is_open or self._await_empty:
            self._await_empty = self._presence.on_deck
            event = None
        if event is not None:
            if isinstance(event, SteppedOff):
                self._sway.restart()
            if isinstance(event, SteppedOff) and self.screen.name == "step-off":
                self._zero_return = ZeroReturn()  # the result waits for it
            else:
                self.handle(event)
        elif self._zero_return is not None and (back := self._zero_return.push(row)) is not None:
            self._zero_return = None
            self._zero_kept = back
            if not back:
                log.error("%s: check the plugs of the load cells, and take a new zero", NOT_BACK)
            self.handle(SteppedOff())
        if self._presence.on_deck and abs(row.cop_ml_mm) < FARTHEST_MM and abs(row.cop_ap_mm) < FARTHEST_MM:
            self._sway.push(row.cop_ml_mm, row.cop_ap_mm)
        trial = self._trial
        if trial is not None:
            if trial.push(row):
                self._mark_window()
            if trial.over:
                self._trial_over(trial)

    def _mark_window(self) -> None:
        corners = self._grid.corners
        self._frames_at_window = (sum(c.frames for c in corners), sum(c.flagged for c in corners))

    def _trial_over(self, trial: RunningTrial) -> None:
        """Judge the trial that has just ended and tell the flow."""
        self._trial = None
        request = trial.request
        raw = self._maker.raw_trial(trial)
        name = raw.name
        self._raw[name] = raw.to_bytes()
        corners = self._grid.corners
        context = TrialContext(
            frames=sum(c.frames for c in corners) - self._frames_at_window[0],
            flagged=sum(c.flagged for c in corners) - self._frames_at_window[1],
            rates_outside=tuple(self._grid.rates_outside_limits()),
            silent=tuple(self._grid.silent_corners(self._now_ns)),
            tilt_deg=self._grid.motion.tilt_deg(self._now_ns),
            zero_drift_n=self._presence.zero_drift_n,
            exchanged=self._health.exchanged(self._presence.zero_drift_n),
            certificate_valid=self._health.certificate_valid,
        )
        completed = trial.lost is None and trial.broken is None
        reasons = technical_reasons(trial.window_flags(), context)
        analysis = None
        if request.sway and completed:
            self.last_score = self._sway.score()
            analysis = self._maker.analyse(raw, reasons)
            reasons = analysis.reasons
        end: Literal["completed", "lost", "not assessable"] = "completed"
        if trial.broken is not None or (reasons and trial.lost is None):
            end = "not assessable"
            if not reasons and trial.broken:
                reasons = (trial.broken,)
        elif trial.lost is not None:
            end, reasons = "lost", (trial.lost,)
        if analysis is not None:
            self._trials[name] = analysis
        self.handle(TrialEnded(request.trial, request.attempt, end, trial.held_s, reasons))

    # --- health and looks ------------------------------------------------------------------------------------------

    def _look_after_health(self, now_ns: int) -> None:
        note = self._deck.note()
        if note != self._deck_note:
            self._deck_note = note
            self._keeper.set_deck_note(note)
        change = self._health.look(now_ns, self._grid, self._presence.zero_drift_n)
        if change:
            log.error("fault: %s", change)
            self._cleared = False
            self.handle(Faulted(change))
        elif change is not None:
            log.info("fault cleared")
            self._cleared = True
        own_ns = self._own_fault_ns
        shown = own_ns is None or now_ns - own_ns > OWN_FAULT_SHOWN_NS
        # whoever was told to hold the rail is not left with the next person's welcome
        if (self._cleared or own_ns is not None) and shown and not self._health.reasons and not self._presence.on_deck:
            self._cleared, self._own_fault_ns = False, None
            self.handle(Cleared())
        if change is not None:
            self._update_state()

    def live(self, now_ns: int) -> Live:
        """Return what moves on the present screen; the score in it is for staff."""
        dot = self._sway.dot if self.screen.show_dot and self._presence.on_deck else None
        ring_left_s = None
        if self._trial is not None and self.screen.ring_s is not None:
            ring_left_s = min(self.screen.ring_s, self._trial.ring_left_s(now_ns))
        return Live(
            serial=self.serial,
            on_deck=self._presence.on_deck,
            load_fraction=round(self._presence.load_fraction, 3),
            ring_left_s=ring_left_s,
            dot_ml_mm=None if dot is None else round(dot[0], 2),
            dot_ap_mm=None if dot is None else round(dot[1], 2),
            score=self._sway.score() if self._presence.on_deck else None,
            corners_n=self._grid.corners_n(now_ns),
            staff=self._staff.live(),
        )
