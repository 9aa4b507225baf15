"""`balance-station norms`: build a table of norms from recordings or from a clinic's own results, and show one."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from station.errors import NoInputError, UsageError
from station.sway.norms import Norms, encode_norms, load_norms, parse_norms
from station.sway.norms_build import build_norms
from station.sway.norms_ingest import FEWEST_RESULTS, build_from_ingest


@click.group()
def norms() -> None:
    """Build and show the norms that sway is compared with."""


@norms.command()
@click.option("--from", "folder", type=click.Path(path_type=Path), help="Folder of recordings (trials.csv and people).")
@click.option(
    "--from-ingest", "database", type=click.Path(path_type=Path), help="Database of `balance-station ingest` (SQLite)."
)
@click.option("--name", default="this clinic", show_default=True, help="Whose results they are (with --from-ingest).")
@click.option(
    "--at-least",
    type=click.IntRange(min=FEWEST_RESULTS),
    default=FEWEST_RESULTS,
    show_default=True,
    help="Results without which a band is not made (with --from-ingest).",
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write; without it the table is printed.")
def build(folder: Path | None, database: Path | None, name: str, at_least: int, out: Path | None) -> None:
    """Make a table from recordings or a clinic's own results.

    The pipeline of this software makes it. A clinic's results count when the person agreed to be compared and the visit
    was anonymous. To use the table, name it in the configuration: screen.norms = "/path/norms.json".
    """
    if (folder is None) == (database is None):
        raise UsageError("give either --from FOLDER or --from-ingest DATABASE")
    if folder is not None:
        table = build_norms(folder, _progress)
    else:
        assert database is not None
        taken = build_from_ingest(database, name, at_least)
        table = taken.norms
        for reason, count in sorted(taken.left_out.items()):
            click.echo(f"left out: {count} {reason}", err=True)
    text = encode_norms(table)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_bytes(text)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from None


@norms.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def show(file: Path | None, as_json: bool) -> None:
    """Show a table that was built, or the one that ships.

    It says who is behind it, how many, and how far each measure repeats.
    """
    table = load_norms() if file is None else _read(file)
    if as_json:
        click.echo(encode_norms(table), nl=False)
    else:
        _print_table(table)


def _read(file: Path) -> Norms:
    try:
        return parse_norms(file.read_bytes(), str(file))
    except OSError as error:
        raise NoInputError(f"{file}: cannot be read: {error.strerror}") from None


def _progress(subjects: Iterable[str]) -> Iterable[str]:
    return track(list(subjects), "people", console=Console(stderr=True, emoji=False), disable=not sys.stderr.isatty())


def _print_table(norms: Norms) -> None:
    console = Console(emoji=False)
    _print_bands(console, norms)
    for name, study in norms.repeatability.items():
        title = f"Repeating, {name} years, n = {study.n}; a change beyond the ratio is real (95 %)"
        table = Table(title=title, title_justify="left")
        table.add_column("measure", no_wrap=True)
        for heading in ("ICC", "95 %", "of 3", "ratio", "of 3"):
            table.add_column(heading, justify="right", no_wrap=True)
        for metric, seen in study.measures.items():
            table.add_row(
                metric,
                f"{seen.icc_one_trial:.2f}",
                f"{seen.icc_one_trial_low:.2f}-{seen.icc_one_trial_high:.2f}",
                f"{seen.icc_mean_of_three:.2f}",
                f"{seen.mdc_ratio_one_trial:.2f}",
                f"{seen.mdc_ratio_mean_of_three:.2f}",
            )
        console.print(table)
    few = [f"{name} ({band.n})" for name, band in norms.bands.items() if band.n < FEWEST_RESULTS]
    if few:
        text = f"fewer than {FEWEST_RESULTS} people: P90 and P95 rest on a handful, see docs/validation.md"
        console.print(f"few       {', '.join(few)}: {text}", highlight=False, soft_wrap=True)
    console.print(f"source    {norms.source}", highlight=False, soft_wrap=True)
    for source in dict.fromkeys(study.source for study in norms.repeatability.values()):
        console.print(f"repeating {source}", highlight=False, soft_wrap=True)
    console.print(f"data      sha256 {norms.data_sha256}", highlight=False, soft_wrap=True)
    console.print(f"pipeline  {norms.pipeline}, sha256 {norms.pipeline_sha256}", highlight=False, soft_wrap=True)
    console.print(f"table     {norms.version}, sha256 {norms.table_sha256}", highlight=False, soft_wrap=True)


def _print_bands(console: Console, norms: Norms) -> None:
    from_s, to_s = norms.window_s
    how = f"{norms.condition}, {from_s:g}-{to_s:g} s, {norms.statistic}"
    table = Table(title=f"{norms.version}, pipeline {norms.pipeline}: {how}", title_justify="left")
    table.add_column("measure", no_wrap=True)
    for heading in ("age", "n", "P50", "P75", "P90", "P95"):
        table.add_column(heading, justify="right", no_wrap=True)
    first = next(iter(norms.bands))
    for metric in norms.bands[first].measures:
        table.add_section()
        for name, band in norms.bands.items():
            row = band.measures[metric]
            cells = [f"{value:.2f}" for value in (row.p50, row.p75, row.p90, row.p95)]
            table.add_row(metric if name == first else "", name, str(band.n), *cells)
    console.print(table)
