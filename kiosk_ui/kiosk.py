"""The running kiosk: the window's clock polls the station, the surface shows, touches go back.

Whatever fails in here ends in a safe state: the error is logged, a card asks for staff and to hold the rail, the
station is told that help is needed, and the next screen that comes is tried again.
"""

import logging
import signal
from collections import deque
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from kivy.app import App
from kivy.base import ExceptionHandler, ExceptionManager
from kivy.clock import Clock

from kiosk_ui.client import StationLink
from kiosk_ui.frames import renderer
from kiosk_ui.secrecy import without_digit
from kiosk_ui.sound import SPEECH, Audio
from kiosk_ui.surface import Surface
from kiosk_ui.theme import Panel, panel_of
from kiosk_ui.trace import Trace
from kiosk_ui.wording import safe_screen, waiting_screen
from station.config import Config
from station.messages import LIVE_HZ, Cue, Live, Refused, Show, ToClient, Welcome
from station.screens import ScreenModel

log = logging.getLogger(__name__)

RETRY_SCREEN_S: Final = 2.0  # a screen that could not be drawn is tried again, ever more slowly
LONGEST_RETRY_SCREEN_S: Final = 60.0
OWN_SERIAL: Final = -1  # of screens that the station knows nothing of
WAIT_BEFORE_CARD_S: Final = 1.0  # a station that restarts quickly is not worth a card
BEAT_S: Final = 1.0
MOST_FAILURES: Final = 20  # within FAILURE_WINDOW_S: then a new process is better than this one
FAILURE_WINDOW_S: Final = 10.0


class WindowFailedError(Exception):
    """The window fails again and again; the process should be started anew."""


class Kiosk(App):
    """Couples window, station and sound."""

    title = "Balance station"

    def __init__(
        self,
        window: Any,
        config: Config,
        client: StationLink,
        audio: Audio,
        *,
        beat: Callable[[], None],
        now_s: Callable[[], float],
        trace: Trace | None = None,
    ) -> None:
        super().__init__()
        self._window = window
        self._config = config
        self._client = client
        self._audio = audio
        self._beat = beat
        self._now_s = now_s
        self._trace = trace or Trace.from_environment()
        self._language: str = config.station.language
        self._stop_wanted = False
        self._first_frame = False
        self._changed = self._drawn = False
        self._beat_s = 0.0
        self._safe = False
        self._wanted: Show | None = None  # what the station last said to show
        self._retry_s = self._retry_after_s = 0.0
        self._said_card: str | None = None  # which of its own cards the kiosk has spoken
        self._failures: deque[float] = deque()
        self.surface: Surface | None = None

    # --- Kivy's life cycle -----------------------------------------------------------------------------------------

    def build(self) -> Surface:
        """Return the root widget, sized to the window that there really is."""
        wanted = panel_of(self._config.kiosk)
        width, height = self._window.size
        if (width, height) != (wanted.width_px, wanted.height_px):
            log.warning(
                "the window is %dx%d and not %dx%d as configured; sizes follow the window and kiosk.diagonal_in",
                *(width, height, wanted.width_px, wanted.height_px),
            )
        self.surface = Surface(Panel(width, height, wanted.diagonal_in), self._pressed, self._now_s)
        self.surface.after_change = self._note_change
        return self.surface

    def on_start(self) -> None:
        """Begin to poll; Kivy calls this when the window is up."""
        self._window.bind(on_flip=self._flipped)
        self._handler = _SafeHandler(self.fail)
        ExceptionManager.add_handler(self._handler)
        self._handle_signals()
        self._event = Clock.schedule_interval(self._tick, 1 / LIVE_HZ)
        self._tick(0)

    def on_stop(self) -> None:
        """Leave nothing behind in Kivy's own state."""
        self._event.cancel()
        self._window.unbind(on_flip=self._flipped)
        ExceptionManager.remove_handler(self._handler)
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)

    def open_settings(self, *_: Any) -> None:
        """Do nothing: Kivy's settings panel is not for people who come to a clinic."""

    # --- what happens ----------------------------------------------------------------------------------------------

    def _tick(self, _: float) -> None:
        if self._stop_wanted:
            self.stop()
            return
        try:
            self._step()
        except Exception as error:  # noqa: BLE001 - logged in fail(); a person may be standing on the deck
            self.fail(error)

    def _step(self) -> None:
        live: Live | None = None
        for message in self._client.poll():
            if isinstance(message, Live):
                live = message  # only the newest is worth drawing
            else:
                self._take_safely(message)
        self._retry_screen()
        if self.surface is not None and live is not None and not self._safe:
            self.surface.live(live)
        if self.surface is not None:
            self.surface.tick()
        self._wait_for_station()
        self._trace_screen()
        now_s = self._now_s()
        if now_s - self._beat_s >= BEAT_S:
            self._beat_s = now_s
            self._beat()

    def _take_safely(self, message: ToClient) -> None:
        # one by one: a screen that cannot be drawn must not take with it the one that came after it
        try:
            self._take(message)
        except Exception as error:  # noqa: BLE001 - logged in fail(); a person may be standing on the deck
            self.fail(error)

    def _take(self, message: ToClient) -> None:
        match message:
            case Welcome(station, software):
                log.info("joined station %s, software %s", station, software)
            case Show(serial, model):
                self._language = model.language
                self._said_card = None
                self._wanted, self._retry_after_s = message, RETRY_SCREEN_S
                self._retry_s = self._now_s() + RETRY_SCREEN_S
                self._show(serial, model)
            case Cue():
                self._audio.cue(message)
            case Refused(reason):
                log.warning("the station refused: %s", reason)
            case _:
                pass  # the answer to our Ask: that it came is all we wanted

    def _retry_screen(self) -> None:
        """Leave the safe card for what the station wants shown: a failure that was passing must not end the visit."""
        away = self._client.without_station_s > 0
        if not self._safe or away or self._wanted is None or self._now_s() < self._retry_s:
            return
        self._retry_after_s = min(2 * self._retry_after_s, LONGEST_RETRY_SCREEN_S)
        self._retry_s = self._now_s() + self._retry_after_s
        self._show(self._wanted.serial, self._wanted.model)

    def _wait_for_station(self) -> None:
        without_s = self._client.without_station_s
        if self.surface is None or without_s == 0.0:
            return
        card = waiting_screen(without_s, self._language)
        long = without_s > WAIT_BEFORE_CARD_S
        if self.surface.model != card and (long or self.surface.model is None):
            self._show(OWN_SERIAL, card)
        if long and self._said_card != card.name:
            self._said_card = card.name
            self._say(card)

    def _show(self, serial: int, model: ScreenModel) -> None:
        if self.surface is None:
            return
        self.surface.show(serial, model)
        self._safe = False

    def _say(self, model: ScreenModel) -> None:
        self._audio.cue(Cue(SPEECH, model.cue, model.language))

    def _pressed(self, action: str, serial: int) -> None:
        self._trace.press(action, serial)
        if not self._client.press(action, serial):
            log.warning("%s was touched while the station was away", without_digit(action))

    # --- when something fails --------------------------------------------------------------------------------------

    def fail(self, error: BaseException) -> None:
        """Log an error and go to the safe card. Raises WindowFailedError when it happens again and again."""
        log.error("the kiosk failed and shows its safe card", exc_info=error)
        now_s = self._now_s()
        self._failures.append(now_s)
        while now_s - self._failures[0] > FAILURE_WINDOW_S:
            self._failures.popleft()
        if len(self._failures) > MOST_FAILURES:
            raise WindowFailedError(f"{len(self._failures)} failures in {FAILURE_WINDOW_S:g} s; giving up: {error}")
        if self.surface is None:
            return
        card = safe_screen(self._language)
        first, self._safe = not self._safe, True
        if first:
            self._client.press("help", self.surface.serial)
            self._retry_s = max(self._retry_s, now_s + RETRY_SCREEN_S)
        try:
            self.surface.show(OWN_SERIAL, card)  # again, too, if another screen has failed in its place
        except Exception:  # not even the card: speech is left
            log.exception("the safe card could not be drawn")
        if first:
            self._say(card)

    # --- window and process ----------------------------------------------------------------------------------------

    def _handle_signals(self) -> None:
        def want_stop(number: int, _: FrameType | None) -> None:
            log.info("told to stop by signal %d", number)
            self._stop_wanted = True

        self._handlers_before = {number: signal.signal(number, want_stop) for number in (signal.SIGTERM, signal.SIGINT)}

    def _note_change(self) -> None:
        self._changed, self._drawn = True, False

    def _flipped(self, *_: Any) -> None:
        self._drawn = True
        if self._first_frame:
            return
        self._first_frame = True
        name = renderer()
        log.info("FIRST_FRAME %dx%d drawn by %s", *self._window.size, name)
        if "llvmpipe" in name or "softpipe" in name:
            log.warning("the window is drawn in software (%s); on a Pi, is the user in the group render?", name)
        self._trace.first_frame(self._window.size, name)

    def _trace_screen(self) -> None:
        surface = self.surface
        if self._changed and self._drawn and surface is not None and surface.model is not None:
            self._changed = False
            self._trace.screen(surface.serial, surface.model.name, surface.buttons(), int(surface.height))


class _SafeHandler(ExceptionHandler):
    """Leads what fails inside Kivy (touches, drawing) to the safe card."""

    def __init__(self, fail: Callable[[BaseException], None]) -> None:
        super().__init__()
        self._fail = fail

    def handle_exception(self, inst: BaseException) -> int:
        if not isinstance(inst, Exception) or isinstance(inst, WindowFailedError):
            return int(ExceptionManager.RAISE)
        self._fail(inst)
        return int(ExceptionManager.PASS)
