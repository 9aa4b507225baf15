"""The acquire process as configured: which backend, who stands on the virtual deck, where the ring is."""

from collections.abc import Callable
from pathlib import Path

from hardware.acquire import run
from hardware.clock import MonotonicClock, VirtualClock
from hardware.errors import HardwareError
from hardware.ring import RingWriter
from hardware.virtual.control import PersonControl
from hardware.virtual.people import find_person
from hardware.virtual.person import VirtualPerson
from hardware.virtual.playback import read_recording
from hardware.virtual.source import build_virtual_source
from station.config import Config, VirtualConfig
from station.errors import DataError, UnavailableError


def virtual_person(config: VirtualConfig) -> VirtualPerson:
    """Return who stands on the virtual deck; raises DataError naming the file or the person that is wrong."""
    try:
        person = find_person(config.person)
        recording = person.recording() if config.recording is None else read_recording(Path(config.recording))
        own = config.recording is None
        return VirtualPerson(
            mass_kg=config.mass_kg if config.mass_kg is not None else (person.mass_kg if own else None),
            recording=recording,
            loses_after_s={**(person.loses_after_s if own else {}), **config.loses},
            seed=config.seed,
        )
    except HardwareError as error:
        raise DataError(str(error)) from error


def main(config: Config, *, beat: Callable[[], None]) -> int:
    """Run acquire until SIGTERM; returns an exit code."""
    if config.hardware.backend != "virtual":
        raise UnavailableError(
            f'hardware.backend = "{config.hardware.backend}" is not part of this version, which drives virtual chips '
            'only; set hardware.backend = "virtual"'
        )
    person = virtual_person(config.virtual)
    follow = MonotonicClock()
    clock = VirtualClock(follow.now_ns())
    Path(config.station.runtime_dir).mkdir(parents=True, exist_ok=True)
    ring = RingWriter.create(config.station.ring)
    source = build_virtual_source(config.virtual.chips, person, config.virtual.seed, clock, ring)
    control = PersonControl(config.station.virtual_person_socket, person, clock)
    try:
        run(source, ring, follow, virtual=True, beat=beat, polled=[control.poll])
    finally:
        control.close()
        source.close()
    return 0
