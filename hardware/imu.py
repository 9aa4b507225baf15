"""The IMU contract: what a driver promises, what the supported chips are, and what their numbers mean.

Drivers: `hardware.lsm6dsox` (reference), `hardware.mpu6050`; what they share is in `hardware.fifo_imu`. The station
never needs to know which one is fitted: a sample's raw counts mean what `IMU_MODELS[model]` says.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from hardware.errors import SettingError
from hardware.sensor import Channel, Sample

ImuName = Literal["lsm6dsox", "mpu6050", "mpu6500"]
TEMPERATURE_RANGE_C: Final = (-40.0, 85.0)  # in which every one of them works


class ImuModel(msgspec.Struct, frozen=True):
    """One kind of chip as it is set up here. Scales for ranges of +-4 g and +-500 deg/s.

    rates_hz: what it can be set to, the default first; addresses: what its address pin selects, low first;
    group_delay_ns: how long after the motion a sample of it is taken, from the chip's filter;
    temperature_at_0_c: what a temperature register of 0 means.
    """

    name: ImuName
    who_am_i: int
    accel_mg_per_lsb: float
    gyro_mdps_per_lsb: float
    rates_hz: tuple[int, ...]
    addresses: tuple[int, int]
    group_delay_ns: int
    temperature_lsb_per_c: float
    temperature_at_0_c: float

    def temperature_c(self, counts: int) -> float | None:
        """Return what a reading of the temperature register means, degC; None for what the sensor cannot measure."""
        lowest, highest = TEMPERATURE_RANGE_C
        celsius = counts / self.temperature_lsb_per_c + self.temperature_at_0_c
        return round(celsius, 2) if lowest <= celsius <= highest else None


# Data sheets: ST LSM6DSOX (sensitivities, table "Mechanical characteristics"); InvenSense MPU-6000/6050 and MPU-6500
# register maps (8192 LSB/g, 65.5 LSB/(deg/s), WHO_AM_I; DLPF_CFG 3 delays the accelerometer by 4.9 ms).
# The LSM6DSOX's delay is that of its anti-alias filter at ODR/2: about 1.5 samples of 208 Hz.
# Temperature: ST's lsm6dsox_reg.c; MPU-6000/6050 register map, registers 65 and 66; MPU-6500 data sheet. Linux
# (inv_mpu6050) takes the same figures for the MPUs.
IMU_MODELS: Final[dict[ImuName, ImuModel]] = {
    "lsm6dsox": ImuModel("lsm6dsox", 0x6C, 0.122, 17.5, (208, 104), (0x6A, 0x6B), 7_200_000, 256.0, 25.0),
    "mpu6050": ImuModel("mpu6050", 0x68, 1000 / 8192, 1000 / 65.5, (200, 100), (0x68, 0x69), 4_900_000, 340.0, 36.53),
    "mpu6500": ImuModel("mpu6500", 0x70, 1000 / 8192, 1000 / 65.5, (200, 100), (0x68, 0x69), 4_900_000, 333.87, 21.0),
}


def rate_for(name: ImuName, asked_hz: int | None) -> int:
    """Return the sample rate to set up, Hz: what was asked for, or the model's default.

    Raises SettingError naming the rates that the chip has.
    """
    rates_hz = IMU_MODELS[name].rates_hz
    if asked_hz is None:
        return rates_hz[0]
    if asked_hz not in rates_hz:
        raise SettingError(f"IMU rate {asked_hz} Hz: the {name} has {' or '.join(map(str, sorted(rates_hz)))} Hz")
    return asked_hz


class ImuCounters(msgspec.Struct):
    """What a driver has seen since it was made. All start at 0 and only grow.

    samples: delivered, flagged ones included; overruns: the chip's FIFO overflowed; gaps: how often samples are
    missing, for whatever reason; config_losses: the chip forgot its settings (brown-out) and was set up again; resets:
    the driver set it up again because it did not answer, gave nothing, or gave the same reading for a second; corrupt:
    what cannot be right (slots with bad parity or an unknown tag, a misaligned FIFO); torn: moments of which a part is
    missing; bus_errors: failed transfers, retried ones included; bus_recoveries: the bus works again after a `drain`
    that failed; frozen: samples that repeat the one before for the 8th time or more.
    """

    samples: int = 0
    overruns: int = 0
    gaps: int = 0
    config_losses: int = 0
    resets: int = 0
    corrupt: int = 0
    torn: int = 0
    bus_errors: int = 0
    bus_recoveries: int = 0
    frozen: int = 0


Axes = tuple[float, float, float]
Limits = tuple[float, float]


class SelfTest(msgspec.Struct, frozen=True):
    """The chip's own electrostatic self-test: how far each axis moved, and whether that is within the maker's limits.

    accel_mg, gyro_dps: the change on x, y, z; limits: (lowest, highest) for each axis, in the same units.
    """

    passed: bool
    accel_mg: Axes
    gyro_dps: Axes
    accel_limits_mg: tuple[Limits, Limits, Limits]
    gyro_limits_dps: tuple[Limits, Limits, Limits]

    @property
    def failures(self) -> tuple[str, ...]:
        """Return the axes that are outside their limits, in words; empty when the chip has passed."""
        return (
            *_outside("accelerometer", self.accel_mg, self.accel_limits_mg, "mg"),
            *_outside("gyroscope", self.gyro_dps, self.gyro_limits_dps, "deg/s"),
        )


def judge_self_test(
    accel_mg: Axes,
    gyro_dps: Axes,
    accel_limits_mg: tuple[Limits, Limits, Limits],
    gyro_limits_dps: tuple[Limits, Limits, Limits],
) -> SelfTest:
    """Return the verdict on what a self-test has measured."""
    result = SelfTest(True, accel_mg, gyro_dps, accel_limits_mg, gyro_limits_dps)
    return msgspec.structs.replace(result, passed=not result.failures)


def _outside(what: str, moved: Axes, limits: tuple[Limits, Limits, Limits], unit: str) -> Iterator[str]:
    for axis, value, (lowest, highest) in zip("xyz", moved, limits, strict=True):
        if not lowest <= value <= highest:
            yield f"{what} {axis} moved by {value:.0f} {unit}, expected {lowest:.0f} to {highest:.0f}"


class Imu(ABC):
    """One IMU, identified and reset when it is made, and set up as soon as it can be without waiting.

    A chip that does not answer yet is no error: `drain` says what is wrong, and sets it up as soon as it answers.

    A driver MUST read back every register that it writes, MUST notice when the chip has lost its settings and set it
    up again, MUST put samples on station time in time order, MUST flag the sample after anything that was lost, and
    MUST count what goes wrong in `counters`. It MUST NOT wait longer than 50 ms in `drain`: load cells are read by the
    same thread. It MAY return nothing.
    """

    channel: Channel
    model: ImuModel
    counters: ImuCounters

    @property
    @abstractmethod
    def rate_hz(self) -> float | None:
        """Return the measured samples per second; None before it is known."""

    @property
    @abstractmethod
    def temperature_c(self) -> float | None:
        """Return the temperature of the chip itself within the last second, degC; None while it gives none.

        Some degrees above its surroundings, with an offset of its own: good for change, not for absolute value.
        """

    @abstractmethod
    def configure(self) -> None:
        """Reset the chip and write every setting, reading each back. Samples in the FIFO are lost.

        Raises CorruptFrameError (identity, a register that reads back wrong), BusError, WaitTimeoutError.
        """

    @abstractmethod
    def drain(self) -> list[Sample]:
        """Return what the chip's FIFO holds, oldest first; raises HardwareError when the chip does not answer."""

    @abstractmethod
    def self_test(self) -> SelfTest:
        """Run the chip's self-test, some 0.7 s with the deck at rest, and set the chip up again as it was.

        Raises what `configure` raises, and WaitTimeoutError when no data come.
        """
