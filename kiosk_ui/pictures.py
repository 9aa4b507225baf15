"""`python -m kiosk_ui.pictures --out FOLDER`: every example screen as a picture, drawn by the real widgets.

Needs no display: SDL's offscreen driver gives real OpenGL (Mesa). Writes NAME.png for each screen, `kiosk.png`, four
of them on one sheet, which the README shows, and `calibration/NN-NAME.png`, every step of a calibration in its order,
half as large, which docs/calibration.md shows.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kiosk_ui.boot import prepare
from kiosk_ui.theme import REFERENCE, Panel
from station.config import KioskConfig
from station.errors import StationError

if TYPE_CHECKING:
    from kiosk_ui.surface import Surface

SHEET: Final = ("attract", "centre", "measure.quiet-stance", "result.steady")
CALIBRATION: Final = (
    "attract",
    "staff.pin",
    "staff.menu",
    "calibrate.weights",
    "calibrate.warm-up",
    "calibrate.level",
    "calibrate.read.empty",
    "calibrate.read.place",
    "calibrate.read.wrong-hole",
    "calibrate.read.together",
    "calibrate.read.verify",
    "calibrate.result",
    "calibrate.details",
    "calibrate.refused",
    "calibrate.done",
    "daily.place.empty",
    "daily.place",
    "daily.result",
    "daily.result.bad",
)
STEP_WIDTH_PX: Final = 640
SHEET_WIDTH_PX: Final = 1280
SHEET_GAP_PX: Final = 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw the gallery; returns an exit code."""
    parser = argparse.ArgumentParser(prog="python -m kiosk_ui.pictures", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures; made if it is not there")
    parser.add_argument("--panel", default="1280x800x10.1", help="WIDTHxHEIGHTxINCHES (default %(default)s)")
    options = parser.parse_args(arguments)
    try:
        panel = _panel(options.panel)
    except ValueError:
        parser.error(f"--panel {options.panel}: expected WIDTHxHEIGHTxINCHES, for example 1024x600x7")
    try:
        names = draw_gallery(options.out, panel)
    except StationError as error:
        print(f"balance-station: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    print(f"{len(names)} pictures in {options.out}")  # noqa: T201
    return 0


def draw_gallery(folder: Path, panel: Panel = REFERENCE) -> list[str]:
    """Draw every example and the sheet into a folder; returns the names of the files."""
    surface, grab = offscreen(panel)
    from kiosk_ui.examples import EXAMPLES

    folder.mkdir(parents=True, exist_ok=True)
    shots: dict[str, Any] = {}
    for serial, each in enumerate(EXAMPLES):
        surface.show(serial, each.model)
        if each.live is not None and surface.screen is not None:
            surface.screen.live(each.live)
        shots[each.model.name] = grab()
    for name, image in shots.items():
        image.save(folder / f"{name}.png", optimize=True)
    _sheet([shots[name] for name in SHEET]).save(folder / "kiosk.png", optimize=True)
    return [*shots, "kiosk", *_draw_steps(shots, folder / "calibration")]


def _draw_steps(shots: dict[str, Any], folder: Path) -> list[str]:
    """Save the steps of a calibration, numbered as they come; returns their names."""
    from PIL import Image

    folder.mkdir(exist_ok=True)
    names = []
    for number, name in enumerate(CALIBRATION, 1):
        shot = shots[name]
        height = round(STEP_WIDTH_PX * shot.height / shot.width)
        step = shot.resize((STEP_WIDTH_PX, height), Image.Resampling.LANCZOS)
        names.append(f"calibration/{number:02d}-{name}")
        _small(step).save(folder / f"{number:02d}-{name}.png", optimize=True)
    return names


def offscreen(panel: Panel) -> tuple["Surface", Callable[[], Any]]:
    """Return a surface in a window that nobody sees, and a function that returns what is on it as an image."""
    os.environ["SDL_VIDEODRIVER"] = "offscreen"
    os.environ.setdefault("SDL_AUDIODRIVER", "dummy")
    prepare(
        KioskConfig(width_px=panel.width_px, height_px=panel.height_px, diagonal_in=panel.diagonal_in, fullscreen=False)
    )
    from kivy.base import EventLoop

    from kiosk_ui.frames import grab_frame, open_window
    from kiosk_ui.surface import Surface

    window = open_window()
    EventLoop.ensure_window()
    surface = Surface(panel, lambda action, serial: None, lambda: 0.0)  # noqa: ARG005
    window.add_widget(surface)
    return surface, lambda: grab_frame(window)


def _panel(text: str) -> Panel:
    width, height, inches = text.split("x")
    return Panel(int(width), int(height), float(inches))


def _sheet(shots: Sequence[Any]) -> Any:
    """Return four pictures on one sheet."""
    from PIL import Image

    width = (SHEET_WIDTH_PX - 3 * SHEET_GAP_PX) // 2
    height = round(width * shots[0].height / shots[0].width)
    sheet = Image.new("RGB", (SHEET_WIDTH_PX, 2 * height + 3 * SHEET_GAP_PX), "#C9D3DD")
    for at, shot in enumerate(shots):
        x = SHEET_GAP_PX + (at % 2) * (width + SHEET_GAP_PX)
        y = SHEET_GAP_PX + (at // 2) * (height + SHEET_GAP_PX)
        sheet.paste(shot.resize((width, height), Image.Resampling.LANCZOS), (x, y))
    return _small(sheet)


def _small(image: Any) -> Any:
    """Return an image with a palette, which keeps the file small; this method keeps rare colours such as the dot's."""
    from PIL import Image

    return image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)


if __name__ == "__main__":
    sys.exit(main())
