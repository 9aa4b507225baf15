"""The template on paper: the plan's holes for the configured deck, to scale, over as many sheets as it needs.

Sheets overlap by nothing: they are cut along their frame and joined at the registration crosses, or printed on one
sheet of a larger size. Two bars of 100 mm on each sheet show whether the printer has kept the scale. Drilled through a
board it is the jig that the calibration is as good as: places 0.3 mm off give a centre of pressure 0.13 mm off.
"""

import itertools
import math
from collections.abc import Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from fpdf import FPDF

from calibration.errors import CalibrationError
from calibration.plan import Plan

# ISO 216, portrait, mm
PAPERS_MM: Final = {"a4": (210.0, 297.0), "a3": (297.0, 420.0), "a2": (420.0, 594.0), "a1": (594.0, 841.0)}
MARGIN_MM: Final = 12.0
FOOT_MM: Final = 14.0
HOLE_MM: Final = 8.0
CLEAR_MM: Final = HOLE_MM + 1  # from a hole to a joint: the arms of its cross stay on one sheet
WEIGHT_MM: Final = 60.0  # the circle that shows about where a 20 kg weight stands
_CROSS_MM: Final = 6.0
_MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_INK: Final = (20, 28, 36)
_PALE: Final = (150, 160, 170)


class Sheet(msgspec.Struct, frozen=True):
    """One sheet: its place in the grid of sheets, and the part of the deck on it (mm from the deck's front left)."""

    row: int
    column: int
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


class Template(msgspec.Struct, frozen=True):
    """What is drawn. surface: the deck's outline; holes: name -> mm from the deck's centre, right and forward."""

    id: str
    surface_ml_mm: float
    surface_ap_mm: float
    holes: dict[str, tuple[float, float]]


def template_of(
    plan: Plan, cell_spacing_ml_mm: float, cell_spacing_ap_mm: float, surface_ml_mm: float, surface_ap_mm: float
) -> Template:
    """Return the template of a plan for one deck. Its id goes onto the paper and into the certificate."""
    holes = {hole: plan.place_mm(hole, cell_spacing_ml_mm, cell_spacing_ap_mm) for hole in plan.holes}
    return Template(template_id(plan, cell_spacing_ml_mm, cell_spacing_ap_mm), surface_ml_mm, surface_ap_mm, holes)


def template_id(plan: Plan, cell_spacing_ml_mm: float, cell_spacing_ap_mm: float) -> str:
    """Return the name of the template: the plan, and the deck that it was drawn for."""
    return f"{plan.version} {cell_spacing_ml_mm:g}x{cell_spacing_ap_mm:g}"


def sheets_of(template: Template, paper: str) -> tuple[Sheet, ...]:
    """Return the sheets that cover the deck, row by row from the screen's side.

    Raises CalibrationError for a paper that is not of the A series here.
    """
    if paper not in PAPERS_MM:
        raise CalibrationError(f"there is no paper {paper!r} here; there are {', '.join(PAPERS_MM)}")
    width, height = PAPERS_MM[paper]
    width, height = width - 2 * MARGIN_MM, height - 2 * MARGIN_MM - FOOT_MM
    holes = template.holes.values()
    columns = _cuts(template.surface_ml_mm, width, {template.surface_ml_mm / 2 + x for x, _ in holes})
    rows = _cuts(template.surface_ap_mm, height, {template.surface_ap_mm / 2 - y for _, y in holes})
    return tuple(
        Sheet(row, column, left, top, right - left, bottom - top)
        for row, (top, bottom) in enumerate(itertools.pairwise(rows))
        for column, (left, right) in enumerate(itertools.pairwise(columns))
    )


def _cuts(size_mm: float, most_mm: float, holes_mm: Set[float]) -> list[float]:
    """Return where sheets begin and end along one side: as evenly as can be, and through no hole.

    A hole on a joint is as far off as the joint. One more sheet is taken for it; only where that does not do either
    are holes cut.
    """
    fewest = math.ceil(size_mm / most_mm)
    beside = [hole + side * CLEAR_MM for hole in sorted(holes_mm) for side in (-1, 1)]
    for count in (fewest, fewest + 1):
        cuts = [0.0]
        for number in range(1, count):
            even = size_mm * number / count
            low, high = max(size_mm - (count - number) * most_mm, cuts[-1]), cuts[-1] + most_mm
            free = [
                at
                for at in (even, *beside)
                if low <= at <= high and all(abs(at - hole) > CLEAR_MM - 1e-6 for hole in holes_mm)
            ]
            if not free:
                break
            cuts.append(min(free, key=lambda at: abs(at - even)))
        else:
            return [*cuts, size_mm]
    return [size_mm * number / fewest for number in range(fewest + 1)]


def write_template(template: Template, path: Path, way_in: str, paper: str = "a4") -> int:
    """Write the template as PDF, true to scale; return how many sheets it has. OSError comes through.

    way_in: how staff begin a calibration.
    """
    sheets = sheets_of(template, paper)
    pdf = FPDF(unit="mm", format=PAPERS_MM[paper])
    pdf.set_auto_page_break(False)
    pdf.set_title(f"Calibration template {template.id}")
    pdf.set_creation_date(_MADE)  # not now: the same template is the same file
    for sheet in sheets:
        pdf.add_page()
        _draw(pdf, template, sheet, way_in)
        _frame(pdf, template, sheet, len(sheets), paper)
    path.write_bytes(bytes(pdf.output()))
    return len(sheets)


def _draw(pdf: FPDF, template: Template, sheet: Sheet, way_in: str) -> None:
    """Draw the part of the template that is on this sheet."""
    left, top = MARGIN_MM - sheet.x_mm, MARGIN_MM - sheet.y_mm
    middle_x, middle_y = left + template.surface_ml_mm / 2, top + template.surface_ap_mm / 2
    with pdf.rect_clip(MARGIN_MM, MARGIN_MM, sheet.width_mm, sheet.height_mm):
        pdf.set_draw_color(*_PALE)
        pdf.set_line_width(0.2)
        pdf.line(middle_x, top, middle_x, top + template.surface_ap_mm)
        pdf.line(left, middle_y, left + template.surface_ml_mm, middle_y)
        for name, (x_mm, y_mm) in template.holes.items():
            _hole(pdf, name, middle_x + x_mm, middle_y - y_mm)
        pdf.set_draw_color(*_INK)
        pdf.set_line_width(0.6)
        pdf.rect(left, top, template.surface_ml_mm, template.surface_ap_mm)
        pdf.set_text_color(*_INK)
        for words, down_mm, size in (("THIS EDGE TOWARDS THE SCREEN", 10, 16), (way_in, 17, 9)):
            pdf.set_font("Helvetica", "B", size)
            pdf.text(middle_x - pdf.get_string_width(words) / 2, top + down_mm, words)


def _hole(pdf: FPDF, name: str, x: float, y: float) -> None:
    pdf.set_draw_color(*_PALE)
    pdf.set_line_width(0.15)
    pdf.set_dash_pattern(dash=2, gap=2)
    pdf.circle(x=x, y=y, radius=WEIGHT_MM / 2)
    pdf.set_dash_pattern()
    pdf.set_draw_color(*_INK)
    pdf.set_line_width(0.25)
    pdf.circle(x=x, y=y, radius=HOLE_MM / 2)
    pdf.line(x - HOLE_MM, y, x + HOLE_MM, y)
    pdf.line(x, y - HOLE_MM, x, y + HOLE_MM)
    pdf.set_text_color(*_INK)
    pdf.set_font("Helvetica", "B", 20)
    pdf.text(x + 6, y + 13, name)


def _frame(pdf: FPDF, template: Template, sheet: Sheet, count: int, paper: str) -> None:
    """Draw what is for the hands: registration crosses at the corners, the scale bars, which sheet this is."""
    pdf.set_draw_color(*_INK)
    pdf.set_line_width(0.2)
    right, bottom = MARGIN_MM + sheet.width_mm, MARGIN_MM + sheet.height_mm
    for x in (MARGIN_MM, right):
        for y in (MARGIN_MM, bottom):
            pdf.line(x - _CROSS_MM, y, x + _CROSS_MM, y)
            pdf.line(x, y - _CROSS_MM, x, y + _CROSS_MM)
            pdf.circle(x=x, y=y, radius=2.0)
    foot = bottom + 8
    pdf.set_line_width(0.5)
    pdf.line(MARGIN_MM + 4, foot + 6, MARGIN_MM + 104, foot + 6)
    for x in (MARGIN_MM + 4, MARGIN_MM + 104):
        pdf.line(x, foot + 4, x, foot + 8)
    side = MARGIN_MM - 5  # along the way of the paper, which printers stretch on their own
    pdf.line(side, MARGIN_MM + 8, side, MARGIN_MM + 108)
    for y in (MARGIN_MM + 8, MARGIN_MM + 108):
        pdf.line(side - 2, y, side + 2, y)
    pdf.set_text_color(*_INK)
    pdf.set_font("Helvetica", "", 9)
    pdf.text(MARGIN_MM + 4, foot + 3, "both bars exactly 100 mm: print at 100 %, not fitted")
    place = f"sheet {chr(ord('A') + sheet.row)}{sheet.column + 1} of {count} ({paper.upper()})"
    pdf.text(MARGIN_MM + 112, foot + 3, f"template {template.id}")
    pdf.text(MARGIN_MM + 112, foot + 8, place + ("; join at the crosses" if count > 1 else ""))
