"""The process behind /dev/i2c-1, as a test holds it."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]


class I2cBusProcess:
    """Starts `tests.virtual_pi.i2c_server` and speaks its commands."""

    def __init__(self, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.virtual_pi.i2c_server", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=PROJECT,
        )
        assert self._answer() == "ready"

    def order(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")

    def taken(self) -> int:
        """Return how many samples the chip has taken since it was switched on."""
        self.order("count")
        return int(self._answer())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()
