"""The chain of certificates: one file, one certificate a line in canonical JSON, each naming the one before.

Only ever added to. A line is written whole or not at all (a new file in place of the old one), and reading the file
holds every line to its own hash, to its canonical form and to the line before: one byte that is changed anywhere is
found, and so is a line that is taken out, unless it is the last one.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from calibration.certificate import Certificate, canonical, check_certificate
from calibration.durable import sync_folder
from calibration.errors import BadCertificateError, NoCertificateError

ADVICE: Final = "restore the file from a backup or calibrate the deck again; never edit it by hand"


def read_chain(path: Path) -> tuple[Certificate, ...]:
    """Return every certificate, oldest first.

    Raises NoCertificateError when there is none to read, BadCertificateError naming file and line at the first byte
    that is not as it was written.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise NoCertificateError(
            f"{path}: there is no calibration certificate to read ({error.strerror}); calibrate the deck, restore it "
            "from a backup, or check deck.certificate in the configuration"
        ) from error
    if not raw.endswith(b"\n"):
        raise BadCertificateError(f"{path}: the last line is torn or missing; {ADVICE}")
    chain: list[Certificate] = []
    for number, line in enumerate(raw[:-1].split(b"\n"), 1):
        where = f"{path}:{number}"
        certificate = _read_line(line, where)
        _check_link(where, certificate, chain)
        chain.append(certificate)
    return tuple(chain)


def _read_line(line: bytes, where: str) -> Certificate:
    """Return the certificate in a line that is as it was written; raises BadCertificateError naming `where`."""
    try:
        certificate = msgspec.json.decode(line, type=Certificate)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadCertificateError(f"{where}: not a calibration certificate: {error}; {ADVICE}") from error
    check_certificate(certificate, where)
    if line != canonical(certificate):
        raise BadCertificateError(f"{where}: the line was changed after it was written; {ADVICE}")
    return certificate


def current_certificate(path: Path) -> Certificate:
    """Return the newest certificate of a chain that holds as a whole; raises what `read_chain` raises.

    Whether it has expired is for the reader to ask (`DeckModel.expired`).
    """
    return read_chain(path)[-1]


def append_certificate(certificate: Certificate, path: Path) -> None:
    """Add a certificate at the end of the chain, which is checked first; makes the file with the first one.

    Raises BadCertificateError for a chain that does not hold, and for a certificate that is not the next one. OSError
    comes through when the file cannot be written.
    """
    chain: Sequence[Certificate] = read_chain(path) if path.exists() else ()
    check_certificate(certificate, str(path))
    line = canonical(certificate)
    _read_line(line, str(path))  # what cannot be read back must never get in
    _check_link(str(path), certificate, chain)
    before = path.read_bytes() if chain else b""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("wb") as file:
            file.write(before + line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)
        fresh.replace(path)
        sync_folder(path.parent)
    finally:
        fresh.unlink(missing_ok=True)


def _check_link(where: str, certificate: Certificate, chain: Sequence[Certificate]) -> None:
    number, previous = (chain[-1].number + 1, chain[-1].id) if chain else (1, "")
    if (certificate.number, certificate.previous) != (number, previous):
        raise BadCertificateError(
            f"{where}: certificate {certificate.number} does not follow the one before it "
            f"(expected number {number} after {previous[:12] or 'none'}); {ADVICE}"
        )
