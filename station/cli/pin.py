"""`balance-station pin set|list|remove`: who may sign in at the staff corner. PINs are never shown or logged."""

import sys
import time
from pathlib import Path

import click

from station.config import config_path, load_config
from station.errors import UsageError
from station.records.instants import boot_id
from station.staff.pin import FEWEST_DIGITS, MOST_DIGITS, PinKeeper, read_pepper
from station.staff.texts import words


@click.group()
def pin() -> None:
    """Set, list and remove the PINs of staff. Each has initials, which stand in certificates."""


@pin.command("set")
@click.option("--initials", default="ST", show_default=True, help="Whose PIN it is: 1 to 8 letters.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the PIN from standard input: one line, asked once.")
def set_pin(initials: str, from_stdin: bool) -> None:
    """Set somebody's PIN, in place of any before. Also ends a lock-out."""
    keeper = _keeper()
    if from_stdin:
        typed = sys.stdin.readline().strip()
    else:
        typed = click.prompt(f"PIN ({FEWEST_DIGITS} to {MOST_DIGITS} digits)", hide_input=True, err=True)
        if click.prompt("The same again", hide_input=True, err=True) != typed:
            raise UsageError("the two PINs are not the same; nothing was changed")
    keeper.set_pin(initials, typed)
    click.echo(f"The PIN of {initials} is set. {words('staff.way-in', 'en')}", err=True)


@pin.command("list")
def list_people() -> None:
    """Print the initials of everybody who has a PIN."""
    for each in _keeper().people:
        click.echo(each)


@pin.command()
@click.argument("initials")
def remove(initials: str) -> None:
    """Take somebody's PIN away."""
    _keeper().remove(initials)
    click.echo(f"The PIN of {initials} is gone.", err=True)


def _keeper() -> PinKeeper:
    config = load_config(config_path())
    pepper = config.staff.pepper_file
    path = config.station.pins
    path.parent.mkdir(parents=True, exist_ok=True)
    return PinKeeper(path, read_pepper(None if pepper is None else Path(pepper)), time.monotonic, boot_id())
