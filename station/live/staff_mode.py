"""The shell around the staff flow (station.staff): does its effects, tells it what the deck does, shows its screens.

While it is open no visit starts. It takes counts from the grid as they are before any certificate, so a deck that was
never calibrated can be. Whatever goes wrong is said on the screen, in words, and leaves everything as it was.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from calibration.certificate import Certificate
from calibration.daily import DailyCheck, check_deck
from calibration.errors import CalibrationError, CannotFitError, ProcedureError, RefusedError, RegisterError
from calibration.evidence import Four, Reading, Weight
from calibration.limits import RUNNING, load_limits
from calibration.procedure import Taken
from calibration.register import load_register
from station.config import Config
from station.cop import cop_from_corners
from station.errors import StationError
from station.live.calibrating import Calibrating
from station.live.deck_state import DeckState
from station.live.grid import Grid
from station.live.staff_readings import StaffReadings
from station.messages import StaffLive
from station.records.event import CalibrationDone, DailyCheckDone, EventData, StaffDone
from station.screens import Hole, ScreenModel, TableRow, Trend, TrendPoint
from station.staff.effects import Add, Begin, CheckDaily, CheckPin, Chime, Discard, Effect, GoOn, Judge, Leave, Sign
from station.staff.events import (
    CertificateView,
    Certified,
    DailyChecked,
    Entered,
    Event,
    Failed,
    Journaled,
    Judged,
    PinChecked,
    Pressed,
    Site,
    Ticked,
    Tilted,
)
from station.staff.pin import PinKeeper
from station.staff.present import present
from station.staff.reduce import enter, reduce
from station.staff.rows import judged_rows, rows_in_order, sentence
from station.staff.state import StaffState

log = logging.getLogger(__name__)

TICK_EVERY_NS: Final = 200_000_000
TREND_CHECKS: Final = 60


class StaffMode:
    """Closed most of the time.

    `record` stores an event for the clinic; `show` is called when another screen is to be shown (or none any more),
    `chime` when a reading is taken.
    """

    def __init__(
        self,
        config: Config,
        grid: Grid,
        deck: DeckState,
        pins: PinKeeper,
        record: Callable[[EventData], None],
        utc_now: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._grid = grid
        self._deck = deck
        self._pins = pins
        self._record = record
        self._utc_now = utc_now
        self._calibrating = Calibrating(config, grid, deck, utc_now, self._tell_calibration)
        self._readings = StaffReadings(grid, self._calibrating)
        self._state: StaffState | None = None
        self.screen: ScreenModel | None = None
        self.show: Callable[[], None] = lambda: None
        self.chime: Callable[[], None] = lambda: None
        self._ticked_ns = 0
        self._unfinished = self._calibrating.session is not None and self._calibrating.session.signed is not None

    @property
    def is_open(self) -> bool:
        """Return whether staff have the station."""
        return self._state is not None

    # --- what happens ------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Let somebody come to the door: show the PIN's keypad."""
        weights, problem = self._register()
        pin_problem: str | None = None
        people: tuple[str, ...] = ()
        lock_s = 0.0
        try:
            people, lock_s = self._pins.people, self._pins.lock_s()
        except StationError as error:
            pin_problem = str(error)
        plan = self._calibrating.plan
        site = Site(
            language=self._config.station.language,
            holes=tuple(Hole(name, x, y) for name, (x, y) in plan.holes.items()),
            weights=weights,
            weights_problem=problem,
            two_people=self._config.calibration.two_people,
            warm_up_s=self._calibrating.warm_up_s,
            today=self._utc_now().date(),
        )
        self._state = enter(
            Entered(
                site=site,
                pin="set" if people else "none",
                lock_s=lock_s,
                session=self._calibrating.session,
                journal_problem=self._calibrating.problem,
                certificate=self._certificate_view(),
                trend=self._trend(),
                pin_problem=pin_problem,
            )
        )
        self._grid.tap = self._row
        self._readings.begin()
        self._present()

    def press(self, action: str) -> None:
        """Take a touch on the screen that is shown."""
        self._handle(Pressed(action))

    def tick(self, now_ns: int) -> None:
        """Let time pass; called at 100 Hz, open or not."""
        if now_ns - self._ticked_ns < TICK_EVERY_NS:
            return
        self._ticked_ns = now_ns
        if self._unfinished and all(corner.rate_hz() for corner in self._grid.corners):
            self._end_what_was_signed()
        if self._state is None:
            return
        problem = self._certificate_problem()
        blocked = "; ".join((*((problem,) if problem else ()), *self._deck.reasons()))
        self._handle(Ticked(now_ns / 1e9, blocked))
        if self._state is not None and self._state.stage == "level":
            self._handle(Tilted(self._grid.motion.tilt_deg(now_ns)))

    def close(self) -> None:
        """Give the station back to visits."""
        self._state = None
        self._grid.tap = None
        self._present()

    def live(self) -> StaffLive | None:
        """Return what moves on the screen, where it has a bar."""
        return None if self._state is None else self._readings.live(self._state)

    def _row(self, _t_ns: int, counts: Four, good: bool) -> None:
        event = None if self._state is None else self._readings.push(self._state, counts, good)
        if event is not None:
            self._handle(event)

    def _handle(self, event: Event) -> None:
        before = self._state
        if before is None:
            return
        self._state, effects = reduce(before, event)
        self._readings.follow(before, self._state)
        for effect in effects:
            self._do(effect)
        if self._state is not None and self._state is not before:
            self._present()

    def _present(self) -> None:
        model = None if self._state is None else present(self._state)
        if model != self.screen:
            self.screen = model
            self.show()

    # --- effects -----------------------------------------------------------------------------------------------------

    def _do(self, effect: Effect) -> None:
        try:
            answer = self._done(effect)
        except (CalibrationError, StationError) as error:
            log.error("%s: %s", type(effect).__name__, error)
            answer = Failed(str(error))
        except OSError as error:
            log.error("%s: %s", type(effect).__name__, error)
            answer = Failed(f"the station's disk did not take it ({error.strerror or error}); nothing was changed")
        if answer is not None:
            self._handle(answer)

    def _done(self, effect: Effect) -> Event | None:
        """Do one effect; return what is to be told of it."""
        calibrating = self._calibrating
        match effect:
            case CheckPin(pin):
                return self._check_pin(pin)
            case Chime():
                self.chime()
                return None
            case Begin(operator, weights, new_parts):
                calibrating.begin(operator, weights, new_parts)
            case Add(entry):
                calibrating.add(entry)
                if isinstance(entry, Taken):
                    log.info("reading %s taken", entry.reading.kind)
            case GoOn():
                calibrating.go_on()
            case Discard():
                calibrating.discard()
            case Judge():
                return self._judged()
            case Sign(approver):
                return self._signed(approver)
            case CheckDaily(operator, empty, loaded):
                return self._checked(operator, empty, loaded)
            case Leave():
                self.close()
                return None
        return Journaled(calibrating.session)

    def _check_pin(self, pin: str) -> PinChecked:
        verdict = self._pins.check(pin)
        if verdict.initials is not None:
            self._record(StaffDone("signed-in", operator=verdict.initials))
        elif verdict.lock_s:
            log.warning("staff PINs are locked for %.0f s after wrong tries", verdict.lock_s)
            self._record(StaffDone("locked", lock_s=verdict.lock_s))
        return PinChecked(verdict.initials, verdict.tries_left, verdict.lock_s)

    def _judged(self) -> Judged:
        try:
            worth = self._calibrating.judge()
        except CannotFitError as error:
            return Judged((TableRow("All readings together", "fit no deck", "", False, sentence(str(error))),), False)
        return Judged(judged_rows(worth.judgements), worth.passed, worth.place_mm, worth.force_percent)

    def _signed(self, approver: str | None) -> Event:
        try:
            self._calibrating.sign(approver)
        except RefusedError as error:
            rows = tuple(TableRow("Refused", "", "", False, sentence(reason)) for reason in error.reasons)
            return Judged(rows, False)
        self._unfinished = False
        return Certified(self._certificate_view())

    def _end_what_was_signed(self) -> None:
        """End a calibration that was signed when the station was killed."""
        self._unfinished = False
        try:
            self._calibrating.end_what_was_signed()
        except (CalibrationError, OSError) as error:
            log.error("a calibration that was signed could not be ended: %s", error)
            return
        if self._state is not None:
            self.close()  # whoever is signed in sees the session as it was before

    def _checked(self, operator: str, empty: Reading, loaded: Reading) -> DailyChecked:
        check = self._daily(operator, empty, loaded)
        self._deck.add_check(check)
        self._record(
            DailyCheckDone(
                certificate_id=check.calibration_id,
                operator=check.operator,
                passed=check.passed,
                mass_kg=check.mass_kg,
                force_error_percent=round(check.force_error_percent, 4),
                place_error_mm=round(check.place_error_mm, 3),
                zero_worst_n=round(max(abs(each) for each in check.zero_n), 3),
                reasons=check.reasons,
            )
        )
        return DailyChecked(check, rows_in_order(check.judgements), self._trend())

    def _daily(self, operator: str, empty: Reading, loaded: Reading) -> DailyCheck:
        model = self._deck.calibrated
        if model is None:
            raise ProcedureError("there is no certificate to check")
        empty_n, loaded_n = model.corner_forces_n(empty.counts), model.corner_forces_n(loaded.counts)
        a, b, c, d = (load - none for load, none in zip(loaded_n, empty_n, strict=True))
        _, ml_mm, ap_mm = cop_from_corners(a, b, c, d, model.cell_spacing_ml_mm, model.cell_spacing_ap_mm)
        return check_deck(
            at=self._utc_now(),
            calibration_id=self._deck.calibration_id,
            operator=operator,
            weights=loaded.weights,
            mass_kg=loaded.mass_kg,
            gravity_m_s2=model.gravity_m_s2,
            empty_n=empty_n,
            loaded_n=loaded_n,
            cop_mm=(ml_mm, ap_mm),
            temperature_c=self._grid.deck_temperature_c(),
        )

    def _tell_calibration(self, certificate: Certificate) -> None:
        evidence = certificate.evidence
        self._record(
            CalibrationDone(
                certificate_id=certificate.id,
                number=certificate.number,
                previous=certificate.previous,
                issued=certificate.issued.isoformat(),
                valid_until=certificate.valid_until.isoformat(),
                operator="" if evidence is None else evidence.operator,
                approver=None if evidence is None else evidence.approver,
            )
        )

    # --- views -------------------------------------------------------------------------------------------------------

    def _register(self) -> tuple[tuple[Weight, ...], str | None]:
        try:
            return load_register(Path(self._config.calibration.register)), None
        except RegisterError as error:
            return (), str(error)

    def _certificate_view(self) -> CertificateView:
        certificate, problem = self._deck.certificate, self._certificate_problem()
        if certificate is None:
            return CertificateView(problem=problem)
        return CertificateView(
            number=certificate.number,
            id=certificate.id,
            issued=f"{certificate.issued:%Y-%m-%d}",
            valid_until=f"{certificate.valid_until:%Y-%m-%d}",
            operator=certificate.evidence.operator if certificate.evidence else certificate.method,
            problem=problem,
        )

    def _certificate_problem(self) -> str | None:
        """Return what is wrong with the certificate; a deck that has none yet has nothing that is wrong."""
        return None if self._deck.missing else self._deck.certificate_problem()

    def _trend(self) -> Trend:
        checks = self._deck.checks[-TREND_CHECKS:]
        points = tuple(TrendPoint(f"{each.at:%Y-%m-%d}", round(each.force_error_percent, 4)) for each in checks)
        return Trend(points, load_limits(RUNNING).named("daily-force").value)
