"""`balance-station doctor`: what is right and what is wrong, in plain words, measured beside expected."""

import os
import sys

import click
import msgspec
from rich.console import Console
from rich.table import Table

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
    table = Table(box=None, pad_edge=False)
    for heading in ("", "what", "measured", "expected", "what to do"):
        table.add_column(heading, overflow="fold")
    for check in checks:
        table.add_row(_WORDS[check.verdict], check.name, check.measured, check.expected, check.to_do)
    Console().print(table)
