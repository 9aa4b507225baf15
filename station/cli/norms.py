"""`balance-station norms`: build the table of norms from recordings, and show the one that ships."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from station.errors import NoInputError, StationError
from station.sway.norms import Norms, load_norms
from station.sway.norms_build import build_norms, encode_norms

app = typer.Typer(no_args_is_help=True, help="The reference population that sway is compared with.")


@app.command("build")
def build_command(
    folder: Annotated[Path, typer.Option("--from", help="Folder with trials.csv and subject_NNN.npz.")],
    out: Annotated[Path | None, typer.Option(help="File to write; without it the table is printed.")] = None,
) -> None:
    """Make the table from recordings, with the pipeline of this software."""
    try:
        norms = build_norms(folder, _progress)
        if out is not None:
            try:
                out.write_bytes(encode_norms(norms))
            except OSError as error:
                raise NoInputError(f"{out}: cannot be written: {error.strerror}") from None
    except StationError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    if out is None:
        typer.echo(encode_norms(norms).decode(), nl=False)


@app.command("show")
def show_command(
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show the table that ships, how many people are behind it and where they come from."""
    norms = load_norms()
    if json_:
        typer.echo(json.dumps(msgspec.to_builtins(norms), indent=2))
    else:
        _print_table(norms)


def _progress(subjects: Iterable[str]) -> Iterable[str]:
    return track(list(subjects), "people", console=Console(stderr=True, emoji=False), disable=not sys.stderr.isatty())


def _print_table(norms: Norms) -> None:
    console = Console(emoji=False)
    from_s, to_s = norms.window_s
    table = Table(
        title=f"{norms.version}, pipeline {norms.pipeline}: {norms.condition}, {from_s:g}-{to_s:g} s, {norms.statistic}"
    )
    table.add_column("measure")
    for heading in ("age", "n", "P50", "P75", "P90", "P95"):
        table.add_column(heading, justify="right")
    first = next(iter(norms.bands.values()))
    for metric in first.measures:
        for name, band in norms.bands.items():
            row = band.measures[metric]
            cells = [f"{value:.2f}" for value in (row.p50, row.p75, row.p90, row.p95)]
            table.add_row(metric if name == next(iter(norms.bands)) else "", name, str(band.n), *cells)
    console.print(table)
    console.print(norms.source)
    console.print(f"data sha256 {norms.data_sha256}", soft_wrap=True)
