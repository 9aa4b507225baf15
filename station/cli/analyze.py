"""`balance-station analyze`: the measures of files and folders, as a table for people or as JSON for programs.

One recording gives one JSON object; several, or a folder, give a list with one object a recording, in the order of the
names. In a list a recording that cannot be read has `error` in place of measures; the others are still analysed, and
the exit code is 65.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from station.cli.measure_tables import print_many, print_one
from station.errors import StationError, UsageError
from station.sway.analysis import analyse_recording, to_builtins
from station.sway.batch import analyse_all, analyse_source, is_of_waist
from station.sway.files import Failure, Source, is_folder, read_recording, sources_in, sources_of
from station.sway.picture import draw
from station.sway.profiles import PROFILES, profile_named


@click.command()
@click.argument(
    "paths", metavar="FILE|FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False)
)
@click.option("--profile", default="station", show_default=True, help=f"What is done first: {', '.join(PROFILES)}.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to use. Default: for many files all cores.")
@click.option("--plot", type=click.Path(path_type=Path), help="Picture of one recording to write (PNG, PDF or SVG).")
def analyze(paths: tuple[Path, ...], profile: str, as_json: bool, jobs: int | None, plot: Path | None) -> None:
    """Measure sway in recordings: files, or all in a folder.

    CSV with time_s,cop_ml_mm,cop_ap_mm[,fz_n] or with time_s and four corner forces; raw trials of a station
    (*.trial.npz); people of the human-balance recordings (subject_001.npz, or subject_001.npz:BDS00001 for one trial).
    CSV of a sensor at the waist, time_s,acc_x_g,acc_y_g,acc_z_g: sway of the trunk and rises from a chair; --profile
    does not apply to it.
    """
    profile_named(profile)
    only = _only(paths)
    if only is not None:
        _analyse_one(only, profile, as_json, plot)
        return
    if plot is not None:
        raise UsageError("--plot draws one recording; name one file, or one trial as in subject_001.npz:BDS00001")
    sources = _sources(paths)
    results = list(_progress(analyse_all(sources, profile, jobs), len(sources)))
    failures = [result for result in results if isinstance(result, Failure)]
    if as_json:
        _print_json(results)
    else:
        print_many(result for result in results if not isinstance(result, Failure))
    for failure in failures:
        click.echo(f"balance-station: {failure.error}", err=True)
    if failures:
        sys.exit(os.EX_DATAERR)


def _only(paths: tuple[Path, ...]) -> Source | None:
    """Return the one recording that was named, or None when several were."""
    if len(paths) != 1 or is_folder(paths[0]):
        return None
    sources = sources_of(paths[0])
    return sources[0] if len(sources) == 1 else None


def _sources(paths: tuple[Path, ...]) -> list[Source | Failure]:
    found: list[Source | Failure] = []
    for path in paths:
        try:
            found += sources_in(path) if is_folder(path) else sources_of(path)
        except StationError as error:
            if len(paths) == 1:
                raise
            found.append(Failure.of(path, error))
    return found


def _analyse_one(source: Source, profile: str, as_json: bool, plot: Path | None) -> None:
    if plot is None:
        result = analyse_source(source, profile)
    elif is_of_waist(source):
        raise UsageError(f"--plot draws a centre of pressure; {source} is of a sensor at the waist")
    else:
        recording = read_recording(source)
        analysis = analyse_recording(recording, profile)
        draw(recording, analysis, profile, plot)
        result = to_builtins(analysis)
    if as_json:
        _print_json(result)
    else:
        print_one(result)


def _progress(results: Iterable[Any], total: int) -> Iterable[Any]:
    console = Console(stderr=True, emoji=False)
    columns = (TextColumn("analysing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        yield from bar.track(results, total)


def _print_json(document: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
