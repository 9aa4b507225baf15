"""`balance-station run acquire|station|kiosk|bridge`: one of the four processes, as systemd and the demo start it."""

import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Protocol

import click

from station.config import Config, config_path, load_config
from station.errors import UnavailableError
from station.notify import notify_beat, notify_ready, notify_stopping


class ProcessMain(Protocol):
    """What a room offers as its process: runs until SIGTERM, calls `beat` while it is alive, returns an exit code."""

    def __call__(self, config: Config, *, beat: Callable[[], None]) -> int:
        """Run the process."""


@click.command()
@click.argument("process", type=click.Choice(["acquire", "station", "kiosk", "bridge"]))
def run(process: str) -> None:
    """Run one of the four processes until told to stop (SIGTERM)."""
    config = load_config(config_path())
    process_main = _main_of(process)
    notify_ready()
    try:
        code = process_main(config, beat=notify_beat)
    finally:
        notify_stopping()
    sys.exit(code)


def _main_of(process: str) -> ProcessMain:
    if process == "acquire":
        from station.live.acquisition import main as acquire_main

        return acquire_main
    if process == "station":
        from station.live.process import main as station_main

        return station_main
    for point in entry_points(group="balance_station.processes", name=process):
        room_main: ProcessMain = point.load()
        return room_main
    raise UnavailableError(f"the {process} process is not installed; reinstall balance-station (make install)")
