"""What the user of the demo asked for, checked, and the station's configuration that follows from it."""

from pathlib import Path
from typing import Literal

import msgspec

from hardware.errors import HardwareError
from hardware.virtual.faults import check_faults
from hardware.virtual.people import Person, find_person
from hardware.virtual.person import STANCES
from hardware.virtual.playback import read_recorded_stance
from station.config import (
    Config,
    DeckConfig,
    HardwareConfig,
    KioskConfig,
    MqttConfig,
    ScreenConfig,
    StationConfig,
    VirtualConfig,
)
from station.demo.visitor import Visitor, truthful_answers
from station.errors import DataError, NoInputError, StationError, UsageError
from station.protocols.reader import Protocol, load_protocol
from station.records.record import Sex
from station.visit.effects import Stance


class DemoSettings(msgspec.Struct, frozen=True):
    """One demo; the defaults are those of the command line."""

    protocol: str = "walk-up"
    person: str = "older-1"
    recording: Path | None = None
    mass_kg: float | None = None
    age_years: int | None = None
    sex: Sex | None = None
    answers: dict[str, str] = {}
    loses: dict[Stance, float] = {}
    chips: Literal["pins", "samples"] = "pins"
    seed: int = 1
    faults: tuple[str, ...] = ()  # NAME or NAME@SECOND
    speed: float | None = None  # None: as fast as it can
    window: bool = False
    by_hand: bool = False
    broker: bool = True
    broker_port: int = 1883


def check(settings: DemoSettings) -> None:
    """Find what is wrong with a demo's input before anything is started."""
    _check_answers(settings.answers, load_protocol(settings.protocol))
    try:
        check_faults(settings.faults, settings.chips)
    except HardwareError as error:
        raise UsageError(f"--fault: {error}") from error
    try:
        find_person(settings.person)
        if settings.recording is not None:
            if not settings.recording.exists():
                raise NoInputError(f"{settings.recording}: no such recording; a CSV file with the columns "
                                   "time_s,cop_ml_mm,cop_ap_mm and optionally fz_n is expected")  # fmt: skip
            read_recorded_stance(settings.recording)
    except HardwareError as error:
        raise _as_station_error(error) from error


def _check_answers(answers: dict[str, str], protocol: Protocol) -> None:
    """Raise DataError for an answer to a question that is never asked, or that has no such answer."""
    asked = {question.text_key: question.actions for question in (*protocol.gate, *protocol.questions)}
    if protocol.consent:
        asked["consent"] = ("yes", "no")
    for name, answer in answers.items():
        if name not in asked:
            known = ", ".join(asked) or "none"
            raise DataError(f"answers: protocol {protocol.name!r} does not ask {name!r}; it asks: {known}")
        if answer not in asked[name]:
            raise DataError(
                f"answers: {name!r} cannot be answered {answer!r}; expected one of {', '.join(asked[name])}"
            )


def _as_station_error(error: HardwareError) -> StationError:
    if isinstance(error, LookupError):
        return UsageError(str(error))
    return DataError(str(error))


def demo_config(settings: DemoSettings, folder: Path) -> Config:
    """Return the configuration of a demo station whose files all live in `folder`."""
    return Config(
        station=StationConfig(
            id="demo-1", site="demo", state_dir=str(folder / "state"), runtime_dir=str(folder / "run")
        ),
        hardware=HardwareConfig(backend="virtual"),
        virtual=VirtualConfig(
            chips=settings.chips,
            seed=settings.seed,
            person=settings.person,
            recording=None if settings.recording is None else str(settings.recording.resolve()),
            mass_kg=settings.mass_kg,
            loses=settings.loses,
            faults=settings.faults,
        ),
        deck=DeckConfig(certificate=str(folder / "state" / "calibration.jsonl")),
        screen=ScreenConfig(protocol=settings.protocol, alone=STANCES),
        mqtt=MqttConfig(port=settings.broker_port),
        kiosk=KioskConfig(fullscreen=False),
    )


def demo_visitor(settings: DemoSettings) -> Visitor:
    """Return who visits: the shipped person's age, sex and falls, unless a recording or an option says otherwise."""
    person = find_person(settings.person)
    own: Person | None = person if settings.recording is None else None
    age = settings.age_years if settings.age_years is not None else (own.age_years if own else None)
    sex = settings.sex or (own.sex if own else None)
    falls = own.falls_12_months if own else 0
    return Visitor(
        load_protocol(settings.protocol),
        truthful_answers(falls, settings.answers),
        age,
        sex,
        hands=not settings.by_hand,
    )
