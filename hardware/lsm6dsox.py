"""The LSM6DSOX driver: accelerometer and gyroscope through the chip's FIFO over smbus2 (LSM6DSO has the same map).

The FIFO holds 512 tagged slots of 7 bytes: 0.8 s at 208 Hz, so a late reader loses nothing. `drain` empties it,
pairs the gyroscope, accelerometer and timestamp slots of one moment into one `Sample`, and puts it on station time.

What is checked: identity, every register read back after it is written, two configured registers four times a second
and whenever the FIFO is empty (a brown-out resets the chip silently: it still answers, and its FIFO stays empty), tag
parity, the tag counter that groups slots, and the distance between timestamps (lost samples). What to do about it is
in `hardware.fifo_imu`.
Sources: ST data sheet of the LSM6DSOX, ST's lsm6dsox_reg.h.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from smbus2 import i2c_msg

from hardware.chip_time import ChipTime
from hardware.clock import Clock
from hardware.errors import WaitTimeoutError
from hardware.fifo_imu import Fifo, FifoImu, Moment
from hardware.i2c import I2cBus, RegisterSetting
from hardware.imu import Axes, Limits, SelfTest, judge_self_test
from hardware.sensor import Channel, Flag

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
CTRL5_C: Final = 0x14
CTRL9_XL: Final = 0x18
CTRL10_C: Final = 0x19
STATUS: Final = 0x1E
OUT_TEMP: Final = 0x20
OUT_G: Final = 0x22
OUT_A: Final = 0x28
FIFO_STATUS1: Final = 0x3A
TIMESTAMP0: Final = 0x40
INTERNAL_FREQ_FINE: Final = 0x63
FIFO_DATA_OUT_TAG: Final = 0x78

TAG_GYRO: Final = 1
TAG_ACCEL: Final = 2
TAG_TIMESTAMP: Final = 4
SLOT_BYTES: Final = 7

TEMPERATURE_READY: Final = 0x04  # in STATUS

_SW_RESET: Final = 0x01
_OVERRUN_BITS: Final = 0x48  # FIFO_OVR_IA and FIFO_OVR_LATCHED in FIFO_STATUS2
_RESET_POLL_NS: Final = 1_000_000
_RESET_POLLS: Final = 50
_WRAP: Final = 1 << 32
_OVERRUN: Final = Flag.OVERRUN.value
_PASS_THROUGH_TAGS: Final = (3, 5)  # temperature, configuration change: may stand in a FIFO, not used here


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


# Data sheet table "Mechanical characteristics" (linear acceleration and angular rate self-test output change).
SELF_TEST_MG: Final[Limits] = (50.0, 1700.0)
SELF_TEST_2000_DPS: Final[Limits] = (150.0, 700.0)
_ST_ACCEL: Final = 0x01  # CTRL5_C: positive sign
_ST_GYRO: Final = 0x04
_TEST_SETTLE_NS: Final = 100_000_000
_TEST_READINGS: Final = 5
_TEST_ACCEL: Final = (
    RegisterSetting(CTRL9_XL, "CTRL9_XL", 0xE2),
    RegisterSetting(CTRL3_C, "CTRL3_C", 0x44),
    RegisterSetting(CTRL1_XL, "CTRL1_XL", 0x38),  # 52 Hz, +-4 g
)
_TEST_GYRO: Final = (
    RegisterSetting(CTRL5_C, "CTRL5_C", 0x00),
    RegisterSetting(CTRL1_XL, "CTRL1_XL", 0x58),  # 208 Hz too
    RegisterSetting(CTRL2_G, "CTRL2_G", 0x5C),  # 208 Hz, +-2000 deg/s
)


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
_THREE: Final = struct.Struct("<3h")

_Row = tuple[int, int, int, int, int, int, int]


class Lsm6dsox(FifoImu):
    """One LSM6DSOX, set up when it is made, or by `drain` as soon as it answers.

    bus: an open `I2cPort` (or a virtual one); clock: the station's clock; rate_hz: 104 or 208; recover: see
    `hardware.i2c`. Raises SettingError (rate).
    """

    # 231 bytes: 5 ms at 400 kHz and 21 ms at 100 kHz, within the adapter's time-out
    _fifo = Fifo(FIFO_DATA_OUT_TAG, SLOT_BYTES, most_units=33)

    def __init__(
        self,
        bus: I2cBus,
        clock: Clock,
        *,
        address: int = DEFAULT_ADDRESS,
        rate_hz: int = 104,
        channel: Channel = Channel.DECK_IMU,
        recover: Callable[[], None] | None = None,
    ) -> None:
        super().__init__("lsm6dsox", bus, clock, address, rate_hz, channel, recover)
        self._settings = SETTINGS[rate_hz]
        written = {setting.register: setting.value for setting in self._settings}
        self._expected_ctrl = bytes((written[CTRL1_XL], written[CTRL2_G]))
        self._longest_step = int(1.5 * 1e9 / rate_hz / TICK_NS)
        at = self._link.at
        self._status = i2c_msg.read(address, 2)
        self._ctrl = i2c_msg.read(address, 2)
        self._ticks = i2c_msg.read(address, 4)
        self._temperature = i2c_msg.read(address, OUT_TEMP + 2 - STATUS)
        self._look = (at(FIFO_STATUS1), self._status)
        self._look_at_settings = (at(CTRL1_XL), self._ctrl)
        self._look_at_all = (*self._look, *self._look_at_settings, at(STATUS), self._temperature)
        self._look_at_time = (at(TIMESTAMP0), self._ticks)
        self._last_ticks: int | None = None
        self._ticks_base = 0  # what the 32-bit counter's wraps add up to
        self._step_ticks = 0.0  # running mean
        self._open_slot: dict[int, bytes] = {}  # parts of a time slot that is not complete yet
        self._open_count = -1
        self._start_over(TICK_NS)
        self._begin()

    @property
    def rate_hz(self) -> float | None:
        """Return the measured samples per second of the last ten or so samples; None before."""
        return 1e9 / (self._step_ticks * self._time.tick_ns) if self._step_ticks else None

    # --- the chip ----------------------------------------------------------------------------------------------------

    def _reset(self) -> int:
        self._link.expect(WHO_AM_I, "WHO_AM_I", WHO_AM_I_VALUE, "is this an LSM6DSOX, and at this address?")
        self._link.write(CTRL3_C, "CTRL3_C", _SW_RESET)
        for _ in range(_RESET_POLLS):  # 50 us, says the data sheet
            if not self._link.read(CTRL3_C, "CTRL3_C") & _SW_RESET:
                return 0
            self._clock.sleep_until_ns(self._clock.now_ns() + _RESET_POLL_NS)
        raise WaitTimeoutError(
            f"{self._link.where}: software reset did not end within"
            f" {_RESET_POLLS * _RESET_POLL_NS // 1_000_000} ms; power the sensor off and on"
        )

    def _set_up(self) -> None:
        for setting in self._settings:
            self._link.write_checked(setting)
        trim = self._link.read(INTERNAL_FREQ_FINE, "INTERNAL_FREQ_FINE")
        self._start_over(TICK_NS - TICK_TRIM_NS * (trim - 256 if trim & 0x80 else trim))
        self._observe_time()  # with the next look it gives the rate, however late that comes

    def _settings_intact(self) -> bool:
        self._link.transfer("reading settings", *self._look_at_settings)
        return bytes(self._ctrl) == self._expected_ctrl

    def _look_at_chip(self) -> int | None:
        """See `FifoImu`. One transfer; then one a burst, 0.16 ms a slot at 400 kHz, 3 slots a sample."""
        if self._time.is_due(self._clock.now_ns()):
            self._link.transfer("reading FIFO status, settings and temperature", *self._look_at_all)
            if bytes(self._ctrl) != self._expected_ctrl:
                return None
            self._take_temperature()
            self._observe_time()
        else:
            self._link.transfer("reading FIFO status", *self._look)
        low, high = bytes(self._status)
        if high & _OVERRUN_BITS:
            self.counters.overruns += 1
            self._pending |= _OVERRUN
            self._close_slot()  # what was open has lost its other half
        level = low | (high & 3) << 8
        return level if level or self._settings_intact() else None

    def _observe_time(self) -> None:
        """Read the counter and take note of when."""
        before_ns = self._clock.now_ns()
        self._link.transfer("reading the time", *self._look_at_time)
        after_ns = self._clock.now_ns()
        ticks = int.from_bytes(bytes(self._ticks), "little") + self._ticks_base
        if self._last_ticks is not None and ticks < self._last_ticks - _WRAP // 2:
            ticks += _WRAP
        # it may have stood there for up to a tick
        self._time.observe(ticks, before_ns - TICK_NS, after_ns)

    def _take_temperature(self) -> None:
        """Take what was read from STATUS on; before the first measurement after a reset the register says 25 degC."""
        status, _, *counts = bytes(self._temperature)
        celsius = self.model.temperature_c(int.from_bytes(counts, "little", signed=True))
        self._temperature_c = celsius if status & TEMPERATURE_READY else None

    def _test(self) -> SelfTest:
        """Follow ST's procedure (AN5272, self-test): accelerometer at 52 Hz, then gyroscope at 208 Hz, 2000 deg/s."""
        for setting in _TEST_ACCEL:
            self._link.write_checked(setting)
        accel = self._moved(_ST_ACCEL, (STATUS, 0x01), OUT_A, 0.122)
        for setting in _TEST_GYRO:
            self._link.write_checked(setting)
        gyro = self._moved(_ST_GYRO, (STATUS, 0x02), OUT_G, 0.070)
        return judge_self_test(accel, gyro, (SELF_TEST_MG,) * 3, (SELF_TEST_2000_DPS,) * 3)

    def _moved(self, bits: int, ready: tuple[int, int], output: int, per_lsb: float) -> Axes:
        """Return by how much the outputs differ with the self-test on and off."""
        means = []
        for value in (0, bits):
            self._link.write_checked(RegisterSetting(CTRL5_C, "CTRL5_C", value))
            self._clock.sleep_until_ns(self._clock.now_ns() + _TEST_SETTLE_NS)
            means.append(self._mean(_TEST_READINGS, ready, output, _three))
        x, y, z = (abs(on - off) * per_lsb for off, on in zip(*means, strict=True))
        return x, y, z

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
                    self.counters.corrupt += 1
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
            self.counters.torn += 1
            self._open_slot = {}

    def _moments(self, data: bytes) -> Iterator[Moment]:
        """Yield station time and values of each row; a step of the ticks that is too long is a gap before it."""
        station_ns, base, last_ticks = self._time.station_ns, self._ticks_base, self._last_ticks
        for gx, gy, gz, ax, ay, az, raw_ticks in self._rows(data):
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
                    self._samples_lost(_OVERRUN)
            last_ticks = self._last_ticks = ticks
            yield station_ns(ticks), (ax, ay, az, gx, gy, gz)

    def _start_over(self, tick_ns: float) -> None:
        """Take note that the chip's counter starts at 0 and its FIFO is empty."""
        self._time = ChipTime(tick_ns)
        self._ticks_base = 0
        self._last_ticks = None
        self._step_ticks = 0.0
        self._open_slot = {}
        self._open_count = -1


def _three(data: bytes) -> Axes:
    x, y, z = _THREE.unpack(data)
    return x, y, z
