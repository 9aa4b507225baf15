"""What every screen is: made once, `render(model)` as often as you like, `live(live)` for what moves.

`WordsScreen` is the common shape: words (and a figure beside them), and below them what can be touched.
"""

from collections.abc import Sequence
from typing import Final

from kivy.uix.widget import Widget

from kiosk_ui.fitting import heading_and_body
from kiosk_ui.layout import Rect, grid
from kiosk_ui.theme import TARGET_GAP_MM, Panel, sizes_of
from kiosk_ui.widgets.button_field import ButtonField
from kiosk_ui.widgets.column import Emit
from kiosk_ui.widgets.progress import ProgressDots
from kiosk_ui.widgets.words import Words
from station.messages import Live
from station.screens import Button, ScreenModel

CONTENT_ROLES: Final = ("primary", "secondary")
PROGRESS_ROW_MM: Final = 6.0
Caps = Sequence[tuple[float, float]]


class KioskScreen(Widget):
    """One kind of screen in the content part of a panel. Subclasses lay out; nothing here decides anything."""

    def __init__(self, panel: Panel, content: Rect, emit: Emit) -> None:
        super().__init__(size_hint=(None, None))
        self.panel = panel
        self.sizes = sizes_of(panel)
        self.content = content
        self._emit = emit
        self._buttons = ButtonField(panel, self, emit)

    def render(self, model: ScreenModel) -> None:
        """Show a model; the same model twice gives the same picture."""
        raise NotImplementedError

    def live(self, live: Live) -> None:
        """Show what moves. Most screens do not."""

    def forget(self) -> None:
        """Keep nothing of what was shown: another screen stands there now, and the next person is another."""

    def take(self, action: str) -> bool:  # noqa: ARG002 - for those who override it
        """Do what stays within the screen; False if the action is the station's."""
        return False

    def put_buttons(self, buttons: Sequence[Button], cells: Sequence[Rect]) -> None:
        """Show buttons in cells, all with words of one size; those that are not needed leave the tree."""
        self._buttons.show(buttons, cells, self.sizes.button_caps)


class WordsScreen(KioskScreen):
    """Heading and body, centred in height, beside a figure if the screen has one; buttons below."""

    figure_share: float = 0.42  # of the width, where there is a figure

    def __init__(self, panel: Panel, content: Rect, emit: Emit) -> None:
        super().__init__(panel, content, emit)
        self._progress = ProgressDots(panel)
        self._heading = Words()
        self._body = Words()
        for widget in (self._progress, self._heading, self._body):
            self.add_widget(widget)

    @property
    def caps(self) -> Caps:
        """Return the pairs of heading and body capitals to try, mm."""
        return list(zip(self.sizes.heading_caps, self.sizes.body_caps, strict=True))

    def render(self, model: ScreenModel) -> None:
        """Show words, figure and buttons."""
        area = self.content
        buttons = [button for button in model.buttons if button.role in CONTENT_ROLES]
        figure_width = self.figure_width(model)
        if model.progress is not None:
            row, area = area.cut_top(PROGRESS_ROW_MM, 2.0)
            self._progress.show(model.progress, row)
        else:
            self._progress.show(None, area)
        if figure_width:
            figure, area = area.cut_left(figure_width, self.sizes.gap)
            self.render_figure(model, figure)
        if buttons:
            cells_area, area = area.cut_bottom(self.buttons_height(len(buttons)), max(self.sizes.gap * 0.75, 3.0))
            self.put_buttons(buttons, self.cells(cells_area, len(buttons)))
        else:
            self.put_buttons((), ())
        self.put_words(model, area)

    def figure_width(self, model: ScreenModel) -> float:  # noqa: ARG002 - for those who override it
        """Return how wide the figure beside the words is, mm; 0 is none."""
        return 0.0

    def render_figure(self, model: ScreenModel, rect: Rect) -> None:
        """Show the figure."""

    def buttons_height(self, count: int) -> float:  # noqa: ARG002 - for those who override it
        """Return the height of the field of buttons, mm."""
        return self.sizes.button_height

    def cells(self, area: Rect, count: int) -> list[Rect]:
        """Return where the buttons stand: side by side."""
        return grid(area, count, count, TARGET_GAP_MM)

    def put_words(self, model: ScreenModel, area: Rect) -> None:
        """Show heading and body in the middle of what is left."""
        panel = self.panel
        gap = panel.px(self.sizes.gap * 0.5)
        heading, body = heading_and_body(
            model.title, model.body, self.caps, panel, panel.px(area.width), panel.px(area.height), gap
        )
        needed = heading.height_px + body.height_px + (gap if model.body else 0)
        top = panel.px(area.y + area.height / 2) + needed / 2
        left = panel.px(area.x)
        self._heading.put(heading, left, top)
        self._body.put(body, left, top - heading.height_px - gap)


def same_but_values(before: ScreenModel | None, after: ScreenModel) -> bool:
    """Return whether a staff screen goes on, with a digit more or another value: nobody has to find their way anew.

    Another load to put down is another screen, even if it looks alike: Undo would undo another reading.
    """
    if before is None or before.kind != after.kind or before.name != after.name:
        return False
    if after.kind == "keypad":
        return True
    return after.kind == "staff" and (before.buttons, before.progress) == (after.buttons, after.progress)


def figure_square(content: Rect, share: float) -> float:
    """Return the side of a figure that takes `share` of the width and never more than the height."""
    return min(content.width * share, content.height)
