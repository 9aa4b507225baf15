"""What every IMU driver does around its chip's FIFO: the state machine, the flags that are due, and the frozen sensor.

    RESET --(the chip needs a while)--> SETTING_UP --> READING --(settings lost, 10 failures, silence)--> RESET

No step waits: a `drain` that has to wait for the chip returns nothing. After a `drain` that failed, the next one opens
the bus again first, and looks at the chip's settings before it believes what the FIFO holds.

A chip that does not answer is asked less often: the same thread reads the load cells, and each attempt on a bus that
is held costs the adapter's time-out. Ten times what a failure took is left to others. One that has never measured
anything may not be fitted, and is asked every 5 s: plugging it in is enough.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from enum import Enum
from typing import ClassVar, Final

import msgspec
from smbus2 import i2c_msg

from hardware.clock import Clock
from hardware.errors import BusError, HardwareError, SettingError, WaitTimeoutError
from hardware.i2c import I2cBus, I2cLink
from hardware.imu import IMU_MODELS, Axes, Imu, ImuCounters, ImuName, SelfTest
from hardware.sensor import Channel, Flag, Sample

Values = tuple[int, int, int, int, int, int]
Moment = tuple[int, Values]  # station time in ns, raw counts

WHOLE_FIFO: Final = 1 << 16
REST_FACTOR: Final = 10
FIRST_REST_NS: Final = 5_000_000_000  # while it has never measured anything
# By then no FIFO has bridged it: what is in the chip is old, and the chip itself is what is left to be tried.
RESET_AFTER_FAILURES: Final = 10
# A chip that answers, has its settings and measures nothing has hung.
SILENT_NS: Final = 500_000_000
# The slowest of the three: the LSM6DSOX's gyroscope needs up to 70 ms from power-down (ST AN5272, turn-on time),
# the MPU's 30 ms (data sheet, gyroscope start-up).
SETTLING_NS: Final = 80_000_000
# The quietest axis here has a noise of 2 counts rms (gyroscope, +-500 deg/s, 44-100 Hz), so that two samples agree in
# it one time in eight and in all six axes one time in a million or less. With five of six axes dead, eight in a row
# would come once in 2 million samples, three hours; with all six alive, never.
FROZEN_RUN: Final = 8
_POLL_NS: Final = 1_000_000
_DATA_WAIT_NS: Final = 200_000_000

_OVERRUN: Final = Flag.OVERRUN.value
_CONFIG_LOST: Final = Flag.CONFIG_LOST.value
_SETTLING: Final = Flag.SETTLING.value
_FROZEN: Final = Flag.FROZEN.value


def settling_samples(rate_hz: int) -> int:
    """Return how many samples after a set-up are flagged as settling."""
    return -(-SETTLING_NS * rate_hz // 1_000_000_000)


class _State(Enum):
    RESET = "reset"
    SETTING_UP = "setting up"
    READING = "reading"


class Fifo(msgspec.Struct, frozen=True):
    """Where a chip's FIFO is read, and in how many slots or packets of how many bytes at a time at most."""

    register: int
    unit_bytes: int
    most_units: int


class FifoImu(Imu):
    """A driver but for the chip, which MUST provide `_fifo` and the abstract methods below.

    bus: an open `I2cPort` (or a virtual one), which several drivers may share; recover: see `hardware.i2c`.
    Raises SettingError for a rate that the chip does not have.
    """

    _fifo: ClassVar[Fifo]

    def __init__(
        self,
        name: ImuName,
        bus: I2cBus,
        clock: Clock,
        address: int,
        rate_hz: int,
        channel: Channel,
        recover: Callable[[], None] | None,
    ) -> None:
        self.model = IMU_MODELS[name]
        if rate_hz not in self.model.rates_hz:
            rates = " or ".join(map(str, sorted(self.model.rates_hz)))
            raise SettingError(f"IMU rate {rate_hz!r} Hz: the {name} is set up for {rates} Hz")
        self.channel = channel
        self.counters = ImuCounters()
        self._clock = clock
        self._link = I2cLink(bus, address, name.upper(), clock, self.counters, recover)
        # messages are made once and their buffers used again: smbus2 spends most of its time on making them
        self._burst_start = self._link.at(self._fifo.register)
        self._bursts: dict[int, i2c_msg] = {}
        self._nominal_hz = rate_hz
        self._state = _State.RESET
        self._ready_ns = 0
        self._error: HardwareError | None = None
        self._failures = 0
        self._ask_again_ns = 0
        self._heard_ns = 0
        self._pending = 0  # flags that the next sample carries
        self._settling = 0  # samples that are still to be flagged so
        self._last_ns = -1
        self._last_values: Values | None = None
        self._run = 1  # how many samples in a row were the same
        self._temperature_c: float | None = None

    @property
    def temperature_c(self) -> float | None:
        """Return the temperature of the chip itself within the last second, degC; None while it gives none."""
        return self._temperature_c if self._state is _State.READING and self._error is None else None

    # --- what a chip's driver provides -------------------------------------------------------------------------------

    @abstractmethod
    def _reset(self) -> int:
        """Check the identity and start a reset; return after how many ns the chip can be set up."""

    @abstractmethod
    def _set_up(self) -> None:
        """Write every setting, reading each back, and start the FIFO and the time fit anew."""

    @abstractmethod
    def _settings_intact(self) -> bool:
        """Return whether the chip still has its settings."""

    @abstractmethod
    def _look_at_chip(self) -> int | None:
        """Return how many slots or packets the FIFO holds, none while it is in doubt; None when the settings are lost.

        Keeps the time fit and `_temperature_c`, which is read where the chip is looked at for its time.
        """

    @abstractmethod
    def _moments(self, data: bytes) -> Iterable[Moment]:
        """Return station time and values of each sample that is complete with this burst."""

    @abstractmethod
    def _test(self) -> SelfTest:
        """Run the self-test of a chip that was just reset; it is set up again afterwards."""

    # --- the state machine -------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Take the first steps when the driver is made; what fails is raised by `drain`, which tries again."""
        start_ns = self._clock.now_ns()
        try:
            self._brought_up()
        except HardwareError as error:
            self._take_failure(error, start_ns)

    def configure(self) -> None:
        """Reset the chip and write every setting, reading each back. Samples in the FIFO are lost.

        Raises CorruptFrameError (identity, a register that reads back wrong), BusError, WaitTimeoutError.
        """
        if self.counters.samples:
            self._samples_lost(_OVERRUN)
        self._state = _State.RESET
        self._start_reset()
        self._clock.sleep_until_ns(self._ready_ns)
        self._finish_set_up()

    def drain(self, most: int = WHOLE_FIFO) -> list[Sample]:
        """Return what the FIFO holds now, oldest first, on station time; often nothing.

        Call it about 20 times a second: the samples' times do not depend on it. most: slots (LSM6DSOX) or packets (MPU)
        of the FIFO, to bound the time on the bus; what is left waits in the chip. The first samples after a set-up
        carry SETTLING; samples that are missing show as OVERRUN, a set-up after a loss of power as CONFIG_LOST, on the
        one after them. Raises HardwareError when the chip does not answer, at once while it is left in peace.
        """
        start_ns = self._clock.now_ns()
        if self._error is not None and start_ns < self._ask_again_ns:
            raise self._error.with_traceback(None)
        try:
            samples = self._step(most, start_ns)
        except HardwareError as error:
            self._take_failure(error, start_ns)
            raise
        if self._error is not None:
            self.counters.bus_recoveries += isinstance(self._error, BusError)
            self._error = None
            self._failures = 0
        return samples

    def _step(self, most: int, now_ns: int) -> list[Sample]:
        if self._error is not None:
            self._link.reopen()
            if self._state is _State.READING and not self._settings_intact():
                self._settings_lost()
        if not self._brought_up():
            return []
        samples = self._read(most)
        if samples is None:
            self._settings_lost()
            self._brought_up()
            return []
        if samples:
            self._heard_ns = now_ns
            self.counters.samples += len(samples)
        if now_ns - self._heard_ns > SILENT_NS or self._run > self._nominal_hz:
            self._give_up_on_chip()
        return samples

    def _brought_up(self) -> bool:
        """Take the steps to READING that can be taken without waiting; return whether they were the last."""
        if self._state is _State.RESET:
            self._start_reset()
        if self._state is _State.SETTING_UP and self._clock.now_ns() >= self._ready_ns:
            self._finish_set_up()
        return self._state is _State.READING

    def _start_reset(self) -> None:
        self._ready_ns = self._reset() + self._clock.now_ns()
        self._state = _State.SETTING_UP

    def _finish_set_up(self) -> None:
        self._set_up()
        self._state = _State.READING
        self._heard_ns = self._clock.now_ns()
        self._temperature_c = None
        self._settling = settling_samples(self._nominal_hz)
        self._run = 1

    def _settings_lost(self) -> None:
        self.counters.config_losses += 1
        self._samples_lost(_CONFIG_LOST)
        self._state = _State.RESET

    def _give_up_on_chip(self) -> None:
        """Let the next `drain` reset a chip that answers but does not measure, or does not answer at all."""
        self.counters.resets += 1
        self._samples_lost(_OVERRUN)
        self._state = _State.RESET

    def _samples_lost(self, flag: int) -> None:
        self.counters.gaps += 1
        self._pending |= flag

    def _take_failure(self, error: HardwareError, start_ns: int) -> None:
        now_ns = self._clock.now_ns()
        self._error = error
        self._failures += 1
        rest_ns = REST_FACTOR * (now_ns - start_ns) if self.counters.samples else FIRST_REST_NS
        self._ask_again_ns = now_ns + rest_ns
        if self._state is _State.SETTING_UP:
            self._state = _State.RESET
        elif self._state is _State.READING and self._failures >= RESET_AFTER_FAILURES:
            self._give_up_on_chip()

    # --- samples -----------------------------------------------------------------------------------------------------

    def _read(self, most: int) -> list[Sample] | None:
        """Return what the FIFO holds, of `most` slots or packets at most; None when the settings are lost."""
        left = self._look_at_chip()
        if left is None:
            return None
        left = min(left, most)
        samples: list[Sample] = []
        while left > 0:
            units = min(left, self._fifo.most_units)
            try:
                data = self._burst(units)
            except BusError:
                if not samples:
                    raise
                break  # hand over what was read; if the bus stays bad, the next call says so
            samples += self._samples(self._moments(data))
            left -= units
        return samples

    def _burst(self, units: int) -> bytes:
        message = self._bursts.get(units)
        if message is None:
            message = self._bursts[units] = i2c_msg.read(self._link.address, self._fifo.unit_bytes * units)
        self._link.transfer_fifo("reading the FIFO", self._burst_start, message)
        return bytes(message)

    def _samples(self, moments: Iterable[Moment]) -> list[Sample]:
        """Return samples in time order, with the flags that are due. `moments` may set `_pending` as it goes."""
        channel, last_ns, last_values = int(self.channel), self._last_ns, self._last_values
        samples: list[Sample] = []
        for t_ns, values in moments:
            flags = self._pending
            if self._settling:
                self._settling -= 1
                flags |= _SETTLING
            if values == last_values:
                self._run += 1
                if self._run >= FROZEN_RUN:
                    self.counters.frozen += 1
                    flags |= _FROZEN
            else:
                self._run = 1
                last_values = values
            last_ns = t_ns if t_ns > last_ns else last_ns + 1  # a better fit may step back a little; samples may not
            samples.append(Sample(channel, flags, last_ns, values))
            self._pending = 0
        self._last_ns, self._last_values = last_ns, last_values
        return samples

    # --- self-test ---------------------------------------------------------------------------------------------------

    def self_test(self) -> SelfTest:
        """Run the chip's self-test, with the deck at rest, and set the chip up again as it was.

        Raises what `configure` raises, and WaitTimeoutError when no data come.
        """
        self._start_reset()
        self._clock.sleep_until_ns(self._ready_ns)
        try:
            return self._test()
        finally:
            self.configure()

    def _mean(self, count: int, ready: tuple[int, int], output: int, unpack: Callable[[bytes], Axes]) -> Axes:
        """Return the mean of `count` fresh readings of six bytes of output registers.

        ready: status register and the bit in it that says that there is a new reading. The first is left out: it may
        be from before the last change of settings.
        """
        data = i2c_msg.read(self._link.address, 6)
        sums = [0.0, 0.0, 0.0]
        for number in range(count + 1):
            deadline_ns = self._clock.now_ns() + _DATA_WAIT_NS
            while not self._link.read(ready[0], "status") & ready[1]:
                if self._clock.now_ns() > deadline_ns:
                    raise WaitTimeoutError(
                        f"{self._link.where}: no reading within {_DATA_WAIT_NS // 1_000_000} ms in the self-test; "
                        "power the sensor off and on"
                    )
                self._clock.sleep_until_ns(self._clock.now_ns() + _POLL_NS)
            self._link.transfer("reading the outputs", self._link.at(output), data)
            if number:
                sums = [total + value for total, value in zip(sums, unpack(bytes(data)), strict=True)]
        return sums[0] / count, sums[1] / count, sums[2] / count
