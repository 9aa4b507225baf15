"""A virtual I2C bus under the real smbus2: its calls, its ctypes structures and its ioctl, with a chip model behind.

`VirtualSMBus(adapter)` is an `smbus2.SMBus` whose file descriptor belongs to a model. smbus2 calls `ioctl` from its
own module; while at least one virtual bus is open that name points at a dispatcher, which sends the descriptors of
virtual buses to their adapters and every other one to the kernel. So virtual and real buses work side by side, and
after the last virtual bus is closed smbus2 is as it was.

Modelled: combined transfers, single bytes and blocks of registers, with the errno values of i2c-dev on a Raspberry Pi;
and that i2c-bcm2835 (Pi 1-4) takes one read in a combined transfer, as its last message (else EOPNOTSUPP).
Not modelled: the time a transfer takes, clock stretching, the other SMBus transactions (EOPNOTSUPP), error codes (PEC).
"""

import ctypes
import errno
import os
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final

import smbus2.smbus2 as smbus2_module
from smbus2 import I2cFunc

from hardware.clock import Clock
from hardware.i2c import NOT_ACKNOWLEDGED, TIMEOUT_NS, I2cPort

_MAX_MESSAGES: Final = 42  # I2C_RDWR_IOCTL_MAX_MSGS in linux/i2c-dev.h
_MAX_MESSAGE_BYTES: Final = 8192
_READ: Final = smbus2_module.I2C_M_RD
_I2C_MSG: Final = struct.Struct("@HHHP")  # addr, flags, len, buf of struct i2c_msg in linux/i2c.h, native alignment
assert _I2C_MSG.size == ctypes.sizeof(smbus2_module.i2c_msg)


class I2cChip(ABC):
    """A chip as its bus sees it: bytes after its write address, bytes after its read address."""

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Take the bytes of one write: the register address and what is written from there on."""

    @abstractmethod
    def read(self, length: int) -> bytes:
        """Return so many bytes from where the chip's register pointer stands."""


class VirtualAdapter:
    """One bus with its chips by 7-bit address, and what can go wrong on it.

    clock: if given, a transfer on a bus that is held takes the adapter's time-out, as a real one does. `transfers`
    counts ioctls.
    """

    def __init__(self, chips: Mapping[int, I2cChip], clock: Clock | None = None) -> None:
        self.chips = dict(chips)
        self.transfers = 0
        self._clock = clock
        self._failures: list[int] = []
        self._held = False
        self._held_until_ns: int | None = None

    def fail_next(self, error: int, times: int = 1) -> None:
        """Let the next transfers fail with this errno.

        EREMOTEIO, ENXIO: no acknowledge, no byte was moved. Any other (ETIMEDOUT, EIO): the transfer breaks off in the
        middle of its first read, so that a FIFO has given bytes that nobody got.
        """
        self._failures += [error] * times

    def hold(self, until_ns: int | None = None) -> None:
        """Hold a line low, so that every transfer times out.

        None: a chip holds SDA in mid-byte, until `nine_clocks`. A time: a short or a second master, which passes then,
        and which clocks do not help; needs the clock.
        """
        self._held, self._held_until_ns = True, until_ns

    def nine_clocks(self) -> None:
        """Clock SCL nine times and send a STOP, as a `recover` of `hardware.i2c` would: frees a chip that holds SDA."""
        self._held = self._held and self._held_until_ns is not None

    def chip(self, address: int) -> I2cChip:
        """Return the chip that acknowledges this address; raises OSError EREMOTEIO, as i2c-bcm2835 does, for none."""
        try:
            return self.chips[address]
        except KeyError:
            raise _os_error(errno.EREMOTEIO) from None

    def begin(self) -> OSError | None:
        """Count one transfer; raises the failure that is due, or returns it if it shows in the middle only."""
        self.transfers += 1
        if self._held:
            now_ns = self._clock.now_ns() if self._clock is not None else 0
            if self._held_until_ns is None or now_ns < self._held_until_ns:
                if self._clock is not None:
                    self._clock.sleep_until_ns(now_ns + TIMEOUT_NS)
                raise _os_error(errno.ETIMEDOUT)
            self._held = False
        if not self._failures:
            return None
        error = _os_error(self._failures.pop(0))
        if error.errno in NOT_ACKNOWLEDGED:
            raise error
        return error


class VirtualSMBus(I2cPort):
    """An `I2cPort` on a virtual adapter; open from construction until `close`."""

    def __init__(self, adapter: VirtualAdapter) -> None:
        self._adapter = adapter
        super().__init__(0)

    def open(self, bus: int | str) -> None:  # noqa: ARG002
        """Open the adapter (the bus number says nothing here)."""
        # a real descriptor of nothing: unique in the process, and smbus2 closes it as it would the real one
        self.fd = os.open(os.devnull, os.O_RDWR)
        _attach(self.fd, self._adapter)
        supported = ctypes.c_ulong()
        vars(smbus2_module)["ioctl"](self.fd, smbus2_module.I2C_FUNCS, supported)
        self.funcs = I2cFunc(supported.value)

    def close(self) -> None:
        """Close the bus. Safe to call twice."""
        if self.fd:
            _detach(self.fd)
        super().close()


class _Handle:
    """One open descriptor: an adapter and the address that I2C_SLAVE chose."""

    def __init__(self, adapter: VirtualAdapter) -> None:
        self.adapter = adapter
        self.address = 0

    def ioctl(self, request: int, argument: Any) -> int:
        if request == smbus2_module.I2C_RDWR:
            self._combined(argument)
        elif request == smbus2_module.I2C_SMBUS:
            self._smbus(argument)
        elif request in (smbus2_module.I2C_SLAVE, smbus2_module.I2C_SLAVE_FORCE):
            self.address = argument
        elif request == smbus2_module.I2C_FUNCS:
            argument.value = int(I2cFunc.I2C | I2cFunc.SMBUS_BYTE_DATA | I2cFunc.SMBUS_I2C_BLOCK)
        else:
            raise _os_error(errno.ENOTTY)
        return 0

    def _combined(self, transfer: Any) -> None:
        adapter = self.adapter
        broken = adapter.begin()
        count = transfer.nmsgs
        if count > _MAX_MESSAGES:
            raise _os_error(errno.EINVAL)
        # the array of struct i2c_msg as the kernel sees it: several times faster than field by field
        messages = list(_I2C_MSG.iter_unpack(ctypes.string_at(transfer.msgs, count * _I2C_MSG.size)))
        if any(flags & _READ for _, flags, _, _ in messages[:-1]):
            raise _os_error(errno.EOPNOTSUPP)
        for address, flags, length, buffer in messages:
            if length > _MAX_MESSAGE_BYTES:
                raise _os_error(errno.EINVAL)
            chip = adapter.chip(address)
            if broken is not None and flags & _READ:
                chip.read(length // 2)
                raise broken
            if flags & _READ:
                ctypes.memmove(buffer, chip.read(length), length)
            else:
                chip.write(ctypes.string_at(buffer, length))
        if broken is not None:
            raise broken

    def _smbus(self, transfer: Any) -> None:
        broken = self.adapter.begin()
        if broken is not None:
            raise broken
        chip = self.adapter.chip(self.address)
        data = transfer.data.contents
        reads = transfer.read_write == smbus2_module.I2C_SMBUS_READ
        if transfer.size == smbus2_module.I2C_SMBUS_BYTE_DATA:
            if reads:
                chip.write(bytes([transfer.command]))
                data.byte = chip.read(1)[0]
            else:
                chip.write(bytes([transfer.command, data.byte]))
        elif transfer.size == smbus2_module.I2C_SMBUS_I2C_BLOCK_DATA:
            length = data.block[0]
            if reads:
                chip.write(bytes([transfer.command]))
                data.block[1 : length + 1] = list(chip.read(length))
            else:
                chip.write(bytes([transfer.command, *data.block[1 : length + 1]]))
        else:
            raise _os_error(errno.EOPNOTSUPP)


_handles: dict[int, _Handle] = {}
_lock = threading.Lock()
_kernel_ioctl: Callable[..., Any] = vars(smbus2_module)["ioctl"]


def _dispatch(fd: int, request: int, argument: Any = 0, *rest: Any) -> Any:
    handle = _handles.get(fd)
    if handle is None:
        return _kernel_ioctl(fd, request, argument, *rest)
    return handle.ioctl(request, argument)


def _attach(fd: int, adapter: VirtualAdapter) -> None:
    global _kernel_ioctl
    with _lock:
        if not _handles:
            _kernel_ioctl = vars(smbus2_module)["ioctl"]
            vars(smbus2_module)["ioctl"] = _dispatch
        _handles[fd] = _Handle(adapter)


def _detach(fd: int) -> None:
    with _lock:
        if _handles.pop(fd, None) is not None and not _handles:
            vars(smbus2_module)["ioctl"] = _kernel_ioctl


def _os_error(code: int) -> OSError:
    return OSError(code, os.strerror(code))
