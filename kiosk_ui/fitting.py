"""How large words can be in the room there is: measured with the font that draws them, never cut, never too small.

Sizes are tried from the largest down; the first at which everything fits is taken. Lines are broken here and not by
Kivy: each sentence's lines are made about equally long, because a word left alone on a last line is harder to read.
"""

import functools
import re
from collections.abc import Sequence
from typing import Final

import msgspec
from kivy.core.text import Label as TextMeasure

from kiosk_ui.theme import Panel

FONT: Final = "Roboto"
HEADING_LINES: Final = 2
HEADING_LINES_ALONE: Final = 3  # with no body under it
SENTENCES_WORTH: Final = 0.85
_BETWEEN_WORDS: Final = re.compile(r"\s+(?!(?:%|mm|kg|deg)(?:\W|$))")  # a number is not parted from its unit


class Fitted(msgspec.Struct, frozen=True):
    """Words at a size, broken into lines; `width_px` and `height_px` are what they need, `fits` if there is room."""

    text: str
    bold: bool
    font_px: int
    width_px: int
    height_px: int
    fits: bool

    @property
    def lines(self) -> int:
        """Return on how many lines the words stand."""
        return self.text.count("\n") + 1 if self.text else 0


@functools.lru_cache(maxsize=8192)
def line_size(text: str, font_px: int, bold: bool) -> tuple[int, int]:
    """Return width and height of one line of words, px."""
    measure = TextMeasure(text=text, font_size=font_px, font_name=FONT, bold=bold)
    measure.resolve_font_name()
    width, height = measure.render()
    return int(width), int(height)


def fit(text: str, font_px: int, width_px: float, height_px: float, *, bold: bool = False) -> Fitted:
    """Return words at one size. A line break in `text` stays one."""
    if not text:
        return Fitted("", bold, font_px, 1, 0, True)
    broken = "\n".join(_balanced(part, font_px, bold, int(width_px)) for part in text.split("\n"))
    lines = broken.split("\n")
    needs_px = max(line_size(line, font_px, bold)[0] for line in lines)
    height = len(lines) * line_size("Hg", font_px, bold)[1]
    return Fitted(broken, bold, font_px, needs_px + 2, height, needs_px <= width_px and height <= height_px)


def largest(
    text: str, caps_mm: Sequence[float], panel: Panel, width_px: float, height_px: float, *, bold: bool = False
) -> Fitted:
    """Return words at the first of `caps_mm` at which they fit, or at the last."""
    return largest_for_all([text], caps_mm, panel, width_px, height_px, bold=bold)[0]


def largest_for_all(
    texts: Sequence[str], caps_mm: Sequence[float], panel: Panel, width_px: float, height_px: float, *, bold: bool
) -> list[Fitted]:
    """Return several labels of equal rank at the first size at which every one of them fits, or at the last."""
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
    """Return a heading and the words under it at the first pair of sizes at which both fit, or at the last.

    Best is a short heading, and every sentence of the body on a line of its own: that is worth a little of the size.
    """
    sentences = re.sub(r"(?<=[.!?]) +", "\n", body)
    still_good = SENTENCES_WORTH * caps_mm[0][1]
    tries = [(caps, sentences) for caps in caps_mm if caps[1] >= still_good] + [(caps, body) for caps in caps_mm]
    pair = _pair(heading, body, caps_mm[-1], panel, width_px, height_px, gap_px)
    for most_lines in (HEADING_LINES if body else HEADING_LINES_ALONE, None):
        for caps, words in tries:
            pair = _pair(heading, words, caps, panel, width_px, height_px, gap_px)
            if pair[0].fits and pair[1].fits and (most_lines is None or pair[0].lines <= most_lines):
                return pair
    return pair


def _pair(
    heading: str,
    body: str,
    caps_mm: tuple[float, float],
    panel: Panel,
    width_px: float,
    height_px: float,
    gap_px: float,
) -> tuple[Fitted, Fitted]:
    above = fit(heading, panel.font_px(caps_mm[0]), width_px, height_px, bold=True)
    left = height_px - above.height_px - (gap_px if body else 0)
    return above, fit(body, panel.font_px(caps_mm[1]), width_px, left)


def _balanced(text: str, font_px: int, bold: bool, width_px: int) -> str:
    """Return words broken into the fewest lines, and then as narrow as that many lines can be."""
    words = _BETWEEN_WORDS.split(text.strip())
    if words == [""]:
        return ""
    fewest = len(_wrapped(words, font_px, bold, width_px))
    low, high = 1, width_px
    while low < high:
        middle = (low + high) // 2
        if len(_wrapped(words, font_px, bold, middle)) <= fewest:
            high = middle
        else:
            low = middle + 1
    return "\n".join(_wrapped(words, font_px, bold, high))


def _wrapped(words: Sequence[str], font_px: int, bold: bool, width_px: int) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if line_size(longer, font_px, bold)[0] <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
