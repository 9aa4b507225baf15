"""The bar of steadiness: how far a reading is, and whether the deck is still. Calm: what is shown is smoothed."""

import math
from typing import Final

from kivy.graphics import Color, SmoothLine, SmoothRoundedRectangle
from kivy.uix.widget import Widget

from kiosk_ui.fitting import largest
from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, rgba, sizes_of
from kiosk_ui.widgets.card import place
from kiosk_ui.widgets.sign import Sign
from kiosk_ui.widgets.words import Words
from kiosk_ui.wording import OwnWords
from station.messages import LIVE_HZ, StaffLive

SMOOTHING_HZ: Final = 1.0
_KEEP: Final = math.exp(-2 * math.pi * SMOOTHING_HZ / LIVE_HZ)
LIMIT: Final = 1.0  # unrest above it begins the reading anew
CALM_AGAIN: Final = 0.9  # the words change back only under this, so that they do not flicker
FULL_SCALE: Final = 2.0  # the limit stands in the middle of the thin bar
STEPS: Final = 200  # each redraws the window, and a finer one is not worth it
_RIM_PX: Final = 1.2


class SteadinessBar(Widget):
    """Above, the word, and how restless the deck is beside its limit; below, how much of the reading is done."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._words: OwnWords | None = None
        self.restart()
        self._bars: dict[str, Rect] = {}
        with self.canvas:
            Color(*rgba("card"))
            self._thin_field = SmoothRoundedRectangle()
            self._field = SmoothRoundedRectangle()
            self._thin_colour = Color(*rgba("line"))
            self._thin = SmoothRoundedRectangle()
            self._done_colour = Color(*rgba("ring"))
            self._done = SmoothRoundedRectangle()
            Color(*rgba("line"))
            self._rims = (SmoothLine(width=_RIM_PX), SmoothLine(width=_RIM_PX))
            Color(*rgba("ink"))
            self._limit = SmoothLine(width=panel.px(0.35))
        self._sign, self._word = Sign(panel), Words()
        self.add_widget(self._sign)
        self.add_widget(self._word)

    @property
    def word(self) -> Words:
        """Return what it says, as words on the screen."""
        return self._word

    @property
    def done_px(self) -> float:
        """Return how far the bar is filled, px."""
        return float(self._done.size[0]) if self._done_colour.a else 0.0

    def show(self, rect: Rect, words: OwnWords) -> None:
        """Place the bar; what it showed stays."""
        self._words = words
        place(self, rect, self._panel)
        bar, above = rect.cut_bottom(rect.height * 0.46, rect.height * 0.1)
        text, thin = above.cut_left(rect.width * 0.5, 2.0)
        self._bars = {"bar": bar, "text": text, "thin": thin.centred(thin.width, above.height * 0.5)}
        for name, field, rim in (("thin", self._thin_field, self._rims[0]), ("bar", self._field, self._rims[1])):
            x, y, width, height = self._box(name)
            field.pos, field.size, field.radius = (x, y), (width, height), [height / 3]
            rim.rounded_rectangle = (x, y, width, height, height / 3)
        x, y, width, height = self._box("thin")
        middle = x + width * LIMIT / FULL_SCALE
        over = height * 0.35
        self._limit.points = [middle, y - over, middle, y + height + over]
        self._draw()

    def restart(self) -> None:
        """Forget what was shown: another load, another reading."""
        self._unrest: float | None = None
        self._progress = 0.0
        self.still = False

    def live(self, live: StaffLive) -> None:
        """Show how it is now."""
        unrest = live.unrest if math.isfinite(live.unrest) else FULL_SCALE
        unrest = min(max(unrest, 0.0), FULL_SCALE)
        before = self._unrest
        self._unrest = unrest if before is None else unrest + (before - unrest) * _KEEP
        self.still = self._unrest <= (LIMIT if self.still or before is None else CALM_AGAIN)
        self._progress = min(max(live.progress, 0.0), 1.0) if math.isfinite(live.progress) else 0.0
        self._draw()

    def _draw(self) -> None:
        self._fill("bar", self._done_colour, self._done, self._progress)
        unrest = self._unrest or 0.0
        self._thin_colour.rgba = rgba("line" if self.still else "dot")
        self._fill("thin", self._thin_colour, self._thin, unrest / FULL_SCALE)
        if self._words is None:
            return
        text = "" if self._unrest is None else self._words.still if self.still else self._words.moving
        box, panel = self._bars["text"], self._panel
        side = min(box.height, 6.0)
        sign, rest = box.cut_left(side, 2.0)
        self._sign.opacity = 1.0 if text else 0.0
        self._sign.show("still" if self.still else "moving", sign, "ink")
        if self._word.text.replace("\n", " ") == text and self._word.x == round(panel.px(rest.x)):
            return
        caps = sizes_of(panel).staff_body_caps
        fitted = largest(text, caps, panel, panel.px(rest.width), panel.px(rest.height), bold=True)
        self._word.put(fitted, panel.px(rest.x), panel.px(rest.y + rest.height / 2) + fitted.height_px / 2)

    def _fill(self, name: str, colour: Color, shape: SmoothRoundedRectangle, share: float) -> None:
        x, y, width, height = self._box(name)
        filled = width * round(share * STEPS) / STEPS
        colour.a = 1.0 if filled else 0.0
        filled = max(filled, height * 0.7)  # a bar that is shorter than its round ends is no bar
        if (shape.pos, shape.size) != ((x, y), (filled, height)):
            shape.pos, shape.size, shape.radius = (x, y), (filled, height), [height / 3]

    def _box(self, name: str) -> tuple[float, float, float, float]:
        rect, panel = self._bars[name], self._panel
        return (
            round(panel.px(rect.x)),
            round(panel.px(rect.y)),
            round(panel.px(rect.width)),
            round(panel.px(rect.height)),
        )
