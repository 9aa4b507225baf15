"""The acquire process as configured: a real deck or a virtual one, who stands on that, where the ring is."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from hardware.acquire import Acquisition
from hardware.clock import MonotonicClock, VirtualClock
from hardware.deck_source import open_deck
from hardware.errors import HardwareError, SettingError
from hardware.realtime import RealTime, run
from hardware.ring import RingWriter
from hardware.source import SampleSource
from hardware.virtual.balance import Physique
from hardware.virtual.control import PersonControl
from hardware.virtual.deck import NO_FLAWS, TYPICAL_FLAWS
from hardware.virtual.faults import check_faults
from hardware.virtual.people import find_person
from hardware.virtual.person import VirtualPerson
from hardware.virtual.playback import read_recorded_stance
from hardware.virtual.source import build_virtual_source
from station.config import Config, VirtualConfig
from station.errors import ConfigError, DataError, UnavailableError


def virtual_person(config: VirtualConfig) -> VirtualPerson:
    """Return who stands on the virtual deck; raises DataError naming the file or the person that is wrong."""
    try:
        person = find_person(config.person)
        recording = person.recording()
        mass_kg: float | None = config.mass_kg or person.mass_kg
        loses = dict(person.loses_after_s)
        if config.recording is not None:
            # only the recording is this person's: weight and ability of the shipped one say nothing about them
            recording, mass_kg, loses = read_recorded_stance(Path(config.recording)), config.mass_kg, {}
        loses.update({str(stance): after_s for stance, after_s in config.loses.items()})
        return VirtualPerson(mass_kg, recording, loses, config.seed, person.condition, Physique(person.height_cm))
    except HardwareError as error:
        raise DataError(str(error)) from error


def virtual_source(config: Config, person: VirtualPerson, clock: VirtualClock, ring: RingWriter) -> SampleSource:
    """Return the configured virtual deck with this person, writing into `ring`."""
    return build_virtual_source(
        config.virtual.chips,
        person,
        config.virtual.seed,
        clock,
        ring,
        cell_spacing_ml_mm=config.deck.cell_spacing_ml_mm,
        cell_spacing_ap_mm=config.deck.cell_spacing_ap_mm,
        deck_imu=config.hardware.deck_imu,
        waist_imu=config.hardware.waist_imu,
        imu_rate_hz=config.hardware.imu_rate_hz,
        reader=config.hardware.reader,
        shared_clock=config.hardware.wiring().shared_clock,
        flaws=TYPICAL_FLAWS if config.virtual.flaws == "typical" else NO_FLAWS,
        faults=check_faults(config.virtual.faults, config.virtual.chips),
    )


def main(config: Config, *, beat: Callable[[], None]) -> int:
    """Run acquire until SIGTERM; returns an exit code.

    Raises ConfigError for a wiring that cannot work, UnavailableError for pins or a bus that are not there or go away.
    """
    Path(config.station.runtime_dir).mkdir(parents=True, exist_ok=True)
    ring = RingWriter.create(config.station.ring)
    if config.hardware.backend == "virtual":
        _run_virtual(config, ring, beat)
    else:
        _run_real(config, ring, beat)
    return 0


def _run_real(config: Config, ring: RingWriter, beat: Callable[[], None]) -> None:
    clock = MonotonicClock()
    wanted = RealTime(config.hardware.fifo_priority, config.hardware.core)
    try:
        with contextlib.closing(open_deck(config.hardware.wiring(), ring, clock)) as deck:
            _test_imus(deck)
            run(deck, ring, clock, virtual=False, beat=beat, describe=deck.status, wanted=wanted)
    except SettingError as error:
        raise ConfigError(f"[hardware]: {error}") from error
    except HardwareError as error:
        raise UnavailableError(str(error)) from error


def _test_imus(source: SampleSource) -> None:
    """Let the IMUs test themselves, once, before load cells are read; sample-level sources have none to test."""
    if isinstance(source, Acquisition):
        source.test_imus()


def _run_virtual(config: Config, ring: RingWriter, beat: Callable[[], None]) -> None:
    person = virtual_person(config.virtual)
    follow = MonotonicClock()
    clock = VirtualClock(follow.now_ns())
    source = virtual_source(config, person, clock, ring)
    _test_imus(source)
    control = PersonControl(config.station.virtual_person_socket, person, clock)
    try:
        run(source, ring, follow, virtual=True, beat=beat, polled=[control.poll], describe=source.status)
    finally:
        control.close()
        source.close()
