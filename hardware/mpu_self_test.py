"""What the self-test of an MPU-6050 or MPU-6500 must show: the limits of each axis from the chip's own factory trim.

The maker measured at the end of production by how much each axis moves and stored that as a code in the chip; the
self-test passes while the axis still moves by about as much. A code of 0 means that nothing was stored (clones): then
only the limits hold that every chip keeps.

Sources: MPU-6050 register map RM-MPU-6000A-00 rev 4.2, section "Self Test Registers" (codes, formulas, 14 %);
MPU-6500: the maker's note AN-MPU-6500A-02 as in their Linux driver inv_mpu (2620 * 1.01^(code - 1), half to one and a
half of it; without codes 225-675 mg and 60 deg/s at least); without codes on the MPU-6050: 300-950 mg and 10-105 deg/s
of the same driver.
"""

from abc import ABC, abstractmethod
from typing import Final, Literal

from hardware.imu import Limits

MpuName = Literal["mpu6050", "mpu6500"]
AxisLimits = tuple[Limits, Limits, Limits]
RANGE_DPS: Final = 250.0  # of the gyroscope during the test: no axis can show more


class MpuSelfTest(ABC):
    """How one model is tested: gyroscope at +-250 deg/s, accelerometer at the range of its formula.

    accel_range_bits: for ACCEL_CONFIG; code_registers: where the codes are; `limits` takes them in that order.
    """

    accel_range_bits: int
    accel_mg_per_lsb: float
    code_registers: tuple[int, ...]
    gyro_dps_per_lsb: float = 1 / 131

    @abstractmethod
    def limits(self, codes: bytes) -> tuple[AxisLimits, AxisLimits]:
        """Return (lowest, highest) of each axis: accelerometer in mg, gyroscope in deg/s."""


class _Mpu6050Test(MpuSelfTest):
    accel_range_bits = 0x10  # +-8 g
    accel_mg_per_lsb = 1000 / 4096
    code_registers = (0x0D, 0x0E, 0x0F, 0x10)

    def limits(self, codes: bytes) -> tuple[AxisLimits, AxisLimits]:
        x, y, z, low = codes
        accel = (x >> 3 & 0x1C | low >> 4 & 3, y >> 3 & 0x1C | low >> 2 & 3, z >> 3 & 0x1C | low & 3)
        gyro = (x & 0x1F, y & 0x1F, z & 0x1F)
        ax, ay, az = (_around(accel_trim_6050_mg(code), (300.0, 950.0)) for code in accel)
        gx, gy, gz = (_around(gyro_trim_6050_dps(code), (10.0, 105.0)) for code in gyro)
        return (ax, ay, az), (gx, (-gy[1], -gy[0]), gz)  # y moves the other way


class _Mpu6500Test(MpuSelfTest):
    accel_range_bits = 0x00  # +-2 g
    accel_mg_per_lsb = 1000 / 16384
    code_registers = (0x0D, 0x0E, 0x0F, 0x00, 0x01, 0x02)

    def limits(self, codes: bytes) -> tuple[AxisLimits, AxisLimits]:
        ax, ay, az = (_half_to_more(trim_6500(code) * self.accel_mg_per_lsb, (225.0, 675.0)) for code in codes[:3])
        gx, gy, gz = (
            (_half_to_more(trim_6500(code) * self.gyro_dps_per_lsb, (60.0, RANGE_DPS))[0], RANGE_DPS)
            for code in codes[3:]
        )
        return (ax, ay, az), (gx, gy, gz)


SELF_TESTS: Final[dict[MpuName, MpuSelfTest]] = {"mpu6050": _Mpu6050Test(), "mpu6500": _Mpu6500Test()}


def accel_trim_6050_mg(code: int) -> float:
    """Return by how much an accelerometer axis moved in the factory, mg; 0 when that was not stored."""
    return 340.0 * (0.92 / 0.34) ** ((code - 1) / 30) if code else 0.0


def gyro_trim_6050_dps(code: int) -> float:
    """Return by how much a gyroscope axis moved in the factory, deg/s (y: in the other direction); 0: not stored."""
    return 25.0 * 1.046 ** (code - 1) if code else 0.0


def trim_6500(code: int) -> float:
    """Return by how many counts an axis moved in the factory, at +-2 g or +-250 deg/s; 0: not stored."""
    return 2620.0 * 1.01 ** (code - 1) if code else 0.0


def _around(trim: float, without: Limits) -> Limits:
    return (0.86 * trim, 1.14 * trim) if trim else without


def _half_to_more(trim: float, without: Limits) -> Limits:
    return (0.5 * trim, 1.5 * trim) if trim else without
