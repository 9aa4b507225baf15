"""An I2C bus of the guest, /dev/i2c-1, with register-level chips on it: what a client sees of the kernel's i2c-dev.

A character device in user space (CUSE): this process answers the kernel's FUSE messages on /dev/cuse itself, so it
needs no library. Any program opens the bus and makes its ioctls as on a Raspberry Pi: I2C_SLAVE, I2C_FUNCS, I2C_SMBUS
(byte and block of registers), I2C_RDWR. A transfer takes the time that its bits take at 400 kHz. Errors are those of
i2c-bcm2835: an address that nobody acknowledges gives EREMOTEIO, a read that is not a transfer's last message
EOPNOTSUPP.

Commands on standard input, a line each: `fail ERRNO TIMES` (the next transfers fail), `brown-out` (the chip loses its
settings), `count` (answers on standard output with the number of samples the chip has taken since it was switched on),
`step-on T_NS` (with --motion deck: somebody does). Ends when standard input is closed.
Not modelled: clock stretching, a second master, 10-bit addresses, the other SMBus transactions (EOPNOTSUPP).
"""

import argparse
import ctypes
import errno
import os
import select
import struct
import sys
import time
from collections.abc import Callable

from hardware.clock import MonotonicClock
from hardware.imu import IMU_MODELS
from hardware.lsm6dsox import DEFAULT_ADDRESS
from hardware.virtual.lsm6dsox import Motion, VirtualLsm6dsox
from tests.virtual_pi.recorded_person import deck_under, recorded_person, step_on

# linux/fuse.h: opcodes and structures of the protocol, version 7.12 or later
CUSE_INIT, OPEN, RELEASE, FLUSH, INTERRUPT, IOCTL = 4096, 14, 18, 25, 36, 39
UNRESTRICTED_IOCTL = 1
IOCTL_RETRY = 4
_REQUEST = struct.Struct("<IIQQIIII")  # len, opcode, unique, nodeid, uid, gid, pid, padding
_REPLY = struct.Struct("<IiQ")  # len, error, unique
_IOCTL_IN = struct.Struct("<QIIQII")  # fh, flags, cmd, arg, in_size, out_size
_IOCTL_OUT = struct.Struct("<iIII")  # result, flags, in_iovs, out_iovs
_IOVEC = struct.Struct("<QQ")

# linux/i2c-dev.h, linux/i2c.h
I2C_RETRIES, I2C_TIMEOUT, I2C_SLAVE, I2C_FUNCS = 0x0701, 0x0702, 0x0703, 0x0705
I2C_SLAVE_FORCE, I2C_RDWR, I2C_SMBUS = 0x0706, 0x0707, 0x0720
FUNCS = 0x0C180001  # I2C, SMBus byte data both ways, I2C blocks both ways
_SMBUS_BYTES = {2: 1, 8: 34}  # size of the data for BYTE_DATA and I2C_BLOCK_DATA
_SMBUS_BLOCK = 8
_READ = 1
_MSG = struct.Struct("<HHHxxQ")
_SMBUS_IN = struct.Struct("<BBxxIQ")
_RDWR_IN = struct.Struct("<QIxxxx")
MOST_MESSAGES = 42

BIT_NS = 2_500  # 400 kHz
_MCL_CURRENT, _MCL_FUTURE = 1, 2
FIFO_PRIORITY = 60  # hardware does not wait for programs: above the acquisition's 50
_STEP_ON_NS = 500_000_000_000  # on the person's own clock

Buffer = tuple[int, int]  # address in the client, length


class _WantsBuffersError(Exception):
    """The kernel must first copy these from the client, and know where to copy the answer to."""

    def __init__(self, ins: list[Buffer], outs: list[Buffer]) -> None:
        super().__init__()
        self.ins, self.outs = ins, outs


class Bus:
    """The transfers: bytes to and from the chips, failures to order, and the time it all takes."""

    def __init__(self, chips: dict[int, VirtualLsm6dsox]) -> None:
        self.chips = chips
        self.failures: list[int] = []

    def transfer(self, messages: list[tuple[int, bytes | int]], began_ns: int) -> bytes:
        """Do a combined transfer of `(address, bytes to write or number to read)`; return what was read.

        Takes as long as the bits take since `began_ns`, when the client asked for it.
        """
        if self.failures:
            raise OSError(self.failures.pop(0), "as ordered")
        read = b""
        bits = 1
        for address, what in messages:
            chip = self.chips.get(address)
            if chip is None:
                raise OSError(errno.EREMOTEIO, "nobody acknowledges")
            if isinstance(what, bytes):
                chip.write(what)
                length = len(what)
            else:
                read += chip.read(what)
                length = what
            bits += 1 + 9 * (1 + length)
        left_ns = began_ns + bits * BIT_NS - time.monotonic_ns()
        if left_ns > 0:
            time.sleep(left_ns / 1e9)
        return read


class Device:
    """The character device: what i2c-dev does with each ioctl."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._addresses: dict[int, int] = {}  # file handle -> address that I2C_SLAVE chose
        self._began_ns = 0

    def ioctl(self, handle: int, request: int, argument: int, data: bytes, out_size: int) -> tuple[int, bytes]:
        """Return `(result, bytes for the client)`; raises OSError, or _WantsBuffersError and is then called again."""
        if not data:
            self._began_ns = time.monotonic_ns()  # what follows only fetches the rest of the same request
        if request in (I2C_SLAVE, I2C_SLAVE_FORCE):
            self._addresses[handle] = argument
            return 0, b""
        if request in (I2C_TIMEOUT, I2C_RETRIES):
            return 0, b""  # of a bus on which nothing stretches or is held
        if request == I2C_FUNCS:
            if out_size < 8:
                raise _WantsBuffersError([], [(argument, 8)])
            return 0, struct.pack("<Q", FUNCS)
        if request == I2C_SMBUS:
            return self._smbus(handle, argument, data)
        if request == I2C_RDWR:
            return self._combined(argument, data, out_size)
        raise OSError(errno.ENOTTY, "no such request")

    def _smbus(self, handle: int, argument: int, data: bytes) -> tuple[int, bytes]:
        head = (argument, _SMBUS_IN.size)
        if len(data) < _SMBUS_IN.size:
            raise _WantsBuffersError([head], [])
        reads, register, kind, pointer = _SMBUS_IN.unpack_from(data)
        size = _SMBUS_BYTES.get(kind)
        if size is None:
            raise OSError(errno.EOPNOTSUPP, "no such SMBus transaction")
        if len(data) < _SMBUS_IN.size + size:
            raise _WantsBuffersError([head, (pointer, size)], [(pointer, size)] if reads else [])
        address = self._addresses.get(handle, 0)
        payload = data[_SMBUS_IN.size :]
        length = payload[0] if kind == _SMBUS_BLOCK else size
        if not reads:
            written = payload[1 : 1 + length] if kind == _SMBUS_BLOCK else payload
            self._bus.transfer([(address, bytes([register]) + written)], self._began_ns)
            return 0, b""
        read = self._bus.transfer([(address, bytes([register])), (address, length)], self._began_ns)
        return 0, (bytes([length]) + read).ljust(size, b"\0") if kind == _SMBUS_BLOCK else read

    def _combined(self, argument: int, data: bytes, out_size: int) -> tuple[int, bytes]:
        head = (argument, _RDWR_IN.size)
        if len(data) < _RDWR_IN.size:
            raise _WantsBuffersError([head], [])
        pointer, count = _RDWR_IN.unpack_from(data)
        if count > MOST_MESSAGES:
            raise OSError(errno.EINVAL, "too many messages")
        at = _RDWR_IN.size + count * _MSG.size
        table = (pointer, count * _MSG.size)
        if len(data) < at:
            raise _WantsBuffersError([head, table], [])
        messages = list(_MSG.iter_unpack(data[_RDWR_IN.size : at]))
        if any(flags & _READ for _, flags, _, _ in messages[:-1]):
            raise OSError(errno.EOPNOTSUPP, "only one read message supported, has to be last")
        ins = [(buffer, length) for _, flags, length, buffer in messages if not flags & _READ]
        outs = [(buffer, length) for _, flags, length, buffer in messages if flags & _READ]
        if len(data) < at + sum(length for _, length in ins) or (outs and not out_size):
            raise _WantsBuffersError([head, table, *ins], outs)
        steps: list[tuple[int, bytes | int]] = []
        for address, flags, length, _ in messages:
            if flags & _READ:
                steps.append((address, length))
            else:
                steps.append((address, data[at : at + length]))
                at += length
        return count, self._bus.transfer(steps, self._began_ns)


class Server:
    """The FUSE protocol around the device."""

    def __init__(self, name: str, device: Device) -> None:
        self._name = name
        self._device = device
        self._next_handle = 1
        self.fd = os.open("/dev/cuse", os.O_RDWR)

    def serve_one(self) -> None:
        """Read one message of the kernel and answer it."""
        message = os.read(self.fd, 1 << 17)
        length, operation, unique, *_ = _REQUEST.unpack_from(message)
        body = message[_REQUEST.size : length]
        if operation == IOCTL:
            self._ioctl(unique, body)
        elif operation == CUSE_INIT:
            limits = struct.pack("<IIIIIIII", 7, 38, 0, UNRESTRICTED_IOCTL, 65536, 65536, 0, 0)
            self._answer(unique, limits + bytes(40) + f"DEVNAME={self._name}\0".encode())
        elif operation == OPEN:
            self._answer(unique, struct.pack("<QII", self._next_handle, 0, 0))
            self._next_handle += 1
        elif operation in (RELEASE, FLUSH):
            self._answer(unique)
        elif operation != INTERRUPT:  # which wants no answer
            self._answer(unique, error=errno.ENOSYS)

    def _ioctl(self, unique: int, body: bytes) -> None:
        handle, _, request, argument, in_size, out_size = _IOCTL_IN.unpack_from(body)
        data = body[_IOCTL_IN.size : _IOCTL_IN.size + in_size]
        try:
            result, read = self._device.ioctl(handle, request, argument, data, out_size)
        except _WantsBuffersError as wants:
            vectors = b"".join(_IOVEC.pack(*each) for each in (*wants.ins, *wants.outs))
            self._answer(unique, _IOCTL_OUT.pack(0, IOCTL_RETRY, len(wants.ins), len(wants.outs)) + vectors)
        except OSError as error:
            self._answer(unique, error=error.errno or errno.EIO)
        else:
            self._answer(unique, _IOCTL_OUT.pack(result, 0, 0, 0) + read)

    def _answer(self, unique: int, payload: bytes = b"", error: int = 0) -> None:
        os.write(self.fd, _REPLY.pack(_REPLY.size + len(payload), -error, unique) + payload)


def counting_motion() -> Motion:
    """Return a motion whose samples carry their own number: low 15 bits in x, the rest in y; z is at rest."""
    taken = 0
    model = IMU_MODELS["lsm6dsox"]
    g, dps = model.accel_mg_per_lsb * 1e-3, model.gyro_mdps_per_lsb * 1e-3

    def motion(t_ns: int) -> tuple[float, float, float, float, float, float]:
        nonlocal taken
        number, taken = taken, taken + 1
        x, y = (number & 0x7FFF), number >> 15
        return x * g, y * g, 1.0, x * dps, y * dps, 0.0

    return motion


class DeckMotion:
    """The motion of a deck that somebody steps on when told. Everything is made beforehand, so that the order costs
    this process nothing: it runs at a higher priority than the acquisition, as no hardware would.
    """

    def __init__(self, window_s: float) -> None:
        person = recorded_person()
        self._deck = deck_under(person)
        self._delay_ns = IMU_MODELS["lsm6dsox"].group_delay_ns
        self._stepped_on_ns: int | None = None
        step_on(person, _STEP_ON_NS, window_s)

    def step_on(self, t_ns: int) -> None:
        self._stepped_on_ns = t_ns

    def __call__(self, t_ns: int) -> tuple[float, float, float, float, float, float]:
        seen_ns = t_ns - self._delay_ns
        if self._stepped_on_ns is None:
            return self._deck.motion(seen_ns % _STEP_ON_NS)
        return self._deck.motion(seen_ns - self._stepped_on_ns + _STEP_ON_NS)


def serve(bus: int, motion: str, rate_error_ppm: int, window_s: float) -> None:
    """Serve until standard input is closed; says `ready` once clients may open the bus."""
    deck = DeckMotion(window_s)
    feels = counting_motion() if motion == "counting" else deck
    chip = VirtualLsm6dsox(MonotonicClock(), feels, rate_error_ppm=rate_error_ppm)
    adapter = Bus({DEFAULT_ADDRESS: chip})
    server = Server(f"i2c-{bus}", Device(adapter))

    commands: dict[str, Callable[[list[str]], None]] = {
        "fail": lambda words: adapter.failures.extend([int(words[0])] * int(words[1])),
        "brown-out": lambda words: chip.brown_out(),
        "count": lambda words: print(chip.samples, flush=True),
        "step-on": lambda words: deck.step_on(int(words[0])),
    }
    server.serve_one()  # the kernel introduces itself, and the device appears
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
    # a page that has to come from the host would take no end of guest time: have everything here before the start
    ctypes.CDLL(None).mlockall(_MCL_CURRENT | _MCL_FUTURE)
    print("ready", flush=True)
    while True:
        readable, _, _ = select.select([server.fd, sys.stdin], [], [])
        if server.fd in readable:
            server.serve_one()
        if sys.stdin in readable:
            words = sys.stdin.readline().split()
            if not words:
                return
            commands[words[0]](words[1:])


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bus", type=int, default=1)
    arguments.add_argument("--motion", choices=("counting", "deck"), required=True)
    arguments.add_argument("--rate-error-ppm", type=int, default=0)
    arguments.add_argument("--window-s", type=float, default=10.0, help="of the person who steps on")
    serve(**vars(arguments.parse_args()))
