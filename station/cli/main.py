"""The command `balance-station`: puts the commands together, and turns every error of ours into one line and a code."""

import errno
import logging
import os
import sys
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

import click

from station import SOFTWARE_VERSION
from station.errors import StationError

log = logging.getLogger(__name__)

# Where each command is and what the list says of it: loaded only when it is asked for, as a Pi should not import scipy
# to print a help text.
COMMANDS: Final = {
    "analyze": ("station.cli.analyze:analyze", "Measure sway in recordings: files, or all in a folder."),
    "calibrate": ("station.cli.calibrate:calibrate", "Calibrate the deck, or go on where it was interrupted."),
    "calibration": (
        "station.cli.calibration:calibration",
        "Show and verify certificates; list weights; draw a template.",
    ),
    "config": ("station.cli.config:config", "Check, show and describe the configuration."),
    "demo": ("station.cli.demo:demo", "Screen a recorded or model person on virtual chips."),
    "doctor": ("station.cli.doctor:doctor", "Check every part of the station on this machine."),
    "norms": ("station.cli.norms:norms", "Build and show the norms that sway is compared with."),
    "pin": ("station.cli.pin:pin", "Set, list and remove the PINs of staff."),
    "run": ("station.cli.run:run", "Run one of the four processes until told to stop (SIGTERM)."),
}
# Rooms that station must not import plug their commands in by name (design: arrows point one way).
PLUGGED_IN: Final = "balance_station.commands"


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted({*COMMANDS, *(point.name for point in entry_points(group=PLUGGED_IN))})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        found: object = None
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name][0].partition(":")
            found = getattr(import_module(module), name)
        else:
            for point in entry_points(group=PLUGGED_IN, name=cmd_name):
                found = point.load()
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            if name in COMMANDS:
                rows.append((name, COMMANDS[name][1]))
            elif (plugged_in := self.get_command(ctx, name)) is not None:
                rows.append((name, plugged_in.get_short_help_str(80)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(SOFTWARE_VERSION, prog_name="balance-station")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="Configuration file. Default: $BALANCE_STATION_CONFIG, else /etc/balance-station/station.toml.",
)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="warning",
    show_default=True,
    envvar="BALANCE_STATION_LOG",
)
def cli(config_file: Path | None, log_level: str) -> None:
    """Balance and fall-risk screening station: run it, try it, check it, read what it measured."""
    logging.basicConfig(
        level=logging.getLevelNamesMapping()[log_level.upper()],
        stream=sys.stderr,
        format="%(levelname)s %(name)s: %(message)s",
    )
    if config_file is not None:
        os.environ["BALANCE_STATION_CONFIG"] = str(config_file)


def main() -> None:
    """Run the command line; exits with a sysexits code, never with a traceback for bad input."""
    try:
        code = cli.main(standalone_mode=False)
    except StationError as error:
        _say(str(error))
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        code = os.EX_USAGE
    except click.UsageError as error:
        _say(f"{error.format_message()} (see: {error.ctx.command_path if error.ctx else 'balance-station'} --help)")
        code = os.EX_USAGE
    except click.ClickException as error:
        _say(error.format_message())
        code = os.EX_USAGE
    except (click.Abort, KeyboardInterrupt):
        _say("stopped")
        code = 130
    except BrokenPipeError:
        # whoever read our output has gone; that is their right
        _close_output()
        code = 0
    except OSError as error:
        code = os.EX_IOERR
        if error.errno == errno.ENOSPC:
            _say("there is no space left to write to; free some, or write elsewhere")
            _close_output()
        elif error.filename is not None:
            _say(f"{error.filename}: {error.strerror}; check that it is there, and that this user may use it")
            log.debug("where that was", exc_info=True)
        else:
            raise
    sys.exit(code if isinstance(code, int) else 0)


def _close_output() -> None:
    """Let nothing that is still held back be written at the end, where it would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(text: str) -> None:
    click.echo(f"balance-station: {text}", err=True)


if __name__ == "__main__":
    main()
