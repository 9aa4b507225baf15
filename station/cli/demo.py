"""`balance-station demo`: the whole station on this machine, from virtual chips to a subscriber that stores."""

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.padding import Padding

from hardware.virtual.faults import CATALOGUE
from hardware.virtual.people import MODEL_PEOPLE
from hardware.virtual.person import STANCES
from station.cli.printout import print_record, read_record
from station.config import Config, dump_config
from station.demo import four_processes, one_process
from station.demo.children import Children
from station.demo.clinic import Clinic, keep_port
from station.demo.outcome import DemoOutcome, as_json, trial_window
from station.demo.settings import DemoSettings, check, demo_config, demo_visitor
from station.demo.visitor import parse_answers
from station.errors import NoInputError, UnavailableError
from station.live.acquisition import virtual_person
from station.records.record import Record
from station.records.store import RecordStore
from station.visit.effects import Stance

_PERSON_HELP: Final = (
    f"A recorded person, or a model: {', '.join(person.name for person in MODEL_PEOPLE)}; a wrong name lists them all."
)
_STANCE_HELP: Final = "STANCE@S: lose balance S seconds into this stance, e.g. tandem@4. May be repeated."


def _speed(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    if value is None or value == "max":
        return None
    try:
        speed = float(value)
    except ValueError:
        speed = -1.0
    if not 0.1 <= speed <= 1000:
        raise click.BadParameter(f"{value!r} is not a speed; a number from 0.1 to 1000, or max, is expected")
    return speed


@click.command()
@click.option("--headless", is_flag=True, help="No window, even where there is a display.")
@click.option("--person", default="older-1", show_default=True, help=_PERSON_HELP)
@click.option(
    "--recording", type=click.Path(path_type=Path), help="CSV: time_s,cop_ml_mm,cop_ap_mm and optionally fz_n."
)
@click.option("--mass-kg", type=click.FloatRange(20, 300), help="Body mass. Default: the recording's, else 70.")
@click.option("--age", "age_years", type=click.IntRange(18, 120), help="Age in years. Default: the person's.")
@click.option("--sex", type=click.Choice(["female", "male"]), help="Default: the person's.")
@click.option("--answers", type=click.Path(path_type=Path), help='JSON: {"question.fell": "yes", ...}.')
@click.option("--loses", multiple=True, metavar="STANCE@S", help=_STANCE_HELP)
@click.option("--protocol", default="walk-up", show_default=True, help="walk-up or quiet-stance.")
@click.option("--speed", metavar="SPEED", callback=_speed,
              help="Times life's speed, or max. Default: 1 with a window, max without.")  # fmt: skip
@click.option("--chips", type=click.Choice(["pins", "samples"]), default="pins", show_default=True,
              help="Virtual chips clocked pin by pin, or their samples only (faster, the same samples).")  # fmt: skip
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Of the virtual deck, and of how a model person sways.",
)
@click.option("--fault", "faults", multiple=True, metavar="NAME[@SECOND]",
              help="Play a sensor fault, at a second of the session or whenever the seed says; help lists them. "
              "May be repeated.")  # fmt: skip
@click.option("--by-hand", is_flag=True, help="You touch the screen; the virtual person only stands.")
@click.option("--broker/--no-broker", default=True, help="Without a broker the result is held in the outbox.")
@click.option(
    "--broker-port", type=click.IntRange(1, 65535), help="Loopback port of the demo's broker. Default: a free one."
)
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep database, logs, certificate here.")
@click.option("--json", "as_json_", is_flag=True, help="One JSON document on standard output.")
@click.pass_context
def demo(
    ctx: click.Context,
    headless: bool,
    person: str,
    recording: Path | None,
    mass_kg: float | None,
    age_years: int | None,
    sex: str | None,
    answers: Path | None,
    loses: tuple[str, ...],
    protocol: str,
    speed: float | None,
    chips: str,
    seed: int,
    faults: tuple[str, ...],
    by_hand: bool,
    broker: bool,
    broker_port: int | None,
    keep: Path | None,
    as_json_: bool,
) -> None:
    """Screen a recorded or model person on virtual chips.

    The result is delivered to a subscriber on this machine.
    """
    if "help" in faults:
        _list_faults()
        return
    console = Console(stderr=True, emoji=False)
    window = not headless and _window_possible(console)
    if by_hand and not window:
        raise UnavailableError("--by-hand needs a window: a display, and the kiosk extra (make install)")
    if ctx.get_parameter_source("speed") is click.core.ParameterSource.DEFAULT and window:
        speed = 1.0
    settings = DemoSettings(
        protocol=protocol,
        person=person,
        recording=recording,
        mass_kg=mass_kg,
        age_years=age_years,
        sex="female" if sex == "female" else "male" if sex == "male" else None,
        answers=_read_answers(answers),
        loses=dict(_parse_loss(each) for each in loses),
        chips="samples" if chips == "samples" else "pins",
        seed=seed,
        faults=faults,
        speed=speed,
        window=window,
        by_hand=by_hand,
        broker=broker,
        broker_port=ctx.with_resource(keep_port(broker_port)).getsockname()[1],
    )
    check(settings)
    with tempfile.TemporaryDirectory(prefix="balance-station-demo-") as scratch:
        folder = keep if keep is not None else Path(scratch)
        for each in (folder, folder / "state", folder / "run"):
            each.mkdir(parents=True, exist_ok=True)
        outcome, stored = _run(settings, folder, console)
        if as_json_:
            click.echo(as_json(outcome).decode())
        else:
            _print(outcome, stored)


def _list_faults() -> None:
    console = Console(emoji=False, highlight=False)
    for fault in CATALOGUE:
        console.print(f"[bold]{fault.name}[/bold]" + (" (needs --chips pins)" if fault.needs == "pins" else ""))
        console.print(Padding(f"{fault.what}\nThe station: {fault.answer}.", (0, 0, 0, 4)))


def _run(settings: DemoSettings, folder: Path, console: Console) -> tuple[DemoOutcome, dict[str, Any] | None]:
    config = demo_config(settings, folder)
    config_file = folder / "station.toml"
    config_file.write_text(dump_config(config), encoding="utf-8")
    began = time.monotonic()
    with Children(folder, config_file) as children:
        clinic = Clinic(children, config, folder, with_broker=settings.broker)
        if clinic.held_because:
            console.print(f"[yellow]{clinic.held_because}; the result will be held in the station's outbox[/yellow]")
        clinic.start()
        console.print(f"{_who(settings)}, protocol {settings.protocol}, speed {settings.speed or 'max'}")
        if settings.speed == 1.0:
            outcome = _in_four_processes(settings, config, children, clinic, console, began)
        else:
            outcome = _in_one_process(settings, config, children, clinic, console, began)
        return outcome, clinic.stored(outcome.record.id)


def _in_one_process(
    settings: DemoSettings, config: Config, children: Children, clinic: Clinic, console: Console, began: float
) -> DemoOutcome:
    if settings.window:
        children.start("kiosk", "station.cli.main", "run", "kiosk")
    visitor = demo_visitor(settings)
    running, playing = one_process.visit(config, visitor, speed=settings.speed, serve=True, watch=_watcher(console))
    try:
        station = running.station
        record = _record(station.store, station.engine.last_result_id, station.engine.fault_reasons)
        wall_s = time.monotonic() - began
        return DemoOutcome(
            record=record,
            delivery=clinic.wait_for(record.id),
            trial=trial_window(record, station.store, playing, running.person.recording),
            live_score=station.engine.last_score,
            loop=station.loop.status(),
            channels=station.grid.channel_status(running.now_ns),
            screens=tuple(visitor.seen),
            session_s=round(station.loop.ticks / 100, 2),
            wall_s=round(wall_s, 2),
        )
    finally:
        running.close()


def _in_four_processes(
    settings: DemoSettings, config: Config, children: Children, clinic: Clinic, console: Console, began: float
) -> DemoOutcome:
    four_processes.start(config, children, window=settings.window)
    visitor = demo_visitor(settings)
    status, playing = four_processes.visit(config, visitor, children, _watcher(console))
    wall_s = time.monotonic() - began
    with RecordStore.open(config.station.database, station=config.station.id) as store:
        record = _record(store, status.last_result_id, status.reasons)
        return DemoOutcome(
            record=record,
            delivery=clinic.wait_for(record.id),
            trial=trial_window(record, store, playing, virtual_person(config.virtual).recording),
            live_score=status.last_score,
            loop=status.loop,
            channels=status.channels,
            screens=tuple(visitor.seen),
            session_s=round(status.loop.ticks / 100, 2),
            wall_s=round(wall_s, 2),
        )


def _record(store: RecordStore, result_id: str | None, fault_reasons: Sequence[str]) -> Record:
    record = None if result_id is None else store.get_record(result_id)
    if record is None and fault_reasons:
        raise UnavailableError(
            f"nobody was measured, for the station is not fit to measure: {'; '.join(fault_reasons)}"
        )
    if record is None:
        raise UnavailableError("the visit ended without a result: it was left before anything was measured")
    return record


def _watcher(console: Console) -> Callable[[str], None]:
    began = time.monotonic()

    def watch(screen: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:7.1f} s  {screen}[/dim]", highlight=False)

    return watch


def _print(outcome: DemoOutcome, stored: dict[str, Any] | None) -> None:
    """Print what the subscriber has stored; where nobody took it, what the station holds."""
    console = Console(emoji=False)
    delivery = outcome.delivery
    console.print()
    if stored is not None:
        print_record(read_record(stored), console)
        console.print(
            f"\n[bold]Delivered:[/bold] the subscriber ({delivery.by}) has stored it and said so, "
            f"{delivery.waited_s:.2f} s after the visit."
        )
    else:
        print_record(outcome.record, console)
        console.print(f"\n[bold]Held in the station's outbox:[/bold] {delivery.reason}.")
    late = outcome.loop.lateness_us
    flagged = sum(channel.flagged for channel in outcome.channels)
    frames = sum(channel.frames for channel in outcome.channels)
    console.print(
        f"[dim]{outcome.session_s:.0f} s on the station's clock in {outcome.wall_s:.1f} s; {outcome.loop.ticks} ticks, "
        f"{outcome.loop.overruns} overruns, lateness p99 {late.p99:.0f} us; "
        f"{frames} frames, {flagged} flagged[/dim]"
    )


def _who(settings: DemoSettings) -> str:
    return f"recording {settings.recording}" if settings.recording else f"person {settings.person}"


def _window_possible(console: Console) -> bool:
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    if importlib.util.find_spec("kivy") is None:
        console.print(
            "[yellow]there is a display but Kivy is not installed (make install EXTRAS=kiosk): no window[/yellow]"
        )
        return False
    return True


def _read_answers(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    try:
        return parse_answers(path.read_bytes(), str(path))
    except OSError as error:
        raise NoInputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _parse_loss(text: str) -> tuple[Stance, float]:
    name, _, seconds = text.partition("@")
    for stance in STANCES:
        if stance == name:
            try:
                return stance, float(seconds)
            except ValueError:
                break
    raise click.BadParameter(f"{text!r} is not STANCE@SECONDS; stances are {', '.join(STANCES)}", param_hint="--loses")
