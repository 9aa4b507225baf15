"""What must be true before the first import of Kivy: environment, one window, one source of touches.

Kivy reads its environment when it is imported and its Config when the window is made; later is too late. This file
imports Kivy only inside `prepare`, and everything else in this room is imported after it.
"""

import atexit
import contextlib
import importlib.util
import logging
import os
import re
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Final

from kiosk_ui.theme import MM_PER_INCH, panel_of
from station.config import KioskConfig
from station.errors import UnavailableError

log = logging.getLogger(__name__)

X_PORT: Final = 6000  # of display 0
X_ANSWER_S: Final = 3.0
DRM_FOLDER: Final = Path("/dev/dri")  # where Linux lists its panels
# Kivy tries every touch library at import and logs a traceback for each that this machine lacks. We use none of them.
_NOISE: Final = ("is not supported by your version of linux", "is not supported by your system")


def prepare(config: KioskConfig) -> None:
    """Set up environment and Kivy's Config for this panel.

    Raises UnavailableError when Kivy is not installed, or when there is nothing to show a window on.
    """
    if importlib.util.find_spec("kivy") is None:
        raise UnavailableError(
            "the kiosk needs Kivy, which is not installed; install the extra: pip install 'balance-station[kiosk]'"
        )
    _choose_video_driver()
    _set_environment(config)
    logging.getLogger("kivy").addFilter(_without_noise)
    _set_config(config)


def _choose_video_driver() -> None:
    """Name SDL's video driver; left alone, SDL falls back to one that shows nothing and says nothing."""
    if os.environ.get("SDL_VIDEODRIVER"):
        return
    if display := os.environ.get("DISPLAY"):
        _check_x_server(display)
        os.environ["SDL_VIDEODRIVER"] = "x11"
    elif os.environ.get("WAYLAND_DISPLAY"):
        os.environ["SDL_VIDEODRIVER"] = "wayland"
    elif any(DRM_FOLDER.glob("card*")):
        os.environ["SDL_VIDEODRIVER"] = "kmsdrm"
    else:
        raise UnavailableError(
            "the kiosk has no display: neither DISPLAY nor WAYLAND_DISPLAY is set and there is no /dev/dri/card*; "
            "start it inside a graphical session, or run the demo with --headless"
        )


def _check_x_server(display: str) -> None:
    """Raise UnavailableError when nobody answers at this display; Kivy's X library would end the whole process."""
    name = re.fullmatch(r"(?P<host>[^:/]*):(?P<number>\d+)(\.\d+)?", display)
    if name is None:
        return  # some other way to name a display; SDL knows better than we
    number = int(name["number"])
    path = f"/tmp/.X11-unix/X{number}"
    addresses: list[tuple[socket.AddressFamily, str | tuple[str, int]]] = (
        [(socket.AF_INET, (name["host"], X_PORT + number))]
        if name["host"] not in ("", "unix")
        else [(socket.AF_UNIX, path), (socket.AF_UNIX, "\0" + path)]
    )
    for family, address in addresses:
        with socket.socket(family, socket.SOCK_STREAM) as probe, contextlib.suppress(OSError):
            probe.settimeout(X_ANSWER_S)
            probe.connect(address)
            return
    raise UnavailableError(
        f"the kiosk could not open a window: no X server answers at DISPLAY={display}; "
        "start it inside a graphical session, or run the demo with --headless"
    )


def _set_environment(config: KioskConfig) -> None:
    panel = panel_of(config)
    os.environ["KIVY_NO_ARGS"] = "1"  # else Kivy eats our command line
    os.environ["KIVY_NO_CONFIG"] = "1"  # no ~/.kivy/config.ini: a stray file must not add a second touch provider
    os.environ["KIVY_NO_FILELOG"] = "1"
    os.environ["KIVY_LOG_MODE"] = "PYTHON"  # its log lines join ours
    os.environ["KIVY_METRICS_DENSITY"] = "1"
    os.environ["KIVY_DPI"] = str(round(panel.px_per_mm * MM_PER_INCH))
    os.environ.setdefault("SDL_VIDEO_ALLOW_SCREENSAVER", "0")
    if "KIVY_HOME" not in os.environ:
        # the service's home may be read-only, and nothing in it is worth keeping
        os.environ["KIVY_HOME"] = home = tempfile.mkdtemp(prefix="balance-station-kivy-")
        atexit.register(shutil.rmtree, home, ignore_errors=True)


def _set_config(config: KioskConfig) -> None:
    from kivy.config import Config

    graphics = {
        "width": config.width_px,
        "height": config.height_px,
        "fullscreen": "auto" if config.fullscreen else 0,
        "borderless": int(config.fullscreen),
        "show_cursor": int(not config.fullscreen),
        "resizable": 0,
        "multisamples": 0,  # edges are smoothed by the shapes themselves; 2 halves the frame rate without a GPU
        "maxfps": 30,
        "kivy_clock": "default",
    }
    for key, value in graphics.items():
        Config.set("graphics", key, str(value))
    Config.set("kivy", "exit_on_escape", "0")
    Config.set("kivy", "log_level", "warning")
    # Exactly one provider. Two that read the same panel make two touches of one finger.
    for name, _ in Config.items("input"):
        Config.remove_option("input", name)
    Config.set("input", "mouse", "mouse,disable_multitouch")


def _without_noise(record: logging.LogRecord) -> bool:
    return not any(text in record.getMessage() for text in _NOISE)
