"""The driver of each IMU model, by name: the one place that knows all of them."""

from collections.abc import Callable

from hardware.clock import Clock
from hardware.fifo_imu import FifoImu
from hardware.i2c import I2cBus
from hardware.imu import ImuName
from hardware.lsm6dsox import Lsm6dsox
from hardware.mpu6050 import Mpu6050
from hardware.sensor import Channel


def open_imu(
    name: ImuName,
    bus: I2cBus,
    clock: Clock,
    *,
    address: int,
    rate_hz: int,
    channel: Channel,
    recover: Callable[[], None] | None = None,
) -> FifoImu:
    """Return the driver of this model; raises SettingError for a rate that it does not have."""
    if name == "lsm6dsox":
        return Lsm6dsox(bus, clock, address=address, rate_hz=rate_hz, channel=channel, recover=recover)
    return Mpu6050(bus, clock, address=address, rate_hz=rate_hz, channel=channel, model=name, recover=recover)
