"""rpi-lgpio for inside the virtual Pi, in a folder of its own: where RPi.GPIO is installed it would take its place.

(gpiod comes with the project's development extra.)
"""

import subprocess
import sys
from pathlib import Path

from tests.virtual_pi.kernel import CACHE, CannotRunError

# rpi-lgpio asks for lgpio, whose own wheels end at Python 3.12 (without one pip takes an old, empty package);
# adafruit-lgpio is the same module with newer ones
RPI_LGPIO = ("rpi-lgpio>=0.6", "lgpio>=0.2.2.0" if sys.version_info < (3, 13) else "adafruit-lgpio>=0.2.2.0")


def rpi_lgpio() -> Path:
    """Return the folder that has rpi-lgpio (as RPi.GPIO) in it; raises CannotRunError when pip cannot get it."""
    folder = CACHE / f"rpi-lgpio-python{sys.version_info[0]}.{sys.version_info[1]}"
    done = folder / "installed.txt"
    wanted = "\n".join(RPI_LGPIO)
    if not done.exists() or done.read_text() != wanted:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
        only = ["--only-binary=:all:", "--no-deps", "--target", str(folder)]
        print(f"Installing for the virtual Pi (pip): {' '.join(RPI_LGPIO)}")
        ran = subprocess.run([*pip, *only, *RPI_LGPIO], capture_output=True, text=True, timeout=300, check=False)
        if ran.returncode:
            raise CannotRunError(f"pip has no {' '.join(RPI_LGPIO)} for this Python: {ran.stderr.strip()[-500:]}")
        done.write_text(wanted)
    return folder
