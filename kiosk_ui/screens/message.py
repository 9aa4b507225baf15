"""Words to read, with a picture or a ring if there is one, and usually one thing to touch."""

from kiosk_ui.layout import Rect
from kiosk_ui.screens.base import PROGRESS_ROW_MM, WordsScreen, figure_square
from kiosk_ui.theme import MIN_CAP_MM, Panel, Role
from kiosk_ui.widgets.card import Card
from kiosk_ui.widgets.column import Emit
from kiosk_ui.widgets.picture import Picture
from kiosk_ui.widgets.ring import Ring
from kiosk_ui.widgets.words import set_shown
from station.messages import Live
from station.screens import ScreenModel

RING_CAP_MM = 14.0
FIELD_RATIO = 1.24  # height to width, that of a picture


class MessageScreen(WordsScreen):
    """Words beside a picture on a quiet field, or beside a ring with seconds."""

    field_role: Role = "tint"
    ring_cap_mm: float = RING_CAP_MM
    ring_least_cap_mm: float = MIN_CAP_MM

    def __init__(self, panel: Panel, content: Rect, emit: Emit) -> None:
        super().__init__(panel, content, emit)
        self._card = Card()
        self.picture = Picture(panel)
        self.ring = Ring(panel)

    def render(self, model: ScreenModel) -> None:
        """Show words, picture or ring, and buttons."""
        has_ring = model.ring_s is not None
        has_picture = self.shows_picture(model)
        set_shown(self, self._card, has_picture)
        set_shown(self, self.picture, has_picture)
        set_shown(self, self.ring, has_ring)
        super().render(model)

    def shows_picture(self, model: ScreenModel) -> bool:
        """Return whether a picture stands beside the words; where there is a ring, the ring does."""
        return model.picture != "none" and model.ring_s is None

    def live(self, live: Live) -> None:
        """Show what is left of the ring."""
        if self.ring.parent is not None and live.ring_left_s is not None:
            self.ring.left(live.ring_left_s)

    def figure_width(self, model: ScreenModel) -> float:
        """Return the width of picture or ring, if there is one."""
        if model.picture == "none" and model.ring_s is None:
            return 0.0
        row = PROGRESS_ROW_MM + 2.0 if model.progress is not None else 0.0
        return min(figure_square(self.content, self.figure_share), self.content.height - row)

    def render_figure(self, model: ScreenModel, rect: Rect) -> None:
        """Show the ring, or the picture on its field."""
        if model.ring_s is not None:
            self.ring.show(rect.inset(2), model.ring_s, cap_mm=self.ring_cap_mm, least_cap_mm=self.ring_least_cap_mm)
            return
        self.put_picture(model, rect)

    def put_picture(self, model: ScreenModel, field: Rect) -> None:
        """Show the picture on its quiet field."""
        self._card.put(field, self.panel, self.sizes.radius, self.field_role)
        self.picture.show(model.picture, field.inset(self.sizes.gap * 0.4), dark=self.field_role == "action")
