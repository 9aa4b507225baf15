"""A virtual IMU of any model on a virtual bus with the real driver on it, and the truth about every sample."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hardware.clock import VirtualClock
from hardware.errors import HardwareError
from hardware.fifo_imu import SETTLING_NS, FifoImu
from hardware.i2c import I2cBus
from hardware.imu import IMU_MODELS, ImuName
from hardware.imus import open_imu
from hardware.sensor import Channel, Flag, Sample
from hardware.virtual.i2c import VirtualAdapter, VirtualSMBus
from hardware.virtual.imu_chip import Motion, VirtualImuChip
from hardware.virtual.lsm6dsox import VirtualLsm6dsox
from hardware.virtual.mpu6050 import VirtualMpu6050

MS = 1_000_000
Values = tuple[int, int, int, int, int, int]
ALL: tuple[ImuName, ...] = ("lsm6dsox", "mpu6050", "mpu6500")


def virtual_chip(name: ImuName, clock: VirtualClock, motion: Motion, **settings: Any) -> VirtualImuChip:
    if name == "lsm6dsox":
        return VirtualLsm6dsox(clock, motion, **settings)
    return VirtualMpu6050(clock, motion, model=name, **settings)


def driver_for(
    name: ImuName, bus: I2cBus, clock: VirtualClock, *, address: int, rate_hz: int | None = None, **settings: Any
) -> FifoImu:
    rate_hz = rate_hz or IMU_MODELS[name].rates_hz[0]
    return open_imu(name, bus, clock, address=address, rate_hz=rate_hz, channel=Channel.DECK_IMU, **settings)


class ImuRig:
    """`truth` says of the counts of each sample when it was taken, in the order in which they were taken.

    timed: a bus that is held costs the adapter's time-out, as a real one does; still: the chip is at rest, with some
    noise, and its samples cannot be told apart. The driver is handed over with its
    first samples, which are flagged as settling, behind it (`settling`).
    """

    def __init__(
        self,
        name: ImuName,
        rate_hz: int | None = None,
        *,
        timed: bool = False,
        recovers: bool = False,
        still: bool = False,
        **chip: Any,
    ) -> None:
        self._still = still
        self.model = IMU_MODELS[name]
        self.address = self.model.addresses[0]
        self.clock = VirtualClock()
        self.truth: dict[Values, int] = {}
        self.chip = virtual_chip(name, self.clock, self._motion, **chip)
        self.adapter = VirtualAdapter({self.address: self.chip}, self.clock if timed else None)
        self.bus = VirtualSMBus(self.adapter)
        self.recovered = 0
        recover: Callable[[], None] | None = self._recover if recovers else None
        self.nominal_hz = rate_hz or self.model.rates_hz[0]
        self.driver = driver_for(
            name, self.bus, self.clock, address=self.address, rate_hz=self.nominal_hz, recover=recover
        )
        self.settling: list[Sample] = []
        while len(self.settling) < SETTLING_NS * self.nominal_hz / 1e9:
            self.settling += self.run(MS, MS)

    def _recover(self) -> None:
        self.recovered += 1
        self.adapter.nine_clocks()

    def _motion(self, t_ns: int) -> tuple[float, float, float, float, float, float]:
        n = t_ns // MS % 30_000  # a period of any IMU is longer than 1 ms: no two samples alike within 30 s
        counts = (n, -n, 8000, n, 30_000 - n, 29) if not self._still else (n % 7, n % 11, 8000, n % 3, n % 13, n % 5)
        self.truth[counts] = t_ns
        per_g, per_dps = self.model.accel_mg_per_lsb / 1e3, self.model.gyro_mdps_per_lsb / 1e3
        x, y, z, gx, gy, gz = counts
        return x * per_g, y * per_g, z * per_g, gx * per_dps, gy * per_dps, gz * per_dps

    def run(self, duration_ns: int, step_ns: int = 20 * MS) -> list[Sample]:
        """Drain every `step_ns`; nothing may fail."""
        samples = []
        end_ns = self.clock.t_ns + duration_ns
        while self.clock.t_ns < end_ns:
            self.clock.t_ns += step_ns
            samples += self.driver.drain()
        return samples

    def drain(self) -> list[Sample]:
        """Drain as the loop does: a failure is no sample, and the next call asks again."""
        try:
            return self.driver.drain()
        except HardwareError:
            return []

    def endure(self, duration_ns: int, step_ns: int = 50 * MS) -> list[Sample]:
        """Drain every `step_ns`, whatever fails."""
        samples = []
        end_ns = self.clock.t_ns + duration_ns
        while self.clock.t_ns < end_ns:
            self.clock.t_ns += step_ns
            samples += self.drain()
        return samples

    def taken(self) -> list[Values]:
        """Return the counts of all samples that the chip has taken since the driver was handed over."""
        taken = list(self.truth)
        return taken[taken.index(self.settling[-1].values) + 1 :]

    def errors_ns(self, samples: list[Sample]) -> list[int]:
        """Return by how much each sample's time is off."""
        return [sample.t_ns - self.truth[sample.values] for sample in samples]

    def holes(self, samples: list[Sample]) -> list[int]:
        """Return the indices of samples before which others are missing."""
        order = {values: number for number, values in enumerate(self.truth)}
        last = order[self.settling[-1].values]
        found = []
        for index, sample in enumerate(samples):
            number = order[sample.values]
            if number != last + 1:
                found.append(index)
            last = number
        return found


Make = Callable[..., ImuRig]


def all_good(samples: list[Sample]) -> bool:
    return {sample.flags for sample in samples} == {Flag.GOOD}


def in_order(samples: list[Sample]) -> bool:
    return all(a.t_ns < b.t_ns for a, b in pairwise(samples))


def fail_burst(r: ImuRig, skipped: int, code: int, times: int) -> None:
    """Let transfers fail from a burst of the FIFO on, after so many bursts that do not."""
    original, left = r.driver._burst, skipped

    def burst(length: int) -> bytes:
        nonlocal left
        if not left:
            r.adapter.fail_next(code, times)
            r.driver._burst = original  # type: ignore[method-assign]
        left -= 1
        return original(length)

    r.driver._burst = burst  # type: ignore[method-assign]
