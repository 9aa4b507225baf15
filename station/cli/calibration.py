"""`balance-station calibration show|verify|history|weights|template`: certificates, register of weights, template.

Reads only (and writes the PDF that it is asked for); it can run beside a working station, and on a copy of a chain
anywhere.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click
import msgspec

from calibration.certificate import Certificate, canonical, now_utc
from calibration.chain import read_chain
from calibration.errors import CalibrationError, NoCertificateError
from calibration.evidence import Weight
from calibration.limits import limit_of
from calibration.model import DeckModel
from calibration.plan import load_plan
from calibration.register import load_register
from calibration.uncertainty import uncertainty_of
from station.config import Config, config_path, load_config
from station.errors import DataError, NoInputError, UnavailableError, UsageError
from station.staff.texts import words

EXAMPLE: Final = """\
# The weights of this site. Copy mass, uncertainty and dates from each weight's own certificate.
[[weight]]
id = "20-1"                       # what is stamped on it
nominal_kg = 20
mass_kg = 20.0004                 # conventional mass, by its certificate
uncertainty_g = 1.0               # expanded (k = 2), by its certificate
certificate_number = "K-4711"
valid_until = 2027-05-31

[[weight]]
id = "20-2"
nominal_kg = 20
mass_kg = 19.9997
uncertainty_g = 1.0
certificate_number = "K-4712"
valid_until = 2027-05-31

[[weight]]
id = "10-1"
nominal_kg = 10
mass_kg = 10.0001
uncertainty_g = 0.5
certificate_number = "K-4713"
valid_until = 2027-05-31
"""

_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
_file = click.option("--file", type=click.Path(path_type=Path), help="A chain. Default: that of the configuration.")


@click.group()
def calibration() -> None:
    """Show and verify certificates; list weights; draw a template."""


@calibration.command()
@click.argument("number", required=False, type=click.IntRange(min=1))
@_file
@click.option("--pdf", type=click.Path(path_type=Path, dir_okay=False), help="Write it for the wall, as PDF.")
@_json
def show(number: int | None, file: Path | None, pdf: Path | None, as_json: bool) -> None:
    """Print a certificate, the newest unless a NUMBER is given."""
    chain = _chain(file)
    certificate = chain[-1] if number is None else next((each for each in chain if each.number == number), None)
    if certificate is None:
        raise UsageError(f"there is no certificate {number}; the chain has 1 to {chain[-1].number}")
    if pdf is not None:
        from calibration.certificate_pdf import write_certificate_pdf  # a Pi need not load a PDF writer to show one

        _written(pdf, lambda: write_certificate_pdf(certificate, pdf, words("staff.way-in", "en")))
    if as_json:
        click.echo(canonical(certificate).decode())
    elif pdf is None:
        _print(certificate)
    else:
        click.echo(f"certificate {certificate.number} is in {pdf}")


@calibration.command()
@_file
@_json
def verify(file: Path | None, as_json: bool) -> None:
    """Hold every certificate to its hash and to the one before. Exit 65 at the first byte that was changed."""
    path = _path(file)
    chain = _chain(file)
    aside = sorted(each.name for each in path.parent.glob(f"{path.name}.broken-*"))
    newest = chain[-1]
    holds = not DeckModel(newest).expired(now_utc())
    if as_json:
        document = {
            "file": str(path), "certificates": len(chain), "newest": newest.id, "holds_today": holds, "aside": aside
        }  # fmt: skip
        click.echo(msgspec.json.encode(document).decode())
        return
    click.echo(f"{path}: {len(chain)} certificate{'s' * (len(chain) > 1)}, all as they were written")
    click.echo(f"newest: number {newest.number}, {newest.id}")
    click.echo(f"it {'holds' if holds else 'does NOT hold'} today (until {newest.valid_until:%Y-%m-%d})")
    for name in aside:
        click.echo(f"an earlier chain could not be trusted and was set aside: {name}")


@calibration.command()
@_file
@_json
def history(file: Path | None, as_json: bool) -> None:
    """Print a line a certificate.

    It says when, by whom, until when, and how far the cell that changed most has moved since the one before.
    """
    chain = _chain(file)
    lines = [_history(each, before) for before, each in zip((None, *chain), chain, strict=False)]
    if as_json:
        click.echo(msgspec.json.encode(lines).decode())
        return
    for line in lines:
        moved = "" if line["gain_change_percent"] is None else f"  gains moved {line['gain_change_percent']} %"
        click.echo(f"{line['number']:>3}  {line['issued']}  {line['operator'] or line['method']:<8}  "
                   f"{str(line['id'])[:12]}  until {line['valid_until']}{moved}")  # fmt: skip


@calibration.command()
@click.option("--example", is_flag=True, help="Print a register to begin with, instead of your own.")
@_json
def weights(example: bool, as_json: bool) -> None:
    """List the register of weights, and what has expired."""
    if example:
        click.echo(EXAMPLE, nl=False)
        return
    register = load_weights(load_config(config_path()))
    if as_json:
        click.echo(msgspec.json.encode(register).decode())
        return
    today = now_utc().date()
    for each in register:
        expired = "  EXPIRED" if each.valid_until < today else ""
        click.echo(f"{each.id:<10} {each.nominal_kg:>5g} kg  {each.mass_kg:.4f} kg +- {each.uncertainty_g:g} g  "
                   f"certificate {each.certificate_number}, until {each.valid_until}{expired}")  # fmt: skip


@calibration.command()
@click.option("--pdf", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Where to write it.")
@click.option("--paper", type=click.Choice(["a4", "a3", "a2", "a1"]), default="a4", show_default=True)
def template(pdf: Path, paper: str) -> None:
    """Draw the template of this deck to scale, as PDF.

    Smaller paper gives several sheets to be joined.
    """
    from calibration.template import template_of, write_template

    deck = load_config(config_path()).deck
    drawn = template_of(
        load_plan(), deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm, deck.surface_ml_mm, deck.surface_ap_mm
    )
    sheets: list[int] = []
    _written(pdf, lambda: sheets.append(write_template(drawn, pdf, words("staff.way-in", "en"), paper)))
    many = "1 sheet" if sheets[0] == 1 else f"{sheets[0]} sheets, to be joined at their crosses"
    click.echo(f"template {drawn.id} is in {pdf}: {many}. Print at 100 % and measure both bars of 100 mm.")


def _written(path: Path, write: Callable[[], None]) -> None:
    """Write a file, or say in words why it cannot be."""
    try:
        write()
    except OSError as error:
        raise UnavailableError(f"{path}: cannot be written: {error.strerror or error}") from error


def load_weights(config: Config) -> tuple[Weight, ...]:
    """Return the register of the configuration; raises DataError in words."""
    try:
        return load_register(Path(config.calibration.register))
    except CalibrationError as error:
        raise DataError(str(error)) from error


def _path(file: Path | None) -> Path:
    return file if file is not None else Path(load_config(config_path()).deck.certificate)


def _chain(file: Path | None) -> tuple[Certificate, ...]:
    try:
        return read_chain(_path(file))
    except NoCertificateError as error:
        raise NoInputError(str(error)) from error
    except CalibrationError as error:
        raise DataError(str(error)) from error


def _history(certificate: Certificate, before: Certificate | None) -> dict[str, object]:
    moved = None
    if before is not None:
        pairs = zip(certificate.cells, before.cells, strict=True)
        moved = round(max(abs(now.gain_n_per_count / then.gain_n_per_count - 1) for now, then in pairs) * 100, 3)
    return {
        "number": certificate.number,
        "id": certificate.id,
        "method": certificate.method,
        "operator": None if certificate.evidence is None else certificate.evidence.operator,
        "issued": f"{certificate.issued:%Y-%m-%d}",
        "valid_until": f"{certificate.valid_until:%Y-%m-%d}",
        "gain_change_percent": moved,
    }


def _print(certificate: Certificate) -> None:
    click.echo(f"certificate {certificate.number} of station {certificate.station}")
    click.echo(f"id          {certificate.id}")
    click.echo(f"previous    {certificate.previous or 'none'}")
    click.echo(f"issued      {certificate.issued.isoformat()}, valid until {certificate.valid_until.isoformat()}")
    click.echo(f"deck        {certificate.cell_spacing_ml_mm:g} x {certificate.cell_spacing_ap_mm:g} mm between the "
               f"cells, g = {certificate.gravity_m_s2} m/s2")  # fmt: skip
    for cell in certificate.cells:
        click.echo(f"  {cell.corner:<12} channel {cell.channel}, serial {cell.serial}, "
                   f"{cell.gain_n_per_count * 1e6:.4f} uN/count, zero {cell.zero_counts:.0f}")  # fmt: skip
    click.echo(f"note        {certificate.note}")
    evidence = certificate.evidence
    if evidence is None:
        return
    signed = f", approved by {evidence.approver}" if evidence.approver else ""
    click.echo(
        f"done by     {evidence.operator}{signed}, {evidence.started.isoformat()} to {evidence.ended.isoformat()}"
    )
    click.echo(f"weights     {', '.join(f'{each.id} ({each.certificate_number})' for each in evidence.weights)}")
    if (worth := uncertainty_of(certificate)) is not None:
        click.echo(
            f"uncertainty force {worth.expanded_force_percent:.2g} % of the load, centre of pressure "
            f"{worth.expanded_place_mm:.2g} mm: expanded, k = 2, {worth.lightest_kg:.0f} to {worth.largest_kg:.0f} kg"
        )
    click.echo(f"readings    {len(evidence.readings)}, template {evidence.template}")
    click.echo(f"temperature {evidence.temperature_words}")
    for judgement in evidence.judgements:
        limit = limit_of(judgement)
        click.echo(f"  {limit.with_unit(f'{judgement.measured:.4g}'):<16} {limit.allowed}: {limit.what}")
