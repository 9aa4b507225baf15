"""The running kiosk in this process: station, window and sound together, and what it does when something fails."""

import logging
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk_ui.client import RETRY_S
from kiosk_ui.sound import Silence
from kiosk_ui.theme import REFERENCE
from station.config import Config, StationConfig
from station.messages import Cue, Live, Press, Refused, Show
from station.screens import Button, ScreenModel
from tests.kiosk_ui.scripted_station import ScriptedStation, wait_until
from tests.kiosk_ui.stage import Stage

SCREENS = [
    ScreenModel("q1", "choice", "Are you well?", buttons=(Button("yes", "Yes"), Button("stop", "Stop", "stop"))),
    ScreenModel("m1", "measure", "Stand still", ring_s=30.0, buttons=(Button("stop", "Stop", "stop"),)),
    ScreenModel("end", "message", "Thank you"),
]


class Running:
    """A kiosk that a test steps."""

    def __init__(self, folder: Path) -> None:
        self.stage = Stage(REFERENCE)  # prepares the window; its own surface steps aside
        self.stage.window.remove_widget(self.stage.surface)
        from kiosk_ui.client import StationLink
        from kiosk_ui.kiosk import Kiosk
        from kiosk_ui.trace import Trace

        self.now_s = 10.0
        self.beats = 0
        self.audio = Silence()
        self.trace = folder / "trace.txt"
        config = Config(station=StationConfig(runtime_dir=str(folder)))
        self.client = StationLink(config.station.socket, lambda: self.now_s)
        self.kiosk = Kiosk(
            self.stage.window,
            config,
            self.client,
            self.audio,
            beat=self._beat,
            now_s=lambda: self.now_s,
            trace=Trace.from_environment({"BALANCE_STATION_KIOSK_TRACE": str(self.trace)}),
        )
        self.surface = self.kiosk.build()
        self.stage.surface = self.surface
        self.stage.window.add_widget(self.surface)
        self.kiosk.on_start()

    def _beat(self) -> None:
        self.beats += 1

    def step(self, after_s: float = 0.05) -> None:
        self.now_s += after_s
        self.kiosk._tick(0)
        self.stage.frames(1)

    def until(self, true: Callable[[], bool], what: str) -> None:
        """Step until something is true. However long that takes, the kiosk's own clock moves on by little more than
        the half second after which it looks for a station again.
        """

        def stepped() -> bool:
            self.step(after_s=0.0001)
            return true()

        self.step(after_s=RETRY_S)
        wait_until(stepped, what)

    def until_screen(self, name: str) -> None:
        self.until(lambda: self.screen == name, f"screen {name}")

    @property
    def screen(self) -> str | None:
        return self.surface.model.name if self.surface.model else None

    def spoken(self) -> list[str]:
        return [cue.text for cue in self.audio.cues]

    def tap(self, action: str) -> None:
        self.step(after_s=1.0)
        self.stage.tap(action)

    def close(self) -> None:
        self.kiosk.on_stop()
        self.client.close()
        self.stage.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.close()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[ScriptedStation]:
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as station:
        yield station


def test_it_shows_what_the_station_says_and_sends_what_was_touched(running: Running, station: ScriptedStation) -> None:
    running.until_screen("q1")
    running.tap("yes")
    running.until_screen("m1")
    assert station.presses() == [Press("yes", 1)]
    station.send(Live(2, True, 1.0, ring_left_s=12.3))
    running.until(lambda: running.surface.screen.ring.number.text == "13", "the ring to follow")


def test_cues_are_heard_and_refusals_are_logged(
    running: Running, station: ScriptedStation, caplog: pytest.LogCaptureFixture
) -> None:
    running.until_screen("q1")
    station.send(Cue("speech", "Are you well?"))
    station.send(Cue("chime"))
    station.send(Refused("not now"))
    running.until(lambda: "not now" in caplog.text, "the refusal in the log")
    assert [cue.key for cue in running.audio.cues] == ["speech", "chime"]


def test_without_a_station_there_is_a_calm_card_and_after_10_s_it_says_whom_to_ask(running: Running) -> None:
    running.step()
    assert running.screen == "kiosk.wait", "at once: there is nothing else to show"
    assert running.spoken() == [], "a station that is only just starting is not worth words"
    running.step(after_s=1.0)
    assert running.spoken() == ["One moment, please. If you are standing, hold the rail."]
    running.step(after_s=10.0)
    assert running.screen == "kiosk.ask-staff"
    assert running.spoken()[-1] == "Please ask our staff. If you are standing, hold the rail."
    running.step(after_s=30.0)
    assert len(running.audio.cues) == 2, "said once, not over and over"


def test_a_station_that_dies_and_comes_back_finds_its_screen_shown_again(running: Running, tmp_path: Path) -> None:
    with ScriptedStation(tmp_path / "station.sock", SCREENS):
        running.until_screen("q1")
    running.until(lambda: running.client.without_station_s > 0, "the loss to be noticed")
    assert running.screen == "q1", "a quick restart is not worth a card"
    running.step(after_s=1.5)
    assert running.screen == "kiosk.wait"
    with ScriptedStation(tmp_path / "station.sock", SCREENS) as again:
        again.go_to(1)
        running.until_screen("m1")


def test_a_screen_that_cannot_be_drawn_leads_to_a_safe_card_and_calls_for_help(
    running: Running, station: ScriptedStation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from kiosk_ui.screens.measure import MeasureScreen

    running.until_screen("q1")
    with monkeypatch.context() as patch:
        patch.setattr(MeasureScreen, "render", lambda *_: 1 / 0)
        station.go_to(1)
        running.until_screen("kiosk.safe")
        assert "ZeroDivisionError" in caplog.text
        assert running.spoken()[-1].startswith("Please ask our staff")
        station.wait_for(Press)
        assert [press.action for press in station.presses()] == ["help"]
        running.step()
        assert running.screen == "kiosk.safe"
    station.go_to(2)
    running.until_screen("end")


def test_another_screen_that_fails_leaves_the_safe_card_where_it_was(
    running: Running, station: ScriptedStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kiosk_ui.screens.measure import MeasureScreen
    from kiosk_ui.screens.message import MessageScreen

    running.until_screen("q1")
    draw = MessageScreen.render
    with monkeypatch.context() as patch:
        patch.setattr(MeasureScreen, "render", lambda *_: 1 / 0)
        patch.setattr(MessageScreen, "render", lambda self, model: draw(self, model) if model.name != "end" else 1 / 0)
        station.go_to(1)
        running.until_screen("kiosk.safe")
        station.go_to(2)
        running.until(lambda: running.kiosk._wanted == Show(3, SCREENS[2]), "the next screen")
        assert running.screen == "kiosk.safe"
        assert {each.button.action for each in running.surface.buttons()} == {"help", "stop"}
        assert len(running.spoken()) == 1, "said once"
    station.wait_for(Press)
    assert [press.action for press in station.presses()] == ["help"]


def test_a_failure_that_passes_gives_the_screen_back_without_the_station_saying_so_again(
    running: Running, station: ScriptedStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kiosk_ui.screens.measure import MeasureScreen

    running.until_screen("q1")
    with monkeypatch.context() as patch:
        patch.setattr(MeasureScreen, "render", lambda *_: 1 / 0)
        station.go_to(1)
        running.until_screen("kiosk.safe")
        running.step(after_s=2.1)
        assert running.screen == "kiosk.safe", "tried again, and failed again"
    running.step(after_s=1.0)
    assert running.screen == "kiosk.safe", "ever more slowly"
    station.send(Live(station.serial, True, 1.0))  # a station that is there
    running.step(after_s=3.0)
    assert running.screen == "m1", "the screen that was wanted"


def test_a_failure_inside_a_touch_leads_to_the_safe_card_too(
    running: Running, station: ScriptedStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kivy.base import ExceptionManager

    running.until_screen("q1")
    error = RuntimeError("a widget failed")
    assert ExceptionManager.handle_exception(error) == ExceptionManager.PASS
    assert running.screen == "kiosk.safe"
    assert ExceptionManager.handle_exception(KeyboardInterrupt()) == ExceptionManager.RAISE


def test_failing_again_and_again_ends_the_process_so_that_a_new_one_can_start(running: Running) -> None:
    from kiosk_ui.kiosk import MOST_FAILURES, WindowFailedError

    for _ in range(MOST_FAILURES):
        running.kiosk.fail(RuntimeError("again"))
    with pytest.raises(WindowFailedError, match="failures in 10 s"):
        running.kiosk.fail(RuntimeError("again"))


def test_failures_that_are_far_apart_do_not_add_up(running: Running) -> None:
    from kiosk_ui.kiosk import MOST_FAILURES

    for _ in range(3 * MOST_FAILURES):
        running.now_s += 3.0
        running.kiosk.fail(RuntimeError("now and then"))


def test_the_watchdog_is_fed_by_the_window_itself_once_a_second(running: Running) -> None:
    before = running.beats
    for _ in range(50):
        running.step(after_s=0.1)
    assert running.beats - before == pytest.approx(5, abs=1)


def test_sigterm_asks_the_window_to_close_and_the_handlers_are_put_back(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []
    monkeypatch.setattr(running.kiosk, "stop", lambda: stopped.append("stop"))
    ours = signal.getsignal(signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    assert stopped == [], "a signal interrupts nothing"
    running.step()
    assert stopped
    running.kiosk.on_stop()
    assert signal.getsignal(signal.SIGTERM) is not ours
    running.kiosk.on_start()


def test_the_trace_says_where_to_touch_once_a_screen_has_been_drawn(running: Running, station: ScriptedStation) -> None:
    running.until_screen("q1")
    running.step()
    running.step()
    lines = running.trace.read_text().splitlines()
    at = lines.index("SCREEN 1 q1")
    stop = running.stage.button("stop")
    x, y, width, height = stop.x, REFERENCE.height_px - stop.top, stop.width, stop.height
    assert f"BUTTON stop {x:.0f} {y:.0f} {width:.0f} {height:.0f}" in lines[:at]
    running.tap("yes")
    assert "PRESS yes 1" in running.trace.read_text()


def test_a_window_of_another_size_than_configured_is_logged_and_followed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from kiosk_ui.client import StationLink
    from kiosk_ui.kiosk import Kiosk

    stage = Stage(REFERENCE)
    config = msgspec.convert({"kiosk": {"width_px": 1024, "height_px": 600, "diagonal_in": 10.1}}, Config)
    client = StationLink(tmp_path / "none.sock", lambda: 0.0)
    kiosk = Kiosk(stage.window, config, client, Silence(), beat=lambda: None, now_s=lambda: 0.0)
    with caplog.at_level(logging.WARNING):
        surface: Any = kiosk.build()
    assert surface.panel == REFERENCE
    assert "1280x800 and not 1024x600" in caplog.text
    stage.close()


def test_a_show_of_what_is_shown_already_changes_only_the_serial(running: Running, station: ScriptedStation) -> None:
    running.until_screen("q1")
    station.send(Show(9, SCREENS[0]))
    running.until(lambda: running.surface.serial == 9, "serial 9")
    running.tap("yes")
    station.wait_for(Press)
    assert station.presses() == [Press("yes", 9)]
