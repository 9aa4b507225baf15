"""Child processes of the demo: started with one configuration, logged to a file each, always ended.

One that is killed is started again, as systemd does it on a station.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from station.errors import UnavailableError

STOP_WITHIN_S: Final = 5.0
MOST_RESTARTS: Final = 5


class Children:
    """Starts modules of this installation as processes; ends them, youngest first, when the demo ends."""

    def __init__(self, folder: Path, config_file: Path) -> None:
        self._folder = folder
        self._config_file = config_file
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, tuple[str, ...]] = {}
        self._restarts: dict[str, int] = {}

    def start(self, name: str, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start `python -m module arguments`; output goes to `name.log` in the demo's folder, the pid to `name.pid`."""
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
        self._commands[name] = (module, *arguments)
        (self._folder / f"{name}.pid").write_text(str(process.pid), encoding="ascii")
        return process

    def revive(self, names: Sequence[str]) -> None:
        """Start those of these children again that have ended; one that ends again and again is left alone."""
        for name in names:
            process = self.processes.get(name)
            if process is None or process.poll() is None or self._restarts.get(name, 0) >= MOST_RESTARTS:
                continue
            self._restarts[name] = self._restarts.get(name, 0) + 1
            module, *arguments = self._commands[name]
            self.start(name, module, *arguments)

    def log(self, name: str) -> Path:
        """Return the file in which the output of a child is kept."""
        return self._folder / f"{name}.log"

    def check(self, names: Sequence[str] | None = None) -> None:
        """Raise UnavailableError naming the first of these children that has ended, with its last words."""
        for name in names or list(self.processes):
            code = self.processes[name].poll()
            if code is not None:
                raise UnavailableError(f"the {name} process ended with code {code}: {self.last_words(name)}")

    def describe(self, names: Sequence[str]) -> str:
        """Return in words how each of these children is: whether it runs, how often it ended before, its last words."""
        said = []
        for name in names:
            code = self.processes[name].poll()
            runs = "runs" if code is None else f"ended with code {code}"
            restarts = self._restarts.get(name, 0)
            again = f", started again {restarts} time{'s' * (restarts > 1)}" if restarts else ""
            said.append(f"{name} {runs}{again}: {self.last_words(name)}")
        return "; ".join(said)

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
