"""Write docs/validation.md from a folder of recordings: `python -m station.sway.validation --recordings FOLDER`."""

import os
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from station.errors import StationError, UsageError
from station.sway.norms import load_norms
from station.sway.validation.findings import find
from station.sway.validation.page import page
from station.sway.validation.peers import compare
from station.sway.validation.people import data_sha256, measure_everybody, read_index


@click.command()
@click.option("--recordings", required=True, type=click.Path(path_type=Path), help="Folder of all recordings.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; without it the page is printed.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to use. Default: all cores.")
def validation(recordings: Path, out: Path | None, jobs: int | None) -> None:
    """Compute the page of validation from recordings of people."""
    text = write_page(recordings, jobs)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written: {error.strerror}") from None


def write_page(recordings: Path, jobs: int | None = None) -> str:
    """Return the page for a folder of recordings (human-balance, force-plate-30s and peer-values in it)."""
    folder = recordings / "human-balance"
    console = Console(stderr=True, emoji=False)
    measured = measure_everybody(folder, jobs)
    trials = list(track(measured, "trials", len(read_index(folder)), console=console, disable=not console.is_terminal))
    return page(find(trials), compare(recordings), load_norms(), data_sha256(trials))


if __name__ == "__main__":
    try:
        validation.main(standalone_mode=False)
    except StationError as error:
        click.echo(f"validation: {error}", err=True)
        sys.exit(error.exit_code)
    except click.UsageError as error:
        click.echo(f"validation: {error.format_message()}", err=True)
        sys.exit(os.EX_USAGE)
