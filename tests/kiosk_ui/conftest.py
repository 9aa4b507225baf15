"""Kivy in the test's own process: offscreen but real OpenGL, stepped frame by frame."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk_ui.theme import REFERENCE, SUPPORTED_PANELS, Panel
from tests.kiosk_ui.stage import Stage


@pytest.fixture(scope="session")
def kivy_home() -> Iterator[Path]:
    """Return a home for Kivy that is gone after the run."""
    with tempfile.TemporaryDirectory(prefix="balance-station-tests-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module", autouse=True)
def offscreen(kivy_home: Path) -> Iterator[None]:
    """Set what Kivy reads when it is first imported, and give back the environment that other rooms' tests had."""
    before = dict(os.environ)
    os.environ["SDL_VIDEODRIVER"] = "offscreen"  # real drawing (Mesa), no X server
    os.environ["SDL_AUDIODRIVER"] = "dummy"
    os.environ["KIVY_NO_CONSOLELOG"] = "1"
    os.environ["KIVY_HOME"] = str(kivy_home)
    yield
    os.environ.clear()
    os.environ.update(before)


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
