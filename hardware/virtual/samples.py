"""The fast path of a virtual deck: the samples that the drivers would read, without clocking a single pin.

Same oscillators, same conversions, same codes, same flags as the chips at pin level, so that what holds for one holds
for the other (a test compares them sample for sample); a hundred times cheaper, for simulations of hours and fleets.
The IMU's samples have the same values; their times are the chip's true ones, where the driver at register level knows
them only as well as its time fit (tens of microseconds). Not here: faults of chips and lines; play those at pin level.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from hardware.acquire import IMU_DRAIN_NS
from hardware.clock import VirtualClock
from hardware.fifo_imu import settling_samples
from hardware.hx711 import SETTLING_FRAMES, code_flags
from hardware.imu import ImuModel
from hardware.plausibility import Plausibility
from hardware.ring import RingWriter
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.source import SampleSource
from hardware.status import CornerStatus, SourceStatus
from hardware.virtual.deck import FloatArray, IntArray, VirtualDeck
from hardware.virtual.oscillator import Oscillator

_FEW_NS: Final = 150_000_000  # for less than this, one by one is cheaper than arrays
_STRETCH_NS: Final = 500_000_000  # channels are delivered in turns of at most this length
_SETTLING: Final = Flag.SETTLING.value
_SPECIAL: Final = 0x7FFFFF  # code_flags has nothing to say between the ends, but for -1
_MAX_16: Final = 32767


class _Corner:
    """Where one chip is: its next conversion, and the net that its samples pass."""

    __slots__ = ("channel", "delay_ns", "k", "net", "next_ns", "oscillator", "period_ns")

    def __init__(self, channel: int, oscillator: Oscillator) -> None:
        self.channel = channel
        self.oscillator = oscillator
        self.period_ns = oscillator.period_ns
        self.delay_ns = oscillator.group_delay_ns
        self.k = 0
        self.net = Plausibility()
        self.next_ns = oscillator.first_ready_ns


class SampledImu:
    """An IMU as samples: what it is, how fast it runs, what it feels at many moments, and how far it is."""

    def __init__(
        self,
        channel: Channel,
        model: ImuModel,
        rate_hz: int,
        rate_error_ppm: int,
        motions: Callable[[IntArray], FloatArray],
    ) -> None:
        self.channel = int(channel)
        self.period_ns = round(1e9 / (rate_hz * (1 + rate_error_ppm * 1e-6)))
        self.delay_ns = model.group_delay_ns
        self.motions = motions
        self.per_unit = 1e3 / np.array([model.accel_mg_per_lsb] * 3 + [model.gyro_mdps_per_lsb] * 3)
        self.settling = settling_samples(rate_hz)
        self.next_ns = 0


class SampleLevelSource(SampleSource):
    """The four corners and the IMUs as samples, on a virtual clock that `service` moves.

    oscillators: one a corner. The IMUs are delivered every 20 ms, as the loop that drains real ones does.
    """

    def __init__(
        self,
        deck: VirtualDeck,
        oscillators: dict[Channel, Oscillator],
        ring: RingWriter,
        clock: VirtualClock,
        imus: Sequence[SampledImu],
    ) -> None:
        self._deck = deck
        self._ring = ring
        self._clock = clock
        self._corners = [_Corner(int(channel), oscillators[channel]) for channel in CORNERS]
        self._imus = imus
        for imu in imus:
            imu.next_ns = clock.now_ns() + imu.period_ns
        self._drain_ns = clock.now_ns() + IMU_DRAIN_NS

    def service(self, until_ns: int) -> int:
        """Deliver everything that becomes ready up to `until_ns`; return how many samples that was."""
        before = self._ring.written
        clock = self._clock
        while clock.t_ns < until_ns:
            stretch_ns = min(until_ns, clock.t_ns + _STRETCH_NS)
            deliver = self._one_by_one if stretch_ns - clock.t_ns < _FEW_NS else self._many
            for corner in self._corners:
                deliver(corner, stretch_ns)
            if stretch_ns >= self._drain_ns:
                self._drain_imus(stretch_ns)
            clock.t_ns = stretch_ns
        self._ring.beat(clock.t_ns)
        return self._ring.written - before

    def _one_by_one(self, corner: _Corner, until_ns: int) -> None:
        while corner.next_ns <= until_ns:
            code = self._deck.conversion(corner.channel, corner.k, corner.next_ns - corner.delay_ns)
            flags = _flags(code, corner.k)
            judged = corner.net.push(Sample(corner.channel, flags, corner.next_ns, (code, 0, 0, 0, 0, 0)))
            if judged is not None:
                self._ring.write(judged)
            corner.k += 1
            corner.next_ns += corner.period_ns

    def _many(self, corner: _Corner, until_ns: int) -> None:
        count = (until_ns - corner.next_ns) // corner.period_ns + 1
        if count <= 0:
            return
        k = np.arange(corner.k, corner.k + count)
        t_ns = corner.oscillator.first_ready_ns + k * corner.period_ns
        codes = self._deck.conversions(corner.channel, k, t_ns - corner.delay_ns)
        write, push, channel = self._ring.write, corner.net.push, corner.channel
        for number, time_ns, code in zip(k.tolist(), t_ns.tolist(), codes.tolist(), strict=True):
            judged = push(Sample(channel, _flags(code, number), time_ns, (code, 0, 0, 0, 0, 0)))
            if judged is not None:
                write(judged)
        corner.k += count
        corner.next_ns += count * corner.period_ns

    def _drain_imus(self, until_ns: int) -> None:
        """Deliver the IMUs' samples up to the last time that a loop would have drained them."""
        last_ns = self._drain_ns + (until_ns - self._drain_ns) // IMU_DRAIN_NS * IMU_DRAIN_NS
        self._drain_ns = last_ns + IMU_DRAIN_NS
        for imu in self._imus:
            self._deliver(imu, last_ns)

    def _deliver(self, imu: SampledImu, last_ns: int) -> None:
        count = (last_ns - imu.next_ns) // imu.period_ns + 1
        t_ns = imu.next_ns + np.arange(count) * imu.period_ns
        imu.next_ns += count * imu.period_ns
        motion = imu.motions(t_ns - imu.delay_ns) * imu.per_unit
        counts = np.clip(np.rint(motion), -_MAX_16 - 1, _MAX_16).astype(np.int64).tolist()
        write, channel = self._ring.write, imu.channel
        for time_ns, (ax, ay, az, gx, gy, gz) in zip(t_ns.tolist(), counts, strict=True):
            flags = 0
            if imu.settling:
                imu.settling -= 1
                flags = _SETTLING
            write(Sample(channel, flags, time_ns, (ax, ay, az, gx, gy, gz)))

    def status(self) -> SourceStatus:
        """Return what there is to say without pins and drivers: conversions delivered and each chip's own rate."""
        return SourceStatus(
            backend="virtual samples",
            reader="none: no pin is clocked",
            frame_delay_us=None,
            corners=tuple(
                each.net.counted(
                    CornerStatus(Channel(each.channel).label, each.oscillator.rate_hz, each.k, 0, {}, 0, 0)
                )
                for each in self._corners
            ),
            imus=(),
        )

    def close(self) -> None:
        """Nothing was opened."""


def _flags(code: int, k: int) -> int:
    flags = _SETTLING if k < SETTLING_FRAMES else 0
    return flags | code_flags(code & 0xFFFFFF) if code <= -_SPECIAL or code in (-1, _SPECIAL) else flags
