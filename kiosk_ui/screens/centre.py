"""Find your centre: words beside the field with ring and dot. The only screen of a visit on which a dot moves."""

from kiosk_ui.layout import Rect
from kiosk_ui.screens.base import PROGRESS_ROW_MM, WordsScreen, figure_square
from kiosk_ui.theme import Panel
from kiosk_ui.widgets.column import Emit
from kiosk_ui.widgets.finder import CentreFinder
from station.messages import Live
from station.screens import ScreenModel


class CentreScreen(WordsScreen):
    """The finder stands on the left, where pictures stand on other screens."""

    figure_share = 0.55

    def __init__(self, panel: Panel, content: Rect, emit: Emit) -> None:
        super().__init__(panel, content, emit)
        self.finder = CentreFinder(panel)
        self.add_widget(self.finder)
        self._dot_allowed = False

    def render(self, model: ScreenModel) -> None:
        """Show the field; the dot comes with the first live message."""
        self._dot_allowed = model.show_dot
        super().render(model)

    def live(self, live: Live) -> None:
        """Move the dot, if this screen may show one."""
        if self._dot_allowed:
            self.finder.dot(live.dot_ml_mm, live.dot_ap_mm)

    def figure_width(self, model: ScreenModel) -> float:
        """Return the width of the field."""
        row = PROGRESS_ROW_MM + 2.0 if model.progress is not None else 0.0
        return min(figure_square(self.content, self.figure_share), self.content.height - row)

    def render_figure(self, model: ScreenModel, rect: Rect) -> None:  # noqa: ARG002 - the field needs no words
        """Show the field."""
        self.finder.show(rect)
