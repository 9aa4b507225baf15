"""The calibration certificate of a deck: what turns its counts into newtons, and the proof that nobody changed it.

Its `id` is the SHA-256 over the canonical JSON (sorted keys, no spaces, UTF-8) of everything else; each certificate
names the one before. Every result that the station stores names the id. Where they are kept: `calibration.chain`.
"""

import hashlib
import math
from datetime import UTC, datetime
from typing import Any, Final, Literal, Self

import msgspec

from calibration.errors import BadCertificateError
from calibration.evidence import Evidence

SCHEMA: Final = "balance-station/certificate/2"
CORNER_NAMES: Final = ("front_left", "front_right", "back_left", "back_right")
# Plain physics, to catch a file that was made wrong: no cell that a person can stand on is outside these.
MAX_GAIN_N_PER_COUNT: Final = 0.1
GRAVITY_RANGE_M_S2: Final = (9.76, 9.84)
MAX_SPACING_MM: Final = 2000.0


Row = tuple[float, float, float, float]


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One load cell: where it is, which channel reads it, and what its counts mean.

    force in N = (counts - zero_counts) * gain_n_per_count, of what stands on the deck (its own weight is in the zero).
    """

    corner: str
    channel: int
    serial: str
    gain_n_per_count: float
    zero_counts: float


class Certificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One calibration of one deck. Times are UTC; distances between the cells' centres, mm; local g, m/s2.

    number: 1 for the deck's first, and one more each time; previous: the id of the one before, empty for the first.
    method: `guided` has evidence, and so has `guided-virtual`, the same on a virtual deck; `virtual` is its ideal one.
    matrix: counts above zero, in the order of the cells, to Fz (N), Fz x and Fz y (N mm).
    """

    schema: str
    number: int
    previous: str
    station: str
    method: Literal["guided", "guided-virtual", "virtual"]
    issued: datetime
    valid_until: datetime
    cell_spacing_ml_mm: float
    cell_spacing_ap_mm: float
    gravity_m_s2: float
    cells: tuple[Cell, ...]
    matrix: tuple[Row, ...]
    condition_number: float
    evidence: Evidence | None
    note: str
    id: str = ""

    def signed(self) -> Self:
        """Return the certificate with its id: that of what will be read back, where a count of 0 is 0.0."""
        as_read = msgspec.convert(msgspec.to_builtins(self), type(self))
        return msgspec.structs.replace(as_read, id=certificate_id(as_read))


def certificate_id(certificate: Certificate) -> str:
    """Return the SHA-256 over the canonical JSON of everything but the id, as 64 hex digits."""
    content: dict[str, Any] = msgspec.to_builtins(certificate)
    del content["id"]
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()


def canonical(certificate: Certificate) -> bytes:
    """Return the certificate as it stands in the chain: JSON, sorted keys, no spaces, UTF-8, one line."""
    return msgspec.json.encode(certificate, order="deterministic")


_ADVICE: Final = "restore it from a backup or calibrate the deck again; never edit it by hand"


def check_certificate(certificate: Certificate, where: str) -> None:
    """Raise BadCertificateError naming `where` unless this is a signed certificate of a deck that can exist."""

    def refuse(what: str) -> BadCertificateError:
        return BadCertificateError(f"{where}: {what}; {_ADVICE}")

    if certificate.schema != SCHEMA:
        raise refuse(f"schema is {certificate.schema!r}, expected {SCHEMA!r}")
    if tuple(cell.corner for cell in certificate.cells) != CORNER_NAMES:
        raise refuse(f"cells must be {', '.join(CORNER_NAMES)}, in this order")
    if len({cell.channel for cell in certificate.cells}) != len(certificate.cells):
        raise refuse("two cells are on the same channel")
    for cell in certificate.cells:
        gain = cell.gain_n_per_count
        if not (math.isfinite(gain) and 0 < abs(gain) <= MAX_GAIN_N_PER_COUNT):
            raise refuse(f"{cell.corner}: gain_n_per_count {gain!r} is not the gain of a load cell")
        if not abs(cell.zero_counts) <= 1 << 23:
            raise refuse(f"{cell.corner}: zero_counts {cell.zero_counts!r} is outside 24 bit")
    if len(certificate.matrix) != 3 or not all(math.isfinite(each) for row in certificate.matrix for each in row):
        raise refuse("matrix must be three rows of four finite numbers: Fz, Fz x, Fz y")
    if (certificate.evidence is None) != (certificate.method == "virtual"):
        raise refuse("a guided calibration carries its evidence, and a virtual deck's has none")
    if not (certificate.number >= 1 and bool(certificate.previous) == (certificate.number > 1)):
        raise refuse(f"number is {certificate.number}, and previous does not go with it")
    for name in ("cell_spacing_ml_mm", "cell_spacing_ap_mm"):
        spacing_mm = getattr(certificate, name)
        if not 0 < spacing_mm <= MAX_SPACING_MM:
            raise refuse(f"{name} is {spacing_mm!r}, expected above 0 and up to {MAX_SPACING_MM:g}")
    low, high = GRAVITY_RANGE_M_S2
    if not low <= certificate.gravity_m_s2 <= high:
        raise refuse(f"gravity_m_s2 is {certificate.gravity_m_s2!r}, expected {low} to {high}")
    for name in ("issued", "valid_until"):
        moment: datetime = getattr(certificate, name)
        if moment.tzinfo is None:
            raise refuse(f"{name} carries no time zone; expected UTC")
    if not certificate.issued < certificate.valid_until:
        raise refuse("valid_until is not after issued")
    if certificate.id != certificate_id(certificate):
        raise refuse("its id does not belong to its content")


def now_utc() -> datetime:
    """Return the wall-clock time, UTC, in whole seconds: the edge where calibration reads a clock."""
    return datetime.now(UTC).replace(microsecond=0)
