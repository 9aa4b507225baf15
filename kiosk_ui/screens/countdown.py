"""Three, two, one: the number as large as a hand, and the stance to keep."""

from kiosk_ui.layout import Rect
from kiosk_ui.screens.message import FIELD_RATIO, MessageScreen
from kiosk_ui.theme import COUNTDOWN_CAP_MM
from station.screens import ScreenModel

PICTURE_SHARE = 0.56


class CountdownScreen(MessageScreen):
    """A message whose ring holds a number of at least 25 mm."""

    figure_share = 0.55
    ring_cap_mm = COUNTDOWN_CAP_MM * 1.2
    ring_least_cap_mm = COUNTDOWN_CAP_MM

    def shows_picture(self, model: ScreenModel) -> bool:
        """Return True for a stance to keep, ring or not."""
        return model.picture != "none"

    def put_words(self, model: ScreenModel, area: Rect) -> None:
        """Show the words, and under them the stance."""
        if self.shows_picture(model):
            below, area = area.cut_bottom(area.height * PICTURE_SHARE, self.sizes.gap * 0.5)
            height = min(below.height, below.width * FIELD_RATIO)
            left = below.cut_left(height / FIELD_RATIO)[0]
            self.put_picture(model, left.cut_top(height)[0])
        super().put_words(model, area)
