"""Colours and sizes as arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_ui.layout import Rect, grid, regions_of
from kiosk_ui.theme import (
    COLOURS,
    GRAPHIC_CONTRAST,
    GRAPHIC_PAIRS,
    REFERENCE,
    SUPPORTED_PANELS,
    TARGET_GAP_MM,
    TEXT_CONTRAST,
    TEXT_PAIRS,
    Panel,
    Role,
    contrast,
    panel_of,
    sizes_of,
)
from station.config import KioskConfig


@pytest.mark.parametrize(("words", "behind"), TEXT_PAIRS)
def test_words_have_a_contrast_of_7(words: Role, behind: Role) -> None:
    assert contrast(words, behind) >= TEXT_CONTRAST


@pytest.mark.parametrize(("shape", "behind"), GRAPHIC_PAIRS)
def test_shapes_have_a_contrast_of_3(shape: Role, behind: Role) -> None:
    assert contrast(shape, behind) >= GRAPHIC_CONTRAST


def test_contrast_agrees_with_published_values() -> None:
    # computed with WCAG's formula in research 4.2
    assert contrast("ink", "card") == pytest.approx(16.5, abs=0.1)
    assert contrast("on_action", "stop") == pytest.approx(7.4, abs=0.1)
    assert contrast("dot", "card") == pytest.approx(3.9, abs=0.1)


def test_no_colour_is_green_so_none_can_be_told_from_red_only_by_hue() -> None:
    for name, code in COLOURS.items():
        red, green, blue = (int(code[at : at + 2], 16) for at in (1, 3, 5))
        assert not (green > red + 24 and green > blue + 24), name


def test_every_supported_panel_has_its_size_in_millimetres() -> None:
    assert REFERENCE.px_per_mm == pytest.approx(5.88, abs=0.01)
    assert Panel(1024, 600, 7.0).px_per_mm == pytest.approx(6.68, abs=0.01)
    assert Panel(1280, 800, 8.0).px_per_mm == pytest.approx(7.43, abs=0.01)
    assert panel_of(KioskConfig()) == REFERENCE


@given(cap_mm=st.floats(4.8, 30), panel=st.sampled_from(SUPPORTED_PANELS))
def test_a_font_is_never_smaller_than_was_asked_for(cap_mm: float, panel: Panel) -> None:
    assert panel.cap_mm(panel.font_px(cap_mm)) >= cap_mm - 1e-9


@pytest.mark.parametrize("panel", SUPPORTED_PANELS)
def test_words_step_down_in_order_and_never_under_the_floor(panel: Panel) -> None:
    sizes = sizes_of(panel)
    for caps in (sizes.heading_caps, sizes.body_caps, sizes.button_caps, sizes.column_caps):
        assert list(caps) == sorted(caps, reverse=True)
        assert caps[-1] >= 4.8


@given(
    width=st.integers(640, 4096), height=st.integers(480, 4096), diagonal=st.floats(6.9, 24.0), count=st.integers(1, 9)
)
def test_on_any_panel_the_places_do_not_overlap(width: int, height: int, diagonal: float, count: int) -> None:
    panel = Panel(width, height, diagonal)
    regions = regions_of(panel)
    stop, help_, again = regions.stop, regions.help, regions.again
    assert stop.top + TARGET_GAP_MM <= help_.y + 1e-9
    assert help_.top + TARGET_GAP_MM <= again.y + 1e-9
    assert regions.content.right + TARGET_GAP_MM <= stop.x + 1e-9
    assert stop.right <= panel.width_mm
    cells = grid(Rect(0, 0, 150, 80), count, 3, TARGET_GAP_MM)
    for at, one in enumerate(cells):
        for other in cells[at + 1 :]:
            assert one.right < other.x or other.right < one.x or one.y > other.top or other.y > one.top
