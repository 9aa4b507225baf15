"""The window and its frames: open it, look at its pixels, name what draws it. The only file that touches OpenGL."""

import logging
from typing import Any, Final

from kiosk_ui.theme import rgba
from station.errors import UnavailableError

log = logging.getLogger(__name__)

KV_FILE: Final = "kiosk.kv"
_loaded = False


def open_window() -> Any:
    """Return Kivy's window, made now if it was not; loads the kv rules the first time.

    Raises UnavailableError when no window can be made.
    """
    try:
        from kivy.core import window as made
    except SystemExit:  # Kivy exits by itself when X cannot be reached
        made = None
    window = getattr(made, "Window", None)
    if window is None:
        raise UnavailableError(
            "the kiosk could not open a window; check DISPLAY and that OpenGL works here (apt install libgl1 libegl1), "
            "or run the demo with --headless"
        )
    _load_rules()
    window.clearcolor = rgba("paper")
    return window


def renderer() -> str:
    """Return what draws: "llvmpipe" on a Pi means that the user is not in the group `render`."""
    from kivy.graphics.opengl import GL_RENDERER, glGetString

    name = glGetString(GL_RENDERER)
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)


def grab_frame(window: Any) -> Any:
    """Return what is drawn now as a PIL image."""
    from kivy.base import EventLoop
    from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
    from PIL import Image

    for _ in range(2):  # labels make their textures in the first
        window.canvas.ask_update()
        EventLoop.idle()
    window.canvas.ask_update()
    window.dispatch("on_draw")
    width, height = window.size
    pixels = bytes(glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE))
    return Image.frombytes("RGB", (width, height), pixels).transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def _load_rules() -> None:
    # twice would double every rule's drawing
    global _loaded
    if _loaded:
        return
    from importlib.resources import files

    from kivy.lang import Builder

    Builder.load_string(files("kiosk_ui").joinpath(KV_FILE).read_text(encoding="utf-8"))
    _loaded = True
