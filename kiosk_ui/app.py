"""The kiosk process: a window that shows what the station says and tells it what was touched.

`main` is the entry point. Kivy is imported inside it, after `boot.prepare` has set the environment.
"""

import logging
import os
import time
from collections.abc import Callable

from kiosk_ui.boot import prepare
from station.config import Config

log = logging.getLogger(__name__)


def main(config: Config, *, beat: Callable[[], None] = lambda: None) -> int:
    """Run the kiosk until SIGTERM or until its window is closed; returns an exit code.

    `beat` is called once a second by the window's own clock while it lives (for a watchdog).
    Raises UnavailableError when Kivy is not installed or no window can be opened.
    """
    prepare(config.kiosk)
    from kiosk_ui.client import StationLink
    from kiosk_ui.frames import open_window
    from kiosk_ui.kiosk import Kiosk, WindowFailedError
    from kiosk_ui.sound import SpokenAudio

    window = open_window()
    audio = SpokenAudio()
    client = StationLink(config.station.socket, time.monotonic)
    kiosk = Kiosk(window, config, client, audio, beat=beat, now_s=time.monotonic)
    try:
        kiosk.run()
    except WindowFailedError as error:
        log.critical("%s", error)
        return os.EX_SOFTWARE
    finally:
        client.close()
        audio.close()
    return os.EX_OK
