"""`balance-station config check|show|schema`: is the configuration right, what does it say, what may it say."""

from pathlib import Path

import click
import msgspec

from hardware.errors import HardwareError
from hardware.virtual.people import find_person
from station.config import Config, config_path, config_schema, dump_config, load_config
from station.errors import ConfigError, StationError
from station.protocols.reader import load_protocol
from station.sway.norms import load_norms

_file = click.argument("file", required=False, type=click.Path(path_type=Path))


@click.group()
def config() -> None:
    """Check, show and describe the configuration."""


@config.command()
@_file
def check(file: Path | None) -> None:
    """Say whether a configuration file is right. Exit 78 with file, line, key and value where it is not."""
    path = config_path(file)
    checked = load_config(path)
    load_norms(checked.screen.norms)
    try:
        load_protocol(checked.screen.protocol)
        find_person(checked.virtual.person)
    except (StationError, HardwareError) as error:
        raise ConfigError(f"{path}: {error}") from error
    click.echo(f"{path}: good")


@config.command()
@_file
@click.option("--default", is_flag=True, help="The defaults instead of a file: a start for a file of your own.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
def show(file: Path | None, default: bool, as_json: bool) -> None:
    """Print the configuration in force, defaults filled in."""
    shown = Config() if default else load_config(config_path(file))
    click.echo(msgspec.json.encode(shown).decode() if as_json else dump_config(shown).rstrip())


@config.command()
def schema() -> None:
    """Print the JSON Schema of the configuration."""
    click.echo(msgspec.json.format(msgspec.json.encode(config_schema())).decode())
