"""What a register driver needs from an I2C bus, and how a failed transfer is tried again and then reported.

The bus is smbus2's `SMBus`, opened by the caller and handed in; the virtual one is `hardware.virtual.i2c.VirtualSMBus`.
"""

import errno
import os
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from smbus2 import i2c_msg

from hardware.errors import BusError

_T = TypeVar("_T")

ATTEMPTS: Final = 3

# What Linux adapters report, and what a person can do about it. i2c-bcm2835 (Pi 1-4) says EREMOTEIO for a missing
# acknowledge; DesignWare (Pi 5) says ENXIO or EIO.
_NO_ANSWER: Final = "no acknowledge: check power, SDA/SCL wiring, cable length (30 cm at most) and the address jumper"
ADVICE: Final = {
    errno.EREMOTEIO: _NO_ANSWER,
    errno.ENXIO: _NO_ANSWER,
    errno.EIO: _NO_ANSWER,
    errno.ETIMEDOUT: "SDA or SCL is held low: power the sensor off and on, then look for a short or a second master",
    errno.EAGAIN: "lost arbitration: something else drives this bus",
    errno.EBUSY: "a kernel driver holds this address: unload it or remove its overlay",
    errno.EOPNOTSUPP: "this adapter cannot do combined transfers (I2C_RDWR): use a hardware I2C bus",
    errno.ENODEV: "the adapter is gone: check that I2C is enabled (dtparam=i2c_arm=on)",
}


class I2cBus(Protocol):
    """The part of `smbus2.SMBus` that drivers use. Each call raises OSError when the transfer fails."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Do one combined transfer."""

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        """Return one register."""

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        """Write one register."""


def with_attempts(transfer: Callable[[], _T], address: int, doing: str, count_error: Callable[[], None]) -> _T:
    """Return what `transfer` returns, trying up to three times; `count_error` is called for each failure.

    Raises BusError with the errno of the last failure, the address, what was being done, and what to do.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return transfer()
        except OSError as error:
            count_error()
            if attempt == ATTEMPTS:
                code = error.errno or errno.EIO
                advice = ADVICE.get(code, "see the kernel log (dmesg)")
                message = f"I2C address 0x{address:02x}, {doing}, {ATTEMPTS} attempts: {os.strerror(code)}; {advice}"
                raise BusError(code, message) from error
    raise AssertionError("unreachable")
