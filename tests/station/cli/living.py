"""A station in virtual time with its socket, and a client that lets it live. As a program: `calibrate` at a terminal.

    python -m tests.station.cli.living CONFIG MOMENT...

runs `balance-station calibrate` on the terminal that it was started on. Virtual time stands still at each MOMENT until
a line was typed, so that nobody is too late: a screen and a button that it offers (`calibrate.level:go`), or the number
of a reading.
"""

import select
import sys
from pathlib import Path

from station import client as client_room
from station.cli import calibrate as calibrate_room
from station.cli.main import main
from station.config import Config, load_config
from station.messages import ToClient
from tests.station.live.staffing import StaffedStation

TYPED_WITHIN_S = 60.0


class Living(StaffedStation):
    """A station with its socket, that lives while a client waits for it."""

    def __init__(self, config: Config, *, certified: bool = False) -> None:
        Path(config.station.runtime_dir).mkdir(parents=True, exist_ok=True)
        super().__init__(config, certified=certified, serve=True)
        self.step(1.0)


class SteppingClient(client_room.StationClient):
    """The real client on the real socket; waiting for the station lets it live."""

    station: Living

    def receive(self, timeout_s: float) -> ToClient | None:
        for _ in range(max(1, round(timeout_s * 100))):
            message = super().receive(0.0)
            if message is not None:
                return message
            self.station.tick()
        return super().receive(0.0)


class PatientClient(SteppingClient):
    """Lets the station stand still at each of its moments until somebody has typed a line."""

    moments: list[str]

    def receive(self, timeout_s: float) -> ToClient | None:
        message = super().receive(timeout_s)  # what is shown has to be seen first
        screen = self.station.screen
        now = {f"{screen.name}:{button.action}" for button in screen.buttons}
        now.add("" if screen.progress is None else str(screen.progress.at))
        if message is None and self.moments and self.moments[0] in now:
            if not select.select([sys.stdin], [], [], TYPED_WITHIN_S)[0]:
                raise AssertionError(f"nobody has typed anything at {self.moments[0]}")
            self.moments.pop(0)
        return message


if __name__ == "__main__":
    PatientClient.station = Living(load_config(Path(sys.argv[1])))
    PatientClient.moments = sys.argv[2:]
    calibrate_room.StationClient = PatientClient  # type: ignore[misc]
    sys.argv = ["balance-station", "--config", sys.argv[1], "calibrate"]
    main()
