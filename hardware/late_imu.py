"""An IMU that may not be there yet: its driver is made when the chip first answers, and asked for until then.

A driver sets its chip up when it is made, so it cannot be made for a chip that does not answer; but a deck without its
IMU still weighs, and a cable that is plugged in later should be enough. The set-up of a chip that comes late takes some
30 ms of the thread that reads the load cells, once; what that costs them is flagged.
"""

import logging
from collections.abc import Callable
from typing import Final

from hardware.clock import Clock
from hardware.errors import BusError, CorruptFrameError, HardwareError, WaitTimeoutError
from hardware.imu import Imu, ImuCounters, ImuModel, SelfTest
from hardware.sensor import Channel, Sample

ASK_AGAIN_NS: Final = 5_000_000_000

log = logging.getLogger(__name__)


class LateImu(Imu):
    """Whatever `make` makes, as soon as it can. What `make` raises for a wrong setting is raised at once."""

    def __init__(self, channel: Channel, model: ImuModel, make: Callable[[], Imu], clock: Clock) -> None:
        self.channel = channel
        self.model = model
        self.counters = ImuCounters()
        self._make = make
        self._clock = clock
        self._imu: Imu | None = None
        self._missing: HardwareError | None = None
        self._ask_ns = clock.now_ns()
        try:
            self._there()
        except (BusError, CorruptFrameError, WaitTimeoutError) as error:
            log.warning("%s has no IMU yet, it is asked again every 5 s: %s", channel.label, error)

    @property
    def rate_hz(self) -> float | None:
        """Return the measured samples per second; None before it is known."""
        return None if self._imu is None else self._imu.rate_hz

    def configure(self) -> None:
        """Set the chip up anew; raises what its driver raises."""
        self._there().configure()

    def drain(self) -> list[Sample]:
        """Return what the chip's FIFO holds; raises the last failure at once until the chip is asked again."""
        return self._there().drain()

    def self_test(self) -> SelfTest:
        """Run the chip's self-test; raises what its driver raises."""
        return self._there().self_test()

    def _there(self) -> Imu:
        if self._imu is not None:
            return self._imu
        now_ns = self._clock.now_ns()
        if self._missing is not None and now_ns < self._ask_ns:
            raise self._missing.with_traceback(None)
        try:
            self._imu = self._make()
        except (BusError, CorruptFrameError, WaitTimeoutError) as error:
            self._missing = error
            self._ask_ns = now_ns + ASK_AGAIN_NS
            raise
        self.counters = self._imu.counters
        return self._imu
