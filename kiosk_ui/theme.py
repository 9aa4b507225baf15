"""Sizes in millimetres and colours by role. No Kivy here, no literal sizes or colours anywhere else.

A pixel is not a length: a 7" panel with 1024 dots and a 10.1" panel with 1280 dots need different numbers for the same
20 mm. So everything is laid out in millimetres and turned into pixels by the panel's own diagonal.
"""

import math
from typing import Final, Literal

import msgspec

from station.config import KioskConfig

MM_PER_INCH: Final = 25.4
# Height of a capital of Roboto in units of the font size (measured: 0.711; a test measures it again).
CAP_HEIGHT_EM: Final = 0.711

# Targets: gains level off at 20 mm (Duff 2010); older hands scatter by 3.4 mm (Sultana & Moffatt 2019).
TARGET_HEIGHT_MM: Final = 20.0
TARGET_WIDTH_MM: Final = 30.0
TARGET_GAP_MM: Final = 6.0
# Capitals: 3/16 inch is the floor for kiosks in the US accessibility standards; 7 mm reads at 20/50 from 70 cm.
MIN_CAP_MM: Final = 4.8
COUNTDOWN_CAP_MM: Final = 25.0
# Staff read at arm's length, with their glasses on, and come back every day: 16 arc minutes at 65 cm.
STAFF_MIN_CAP_MM: Final = 3.0
STAFF_TARGET_MM: Final = 20.0  # height and width of what staff touch: the least at which gains level off (see above)
TEXT_CONTRAST: Final = 7.0  # WCAG 1.4.6 (AAA)
GRAPHIC_CONTRAST: Final = 3.0  # WCAG 1.4.11

Role = Literal[
    "paper",
    "card",
    "ink",
    "quiet",
    "action",
    "action_pressed",
    "on_action",
    "stop",
    "stop_pressed",
    "tint",
    "line",
    "pointer",
    "ring",
    "dot",
    "skin",
]
Rgba = tuple[float, float, float, float]

COLOURS: Final[dict[Role, str]] = {
    "paper": "#F6F8FB",  # behind everything
    "card": "#FFFFFF",
    "ink": "#17202A",
    "quiet": "#414A53",  # Help, Say again, less important words
    "action": "#00457A",  # what takes the person further
    "action_pressed": "#002F55",
    "on_action": "#FFFFFF",
    "stop": "#A81A1A",
    "stop_pressed": "#7A0F0F",
    "tint": "#E3EDF6",  # a quiet field that lifts a picture or the next step off the paper
    "line": "#6F7B88",  # outlines of the deck, the empty part of the ring
    "pointer": "#00457A",  # arrows; light on a dark field
    "ring": "#0072B2",  # Okabe-Ito blue: the ring, feet that bear weight
    "dot": "#D55E00",  # Okabe-Ito vermillion: where you are
    "skin": "#9CC3E0",  # inside of a foot; never told apart from its rim by colour alone
}
# What stands on what; tests hold these to TEXT_CONTRAST and GRAPHIC_CONTRAST.
TEXT_PAIRS: Final[tuple[tuple[Role, Role], ...]] = (
    ("ink", "paper"),
    ("ink", "card"),
    ("ink", "tint"),
    ("quiet", "paper"),
    ("quiet", "card"),
    ("action", "card"),
    ("action", "paper"),
    ("action", "tint"),
    ("on_action", "action"),
    ("on_action", "action_pressed"),
    ("on_action", "stop"),
    ("on_action", "stop_pressed"),
)
GRAPHIC_PAIRS: Final[tuple[tuple[Role, Role], ...]] = (
    ("line", "paper"),
    ("pointer", "tint"),
    ("pointer", "card"),
    ("line", "card"),
    ("line", "tint"),
    ("ring", "paper"),
    ("ring", "card"),
    ("ring", "tint"),
    ("dot", "card"),
    ("dot", "paper"),
    ("action", "skin"),  # the rim of a foot on its inside
    ("dot", "tint"),
    ("action", "card"),
    ("stop", "card"),
    ("on_action", "ring"),
)


class Panel(msgspec.Struct, frozen=True):
    """One panel: dots and diagonal. Everything else about its size follows."""

    width_px: int
    height_px: int
    diagonal_in: float

    @property
    def px_per_mm(self) -> float:
        """Return how many dots make a millimetre (square dots)."""
        return math.hypot(self.width_px, self.height_px) / (self.diagonal_in * MM_PER_INCH)

    @property
    def width_mm(self) -> float:
        """Return the width of what can be seen, mm."""
        return self.width_px / self.px_per_mm

    @property
    def height_mm(self) -> float:
        """Return the height of what can be seen, mm."""
        return self.height_px / self.px_per_mm

    def px(self, mm: float) -> float:
        """Return millimetres as pixels."""
        return mm * self.px_per_mm

    def font_px(self, cap_mm: float) -> int:
        """Return the font size whose capitals are at least `cap_mm` high."""
        return math.ceil(cap_mm * self.px_per_mm / CAP_HEIGHT_EM)

    def cap_mm(self, font_px: float) -> float:
        """Return how high capitals of this font size are, mm."""
        return font_px * CAP_HEIGHT_EM / self.px_per_mm


REFERENCE: Final = Panel(1280, 800, 10.1)
SUPPORTED_PANELS: Final = (REFERENCE, Panel(1280, 720, 10.1), Panel(1024, 600, 7.0), Panel(1280, 720, 7.0))


class Sizes(msgspec.Struct, frozen=True):
    """The sizes of one class of panel, mm. `*_caps` are tried from first to last until the words fit."""

    margin: float
    column: float  # width of the buttons that are always there
    gap: float  # between content and that column, and between blocks of content
    radius: float
    button_height: float
    heading_caps: tuple[float, ...]  # paired with body_caps
    body_caps: tuple[float, ...]
    button_caps: tuple[float, ...]
    column_caps: tuple[float, ...]
    word_cap: float  # the one word of the result
    progress: float  # diameter of a progress dot
    band: float  # height of the band of the result
    staff_heading_caps: tuple[float, ...]  # paired with staff_body_caps
    staff_body_caps: tuple[float, ...]
    staff_button_caps: tuple[float, ...]
    table_caps: tuple[float, ...]
    key: float  # width of a key of the keypad
    toggle: float  # least width of what can be chosen and chosen off again
    steadiness: float  # height of the bar of steadiness


LARGE: Final = Sizes(
    margin=6,
    column=40,
    gap=8,
    radius=4,
    button_height=24,
    heading_caps=(12, 11, 10, 10, 10, 10),
    body_caps=(7, 7, 7, 6.2, 5.5, 4.8),
    button_caps=(7, 6.4, 5.8, 5.2, 4.8),
    column_caps=(5.6, 5.4, 5.2, 5.0, 4.8),
    word_cap=10.2,
    progress=3.4,
    band=13.5,
    staff_heading_caps=(8, 7.4, 6.8, 6.2, 5.6, 5.0, 4.4),
    staff_body_caps=(5.0, 4.8, 4.6, 4.4, 4.0, 3.6, 3.2),
    staff_button_caps=(5.4, 5.0, 4.6, 4.2, 3.8, 3.4, 3.0),
    table_caps=(4.0, 3.6, 3.3, 3.0),
    key=32,
    toggle=55,
    steadiness=19,
)
# A small panel holds less, not smaller: targets keep their size, words step down to the floor and no further.
SMALL: Final = Sizes(
    margin=3,
    column=35,
    gap=6,
    radius=3,
    button_height=20,
    heading_caps=(8, 7.4, 6.8, 6.2, 5.6, 5.2, 4.8),
    body_caps=(5.6, 5.4, 5.2, 5.0, 4.8, 4.8, 4.8),
    button_caps=(6.4, 5.8, 5.2, 4.8),
    column_caps=(4.8,),
    word_cap=7,
    progress=2.6,
    band=14,
    staff_heading_caps=(6.0, 5.6, 5.2, 4.8, 4.4, 4.0, 3.6),
    staff_body_caps=(4.2, 4.0, 3.8, 3.6, 3.4, 3.2, 3.0),
    staff_button_caps=(4.8, 4.4, 4.0, 3.6, 3.3, 3.0),
    table_caps=(3.3, 3.0),
    key=21,
    toggle=42,
    steadiness=12,
)
SMALL_BELOW_MM: Final = 105.0  # height of the panel


def panel_of(config: KioskConfig) -> Panel:
    """Return the panel that the configuration describes."""
    return Panel(config.width_px, config.height_px, config.diagonal_in)


def sizes_of(panel: Panel) -> Sizes:
    """Return the sizes that suit a panel."""
    return SMALL if panel.height_mm < SMALL_BELOW_MM else LARGE


def rgba(role: Role) -> Rgba:
    """Return a colour as Kivy wants it."""
    return (*_channels(role), 1.0)


def contrast(one: Role, other: Role) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _channels(role: Role) -> tuple[float, float, float]:
    text = COLOURS[role]
    return int(text[1:3], 16) / 255, int(text[3:5], 16) / 255, int(text[5:7], 16) / 255


def _luminance(role: Role) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(role)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
