"""Wires a virtual deck: chips on pins and a register-level IMU behind the real drivers, or the sample-level fast path.

Both levels draw everything from the same seed, so that they are the same deck.
"""

import contextlib
import random
from collections.abc import Sequence
from typing import Final, Literal

from hardware.acquire import Acquisition
from hardware.clock import VirtualClock
from hardware.imu import IMU_MODELS, ImuName, rate_for
from hardware.imus import open_imu
from hardware.readers import build_chips
from hardware.ring import RingState, RingWriter
from hardware.sensor import CORNERS, Channel
from hardware.source import SampleSource
from hardware.virtual.deck import NO_FLAWS, Flaws, VirtualDeck
from hardware.virtual.fault_player import FaultySource, VirtualParts
from hardware.virtual.faults import PlannedFault
from hardware.virtual.hx711 import Conversion, VirtualHx711
from hardware.virtual.i2c import VirtualAdapter, VirtualSMBus
from hardware.virtual.imu_chip import Motion
from hardware.virtual.imus import virtual_imu
from hardware.virtual.load import Load
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.pins import VirtualPinBank
from hardware.virtual.samples import SampledImu, SampleLevelSource
from hardware.virtual.waist import WaistMotion
from hardware.wiring import ReaderName

Level = Literal["pins", "samples"]
IMU_RATE_ERROR_PPM: Final = 15_000  # a chip's rate is within +- this of nominal


def build_virtual_source(
    level: Level,
    load: Load,
    seed: int,
    clock: VirtualClock,
    ring: RingWriter,
    *,
    cell_spacing_ml_mm: float = 400.0,
    cell_spacing_ap_mm: float = 400.0,
    deck_imu: ImuName = "lsm6dsox",
    waist_imu: ImuName | None = None,
    imu_rate_hz: int | None = None,
    flaws: Flaws = NO_FLAWS,
    reader: ReaderName = "frame",
    shared_clock: bool = False,
    faults: Sequence[PlannedFault] = (),
) -> SampleSource:
    """Return a source that writes a virtual deck's samples into `ring`, starting at the clock's time now.

    The source owns its virtual pins and bus (`close` it), not the ring. It moves the clock: give it one of its own
    and call `service` with the time that the rest of the station lives in. reader, shared_clock: how the pins are read
    and wired, as in `hardware.wiring.Wiring`; of no account at the level of samples. The deck's IMU is at its model's
    first I2C address, the waist's at its second; imu_rate_hz: None is their default. `faults` are played at
    their seconds from now.
    Raises SettingError for what makes no sense, MissingLibraryError for a reader whose library is not installed.
    """
    deck = VirtualDeck(
        load,
        seed,
        cell_spacing_ml_mm=cell_spacing_ml_mm,
        cell_spacing_ap_mm=cell_spacing_ap_mm,
        flaws=flaws,
    )
    ring.state |= RingState.VIRTUAL
    start_ns = clock.now_ns()
    oscillators = {channel: Oscillator.from_seed(seed, channel, start_ns) for channel in CORNERS}
    waist = WaistMotion(load, seed)
    fitted = [(Channel.DECK_IMU, deck_imu, deck.motion, deck.motions)]
    if waist_imu is not None:
        fitted.append((Channel.WAIST_IMU, waist_imu, waist.motion, waist.motions))
    errors_ppm = {channel: _imu_error_ppm(channel, name, seed) for channel, name, _, _ in fitted}
    if level == "samples":
        sampled = [
            SampledImu(channel, IMU_MODELS[name], rate_for(name, imu_rate_hz), errors_ppm[channel], motions)
            for channel, name, _, motions in fitted
        ]
        samples = SampleLevelSource(deck, oscillators, ring, clock, sampled)
        return FaultySource(samples, VirtualParts(deck, clock), faults, seed, start_ns) if faults else samples
    with contextlib.ExitStack() as opening:
        adapter = VirtualAdapter({}, clock)
        bus = VirtualSMBus(adapter)
        opening.callback(bus.close)
        imus = []
        for channel, name, motion, _ in fitted:
            address = IMU_MODELS[name].addresses[channel is Channel.WAIST_IMU]
            felt = _delayed(motion, IMU_MODELS[name].group_delay_ns)
            adapter.chips[address] = virtual_imu(name, clock, felt, rate_error_ppm=errors_ppm[channel])
            rate_hz = rate_for(name, imu_rate_hz)
            imus.append(open_imu(name, bus, clock, address=address, rate_hz=rate_hz, channel=channel))
        chips = {
            channel: VirtualHx711(oscillators[channel], _conversion(deck, channel, oscillators[channel]))
            for channel in CORNERS
        }
        bank = VirtualPinBank(chips, clock, shared_clock=shared_clock)
        drivers = build_chips(bank, reader, shared_clock=shared_clock)
        source = Acquisition(bank, drivers, imus, ring, clock, owned=opening.pop_all(), reader=reader)
        parts = VirtualParts(deck, clock, chips, adapter, IMU_MODELS[deck_imu].addresses[0])
        return FaultySource(source, parts, faults, seed, start_ns) if faults else source


def _conversion(deck: VirtualDeck, channel: Channel, oscillator: Oscillator) -> Conversion:
    number, delay_ns = int(channel), oscillator.group_delay_ns
    return lambda k, t_ns: deck.conversion(number, k, t_ns - delay_ns)


def _delayed(motion: Motion, delay_ns: int) -> Motion:
    return lambda t_ns: motion(t_ns - delay_ns)


def _imu_error_ppm(channel: Channel, name: ImuName, seed: int) -> int:
    where = "" if channel is Channel.DECK_IMU else f" {channel.label}"
    return random.Random(f"{name}{where} {seed}").randint(-IMU_RATE_ERROR_PPM, IMU_RATE_ERROR_PPM)
