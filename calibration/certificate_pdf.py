"""The certificate for the wall: pages that a person can read, with the hash that proves the file behind it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.fonts import FontFace

from calibration.certificate import Certificate
from calibration.evidence import Evidence
from calibration.limits import limit_of
from calibration.uncertainty import Uncertainty, uncertainty_of

_INK: Final = (20, 28, 36)
_PALE: Final = (230, 234, 238)


class _Pages(FPDF):
    """A4; every page says which certificate it belongs to, and how many pages there are."""

    def __init__(self, certificate: Certificate) -> None:
        super().__init__(unit="mm", format="A4")
        self._foot = f"certificate {certificate.number} of {certificate.station}, {certificate.id[:16]}"

    def footer(self) -> None:
        """Draw the foot of a page."""
        self.set_y(-12)
        self.set_font("Helvetica", "", 8)
        self.cell(0, 5, f"{self._foot}, page {self.page_no()} of {{nb}}", align="R")


def write_certificate_pdf(certificate: Certificate, path: Path, way_in: str) -> None:
    """Write a certificate as PDF, A4. way_in: how staff come to the daily check.

    OSError comes through when it cannot be written.
    """
    pdf = _Pages(certificate)
    pdf.set_auto_page_break(True, margin=16)
    pdf.set_margin(16)
    pdf.set_title(f"Calibration certificate {certificate.number} of {certificate.station}")
    pdf.set_creation_date(certificate.issued)
    pdf.set_text_color(*_INK)
    pdf.add_page()
    _head(pdf, certificate, way_in)
    worth = uncertainty_of(certificate)
    if worth is not None:
        _worth(pdf, worth)
    _cells(pdf, certificate)
    if certificate.evidence is not None:
        _judgements(pdf, certificate.evidence)
        _weights(pdf, certificate.evidence)
        _loads(pdf, certificate.evidence, certificate.gravity_m_s2)
    path.write_bytes(bytes(pdf.output()))


def _head(pdf: FPDF, certificate: Certificate, way_in: str) -> None:
    pdf.set_font("Helvetica", "B", 22)
    pdf.cell(0, 12, "Calibration certificate", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", "", 11)
    evidence = certificate.evidence
    done_by = "nobody: an ideal calibration of a virtual deck" if evidence is None else evidence.operator
    rows = [
        ("Station", certificate.station),
        ("Certificate", f"number {certificate.number} of this deck, after {certificate.previous[:16] or 'none'}"),
        ("Valid", f"{certificate.issued:%Y-%m-%d} to {certificate.valid_until:%Y-%m-%d} (UTC)"),
        ("Calibrated by", done_by),
    ]
    if evidence is not None:
        rows += [
            ("Signed by", evidence.approver or evidence.operator),
            ("Done", f"{evidence.started:%Y-%m-%d %H:%M} to {evidence.ended:%H:%M} UTC, {certificate.note}"),
            ("Template", evidence.template),
            ("Temperature", evidence.temperature_words),
            ("Software", evidence.software_version),
        ]
    rows += [
        ("Deck", f"{certificate.cell_spacing_ml_mm:g} x {certificate.cell_spacing_ap_mm:g} mm between load cells, "
                 f"local g {certificate.gravity_m_s2:g} m/s2, condition number {certificate.condition_number:.2f}"),
        ("SHA-256", certificate.id),
        ("Daily check", way_in),
    ]  # fmt: skip
    _table(pdf, rows, (34, 144))


def _worth(pdf: FPDF, worth: Uncertainty) -> None:
    """Write the uncertainty, and what it is made of."""
    _title(pdf, f"Uncertainty, for loads from {worth.lightest_kg:.0f} to {worth.largest_kg:.0f} kg")
    rows = [("of", "standard uncertainty of each contribution; independent, added in squares", "")]
    for of, unit, parts, expanded in (
        ("force", "% of the load", worth.force_percent, worth.expanded_force_percent),
        ("centre of pressure", "mm", worth.place_mm, worth.expanded_place_mm),
    ):
        rows += [(of, each.what, f"{each.standard:.2g} {unit}") for each in parts]
        rows.append((of, "EXPANDED, coverage factor k = 2 (about 95 %)", f"{expanded:.2g} {unit}"))
    _table(pdf, rows, (34, 112, 32), head=True, size=8)


def _cells(pdf: FPDF, certificate: Certificate) -> None:
    _title(pdf, "Load cells")
    head = ("corner", "channel", "serial", "gain, uN per count", "zero, counts")
    rows = [
        (
            cell.corner.replace("_", " "),
            str(cell.channel),
            cell.serial,
            f"{cell.gain_n_per_count * 1e6:.3f}",
            f"{cell.zero_counts:.0f}",
        )
        for cell in certificate.cells
    ]
    _table(pdf, [head, *rows], (34, 20, 52, 40, 32), head=True)
    _title(pdf, "Matrix, per count above zero (x to the right, y forward, of the middle of the deck)")
    names = ("force Fz, uN", "Fz x, uN m", "Fz y, uN m")
    scales = (1e6, 1e3, 1e3)  # of N, N mm, N mm
    matrix = [
        (name, *(f"{each * scale:+.4f}" for each in row))
        for name, scale, row in zip(names, scales, certificate.matrix, strict=True)
    ]
    corners = ("", *(cell.corner.replace("_", " ") for cell in certificate.cells))
    _table(pdf, [corners, *matrix], (34, 36, 36, 36, 36), head=True)


def _judgements(pdf: FPDF, evidence: Evidence) -> None:
    _title(pdf, "Every limit that it was held to, and what was measured")
    rows = [("limit", "measured", "allowed", "")]
    for each in evidence.judgements:
        limit = limit_of(each)
        measured = limit.with_unit(_digits(each.measured))
        rows.append((limit.what, measured, limit.allowed, "passed" if each.passed else "REFUSED"))
    _table(pdf, rows, (98, 30, 34, 16), head=True, size=8)


def _weights(pdf: FPDF, evidence: Evidence) -> None:
    _title(pdf, "Weights")
    rows = [("id", "mass, kg", "uncertainty, g (k = 2)", "certificate", "valid until")]
    rows += [
        (each.id, f"{each.mass_kg:.4f}", f"{each.uncertainty_g:g}", each.certificate_number, f"{each.valid_until}")
        for each in evidence.weights
    ]
    _table(pdf, rows, (34, 34, 34, 44, 32), head=True)


def _loads(pdf: FPDF, evidence: Evidence, gravity_m_s2: float) -> None:
    pdf.add_page()
    _title(pdf, "Loads, and how far off each is (the fit has not seen those to verify)")
    rows = [("", "load, kg", "place, mm", "force off, N", "place off, mm")]
    loads = [reading for reading in evidence.readings if reading.kind not in ("zero", "zero-return")]
    for reading, off in zip(loads, evidence.residuals, strict=True):
        rows.append(
            (
                reading.kind,
                f"{reading.mass_kg:.3f}",
                _pair(reading.x_mm, reading.y_mm, 1),
                f"{off.force_n:+.3f} of {reading.mass_kg * gravity_m_s2:.1f}",
                _pair(off.x_mm, off.y_mm, 2),
            )
        )
    _table(pdf, rows, (34, 28, 40, 42, 34), head=True, size=8)


def _digits(value: float) -> str:
    """Return a number with the digits that mean something; whole numbers as they are."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.3g}"


def _pair(x_mm: float, y_mm: float, digits: int) -> str:
    return ", ".join(f"{round(each, digits) + 0.0:+.{digits}f}" for each in (x_mm, y_mm))  # + 0.0: no -0.00


def _title(pdf: FPDF, words: str) -> None:
    if pdf.will_page_break(40):  # a title does not stand alone at the foot of a page
        pdf.add_page()
    pdf.ln(4)
    pdf.set_font("Helvetica", "B", 12)
    pdf.cell(0, 7, words, new_x="LMARGIN", new_y="NEXT")


def _table(
    pdf: FPDF, rows: Sequence[tuple[str, ...]], widths: tuple[int, ...], *, head: bool = False, size: int = 9
) -> None:
    """Write rows; long words are broken within their column."""
    pdf.set_font("Helvetica", "", size)
    with pdf.table(
        col_widths=widths,
        width=sum(widths),
        align="LEFT",
        text_align="LEFT",
        first_row_as_headings=head,
        headings_style=FontFace(emphasis="BOLD", fill_color=_PALE),
        cell_fill_mode="NONE",
        line_height=size * 0.5,
        padding=0.8,
        borders_layout="HORIZONTAL_LINES",
        wrapmode="CHAR" if not head else "WORD",
    ) as table:
        for row in rows:
            table.row([_latin(each) for each in row])


def _latin(words: str) -> str:
    """Return words as the font of the PDF can show them."""
    return words.encode("latin-1", "replace").decode("latin-1")
