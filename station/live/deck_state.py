"""The deck as it stands: its certificate, its zero, its last daily check, and for which of them nobody may be measured.

Reads and keeps the files of the three. Who measures asks here for the model; who calibrates puts the next certificate
in. A station without a certificate, or with one that cannot be trusted, has a state all the same: one that says so.
"""

import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from calibration.certificate import Certificate
from calibration.chain import append_certificate, read_chain
from calibration.daily import DailyCheck, blocked_by, keep_check, read_checks
from calibration.errors import CalibrationError, NoCertificateError, ProcedureError
from calibration.evidence import Four
from calibration.model import DeckModel
from calibration.zero import ZeroBlocked, ZeroGood, ZeroMoved, ZeroWatch, moved
from station.config import Config
from station.live.grid import Row
from station.records.outbox import DeckNote

log = logging.getLogger(__name__)

STANDARD_GRAVITY_M_S2: Final = 9.80665
ZERO_WORTH_KEEPING_N: Final = 0.1  # a card wears out by writing; what is smaller is found again within seconds
_NO_OFFSET: Final[Four] = (0.0, 0.0, 0.0, 0.0)


class _KeptZero(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    calibration_id: str
    offset_n: Four


def of_another_deck(certificate: Certificate, config: Config) -> str | None:
    """Return in words why a certificate is not of this station's deck, and what to correct; None when it is."""
    deck, station = config.deck, config.station.id
    if certificate.station != station:
        return f"certifies the deck of station {certificate.station}, this is {station}; correct station.id"
    if certificate.method != "guided" and config.hardware.backend != "virtual":
        return "certifies a virtual deck; correct hardware.backend"
    spacing = (deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm)
    certified = (certificate.cell_spacing_ml_mm, certificate.cell_spacing_ap_mm)
    if spacing != certified:
        return (
            f"certifies a deck of {certified[0]:g} x {certified[1]:g} mm between the load cells, "
            f"the configuration says {spacing[0]:g} x {spacing[1]:g} mm; correct [deck]"
        )
    return None


class DeckState:
    """One deck. `changed` is called with the model whenever it is another one."""

    def __init__(self, config: Config, utc_now: Callable[[], datetime], last_signed: str = "") -> None:
        """Read what there is. last_signed: id of the certificate that this station has signed last, by its records."""
        self._config = config
        self._last_signed = last_signed
        self._utc_now = utc_now
        self.certificate: Certificate | None = None
        self.newest: Certificate | None = None  # of the chain; in use, unless it is of another deck
        self.broken = False  # there is a chain, and it cannot be trusted
        self.missing = False  # there is no chain at all
        self._problem: str | None = None
        self.calibrated: DeckModel | None = None
        self._read_certificate()
        self.checks, self._checks_problem = self._read_checks()
        self._last_check = self._newest_check()
        self._kept_zero = self._read_zero()
        self.zero = ZeroWatch(self._kept_zero)
        self.zero_problem: str | None = None
        self.model = self._rezeroed()
        self.changed: Callable[[DeckModel | None], None] = lambda model: None  # noqa: ARG005

    # --- what others ask ---------------------------------------------------------------------------------------------

    @property
    def calibration_id(self) -> str:
        """Return the id of the certificate in use; empty without one."""
        return "" if self.certificate is None else self.certificate.id

    @property
    def gravity_m_s2(self) -> float:
        """Return the local acceleration of free fall."""
        return STANDARD_GRAVITY_M_S2 if self.certificate is None else self.certificate.gravity_m_s2

    def certificate_problem(self) -> str | None:
        """Return in words why the certificate does not hold now; None when it does."""
        if self.calibrated is None:
            return self._problem
        if self.calibrated.expired(self._utc_now()):
            return "the calibration certificate does not hold today: calibrate the deck, or set the clock"
        return None

    def reasons(self) -> tuple[str, ...]:
        """Return for what else nobody may be measured: daily check, zero."""
        daily = None if self._last_check is None else blocked_by((self._last_check,), self.calibration_id)
        found = [self._checks_problem, daily, self.zero_problem]
        return tuple(each for each in found if each is not None)

    def note(self) -> DeckNote:
        """Return what the clinic is told of the deck."""
        last, certificate = self._last_check, self.certificate
        return DeckNote(
            calibration_id=None if certificate is None else certificate.id,
            calibration_due=None if certificate is None else certificate.valid_until.isoformat(),
            daily_check=None if last is None else "passed" if last.passed else "failed",
            daily_check_utc=None if last is None else last.at.isoformat(),
            daily_force_error_percent=None if last is None else round(last.force_error_percent, 4),
            daily_place_error_mm=None if last is None else round(last.place_error_mm, 3),
            zero=self.zero_problem or "good",
            zero_worst_n=round(max(abs(each) for each in self._kept_zero), 2),
        )

    # --- what changes it ---------------------------------------------------------------------------------------------

    def take(self, certificate: Certificate) -> None:
        """Add a certificate to the chain and use it from now on.

        A chain that cannot be trusted is kept beside, under a name that says so, and a new one is begun. Raises
        BadCertificateError, OSError when it is not taken; the one before stays in use then.
        """
        path = Path(self._config.deck.certificate)
        if self.broken:
            aside = path.with_name(f"{path.name}.broken-{self._utc_now():%Y%m%dT%H%M%SZ}")
            path.rename(aside)
            log.critical("%s could not be trusted and is kept as %s; a new chain is begun", path, aside)
            self.broken = False
        path.parent.mkdir(parents=True, exist_ok=True)
        append_certificate(certificate, path)
        self.use(certificate)

    def use(self, certificate: Certificate) -> None:
        """Use a certificate that is in the chain; its zero is that of its last reading."""
        self.certificate = self.newest = certificate
        self.missing = False
        self._problem = None
        self.calibrated = DeckModel(certificate)
        self._last_check = self._newest_check()
        self.zero_problem = None
        self._set_zero(_NO_OFFSET, keep=True)

    def add_check(self, check: DailyCheck) -> None:
        """Keep a daily check. One that passes also sets the zero: staff have said that the deck is empty.

        OSError comes through when the disk does not take it.
        """
        keep_check(check, self._config.station.daily_checks)
        self.checks = (*self.checks, check)
        self._last_check = self._newest_check()
        self._checks_problem = None
        if check.passed:
            self.zero_problem = None
            self._set_zero(check.zero_n, keep=True)

    def push(self, row: Row, free: bool) -> None:
        """Let the zero follow an empty deck. free: nobody is on the deck or being served."""
        if self.model is None:
            return
        verdict = self.zero.push(row[1:5], row.flags == 0, free)
        match verdict:
            case ZeroMoved(offset_n):
                self.zero_problem = None
                worst_n = max(abs(new - old) for new, old in zip(offset_n, self._kept_zero, strict=True))
                self._set_zero(offset_n, keep=worst_n > ZERO_WORTH_KEEPING_N)
            case ZeroGood():
                self.zero_problem = None
            case ZeroBlocked(reason) if self.zero_problem is None:
                log.error("%s", reason)
                self.zero_problem = reason

    # --- files -------------------------------------------------------------------------------------------------------

    def _set_zero(self, offset_n: Four, *, keep: bool) -> None:
        self.zero = ZeroWatch(offset_n)
        if keep:
            self._keep_zero(offset_n)
        self.model = self._rezeroed()
        self.changed(self.model)

    def _rezeroed(self) -> DeckModel | None:
        return None if self.calibrated is None else self.calibrated.rezeroed(self.zero.offset_n)

    def _read_certificate(self) -> None:
        deck = self._config.deck
        path = Path(deck.certificate)
        try:
            chain = read_chain(path)
        except NoCertificateError as error:
            self.missing = isinstance(error.__cause__, FileNotFoundError)
            self._problem = f"this deck is not calibrated: {error}"
            return
        except CalibrationError as error:
            self.broken = True
            self._problem = f"the calibration cannot be trusted: {error}"
            return
        certificate = chain[-1]
        # a last line taken away, or hashed anew, leaves a chain that holds
        if certificate.method != "virtual" and self._last_signed not in ("", *(each.id for each in chain)):
            self.broken = True
            self._problem = (
                f"the calibration cannot be trusted: {path} does not hold certificate {self._last_signed[:12]}, which "
                "this station has signed; restore the file from a backup or calibrate the deck again"
            )
            return
        self.newest = certificate
        if problem := of_another_deck(certificate, self._config):
            self._problem = f"{path}: {problem}, or calibrate this deck"
            return
        self.certificate = certificate
        self.calibrated = DeckModel(certificate)

    def _read_checks(self) -> tuple[tuple[DailyCheck, ...], str | None]:
        try:
            return read_checks(self._config.station.daily_checks), None
        except ProcedureError as error:
            return (), str(error)

    def _newest_check(self) -> DailyCheck | None:
        """Return the last check of the certificate in use."""
        return next((each for each in reversed(self.checks) if each.calibration_id == self.calibration_id), None)

    def _read_zero(self) -> Four:
        try:
            kept = msgspec.json.decode(self._config.station.zero.read_bytes(), type=_KeptZero)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return _NO_OFFSET  # the calibrated zero is always a right place to begin
        if kept.calibration_id != self.calibration_id or isinstance(moved(_NO_OFFSET, kept.offset_n), ZeroBlocked):
            return _NO_OFFSET
        return kept.offset_n

    def _keep_zero(self, offset_n: Four) -> None:
        self._kept_zero = offset_n
        path = self._config.station.zero
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            fresh.write_bytes(msgspec.json.encode(_KeptZero(self.calibration_id, offset_n)))
            fresh.replace(path)
        except OSError as error:
            log.error("%s: the zero could not be kept (%s); after a restart it is found again", path, error.strerror)
