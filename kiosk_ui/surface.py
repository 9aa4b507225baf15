"""Everything on the panel: one screen of each kind, made once, and the column that is always there.

The surface shows what it is told and says what was touched. It knows no socket and no visit.
"""

from collections.abc import Callable
from typing import Final

from kivy.graphics import Color, Rectangle
from kivy.uix.widget import Widget

from kiosk_ui.layout import regions_of
from kiosk_ui.screens.attract import AttractScreen
from kiosk_ui.screens.base import KioskScreen, same_but_values
from kiosk_ui.screens.centre import CentreScreen
from kiosk_ui.screens.choice import ChoiceScreen
from kiosk_ui.screens.countdown import CountdownScreen
from kiosk_ui.screens.keypad import KeypadScreen
from kiosk_ui.screens.measure import MeasureScreen
from kiosk_ui.screens.message import MessageScreen
from kiosk_ui.screens.rest import RestScreen
from kiosk_ui.screens.result import ResultScreen
from kiosk_ui.screens.staff import StaffScreen
from kiosk_ui.screens.step_on import StepOnScreen
from kiosk_ui.theme import Panel, rgba
from kiosk_ui.touch_gate import TouchGate
from kiosk_ui.widgets.button import BigButton
from kiosk_ui.widgets.column import AlwaysColumn
from kiosk_ui.widgets.corner import StaffCorner
from kiosk_ui.widgets.words import set_shown
from station.messages import Live
from station.screens import ButtonRole, ScreenKind, ScreenModel

SCREENS: Final[dict[ScreenKind, type[KioskScreen]]] = {
    "attract": AttractScreen,
    "message": MessageScreen,
    "choice": ChoiceScreen,
    "step_on": StepOnScreen,
    "centre": CentreScreen,
    "countdown": CountdownScreen,
    "measure": MeasureScreen,
    "rest": RestScreen,
    "result": ResultScreen,
    "keypad": KeypadScreen,
    "staff": StaffScreen,
}
# Nobody's visit: here the corner opens the staff mode. A station that nobody can be measured on needs it most.
CORNER_SCREENS: Final = ("attract", "fault")
STAFF_ACTION: Final = "staff"
Press = Callable[[str, int], None]


class Surface(Widget):
    """The root widget. `on_press(action, serial)` is called for every touch that counts."""

    def __init__(self, panel: Panel, on_press: Press, now_s: Callable[[], float]) -> None:
        super().__init__(size=(panel.width_px, panel.height_px), size_hint=(None, None))
        self.panel = panel
        self._on_press = on_press
        self._now_s = now_s
        self._gate = TouchGate()
        self.serial = -1
        self.model: ScreenModel | None = None
        self.after_change: Callable[[], None] = lambda: None
        with self.canvas.before:
            Color(*rgba("paper"))
            Rectangle(pos=(0, 0), size=self.size)
        regions = regions_of(panel)
        self._column = AlwaysColumn(panel, regions, self._touched)
        self._screens = {kind: make(panel, regions.content, self._touched) for kind, make in SCREENS.items()}
        self.screen: KioskScreen | None = None
        self._corner = StaffCorner(panel, lambda: self._touched(STAFF_ACTION, "secondary"))
        self.add_widget(self._column)

    def show(self, serial: int, model: ScreenModel) -> None:
        """Show a screen; a touch names its serial."""
        self.serial = serial
        if model == self.model:
            return
        if not same_but_values(self.model, model):
            self._gate.new_screen(self._now_s())
            self._corner.forget()
        self.model = None  # if drawing fails half-way, the same model is drawn again and not taken for shown
        screen = self._screens[model.kind]
        for other in self._screens.values():
            set_shown(self, other, other is screen)
        if self.screen is not None and self.screen is not screen:
            self.screen.forget()
        self.screen = screen
        screen.render(model)
        self._column.render(model.buttons)
        set_shown(self, self._corner, False)
        set_shown(self, self._corner, model.name in CORNER_SCREENS)  # above all else
        self.model = model
        self.after_change()

    def live(self, live: Live) -> None:
        """Show what moves, if it belongs to the present screen."""
        if self.screen is not None and self.model is not None and live.serial == self.serial:
            self.screen.live(live)

    def tick(self) -> None:
        """Let what waits for time see it."""
        self._corner.tick(self._now_s())

    def buttons(self) -> list[BigButton]:
        """Return what can be touched now."""
        return [widget for widget in self.walk() if isinstance(widget, BigButton)]

    def _touched(self, action: str, role: ButtonRole) -> None:
        key = action if self.model is not None and self.model.kind == "keypad" else ""
        if not self._gate.accepts(role, self._now_s(), key=key):
            return
        if self.screen is not None and self.screen.take(action):
            self._gate.new_screen(self._now_s())
            self.after_change()
            return
        self._on_press(action, self.serial)
