"""A calibration on this station: its journal, what it is worth, its certificate in the chain, whatever is killed when.

Signing is four steps on the disk: the journal says that somebody signed, the chain gets the certificate, the clinic is
told, the journal goes. Killed between any two, the next start ends what was begun: never a second certificate of one
signature; in the worst case the clinic is told twice of the same one.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

import calibration
from calibration.certificate import Certificate
from calibration.code_version import git_tree
from calibration.errors import CalibrationError, ProcedureError
from calibration.evidence import Four, Judgement
from calibration.journal import Journal
from calibration.judge import Deck, certify, judge
from calibration.plan import Plan, load_plan
from calibration.procedure import Begun, Entry, Resumed, Session, Signed, apply
from calibration.register import load_register, pick
from hardware.sensor import CORNERS
from station import SOFTWARE_VERSION
from station.config import Config
from station.live.deck_state import DeckState
from station.live.grid import Grid

log = logging.getLogger(__name__)


class Worth(msgspec.Struct, frozen=True):
    """What a finished session is worth. place_mm, force_percent: worst errors of the verification loads."""

    judgements: tuple[Judgement, ...]
    passed: bool
    place_mm: float
    force_percent: float


class Calibrating:
    """The calibration that is under way, or none. Whatever cannot be done raises CalibrationError or OSError."""

    def __init__(
        self,
        config: Config,
        grid: Grid,
        deck: DeckState,
        utc_now: Callable[[], datetime],
        tell: Callable[[Certificate], None],
    ) -> None:
        self._config = config
        self._tell = tell
        self._grid = grid
        self._deck = deck
        self._utc_now = utc_now
        self.plan: Plan = load_plan()
        self._code = git_tree(Path(calibration.__file__).parent)  # now: what is installed later is not what runs
        self._journal: Journal | None = None
        self.problem: str | None = None
        self._open()

    @property
    def session(self) -> Session | None:
        """Return the session that is under way."""
        return None if self._journal is None else self._journal.session

    @property
    def warm_up_s(self) -> float:
        """Return how long the deck has to have been switched on: never below the plan's on a real deck."""
        wanted_s = self._config.calibration.warm_up_s
        return wanted_s if self._config.hardware.backend == "virtual" else max(wanted_s, self.plan.warm_up_s)

    def begin(self, operator: str, weights: tuple[str, ...], new_parts: bool) -> None:
        """Begin one with these weights of the register."""
        chosen = pick(load_register(self._register), weights)
        self.add(Begun(operator, chosen, self.plan.version, self._utc_now(), new_parts))

    def go_on(self) -> None:
        """Let one that was left go on."""
        if self.session is not None and self.session.signed is None:
            self.add(Resumed(self._utc_now(), cold=self.on_s() < self.warm_up_s))

    def add(self, entry: Entry) -> None:
        """Write an entry into the journal, and let it happen."""
        if self._journal is None:
            raise ProcedureError(self.problem or "no calibration is under way")
        self._journal.add(entry)

    def discard(self) -> None:
        """Forget the one that is under way, or what cannot be read of it."""
        self._config.station.calibration_journal.unlink(missing_ok=True)
        self._open()

    def seconds(self) -> float:
        """Return the seconds since it was begun, by the clock on the wall."""
        session = self.session
        return 0.0 if session is None else (self._utc_now() - session.begun.started).total_seconds()

    def on_s(self) -> float:
        """Return how long the converters have been on: they convert without pause, so their frames tell.

        A station that was started again asks acquire, which may have been running for longer.
        """
        status = self._grid.acquire_status()
        seen = [(corner.frames, corner.rate_hz()) for corner in self._grid.corners]
        told = [] if status is None else [(corner.frames, corner.rate_hz) for corner in status.source.corners]
        return max(_least_s(seen), _least_s(told))

    def judge(self) -> Worth:
        """Return what the finished session is worth; a deck that cannot be fitted raises CannotFitError."""
        session = self._finished()
        found = judge(session, self._deck_data(), self._deck.newest, self._utc_now().date())
        named = {each.limit_name: each.measured for each in found.judgements}
        return Worth(found.judgements, not found.refusals, named["place-worst"], named["force"])

    def sign(self, approver: str | None) -> Certificate:
        """Put a name to it: certificate into the chain and into use, journal gone.

        Raises RefusedError when it does not pass after all; nothing is written then.
        """
        session = self._finished()
        if session.signed is None:
            deck = self._deck_data()
            signed = Signed(approver, self._utc_now(), deck.temperature_c)
            certify(apply(session, signed), deck, self._deck.newest)  # refused: before it is written
            self.add(signed)
        certificate = self.end_what_was_signed()
        if certificate is None:
            raise ProcedureError("the calibration is not signed")
        return certificate

    def end_what_was_signed(self) -> Certificate | None:
        """End a calibration whose signature is in the journal; return its certificate, None when there is none."""
        session = self.session
        if session is None or session.signed is None:
            return None
        newest = self._deck.newest
        if newest is not None and _is_of(newest, session):
            certificate = newest  # killed between the chain and the journal
            if self._deck.certificate is not newest:
                self._deck.use(newest)
        else:
            certificate = certify(session, self._deck_data(), newest)
            self._deck.take(certificate)
        self._tell(certificate)
        self.discard()
        log.warning("certificate %d (%s) is in use", certificate.number, certificate.id[:12])
        return certificate

    @property
    def _register(self) -> Path:
        return Path(self._config.calibration.register)

    def _finished(self) -> Session:
        if self.session is None:
            raise ProcedureError("no calibration is under way")
        return self.session

    def _open(self) -> None:
        deck = self._config.deck
        path = self._config.station.calibration_journal
        try:
            self._journal = Journal(path, self.plan, deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm)
            self.problem = None
        except CalibrationError as error:
            self._journal, self.problem = None, str(error)

    def _deck_data(self) -> Deck:
        config = self._config
        front_left, front_right, back_left, back_right = CORNERS
        return Deck(
            station=config.station.id,
            cell_spacing_ml_mm=config.deck.cell_spacing_ml_mm,
            cell_spacing_ap_mm=config.deck.cell_spacing_ap_mm,
            gravity_m_s2=config.calibration.gravity_m_s2,
            channels=(int(front_left), int(front_right), int(back_left), int(back_right)),
            serials=config.calibration.serials,
            rates_hz=self._rates_hz(),
            template=config.calibration.template
            or f"{self.plan.version} {config.deck.cell_spacing_ml_mm:g}x{config.deck.cell_spacing_ap_mm:g}",
            temperature_c=self._grid.deck_temperature_c(),
            software_version=f"{SOFTWARE_VERSION}, calibration {self._code[:16]}",
            valid_days=config.calibration.valid_days,
            two_people=config.calibration.two_people,
            virtual=config.hardware.backend == "virtual",
        )

    def _rates_hz(self) -> Four:
        rates = [corner.rate_hz() for corner in self._grid.corners]
        known = [each for each in rates if each is not None]
        if len(known) < len(rates):
            raise ProcedureError("a load cell delivers nothing, so its rate is not known; see doctor")
        a, b, c, d = known
        return a, b, c, d


def _is_of(certificate: Certificate, session: Session) -> bool:
    """Return whether a certificate is what this signed session has become."""
    evidence, signed = certificate.evidence, session.signed
    return (
        evidence is not None
        and signed is not None
        and (evidence.started, evidence.ended, evidence.readings)
        == (session.begun.started, signed.ended, session.readings)
    )


def _least_s(corners: Sequence[tuple[int, float | None]]) -> float:
    return min((frames / rate if rate else 0.0 for frames, rate in corners), default=0.0)
