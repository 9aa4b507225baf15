"""Wires a virtual deck: chips on pins and a register-level IMU behind the real drivers, or the sample-level fast path.

Both levels draw everything from the same seed, so that they are the same deck.
"""

import contextlib
import random
from typing import Final, Literal

from hardware.acquire import Acquisition
from hardware.clock import VirtualClock
from hardware.imu import IMU_MODELS
from hardware.lsm6dsox import DEFAULT_ADDRESS, Lsm6dsox
from hardware.readers import build_chips
from hardware.ring import RingState, RingWriter
from hardware.sensor import CORNERS, Channel, SampleSource
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.hx711 import Conversion, VirtualHx711, VirtualPinBank
from hardware.virtual.i2c import VirtualAdapter, VirtualSMBus
from hardware.virtual.load import Load
from hardware.virtual.lsm6dsox import VirtualLsm6dsox
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.samples import SampleLevelSource
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
    imu_rate_hz: int = 208,
    tilt_deg: float = 0.0,
    reader: ReaderName = "frame",
    shared_clock: bool = False,
) -> SampleSource:
    """Return a source that writes a virtual deck's samples into `ring`, starting at the clock's time now.

    The source owns its virtual pins and bus (`close` it), not the ring. It moves the clock: give it one of its own
    and call `service` with the time that the rest of the station lives in. reader, shared_clock: how the pins are read
    and wired, as in `hardware.wiring.Wiring`; of no account at the level of samples.
    Raises SettingError for what makes no sense, MissingLibraryError for a reader whose library is not installed.
    """
    deck = VirtualDeck(
        load,
        seed,
        cell_spacing_ml_mm=cell_spacing_ml_mm,
        cell_spacing_ap_mm=cell_spacing_ap_mm,
        tilt_deg=tilt_deg,
    )
    ring.state |= RingState.VIRTUAL
    start_ns = clock.now_ns()
    oscillators = {channel: Oscillator.from_seed(seed, channel, start_ns) for channel in CORNERS}
    error_ppm = random.Random(f"lsm6dsox {seed}").randint(-IMU_RATE_ERROR_PPM, IMU_RATE_ERROR_PPM)
    imu_delay_ns = IMU_MODELS["lsm6dsox"].group_delay_ns
    if level == "samples":
        period_ns = round(1e9 / (imu_rate_hz * (1 + error_ppm * 1e-6)))
        return SampleLevelSource(deck, oscillators, ring, clock, period_ns, imu_delay_ns)
    with contextlib.ExitStack() as opening:
        imu_chip = VirtualLsm6dsox(clock, lambda t_ns: deck.motion(t_ns - imu_delay_ns), rate_error_ppm=error_ppm)
        bus = VirtualSMBus(VirtualAdapter({DEFAULT_ADDRESS: imu_chip}))
        opening.callback(bus.close)
        imu = Lsm6dsox(bus, clock, rate_hz=imu_rate_hz)
        chips = {
            channel: VirtualHx711(oscillators[channel], _conversion(deck, channel, oscillators[channel]))
            for channel in CORNERS
        }
        bank = VirtualPinBank(chips, clock, shared_clock=shared_clock)
        drivers = build_chips(bank, reader, shared_clock=shared_clock)
        return Acquisition(bank, drivers, [imu], ring, clock, owned=opening.pop_all(), reader=reader)


def _conversion(deck: VirtualDeck, channel: Channel, oscillator: Oscillator) -> Conversion:
    number, delay_ns = int(channel), oscillator.group_delay_ns
    return lambda k, t_ns: deck.conversion(number, k, t_ns - delay_ns)
