"""What the virtual IMUs share: registers behind a pointer, when samples are taken, what can be done from outside."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator
from typing import Final, Literal

from hardware.clock import Clock
from hardware.imu import ImuModel
from hardware.virtual.i2c import I2cChip

Motion = Callable[[int], tuple[float, float, float, float, float, float]]
Axis = Literal["ax", "ay", "az", "gx", "gy", "gz"]
AXES: Final[tuple[Axis, ...]] = ("ax", "ay", "az", "gx", "gy", "gz")
NEVER_NS: Final = 1 << 62
CHIP_TEMPERATURE_C: Final = 27.0  # a room of 22 degC, and what the chip and its board are above it


class VirtualImuChip(I2cChip):
    """One chip. motion: `t_ns -> (ax_g, ay_g, az_g, gx_dps, gy_dps, gz_dps)`, called once a sample, in time order.

    Sample n is taken at exactly `first_ns + n * period_ns`, from when the chip is switched on; `samples` counts them.
    clock: station time; rate_error_ppm: how much faster than nominal the chip runs; dead: axes that do not move in the
    self-test (they measure none the less: that is what makes the self-test worth its while). temperature_c: of the
    chip; may be set at any time.
    """

    def __init__(self, clock: Clock, motion: Motion, rate_error_ppm: int, dead: Collection[Axis]) -> None:
        self._clock = clock
        self._motion = motion
        self._speed = 1 + rate_error_ppm * 1e-6
        self._alive = tuple(0.0 if axis in dead else 1.0 for axis in AXES)
        self._frozen = False
        self.temperature_c = CHIP_TEMPERATURE_C
        self._felt: tuple[float, float, float, float, float, float] | None = None
        self._pointer = 0
        self._off()
        self._power_on()

    @property
    def first_ns(self) -> int | None:
        """When sample 0 since the chip was switched on was or will be taken, ns; None while it is off."""
        return self._first_ns

    @property
    def period_ns(self) -> int | None:
        """Time between samples, ns; None while the chip is off."""
        return self._period_ns if self._first_ns is not None else None

    def brown_out(self) -> None:
        """Lose power for a moment: every register and the FIFO are as after power-up; the bus notices nothing."""
        self._power_on()

    def freeze(self, on: bool) -> None:
        """Give the last sample again and again, at the chip's usual rate, until this is taken back."""
        self._catch_up()
        self._frozen = on

    def write(self, data: bytes) -> None:
        """Take a register address, and values for the registers from there on."""
        self._pointer = data[0] & 0x7F
        if len(data) == 1:
            return
        self._catch_up()
        for value in data[1:]:
            self._write_register(self._pointer, value)
            self._step()

    def read(self, length: int) -> bytes:
        """Return registers from the pointer on."""
        self._catch_up()
        out = bytearray()
        for _ in range(length):
            out.append(self._read_register(self._pointer))
            self._step()
        return bytes(out)

    def _temperature_counts(self, model: ImuModel) -> int:
        return round((self.temperature_c - model.temperature_at_0_c) * model.temperature_lsb_per_c)

    @abstractmethod
    def _power_on(self) -> None:
        """Bring every register and the FIFO to their state after power-up."""

    @abstractmethod
    def _write_register(self, register: int, value: int) -> None:
        """Do what writing this register does."""

    @abstractmethod
    def _read_register(self, register: int) -> int:
        """Do what reading this register does, and return its value."""

    @abstractmethod
    def _step(self) -> None:
        """Move the pointer on by one register."""

    @abstractmethod
    def _catch_up(self) -> None:
        """Take every sample that was due by now."""

    def _off(self) -> None:
        self._first_ns: int | None = None
        self._period_ns = 0
        self._due_ns = NEVER_NS
        self.samples = 0

    def _on(self, rate_hz: float) -> None:
        """Start sampling anew."""
        self._period_ns = round(1e9 / (rate_hz * self._speed))
        self._due_ns = self._first_ns = self._clock.now_ns() + self._period_ns
        self.samples = 0

    def _due(self) -> Iterator[tuple[int, tuple[float, float, float, float, float, float]]]:
        """Yield time and motion of each sample that was due by now and was not taken."""
        now_ns = self._clock.now_ns()
        first_ns, period_ns = self._first_ns, self._period_ns
        if now_ns < self._due_ns or first_ns is None:
            return
        due = (now_ns - first_ns) // period_ns + 1
        self._due_ns = first_ns + due * period_ns
        taken, self.samples = self.samples, due
        for t_ns in range(first_ns + taken * period_ns, self._due_ns, period_ns):
            if not self._frozen or self._felt is None:
                self._felt = self._motion(t_ns)
            yield t_ns, self._felt
