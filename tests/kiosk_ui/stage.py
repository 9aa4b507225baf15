"""Steps the kiosk's surface frame by frame, touches it, and looks at its pixels and its widgets."""

from typing import TYPE_CHECKING, Any, ClassVar

from kiosk_ui.boot import prepare
from kiosk_ui.theme import Panel
from kiosk_ui.touch_gate import TouchGate
from station.config import KioskConfig
from station.messages import Live
from station.screens import ScreenModel

if TYPE_CHECKING:
    from kiosk_ui.surface import Surface
    from kiosk_ui.widgets.button import BigButton


class Stage:
    """One surface in the one window of this process."""

    # As in the product, screens are made once a panel; OpenGL's memory of those thrown away does not come back.
    _made: ClassVar[dict[Panel, "Surface"]] = {}
    _present: ClassVar["Stage"]

    def __init__(self, panel: Panel) -> None:
        prepare(KioskConfig(panel.width_px, panel.height_px, panel.diagonal_in, fullscreen=False))
        from kivy.base import EventLoop
        from kivy.clock import Clock

        from kiosk_ui.frames import open_window
        from kiosk_ui.surface import Surface

        self.panel = panel
        self.now_s = 100.0
        self.presses: list[tuple[str, int]] = []
        self.window = open_window()
        EventLoop.ensure_window()
        self._loop = EventLoop
        Clock._max_fps = 0  # a test does not wait for a frame to be due
        self.window.size = (panel.width_px, panel.height_px)
        Stage._present = self
        if panel not in self._made:
            self._made[panel] = Surface(panel, Stage._press, Stage._now)
        self.surface = self._made[panel]
        self.surface.model, self.surface.serial, self.surface._gate = None, -1, TouchGate()
        self.window.add_widget(self.surface)
        self.frames(2)

    @staticmethod
    def _press(action: str, serial: int) -> None:
        Stage._present.presses.append((action, serial))

    @staticmethod
    def _now() -> float:
        return Stage._present.now_s

    def show(self, model: ScreenModel, live: Live | None = None, *, serial: int = 1, draw: bool = True) -> None:
        """Show a screen, later than any debounce, and draw it (or only lay it out, which is much quicker)."""
        self.now_s += 10.0
        self.surface.show(serial, model)
        if live is not None and self.surface.screen is not None:
            self.surface.screen.live(live)
        if draw:
            self.frames()
        else:
            self._lay_out()
        self.now_s += 10.0

    def _lay_out(self) -> None:
        from kivy.clock import Clock
        from kivy.lang import Builder

        Clock.tick()
        Builder.sync()
        Clock.tick_draw()  # labels measure themselves here
        Builder.sync()

    def frames(self, count: int = 2) -> None:
        """Draw some frames."""
        from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels

        for _ in range(count):
            self.window.canvas.ask_update()
            self._loop.idle()
        glReadPixels(0, 0, 1, 1, GL_RGB, GL_UNSIGNED_BYTE)  # waits until all is drawn, so that no work piles up

    def pixels(self) -> Any:
        """Return what is drawn as an image."""
        from kiosk_ui.frames import grab_frame

        return grab_frame(self.window)

    def button(self, action: str) -> "BigButton":
        """Return the one button with an action."""
        (found,) = [widget for widget in self.surface.buttons() if widget.button.action == action]
        return found

    def tap(self, action: str, *, slip_px: float = 0.0) -> None:
        """Touch the middle of a button and let go, `slip_px` further right."""
        widget = self.button(action)
        self.touch(widget.center_x, widget.center_y, slip_px=slip_px)

    def touch(self, x: float, y: float, *, slip_px: float = 0.0) -> None:
        """Touch the glass and let go."""
        from kivy.tests.common import UnitTestTouch

        finger = UnitTestTouch(x, y)
        finger.touch_down()
        self.frames(1)
        if slip_px:
            finger.touch_move(x + slip_px, y)
        finger.touch_up()
        self.frames(1)

    def widgets(self, kind: type) -> list[Any]:
        """Return every widget of a kind that is on the screen."""
        return [widget for widget in self.surface.walk() if isinstance(widget, kind)]

    def close(self) -> None:
        """Take the surface off the window."""
        self.window.remove_widget(self.surface)
        self.frames(1)
