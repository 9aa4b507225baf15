"""Kivy in the test's own process: offscreen but real OpenGL, stepped frame by frame. Set up before any Kivy import."""

import os
import tempfile

os.environ["SDL_VIDEODRIVER"] = "offscreen"  # real drawing (Mesa), no X server
os.environ["SDL_AUDIODRIVER"] = "dummy"
os.environ["KIVY_NO_CONSOLELOG"] = "1"
os.environ["KIVY_HOME"] = tempfile.mkdtemp(prefix="balance-station-tests-")

from collections.abc import Iterator

import pytest

from kiosk_ui.theme import REFERENCE, SUPPORTED_PANELS, Panel
from tests.kiosk_ui.stage import Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return the kiosk's surface on the reference panel."""
    yield from _staged(REFERENCE)


@pytest.fixture(params=SUPPORTED_PANELS, ids=lambda panel: f"{panel.width_px}x{panel.height_px}-{panel.diagonal_in}in")
def any_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Return the kiosk's surface on each supported panel in turn."""
    panel: Panel = request.param
    yield from _staged(panel)


def _staged(panel: Panel) -> Iterator[Stage]:
    stage = Stage(panel)
    yield stage
    stage.close()
