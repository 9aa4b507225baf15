"""The template on paper: every hole once, to scale, on as few sheets as it needs; the certificate for the wall."""

import re
import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calibration.certificate_pdf import write_certificate_pdf
from calibration.errors import CalibrationError
from calibration.judge import certify
from calibration.plan import load_plan
from calibration.template import MARGIN_MM, PAPERS_MM, Template, sheets_of, template_of, write_template
from tests.calibration.doing import DECK, Bench

PT_PER_MM = 72 / 25.4
WAY_IN = "Staff: knock three times."


def template() -> Template:
    return template_of(load_plan(), 400.0, 360.0, 500.0, 460.0)


def pages(path: Path) -> list[str]:
    """Return the content of each page of a PDF, as drawing commands."""
    raw = path.read_bytes()
    streams = re.findall(rb"/FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", raw, re.DOTALL)
    texts = [zlib.decompress(stream).decode("latin-1") for stream in streams]
    return [text for text in texts if " re" in text or " l S" in text or " Tj" in text]


@given(width=st.floats(100, 1500), height=st.floats(100, 1500), paper=st.sampled_from(list(PAPERS_MM)))
def test_the_sheets_tile_the_deck_and_fit_their_paper(width: float, height: float, paper: str) -> None:
    sheets = sheets_of(Template("t", width, height, {}), paper)
    assert sum(sheet.width_mm * sheet.height_mm for sheet in sheets) == pytest.approx(width * height)
    for sheet in sheets:
        assert sheet.width_mm <= PAPERS_MM[paper][0] - 2 * MARGIN_MM + 1e-9
        assert sheet.height_mm <= PAPERS_MM[paper][1] - 2 * MARGIN_MM - 10
    assert max(sheet.x_mm + sheet.width_mm for sheet in sheets) == pytest.approx(width)


@pytest.mark.parametrize("paper", list(PAPERS_MM))
@pytest.mark.parametrize(("spacing", "surface"), [(400.0, 500.0), (360.0, 460.0), (300.0, 400.0), (900.0, 1000.0)])
def test_no_joint_of_sheets_goes_through_a_hole(spacing: float, surface: float, paper: str) -> None:
    drawn = template_of(load_plan(), spacing, spacing, surface, surface)
    sheets = sheets_of(drawn, paper)
    for x_mm, y_mm in drawn.holes.values():
        x, y = surface / 2 + x_mm, surface / 2 - y_mm
        whole = [
            sheet
            for sheet in sheets
            if sheet.x_mm + 8 < x < sheet.x_mm + sheet.width_mm - 8
            and sheet.y_mm + 8 < y < sheet.y_mm + sheet.height_mm - 8
        ]
        assert len(whole) == 1, (x_mm, y_mm)


def test_a_hole_is_where_the_plan_has_it_to_a_hundredth_of_a_millimetre(tmp_path: Path) -> None:
    assert write_template(template(), tmp_path / "t.pdf", WAY_IN, "a1") == 1
    (page,) = pages(tmp_path / "t.pdf")
    lines = {
        tuple(round(float(each) / PT_PER_MM, 2) for each in found)
        for found in re.findall(r"([\d.]+) ([\d.]+) m ([\d.]+) ([\d.]+) l S", page)
    }
    height = PAPERS_MM["a1"][1]
    for x_mm, y_mm in template().holes.values():
        x, y = MARGIN_MM + 250 + x_mm, height - (MARGIN_MM + 230 - y_mm)
        assert any(
            abs(a - (x - 8)) < 0.02 and abs(c - (x + 8)) < 0.02 and abs(b - y) < 0.02 and abs(d - y) < 0.02
            for a, b, c, d in lines
        ), (x_mm, y_mm)
    assert any(abs(abs(c - a) - 100) < 0.01 and b == d for a, b, c, d in lines), "the bar that shows the scale"
    assert any(abs(abs(d - b) - 100) < 0.01 and a == c for a, b, c, d in lines), "and the one along the paper's way"


def test_every_hole_is_named_on_a4_sheets_and_the_sheets_say_which_they_are(tmp_path: Path) -> None:
    count = write_template(template(), tmp_path / "t.pdf", WAY_IN)
    text = "".join(pages(tmp_path / "t.pdf"))
    assert count == 6
    for hole in template().holes:
        assert f"({hole})" in text
    assert "sheet B3 of 6" in text
    assert "standard-1 400x360" in text
    assert WAY_IN in text
    again = tmp_path / "again.pdf"
    write_template(template(), again, WAY_IN)
    assert len(pages(again)) == len(pages(tmp_path / "t.pdf"))


def test_paper_that_is_not_there_is_refused() -> None:
    with pytest.raises(CalibrationError, match="no paper 'letter' here; there are a4"):
        sheets_of(template(), "letter")


def test_the_certificate_for_the_wall_names_hash_limits_weights_and_validity(tmp_path: Path) -> None:
    certificate = certify(Bench(1).perform(), DECK, None)
    write_certificate_pdf(certificate, tmp_path / "c.pdf", WAY_IN)
    text = "".join(pages(tmp_path / "c.pdf"))
    for words in (
        certificate.id,
        "st-0001",
        WAY_IN,
        "2027-11-26",
        "K-2",
        "limits-2",
        "front left",
        "passed",
        "verify",
    ):
        assert words in text, words
    for words in ("coverage factor k = 2", "uncertainty, g \\(k = 2\\)", "page 3 of ", "Fz x, uN m", "at most 1°"):
        assert words in text, words
    assert not re.search(r"-0\.0+[,)]", text)
    assert "no sensor in the deck gave it" in text
    assert certificate.evidence is not None
    known = msgspec.structs.replace(certificate.evidence, temperature_c=(-39.9, -40.0))
    write_certificate_pdf(msgspec.structs.replace(certificate, evidence=known), tmp_path / "c.pdf", WAY_IN)
    assert known.temperature_words in "".join(pages(tmp_path / "c.pdf")), "in one line"
