"""The virtual chip of each IMU model, by name."""

from hardware.clock import Clock
from hardware.imu import ImuName
from hardware.virtual.imu_chip import Motion, VirtualImuChip
from hardware.virtual.lsm6dsox import VirtualLsm6dsox
from hardware.virtual.mpu6050 import VirtualMpu6050


def virtual_imu(name: ImuName, clock: Clock, motion: Motion, *, rate_error_ppm: int = 0) -> VirtualImuChip:
    """Return a chip of this model as it is after power-up."""
    if name == "lsm6dsox":
        return VirtualLsm6dsox(clock, motion, rate_error_ppm=rate_error_ppm)
    return VirtualMpu6050(clock, motion, model=name, rate_error_ppm=rate_error_ppm)
