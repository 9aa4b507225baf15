"""`balance-station analyze`: the measures of files and folders, as a table for people or as JSON for programs.

One file gives one JSON object; several, or a folder, give a list with one object a file, in the order of the names. In
a list a file that cannot be read has `error` in place of measures; the others are still analysed, and the exit code is
that of the first error.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from station.errors import NoInputError, StationError
from station.sway import quijoux2021
from station.sway.analysis import analyse_recording, to_builtins
from station.sway.files import is_recording, read_recording
from station.sway.measures import SHOWN_UNITS
from station.sway.profiles import PROFILES, profile_named

# Starting a worker costs as much as analysing this many files.
_FILES_A_WORKER: Final = 50
_SUMMARY: Final = {
    "mean_velocity_mm_s": "velocity\nmm/s",
    "mean_velocity_ap_mm_s": "AP\nmm/s",
    "rms_ml_mm": "RMS ML\nmm",
    "ellipse_area_95_mm2": "ellipse\nmm2",
}


class Failure(msgspec.Struct, frozen=True):
    """A file of several that could not be analysed."""

    file: str
    error: str
    exit_code: int


@click.command()
@click.argument("paths", metavar="FILE|FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--profile", default="station", show_default=True, help=f"What is done first: {', '.join(PROFILES)}.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.option(
    "--jobs", type=click.IntRange(min=0), default=0, help="Processes to use; 0 (default): as many as pay off."
)
def analyze(paths: tuple[Path, ...], profile: str, as_json: bool, jobs: int) -> None:
    """Measure sway in recordings: files, or every recording in a folder.

    CSV with time_s,cop_ml_mm,cop_ap_mm[,fz_n] or with time_s and four corner forces, or raw trials of a station.
    """
    profile_named(profile)
    files = list(_files(paths))
    if len(paths) == 1 and not paths[0].is_dir():
        only = to_builtins(analyse_recording(read_recording(files[0]), profile))
        if as_json:
            _print_json(only)
        else:
            _print_one(only)
        return
    results = list(_analyse_all(files, profile, jobs))
    failures = [result for result in results if isinstance(result, Failure)]
    if as_json:
        _print_json([_plain(result) for result in results])
    else:
        _print_many([result for result in results if not isinstance(result, Failure)])
    for failure in failures:
        click.echo(f"balance-station: {failure.error}", err=True)
    if failures:
        sys.exit(failures[0].exit_code)


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        inside = sorted(file for file in path.iterdir() if file.is_file() and is_recording(file))
        if not inside:
            raise NoInputError(f"{path}: no recording in this folder; expected files named *.csv or *.trial.npz")
        yield from inside


def _analyse_all(files: list[Path], profile: str, jobs: int) -> Iterator[dict[str, Any] | Failure]:
    workers = jobs or min(os.cpu_count() or 1, len(files) // _FILES_A_WORKER)
    work = [(str(file), profile) for file in files]
    if workers < 2:
        yield from _progress(map(_analyse_file, work), len(work))
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from _progress(pool.map(_analyse_file, work, chunksize=4), len(work))


def _analyse_file(work: tuple[str, str]) -> dict[str, Any] | Failure:
    file, profile = work
    try:
        return to_builtins(analyse_recording(read_recording(Path(file)), profile))
    except StationError as error:
        return Failure(file=file, error=str(error), exit_code=error.exit_code)


def _progress(results: Iterable[Any], total: int) -> Iterable[Any]:
    return track(results, "files", total, console=Console(stderr=True, emoji=False), disable=not sys.stderr.isatty())


def _plain(result: dict[str, Any] | Failure) -> dict[str, Any]:
    return {"file": result.file, "error": result.error} if isinstance(result, Failure) else result


def _print_json(document: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())


def _print_one(result: dict[str, Any]) -> None:
    console = Console(emoji=False)
    table = Table(title=escape(f"{result['file']}: {_pipeline(result)}"))
    table.add_column("measure")
    table.add_column("value", justify="right")
    table.add_column("unit")
    for key, value in result["metrics"].items():
        unit = SHOWN_UNITS[key]
        shown = f"{value:.4g}" if value is not None else "-"
        table.add_row(key, shown, unit if value is not None else result["not_computed"][key])
    for name, value in result.get("quijoux2021", {}).items():
        unit = quijoux2021.UNITS[name] if value is not None else result["not_computed"][f"quijoux2021.{name}"]
        table.add_row(name, f"{value:.4g}" if value is not None else "-", unit)
    console.print(table)
    _print_quality(console, result)


def _print_many(results: list[dict[str, Any]]) -> None:
    if not results:
        return
    console = Console(emoji=False)
    table = Table(title=f"profile {results[0]['profile']}")
    table.add_column("file", overflow="fold")
    for heading in ("length\ns", *_SUMMARY.values()):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("assess-\nable")
    names = [Path(result["file"]).name for result in results]
    shown = names if len(set(names)) == len(names) else [result["file"] for result in results]
    for name, result in zip(shown, results, strict=True):
        values = [result["metrics"][key] for key in _SUMMARY]
        cells = [f"{value:.4g}" if value is not None else "-" for value in values]
        assessable = "yes" if result["quality"]["assessable"] else "no"
        table.add_row(escape(name), f"{result['duration_s']:.4g}", *cells, assessable)
    console.print(table)
    for result in results:
        if result["quality"]["flags"]:
            _print_quality(console, result)


def _print_quality(console: Console, result: dict[str, Any]) -> None:
    word = "assessable" if result["quality"]["assessable"] else "NOT ASSESSABLE"
    flags = "; ".join(result["quality"]["flags"])
    console.print(escape(f"{result['file']}: {word}{': ' if flags else ''}{flags}"), soft_wrap=True, highlight=False)


def _pipeline(result: dict[str, Any]) -> str:
    return f"profile {result['profile']}, {result['duration_s']:.6g} s at {result['fs_hz']:.6g} samples/s"
