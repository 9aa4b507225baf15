"""`balance-station norms`: build the table of norms from recordings, and show the one that ships."""

import sys
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table

from station.errors import UsageError
from station.sway.norms import Norms, load_norms
from station.sway.norms_build import build_norms, encode_norms


@click.group()
def norms() -> None:
    """Build and show the reference population that sway is compared with."""


@norms.command()
@click.option("--from", "folder", required=True, type=click.Path(path_type=Path), help="Folder of recordings.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; without it the table is printed.")
def build(folder: Path, out: Path | None) -> None:
    """Make the table from a folder with trials.csv and subject_NNN.npz, with the pipeline of this software."""
    table = encode_norms(build_norms(folder, _progress))
    if out is None:
        click.echo(table, nl=False)
        return
    try:
        out.write_bytes(table)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from None


@norms.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def show(as_json: bool) -> None:
    """Show the table that ships, how many people are behind it and where they come from."""
    if as_json:
        click.echo(encode_norms(load_norms()), nl=False)
    else:
        _print_table(load_norms())


def _progress(subjects: Iterable[str]) -> Iterable[str]:
    return track(list(subjects), "people", console=Console(stderr=True, emoji=False), disable=not sys.stderr.isatty())


def _print_table(table_of: Norms) -> None:
    console = Console(emoji=False)
    from_s, to_s = table_of.window_s
    how = f"{table_of.condition}, {from_s:g}-{to_s:g} s, {table_of.statistic}"
    table = Table(title=f"{table_of.version}, pipeline {table_of.pipeline}: {how}")
    table.add_column("measure")
    for heading in ("age", "n", "P50", "P75", "P90", "P95"):
        table.add_column(heading, justify="right")
    first = next(iter(table_of.bands.values()))
    for metric in first.measures:
        for name, band in table_of.bands.items():
            row = band.measures[metric]
            cells = [f"{value:.2f}" for value in (row.p50, row.p75, row.p90, row.p95)]
            table.add_row(metric if name == next(iter(table_of.bands)) else "", name, str(band.n), *cells)
    console.print(table)
    console.print(table_of.source)
    console.print(f"data sha256 {table_of.data_sha256}", soft_wrap=True)
