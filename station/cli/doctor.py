"""`balance-station doctor`: what is right and what is wrong, in plain words, measured beside expected."""

import os
import sys
from typing import Final

import click
import msgspec

from station.checkup.check import Check, Verdict
from station.checkup.examine import examine
from station.checkup.tap import TapVerdict, corrected
from station.checkup.tapping import TapEvent, tap_each_corner
from station.client import StationClient
from station.config import Config, HardwareConfig, config_path, load_config

SCHEMA: Final = "balance-station/doctor/1"
_WORDS: Final[dict[Verdict, str]] = {"good": "good", "look": "LOOK", "bad": "BAD"}


class Report(msgspec.Struct, frozen=True):
    """The document of `doctor --json`. verdict: the worst of all; tap: None where the corners were not tested."""

    schema: str
    station: str
    verdict: Verdict
    checks: tuple[Check, ...]
    tap: TapVerdict | None = None


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--tap", is_flag=True, help="Ask for a press on each corner, and tell swapped, reversed and dead cells.")
@click.option("--tap-timeout", "tap_timeout_s", type=click.FloatRange(1, 600), default=30.0, show_default=True,
              help="How long to wait for a press on a corner, s.")  # fmt: skip
def doctor(as_json: bool, tap: bool, tap_timeout_s: float) -> None:
    """Check every part of the station on this machine. Exit 69 when one is BAD."""
    config = load_config(config_path())
    checks = tuple(examine(config))  # before anybody presses: noise is judged on a deck that was left alone
    tapped = _tap(config, as_json, tap_timeout_s) if tap else None
    report = _report(config, checks, tapped)
    if as_json:
        click.echo(msgspec.json.encode(report).decode())
    else:
        if tapped is not None:
            _print_tap(tapped, config.hardware)
        _print(report.checks)
    sys.exit(os.EX_UNAVAILABLE if report.verdict == "bad" else 0)


def _report(config: Config, checks: tuple[Check, ...], tapped: TapVerdict | None) -> Report:
    found = {check.verdict for check in checks}
    if tapped is not None and not tapped.passed:
        found.add("bad")
    order: tuple[Verdict, ...] = ("bad", "look", "good")
    return Report(SCHEMA, config.station.id, next(each for each in order if each in found), checks, tapped)


def _print(checks: tuple[Check, ...]) -> None:
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


# --- each corner -----------------------------------------------------------------------------------------------------


def _tap(config: Config, as_json: bool, timeout_s: float) -> TapVerdict:
    tell = _tell_json if as_json else _tell
    with StationClient(config.station.socket, role="staff", live=True) as client:
        return tap_each_corner(client, tell, timeout_s)


def _tell_json(event: TapEvent) -> None:
    click.echo(msgspec.json.encode(event).decode(), err=True)


def _tell(event: TapEvent) -> None:
    corner = event.corner.replace("_", " ")
    match event.event:
        case "rest":
            click.echo("Leave the deck alone for a moment ...", err=True)
        case "press":
            click.echo(
                f"Press the {corner.upper()} corner now: straight down over its load cell, with a hand or a foot, "
                "about 5 kg, for a second (left and right as seen by who faces the screen).",
                err=True,
            )
        case "pressed":
            click.echo("Felt it. Let go.", err=True)
        case "timed-out":
            click.echo(f"Nothing was felt within {event.timeout_s:g} s.", err=True)


def _print_tap(tapped: TapVerdict, hardware: HardwareConfig) -> None:
    for each in tapped.corners:
        answered = "nothing" if each.answered_by is None else each.answered_by.replace("_", " ")
        falls = ", which falls" if each.reversed else ""
        good = each.answered_by == each.corner and not each.reversed
        click.echo(f"{'good' if good else 'BAD':<4}  corner {each.corner.replace('_', ' ')}: {answered} answers{falls}")
    for finding in tapped.findings:
        click.echo(f"{'':6}to do: {finding}")
    clocks, data = corrected(hardware.clock_lines, tapped), corrected(hardware.data_lines, tapped)
    if clocks is not None and data is not None and data != hardware.data_lines:
        click.echo(f"{'':6}in [hardware]: clock_lines = {list(clocks)}, data_lines = {list(data)}")
    if not tapped.passed:
        click.echo(f"{'':6}then calibrate the deck, and run this test again")
    click.echo()
