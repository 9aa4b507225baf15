"""Child processes of the demo: started with one configuration, logged to a file each, always ended."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from station.errors import UnavailableError

STOP_WITHIN_S = 5.0


class Children:
    """Starts modules of this installation as processes; ends them, youngest first, when the demo ends."""

    def __init__(self, folder: Path, config_file: Path) -> None:
        self._folder = folder
        self._config_file = config_file
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start `python -m module arguments`; its output goes to `name.log` in the demo's folder."""
        environment = dict(os.environ, BALANCE_STATION_CONFIG=str(self._config_file))
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,  # Ctrl-C is ours; children are ended in order
            )
        self.processes[name] = process
        return process

    def log(self, name: str) -> Path:
        """Return the file in which the output of a child is kept."""
        return self._folder / f"{name}.log"

    def check(self, names: Sequence[str] | None = None) -> None:
        """Raise UnavailableError naming the first of these children that has ended, with its last words."""
        for name in names or list(self.processes):
            code = self.processes[name].poll()
            if code is not None:
                raise UnavailableError(f"the {name} process ended with code {code}: {self.last_words(name)}")

    def last_words(self, name: str) -> str:
        """Return the last line that a child has written."""
        lines = self.log(name).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self) -> None:
        """End all children; SIGTERM first, SIGKILL for those that do not listen."""
        for process in reversed(list(self.processes.values())):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in reversed(list(self.processes.values())):
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
