"""`balance-station calibrate`: the staff's calibration from a terminal, over the station's socket.

The same flow as on the screen: it presses the buttons that the screen offers, so there is one procedure, one PIN and
one journal. The PIN is asked for here too: everybody in the group can open the socket, and the kiosk must.
"""

import select
import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console

from calibration.chain import current_certificate
from calibration.errors import CalibrationError
from hardware.errors import HardwareError
from hardware.virtual.control import PersonClient
from station.cli.calibration import load_weights
from station.cli.staff_walk import DISCARDED, STOP, Outcome, StaffWalk, Wishes
from station.client import StationClient
from station.config import Config, config_path, load_config
from station.demo.staff_hands import StaffHands
from station.errors import UnavailableError, UsageError
from station.screens import ScreenModel


@click.command()
@click.option("--weights", help="Ids of the weights that stand ready, as the register has them: 20-1,20-2,10-1.")
@click.option("--operator", help="Initials that the PIN must belong to; anybody else's is refused.")
@click.option("--new-parts", is_flag=True, help="A cell or board was replaced: gains may differ from the last time.")
@click.option("--yes", is_flag=True, help="Do not ask: the deck does not rock, and sign when it passes.")
@click.option("--discard", is_flag=True, help="Forget the calibration that is under way, and do nothing else.")
@click.option("--take-over", is_flag=True, help="Pause what staff are doing at the screen.")
@click.option("--pin-stdin", is_flag=True, help="Read PINs from standard input, a line each: yours, then the second's.")
@click.option("--play", is_flag=True, help="On a virtual deck: put the weights down too.")
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON document on standard output; progress as JSON lines on stderr."
)
def calibrate(
    weights: str | None,
    operator: str | None,
    new_parts: bool,
    yes: bool,
    discard: bool,
    take_over: bool,
    pin_stdin: bool,
    play: bool,
    as_json: bool,
) -> None:
    """Calibrate the deck, or go on where it was interrupted. Exit 65 when the deck does not pass."""
    config = load_config(config_path())
    if discard and not _answers(config):
        _forget(config.station.calibration_journal)
        click.echo(DISCARDED, err=True)
        return
    person = _person(config) if play else None
    wishes = Wishes(
        weights=tuple(each.strip() for each in (weights or "").split(",") if each.strip()),
        operator=operator,
        new_parts=new_parts,
        yes=yes,
        discard=discard,
        take_over=take_over,
    )
    with StationClient(config.station.socket, "staff") as client:
        terminal = Terminal(as_json=as_json, pin_stdin=pin_stdin)
        walk = StaffWalk(client, wishes, terminal, person)
        try:
            outcome = walk.run()
        finally:
            walk.leave()
    _print(config, outcome, as_json)
    sys.exit(outcome.exit_code)


class Terminal:
    """Where people (or scripts) are told and asked; everything but the last word goes to standard error."""

    def __init__(self, *, as_json: bool, pin_stdin: bool) -> None:
        self._as_json = as_json
        self._pin_stdin = pin_stdin
        self._console = Console(stderr=True, emoji=False, highlight=False)
        self._bar = False

    @property
    def interactive(self) -> bool:
        """Return whether somebody sits there."""
        return sys.stdin.isatty() and not self._as_json and not self._pin_stdin

    def say(self, screen: str, text: str, **values: object) -> None:
        """Tell what is to be done, or what has happened."""
        if self._as_json:
            line = msgspec.json.encode({"screen": screen, "text": text, **values}).decode()
            click.echo(line, err=True)
        else:
            self._end_bar()
            self._console.print(text, markup=False, soft_wrap=True)

    def steadiness(self, progress: float, unrest: float) -> None:
        """Draw the bar of steadiness, where somebody looks."""
        if self._as_json or not self._console.is_terminal:
            return
        self._bar = True
        done = round(24 * progress)
        state = "still" if unrest <= 1 else "moving"
        click.echo(f"\r  [{'#' * done}{'.' * (24 - done)}] {state:<6}", err=True, nl=False)

    def pin(self, what: str) -> str:
        """Return a PIN; raises UsageError when nobody can be asked."""
        if self._pin_stdin:
            return sys.stdin.readline().strip()
        if not self.interactive:
            raise UsageError("a PIN is needed and nobody can be asked: give it with --pin-stdin")
        return str(click.prompt(what, hide_input=True, err=True))

    def ask(self, question: str) -> str:
        """Return a short answer; empty for Enter."""
        self._end_bar()
        return str(click.prompt(question, default="", show_default=False, err=True)).strip()

    def typed(self) -> str | None:
        """Return the line that somebody has typed meanwhile; None when nobody has. The end of the input is a stop."""
        if not self.interactive or not select.select([sys.stdin], [], [], 0)[0]:
            return None
        return (sys.stdin.readline() or STOP).strip()

    def _end_bar(self) -> None:
        if self._bar:
            click.echo("", err=True)
            self._bar = False


class _Person:
    """The virtual deck's hands, over its socket."""

    def __init__(self, config: Config) -> None:
        half_mm = (config.deck.cell_spacing_ml_mm / 2, config.deck.cell_spacing_ap_mm / 2)
        self._hands = StaffHands(load_weights(config), half_mm)
        self._client = PersonClient(config.station.virtual_person_socket)

    def see(self, model: ScreenModel) -> None:
        """Put down what the screen asks for."""
        if (load := self._hands.asked(model)) is not None:
            self._client.perform(load)


def _answers(config: Config) -> bool:
    try:
        StationClient(config.station.socket, "staff", live=False).close()
    except UnavailableError:
        return False
    return True


def _forget(journal: Path) -> None:
    try:
        journal.unlink(missing_ok=True)
    except OSError as error:
        raise UnavailableError(
            f"{journal}: cannot be removed ({error.strerror}); do it as root, or as the station's user"
        ) from error


def _person(config: Config) -> _Person:
    if config.hardware.backend != "virtual":
        raise UsageError('--play puts weights on a virtual deck; this station\'s backend is not "virtual"')
    try:
        return _Person(config)
    except HardwareError as error:
        raise UnavailableError(str(error)) from error


def _print(config: Config, outcome: Outcome, as_json: bool) -> None:
    document: dict[str, object] = {"end": outcome.end, "said": outcome.said, "rows": outcome.rows}
    if outcome.end == "calibrated":
        try:
            certificate = current_certificate(Path(config.deck.certificate))
            document |= {"certificate": certificate.id, "number": certificate.number,
                         "valid_until": certificate.valid_until}  # fmt: skip
        except CalibrationError as error:
            document["said"] = str(error)
    if as_json:
        click.echo(msgspec.json.encode(document).decode())
    else:
        click.echo(f"{outcome.end}: {document['said']}")
        if "certificate" in document:
            click.echo(f"certificate {document['number']}: {document['certificate']}")
