"""How large words can be in the room there is: measured with the font that draws them, never cut, never under the floor.

Sizes are tried from the largest down; the first at which everything fits is taken. Lines are then made about equally
long, because a heading that leaves one word alone on its last line is harder to read.
"""

import functools
from collections.abc import Sequence
from typing import Final

import msgspec
from kivy.core.text import Label as TextMeasure

from kiosk_ui.theme import Panel

FONT: Final = "Roboto"


class Fitted(msgspec.Struct, frozen=True):
    """Words at a size: `width_px` is what they are wrapped to, `height_px` what they then need."""

    text: str
    bold: bool
    font_px: int
    width_px: int
    height_px: int
    fits: bool


@functools.lru_cache(maxsize=4096)
def text_size(text: str, font_px: int, bold: bool, width_px: int | None) -> tuple[int, int]:
    """Return width and height of words, wrapped to a width or (None) on one line, px."""
    measure = TextMeasure(text=text, font_size=font_px, font_name=FONT, bold=bold, text_size=(width_px, None))
    measure.resolve_font_name()
    width, height = measure.render()
    return int(width), int(height)


def fit(text: str, font_px: int, width_px: float, height_px: float, *, bold: bool = False) -> Fitted:
    """Return words at one size, with lines of about equal length; `fits` says whether the room is enough."""
    room = int(width_px)
    if not text:
        return Fitted(text, bold, font_px, room, 0, True)
    widest_word = max(text_size(word, font_px, bold, None)[0] for word in text.split())
    height = text_size(text, font_px, bold, room)[1]
    fits = widest_word <= room and height <= height_px
    return Fitted(text, bold, font_px, _balanced(text, font_px, bold, widest_word, room), height, fits)


def largest(
    text: str, caps_mm: Sequence[float], panel: Panel, width_px: float, height_px: float, *, bold: bool = False
) -> Fitted:
    """Return words at the first of `caps_mm` at which they fit, or at the last."""
    fitted = fit(text, panel.font_px(caps_mm[-1]), width_px, height_px, bold=bold)
    for cap_mm in caps_mm:
        fitted = fit(text, panel.font_px(cap_mm), width_px, height_px, bold=bold)
        if fitted.fits:
            break
    return fitted


def largest_for_all(
    texts: Sequence[str], caps_mm: Sequence[float], panel: Panel, width_px: float, height_px: float, *, bold: bool
) -> list[Fitted]:
    """Return several labels of equal rank at the first size at which every one of them fits."""
    fitted: list[Fitted] = []
    for cap_mm in caps_mm:
        fitted = [fit(text, panel.font_px(cap_mm), width_px, height_px, bold=bold) for text in texts]
        if all(each.fits for each in fitted):
            break
    return fitted


def heading_and_body(
    heading: str,
    body: str,
    caps_mm: Sequence[tuple[float, float]],
    panel: Panel,
    width_px: float,
    height_px: float,
    gap_px: float,
) -> tuple[Fitted, Fitted]:
    """Return a heading and the words under it at the first pair of sizes at which both fit, or at the last."""
    pair = (fit(heading, 1, width_px, 0), fit(body, 1, width_px, 0))
    for heading_cap, body_cap in caps_mm:
        above = fit(heading, panel.font_px(heading_cap), width_px, height_px, bold=True)
        left = height_px - above.height_px - (gap_px if body else 0)
        pair = (above, fit(body, panel.font_px(body_cap), width_px, left))
        if pair[0].fits and pair[1].fits:
            break
    return pair


def _balanced(text: str, font_px: int, bold: bool, narrowest: int, width_px: int) -> int:
    """Return the least width at which words need no more lines than at `width_px`."""
    lines_px = text_size(text, font_px, bold, width_px)[1]
    low, high = min(narrowest + 1, width_px), width_px
    while low < high:
        middle = (low + high) // 2
        if text_size(text, font_px, bold, middle)[1] <= lines_px:
            high = middle
        else:
            low = middle + 1
    return high
