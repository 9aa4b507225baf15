"""`balance-station doctor`: what is right and what is wrong, in plain words, measured beside expected."""

import os
import sys

import click
import msgspec

from station.config import config_path, load_config
from station.doctor import Check, examine

_WORDS = {"good": "good", "look": "LOOK", "bad": "BAD"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def doctor(as_json: bool) -> None:
    """Check every part of the station that runs on this machine; exit 69 when something needed is missing."""
    checks = list(examine(load_config(config_path())))
    if as_json:
        click.echo(msgspec.json.encode({"checks": checks}).decode())
    else:
        _print(checks)
    sys.exit(os.EX_UNAVAILABLE if any(check.verdict == "bad" for check in checks) else 0)


def _print(checks: list[Check]) -> None:
    """Print a line a check, measured beside expected, and what to do where they differ."""
    for check in checks:
        click.echo(f"{_WORDS[check.verdict]:<4}  {check.name}: {check.measured}  (expected: {check.expected})")
        if check.verdict != "good":
            click.echo(f"{'':6}to do: {check.to_do}")
    bad = [check.name for check in checks if check.verdict == "bad"]
    look = [check.name for check in checks if check.verdict == "look"]
    click.echo()
    if bad:
        click.echo(f"Nobody can be measured until this is put right: {', '.join(bad)}.")
    elif look:
        click.echo(f"The station works. Somebody should look at: {', '.join(look)}.")
    else:
        click.echo("All is well.")
