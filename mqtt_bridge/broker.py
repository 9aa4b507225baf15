"""A mosquitto on loopback for the demo and the tests: `python -m mqtt_bridge.broker --folder F --port N`."""

import importlib.resources
import os
import pwd
import shutil
import socket
import sys
from pathlib import Path

import click

from station.errors import StationError, TryAgainError, UnavailableError


def find_mosquitto() -> str | None:
    """Return the path of mosquitto, which Debian keeps in /usr/sbin, or None."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def write_broker_config(folder: Path, port: int) -> Path:
    """Write mosquitto's configuration into `folder`, which also keeps its messages; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    template = importlib.resources.files("mqtt_bridge").joinpath("loopback.conf").read_text(encoding="utf-8")
    path = folder / "mosquitto.conf"
    path.write_text(template.format(port=port, folder=folder.resolve(), user=_own_account()), encoding="utf-8")
    return path


def _own_account() -> str:
    """Return who runs this. mosquitto started by root would drop to an account that cannot write our folder.

    Not from $USER or $LOGNAME, which `su` and CI leave at somebody else's name.
    """
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())  # an account without a name, as in containers; mosquitto does not ask for it then


def check_port(port: int) -> None:
    """Raise TryAgainError when somebody else listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise TryAgainError(
                f"port {port} on 127.0.0.1 is in use by another program (a broker that runs already?); choose another"
            ) from error


@click.command()
@click.option("--folder", required=True, type=click.Path(path_type=Path), help="Configuration and messages go here.")
@click.option("--port", required=True, type=click.IntRange(1, 65535))
def main(folder: Path, port: int) -> None:
    """Become a mosquitto that listens on loopback only."""
    try:
        program = find_mosquitto()
        if program is None:
            raise UnavailableError("mosquitto is not installed; on Debian: apt-get install mosquitto")
        check_port(port)
        config = write_broker_config(folder, port)
    except StationError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    os.execv(program, [program, "-c", str(config)])


if __name__ == "__main__":
    main()
