"""What a register driver needs from an I2C bus, and how a failed transfer is tried again and then reported.

The bus is an `I2cPort`, opened by the caller and handed in; the virtual one is `hardware.virtual.i2c.VirtualSMBus`.

Set the bus to 400 kHz (`dtparam=i2c_arm_baudrate=400000` in config.txt; the Pi's own default is 100 kHz). An LSM6DSOX
at 208 Hz with timestamps needs 12 % of 400 kHz and 47 % of 100 kHz, an MPU at 200 Hz 6 % and 24 %; two IMUs add up,
and the load cells wait while the bus is read.

When a bus hangs. A chip that lost a clock pulse in mid-byte holds SDA low and waits for clocks; the adapter then
reports ETIMEDOUT for ever. What the code can do on a Raspberry Pi is to wait, open the bus again and try again: that
helps when the cause passes (a bad contact, a second master). Freeing the chip takes nine clocks on SCL, and the
adapters do not send them; user space could only by switching both lines to GPIO, which nothing here does. So `recover`
is a hook: pass a function that clocks the lines, or that switches the sensor's supply off and on. Without one, the
sensor has to be powered off and on by hand, and the message says so.
"""

import errno
import fcntl
import os
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol, TypeVar

import msgspec
from smbus2 import SMBus, i2c_msg

from hardware.clock import Clock
from hardware.errors import BusError, CorruptFrameError
from hardware.imu import ImuCounters

_T = TypeVar("_T")

ATTEMPTS: Final = 3
BACK_OFF_NS: Final = (500_000, 1_000_000)
# No attempt starts later than this after the first. With the adapter's time-out a `drain` so ends within 50 ms.
RETRY_WITHIN_NS: Final = 15_000_000
# linux/i2c-dev.h, in units of 10 ms. The adapters' own default is 1 s, for which no load cell would be read. The
# longest burst here (240 bytes) takes 22 ms at 100 kHz.
_I2C_TIMEOUT: Final = 0x0702
TIMEOUT_NS: Final = 30_000_000
# The chip did not acknowledge: it has sent nothing, so nothing is gone from its FIFO.
NOT_ACKNOWLEDGED: Final = frozenset({errno.EREMOTEIO, errno.ENXIO})

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
    """The part of an `I2cPort` that drivers use. Each transfer raises OSError when it fails."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """Do one combined transfer."""

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        """Return one register."""

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        """Write one register."""

    def reopen(self) -> None:
        """Close the bus and open it again; whoever else holds this object goes on with the new descriptor."""


class I2cPort(SMBus):
    """An `smbus2.SMBus` with a short time-out, which knows what it opened and can open it again.

    bus: a number or a path, as `smbus2.SMBus` takes it. Raises OSError when there is no such bus.
    """

    def __init__(self, bus: int | str) -> None:
        self._opened = bus
        super().__init__(bus)

    def open(self, bus: int | str) -> None:
        """Open a bus and set the adapter's time-out."""
        super().open(bus)
        if self.fd is not None:
            try:
                fcntl.ioctl(self.fd, _I2C_TIMEOUT, TIMEOUT_NS // 10_000_000)
            except OSError:
                self.close()
                raise

    def reopen(self) -> None:
        """Close the bus and open it again."""
        self.close()
        self.open(self._opened)


class RegisterSetting(msgspec.Struct, frozen=True):
    """One register, its name in the data sheet, and the value it is given."""

    register: int
    name: str
    value: int


class I2cLink:
    """One chip's registers over a bus: transfers are tried again, counted, and reported in words.

    name: the chip's, for messages; recover: called before the bus is opened again after a failure (see above).
    """

    def __init__(
        self,
        bus: I2cBus,
        address: int,
        name: str,
        clock: Clock,
        counters: ImuCounters,
        recover: Callable[[], None] | None = None,
    ) -> None:
        self.address = address
        self.where = f"{name} at 0x{address:02x}"
        self.can_recover = recover is not None
        self._bus = bus
        self._clock = clock
        self._counters = counters
        self._recover = recover

    def at(self, register: int) -> i2c_msg:
        """Return the message that sets the chip's register pointer."""
        return i2c_msg.write(self.address, [register])

    def transfer(self, doing: str, *messages: i2c_msg) -> None:
        """Do register reads that may be repeated, where each begins (`at`) and its message in turns; raises BusError.

        Each is a transfer: i2c-bcm2835 (Pi 1-4) takes one read in a transfer, as its last message.
        """
        for at, data in zip(messages[::2], messages[1::2], strict=True):
            self._attempt(partial(self._bus.i2c_rdwr, at, data), doing)

    def transfer_fifo(self, doing: str, at: i2c_msg, data: i2c_msg) -> None:
        """Do a read that takes from a FIFO: repeated only if the chip has sent nothing yet."""
        self._attempt(partial(self._bus.i2c_rdwr, at, data), doing, repeat_only=NOT_ACKNOWLEDGED)

    def read(self, register: int, name: str) -> int:
        """Return one register; raises BusError."""
        return self._attempt(
            lambda: self._bus.read_byte_data(self.address, register), f"reading {name} (0x{register:02x})"
        )

    def write(self, register: int, name: str, value: int) -> None:
        """Write one register; raises BusError."""
        self._attempt(
            lambda: self._bus.write_byte_data(self.address, register, value), f"writing {name} (0x{register:02x})"
        )

    def expect(self, register: int, name: str, expected: int, advice: str) -> None:
        """Read one register; raises CorruptFrameError when it is not what it must be."""
        got = self.read(register, name)
        if got != expected:
            raise CorruptFrameError(
                f"{self.where}: {name} (0x{register:02x}) reads 0x{got:02x}, expected 0x{expected:02x}; {advice}"
            )

    def write_checked(self, setting: RegisterSetting) -> None:
        """Write one register and read it back; raises BusError, CorruptFrameError."""
        self.write(setting.register, setting.name, setting.value)
        self.expect(setting.register, setting.name, setting.value, "power the sensor off and on; check the wiring")

    def reopen(self) -> None:
        """Free the lines if somebody gave us a way to, and open the bus again; raises BusError."""
        if self._recover is not None:
            self._recover()
        self._attempt(self._bus.reopen, "opening the bus again")

    def _attempt(self, transfer: Callable[[], _T], doing: str, repeat_only: frozenset[int] | None = None) -> _T:
        start_ns = self._clock.now_ns()
        attempt = 1
        while True:
            try:
                return transfer()
            except OSError as error:
                self._counters.bus_errors += 1
                code = error.errno or errno.EIO
                now_ns = self._clock.now_ns()
                late = now_ns - start_ns > RETRY_WITHIN_NS
                if attempt == ATTEMPTS or late or (repeat_only is not None and code not in repeat_only):
                    attempts = "1 attempt" if attempt == 1 else f"{attempt} attempts"
                    advice = ADVICE.get(code, "see the kernel log (dmesg)")
                    message = f"{self.where}, {doing}, {attempts}: {os.strerror(code)}; {advice}"
                    raise BusError(code, message) from error
            self._clock.sleep_until_ns(now_ns + BACK_OFF_NS[attempt - 1])
            attempt += 1
