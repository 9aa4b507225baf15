"""The LSM6DSOX driver: accelerometer and gyroscope through the chip's FIFO over smbus2 (LSM6DSO has the same map).

The FIFO holds 512 tagged slots of 7 bytes: 0.8 s at 208 Hz, so a late reader loses nothing. `drain` empties it,
pairs the gyroscope, accelerometer and timestamp slots of one moment into one `Sample`, and puts it on station time.

What is checked: identity, every register read back after it is written, two configured registers four times a second
and whenever the FIFO is empty (a brown-out resets the chip silently: it still answers, and its FIFO stays empty), tag
parity, the tag counter that groups slots, and the distance between timestamps (lost samples).
Sources: ST data sheet of the LSM6DSOX, ST's lsm6dsox_reg.h.
"""

import struct
from collections.abc import Iterable
from typing import Final

import msgspec
from smbus2 import i2c_msg

from hardware.chip_time import ChipTime
from hardware.clock import Clock
from hardware.errors import BusError, CorruptFrameError, SettingError, WaitTimeoutError
from hardware.i2c import I2cBus, with_attempts
from hardware.sensor import Channel, Flag, Sample

ACCEL_MG_PER_LSB: Final = 0.122  # range +-4 g
GYRO_MDPS_PER_LSB: Final = 17.5  # range +-500 deg/s
TICK_NS: Final = 25_000
# One step of INTERNAL_FREQ_FINE changes rate and tick by 0.15 % (Linux st_lsm6dsx takes 37.5 ns a step off the tick).
TICK_TRIM_NS: Final = 37.5
FIFO_SLOTS: Final = 512
DEFAULT_ADDRESS: Final = 0x6A  # 0x6B with SA0 high
WHO_AM_I_VALUE: Final = 0x6C

FIFO_CTRL1: Final = 0x07
FIFO_CTRL2: Final = 0x08
FIFO_CTRL3: Final = 0x09
FIFO_CTRL4: Final = 0x0A
WHO_AM_I: Final = 0x0F
CTRL1_XL: Final = 0x10
CTRL2_G: Final = 0x11
CTRL3_C: Final = 0x12
CTRL9_XL: Final = 0x18
CTRL10_C: Final = 0x19
FIFO_STATUS1: Final = 0x3A
TIMESTAMP0: Final = 0x40
INTERNAL_FREQ_FINE: Final = 0x63
FIFO_DATA_OUT_TAG: Final = 0x78

TAG_GYRO: Final = 1
TAG_ACCEL: Final = 2
TAG_TIMESTAMP: Final = 4
SLOT_BYTES: Final = 7

_SW_RESET: Final = 0x01
_OVERRUN_BITS: Final = 0x48  # FIFO_OVR_IA and FIFO_OVR_LATCHED in FIFO_STATUS2
_RESET_POLL_NS: Final = 1_000_000
_RESET_POLLS: Final = 50
_BURST_SLOTS: Final = 60  # 420 bytes: 9.5 ms at 400 kHz in one transfer
_WRAP: Final = 1 << 32
_OVERRUN: Final = Flag.OVERRUN.value
_PASS_THROUGH_TAGS: Final = (3, 5)  # temperature, configuration change: may stand in a FIFO, not used here


class RegisterSetting(msgspec.Struct, frozen=True):
    """One register, its name in the data sheet, and the value it is given."""

    register: int
    name: str
    value: int


def _settings(accel: int, gyro: int, watermark: int, batch: int) -> tuple[RegisterSetting, ...]:
    return (
        RegisterSetting(CTRL9_XL, "CTRL9_XL", 0xE2),  # I3C off
        RegisterSetting(CTRL3_C, "CTRL3_C", 0x44),  # block data update, address increment
        RegisterSetting(FIFO_CTRL4, "FIFO_CTRL4", 0x00),  # bypass: empties the FIFO
        RegisterSetting(CTRL1_XL, "CTRL1_XL", accel),  # rate, +-4 g
        RegisterSetting(CTRL2_G, "CTRL2_G", gyro),  # rate, +-500 deg/s
        RegisterSetting(CTRL10_C, "CTRL10_C", 0x20),  # timestamps on
        RegisterSetting(FIFO_CTRL1, "FIFO_CTRL1", watermark),
        RegisterSetting(FIFO_CTRL2, "FIFO_CTRL2", 0x00),  # no stop at watermark, no compression
        RegisterSetting(FIFO_CTRL3, "FIFO_CTRL3", batch),  # both sensors into the FIFO at full rate
        RegisterSetting(FIFO_CTRL4, "FIFO_CTRL4", 0x46),  # a timestamp with every sample, continuous mode
    )


SETTINGS: Final = {
    104: _settings(accel=0x48, gyro=0x44, watermark=30, batch=0x44),
    208: _settings(accel=0x58, gyro=0x54, watermark=60, batch=0x55),
}


def tag_byte(tag: int, count: int) -> int:
    """Return the first byte of a FIFO slot: sensor tag, 2-bit time slot counter, and a bit that makes parity even."""
    byte = tag << 3 | (count & 3) << 1
    return byte | (byte.bit_count() & 1)


_ORDER = (TAG_GYRO, TAG_ACCEL, TAG_TIMESTAMP)
# The tag bytes of a FIFO that lost nothing, from each value of the counter on: one comparison checks a whole burst.
_INTACT_TAGS: Final = tuple(
    bytes(tag_byte(tag, first + i) for i in range(FIFO_SLOTS // 3 + 1) for tag in _ORDER) for first in range(4)
)
_ROW: Final = struct.Struct("<x3hx3hxIxx")
_GYRO_ACCEL: Final = struct.Struct("<3h3hI")

_Row = tuple[int, int, int, int, int, int, int]


class Lsm6dsox:
    """One LSM6DSOX, configured at construction.

    bus: an open `smbus2.SMBus` (or a virtual one); clock: the station's clock; rate_hz: 104 or 208.
    Counters: samples, overruns (FIFO overflowed), gaps (samples are missing, for whatever reason), config_losses,
    corrupt_slots (parity or unknown tag), torn_slots (a time slot without all its parts), bus_errors (failed transfers,
    retried ones included).
    Raises SettingError (rate), CorruptFrameError (identity, a register that reads back wrong), BusError, and
    WaitTimeoutError (reset does not end).
    """

    def __init__(
        self,
        bus: I2cBus,
        clock: Clock,
        *,
        address: int = DEFAULT_ADDRESS,
        rate_hz: int = 104,
        channel: Channel = Channel.DECK_IMU,
    ) -> None:
        if rate_hz not in SETTINGS:
            raise SettingError(f"IMU rate {rate_hz!r} Hz: the LSM6DSOX is set up for {' or '.join(map(str, SETTINGS))}")
        self.channel = channel
        self.samples = self.overruns = self.gaps = self.config_losses = 0
        self.corrupt_slots = self.torn_slots = self.bus_errors = 0
        self._bus = bus
        self._clock = clock
        self._address = address
        self._settings = SETTINGS[rate_hz]
        written = {setting.register: setting.value for setting in self._settings}
        self._expected_ctrl = bytes((written[CTRL1_XL], written[CTRL2_G]))
        self._longest_step = int(1.5 * 1e9 / rate_hz / TICK_NS)
        # the messages are made once and their buffers used again: smbus2 spends most of its time on making them
        self._status = i2c_msg.read(address, 2)
        self._ctrl = i2c_msg.read(address, 2)
        self._ticks = i2c_msg.read(address, 4)
        self._look = (self._at(FIFO_STATUS1), self._status)
        self._look_at_settings = (self._at(CTRL1_XL), self._ctrl)
        self._look_at_all = (*self._look, *self._look_at_settings, self._at(TIMESTAMP0), self._ticks)
        self._burst_start = self._at(FIFO_DATA_OUT_TAG)
        self._bursts: dict[int, i2c_msg] = {}
        self._pending_flags = 0
        self._last_ns = -1
        self._last_ticks: int | None = None
        self._ticks_base = 0  # what the 32-bit counter's wraps add up to
        self._step_ticks = 0.0  # running mean
        self._open_slot: dict[int, bytes] = {}  # parts of a time slot that is not complete yet
        self._open_count = -1
        self._configured = False
        self._start_over(TICK_NS)
        self.configure()

    @property
    def rate_hz(self) -> float | None:
        """Return the measured samples per second of the last ten or so samples; None before."""
        return 1e9 / (self._step_ticks * self._time.tick_ns) if self._step_ticks else None

    def configure(self) -> None:
        """Reset the chip and write every setting, reading each back. Samples in the FIFO are lost."""
        self._configured = False
        self._expect(WHO_AM_I, "WHO_AM_I", WHO_AM_I_VALUE, "is this an LSM6DSOX, and at this address?")
        self._write(CTRL3_C, "CTRL3_C", _SW_RESET)
        for _ in range(_RESET_POLLS):
            if not self._read(CTRL3_C, "CTRL3_C") & _SW_RESET:
                break
            self._clock.sleep_until_ns(self._clock.now_ns() + _RESET_POLL_NS)
        else:
            raise WaitTimeoutError(
                f"LSM6DSOX at 0x{self._address:02x}: software reset did not end within"
                f" {_RESET_POLLS * _RESET_POLL_NS // 1_000_000} ms; power the sensor off and on"
            )
        for setting in self._settings:
            self._write(setting.register, setting.name, setting.value)
            self._expect(setting.register, setting.name, setting.value, "power the sensor off and on; check the wiring")
        trim = self._read(INTERNAL_FREQ_FINE, "INTERNAL_FREQ_FINE")
        self._start_over(TICK_NS - TICK_TRIM_NS * (trim - 256 if trim & 0x80 else trim))
        self._configured = True

    def drain(self, max_slots: int = FIFO_SLOTS) -> list[Sample]:
        """Return what the FIFO holds now, oldest first, on station time; often nothing.

        Call it 20 to 50 times a second: the samples' times do not depend on it, and each call costs two transfers.
        max_slots bounds the time on the bus: 3 slots a sample, 0.16 ms a slot at 400 kHz. What is left waits in the
        chip. A chip that forgot its settings is set up again; the next sample carries CONFIG_LOST. Samples that
        are missing show as OVERRUN on the one after them. Raises BusError after three failed attempts; the next call
        starts afresh.
        """
        if not self._configured:
            self.configure()
        level = self._look_at_chip()
        if level < 0:
            self.config_losses += 1
            self._pending_flags |= Flag.CONFIG_LOST.value
            self.configure()
            return []
        samples: list[Sample] = []
        left = min(level, max_slots)
        while left > 0:
            slots = min(left, _BURST_SLOTS)
            try:
                data = self._burst(slots)
            except BusError:
                if not samples:
                    raise
                break  # hand over what was read; if the bus stays bad, the next call says so
            samples += self._stamped(self._rows(data))
            left -= slots
        self.samples += len(samples)
        return samples

    # --- the bus -----------------------------------------------------------------------------------------------------

    def _at(self, register: int) -> i2c_msg:
        return i2c_msg.write(self._address, [register])

    def _count_bus_error(self) -> None:
        self.bus_errors += 1

    def _transfer(self, doing: str, *messages: i2c_msg) -> None:
        with_attempts(lambda: self._bus.i2c_rdwr(*messages), self._address, doing, self._count_bus_error)

    def _read(self, register: int, name: str) -> int:
        return with_attempts(
            lambda: self._bus.read_byte_data(self._address, register),
            self._address,
            f"reading {name} (0x{register:02x})",
            self._count_bus_error,
        )

    def _write(self, register: int, name: str, value: int) -> None:
        with_attempts(
            lambda: self._bus.write_byte_data(self._address, register, value),
            self._address,
            f"writing {name} (0x{register:02x})",
            self._count_bus_error,
        )

    def _expect(self, register: int, name: str, expected: int, advice: str) -> None:
        got = self._read(register, name)
        if got != expected:
            raise CorruptFrameError(
                f"LSM6DSOX at 0x{self._address:02x}: {name} (0x{register:02x}) reads 0x{got:02x},"
                f" expected 0x{expected:02x}; {advice}"
            )

    def _look_at_chip(self) -> int:
        """Return the number of slots in the FIFO, or -1 when the chip has lost its settings. Keeps the time fit."""
        before_ns = self._clock.now_ns()
        if self._time.is_due(before_ns):
            self._transfer("reading FIFO status and time", *self._look_at_all)
            after_ns = self._clock.now_ns()
            if bytes(self._ctrl) != self._expected_ctrl:
                return -1
            ticks = int.from_bytes(bytes(self._ticks), "little") + self._ticks_base
            if self._last_ticks is not None and ticks < self._last_ticks - _WRAP // 2:
                ticks += _WRAP
            self._time.observe(ticks, before_ns, after_ns)
        else:
            self._transfer("reading FIFO status", *self._look)
        low, high = bytes(self._status)
        if high & _OVERRUN_BITS:
            self.overruns += 1
            self._pending_flags |= _OVERRUN
            self._close_slot()  # what was open has lost its other half
        level = low | (high & 3) << 8
        if not level:
            self._transfer("reading settings", *self._look_at_settings)
            if bytes(self._ctrl) != self._expected_ctrl:
                return -1
        return level

    def _burst(self, slots: int) -> bytes:
        message = self._bursts.get(slots)
        if message is None:
            message = self._bursts[slots] = i2c_msg.read(self._address, SLOT_BYTES * slots)
        self._transfer("reading the FIFO", self._burst_start, message)
        return bytes(message)

    # --- slots to samples --------------------------------------------------------------------------------------------

    def _rows(self, data: bytes) -> Iterable[_Row]:
        """Return `(gx, gy, gz, ax, ay, az, ticks)` of each complete time slot in a burst."""
        tags = data[::SLOT_BYTES]
        if not self._open_slot and len(tags) % 3 == 0 and _INTACT_TAGS[tags[0] >> 1 & 3].startswith(tags):
            return _ROW.iter_unpack(data)
        return self._sorted_rows(data)

    def _sorted_rows(self, data: bytes) -> list[_Row]:
        """Do the same slot by slot, for a burst that starts or ends inside a time slot, or is damaged."""
        rows: list[_Row] = []
        for at in range(0, len(data), SLOT_BYTES):
            byte = data[at]
            tag, count = byte >> 3, byte >> 1 & 3
            odd = byte.bit_count() & 1
            if odd or tag not in _ORDER:
                if odd or tag not in _PASS_THROUGH_TAGS:
                    self.corrupt_slots += 1
                continue
            if count != self._open_count or tag in self._open_slot:
                self._close_slot()
                self._open_count = count
            self._open_slot[tag] = data[at + 1 : at + SLOT_BYTES]
            if len(self._open_slot) == len(_ORDER):
                parts = self._open_slot
                rows.append(_GYRO_ACCEL.unpack(parts[TAG_GYRO] + parts[TAG_ACCEL] + parts[TAG_TIMESTAMP][:4]))
                self._open_slot = {}
        return rows

    def _close_slot(self) -> None:
        if self._open_slot:
            self.torn_slots += 1
            self._open_slot = {}

    def _stamped(self, rows: Iterable[_Row]) -> list[Sample]:
        """Return samples on station time, in time order, with the flags that are due."""
        channel, station_ns, base = int(self.channel), self._time.station_ns, self._ticks_base
        last_ticks, last_ns = self._last_ticks, self._last_ns
        samples: list[Sample] = []
        for gx, gy, gz, ax, ay, az, raw_ticks in rows:
            ticks = raw_ticks + base
            if last_ticks is not None:
                step = ticks - last_ticks
                if step < -_WRAP // 2:  # the 32-bit counter wrapped, after 29.8 hours
                    self._ticks_base = base = base + _WRAP
                    ticks += _WRAP
                    step += _WRAP
                if 0 < step <= self._longest_step:
                    self._step_ticks += (step - self._step_ticks) / 10 if self._step_ticks else step
                else:
                    self.gaps += 1
                    self._pending_flags |= _OVERRUN
            last_ticks = ticks
            last_ns = max(station_ns(ticks), last_ns + 1)  # a better fit may step back a little; samples may not
            samples.append(Sample(channel, self._pending_flags, last_ns, (ax, ay, az, gx, gy, gz)))
            self._pending_flags = 0
        self._last_ticks, self._last_ns = last_ticks, last_ns
        return samples

    def _start_over(self, tick_ns: float) -> None:
        """Take note that the chip's counter starts at 0 and its FIFO is empty."""
        self._time = ChipTime(tick_ns)
        self._ticks_base = 0
        self._last_ticks = None
        self._step_ticks = 0.0
        self._open_slot = {}
        self._open_count = -1
