"""The MPU-6050 and MPU-6500 driver: accelerometer and gyroscope through the chip's FIFO over smbus2.

The FIFO is set to 1024 bytes: 85 packets of 12, 0.42 s at 200 Hz. It has neither tags nor timestamps, so everything
hangs on its count: that is read first, together with the overflow flag, and nothing is read beyond it (an empty FIFO
repeats its last byte). 1024 is no multiple of 12: an overflow shifts every later packet, for ever, so it is answered by
emptying the FIFO; and so is a count that is no multiple of 12 at a second look, one that does not fit the time that has
passed, and a burst that broke off when the chip had begun to send.

Time: sample n since the FIFO was started is the newest one when the count says so, and was taken within one period
before that; sample 0 within one period after the start: a bound on either side, from which `hardware.chip_time` finds
rate and phase. Accuracy: half a period (2.5 ms at 200 Hz), and half a millisecond more in the first seconds, while the
rate is not known well; that is what it stays at while the reader keeps in step with the chip. A reader that does not
finds the phase to 1 ms within 10 s.

Sources: InvenSense register maps MPU-6000/6050 (RM-MPU-6000A-00) and MPU-6500 (RM-MPU-6500A-00); for the MPU-6500's
FIFO size the maker's own Linux driver (inv_mpu).
"""

import struct
from collections.abc import Callable, Iterator
from typing import Final

from smbus2 import i2c_msg

from hardware.chip_time import ChipTime
from hardware.clock import Clock
from hardware.errors import BusError, CorruptFrameError, WaitTimeoutError
from hardware.fifo_imu import Fifo, FifoImu, Moment
from hardware.i2c import NOT_ACKNOWLEDGED, I2cBus, RegisterSetting
from hardware.imu import Axes, SelfTest, judge_self_test
from hardware.mpu_self_test import SELF_TESTS, MpuName
from hardware.sensor import Channel, Flag

DEFAULT_ADDRESS: Final = 0x68  # 0x69 with AD0 high
FIFO_BYTES: Final = 1024
PACKET_BYTES: Final = 12

SMPLRT_DIV: Final = 0x19
CONFIG: Final = 0x1A
GYRO_CONFIG: Final = 0x1B
ACCEL_CONFIG: Final = 0x1C
ACCEL_CONFIG2: Final = 0x1D  # MPU-6500 only
FIFO_EN: Final = 0x23
INT_ENABLE: Final = 0x38
INT_STATUS: Final = 0x3A
ACCEL_OUT: Final = 0x3B
TEMP_OUT: Final = 0x41
GYRO_OUT: Final = 0x43
USER_CTRL: Final = 0x6A
PWR_MGMT_1: Final = 0x6B
FIFO_COUNT: Final = 0x72
FIFO_R_W: Final = 0x74
WHO_AM_I: Final = 0x75

# What else answers at this address, for the message. The first two are the models' own.
IDENTITIES: Final = {
    0x68: "an MPU-6050",
    0x70: "an MPU-6500",
    0x71: "an MPU-9250",
    0x73: "an MPU-9255",
    0x72: "a clone of the MPU-6050",
    0x74: "a clone of the MPU-6500",
    0x75: "a clone of the MPU-9250",
    0x98: "an ICM-20689, sold as MPU-6050",
    0xFF: "nothing: SDA is floating or held high",
    0x00: "nothing: SDA is held low, or the chip has no power",
}

_DEVICE_RESET: Final = 0x80
_RESET_NS: Final = 100_000_000  # register map: wait 100 ms
_OVERFLOW: Final = 0x10  # INT_STATUS.FIFO_OFLOW_INT
_DATA_READY: Final = 0x01
_FIFO_RESET: Final = 0x04
_FIFO_ENABLE: Final = 0x40
_RATE_KNOWN_NS: Final = 500_000_000  # the rate is then known to 1 %
_RATE_SURE_NS: Final = 2_000_000_000  # to 0.25 %: what a full FIFO holds may be off by a fifth of a sample
_PACKET: Final = struct.Struct(">6h")
_THREE: Final = struct.Struct(">3h")
_TEST_SETTLE_NS: Final = 100_000_000
_TEST_READINGS: Final = 10
_OVERRUN: Final = Flag.OVERRUN.value
_AWAKE: Final = RegisterSetting(PWR_MGMT_1, "PWR_MGMT_1", 0x01)  # clock from the gyroscope's PLL, thermometer on


def _settings(model: MpuName, rate_hz: int) -> tuple[RegisterSetting, ...]:
    return (
        _AWAKE,
        RegisterSetting(USER_CTRL, "USER_CTRL", 0x00),
        RegisterSetting(SMPLRT_DIV, "SMPLRT_DIV", 1000 // rate_hz - 1),
        RegisterSetting(CONFIG, "CONFIG", 0x03),  # low-pass 44 Hz (gyroscope 42); a full FIFO drops its oldest
        RegisterSetting(GYRO_CONFIG, "GYRO_CONFIG", 0x08),  # +-500 deg/s
        RegisterSetting(ACCEL_CONFIG, "ACCEL_CONFIG", 0x08),  # +-4 g
        *_only_6500(model, 0x43),  # accelerometer low-pass 41 Hz, FIFO of 1024 bytes (512 by default)
        RegisterSetting(INT_ENABLE, "INT_ENABLE", 0x11),  # the flags of INT_STATUS; no pin is used
        RegisterSetting(FIFO_EN, "FIFO_EN", 0x78),  # accelerometer, gyroscope x, y, z
    )


def _only_6500(model: MpuName, value: int) -> tuple[RegisterSetting, ...]:
    return (RegisterSetting(ACCEL_CONFIG2, "ACCEL_CONFIG2", value),) if model == "mpu6500" else ()


class Mpu6050(FifoImu):
    """One MPU-6050 or MPU-6500: reset when it is made (or first answers), and set up by the first `drain` 100 ms later.

    bus: an open `I2cPort` (or a virtual one); clock: the station's clock; rate_hz: 100 or 200; recover: see
    `hardware.i2c`. Raises SettingError (rate).
    """

    # 240 bytes: 5.4 ms at 400 kHz and 22 ms at 100 kHz, within the adapter's time-out
    _fifo = Fifo(FIFO_R_W, PACKET_BYTES, most_units=20)

    def __init__(
        self,
        bus: I2cBus,
        clock: Clock,
        *,
        address: int = DEFAULT_ADDRESS,
        rate_hz: int = 200,
        channel: Channel = Channel.DECK_IMU,
        model: MpuName = "mpu6050",
        recover: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(model, bus, clock, address, rate_hz, channel, recover)
        self._name: MpuName = model
        self._settings = _settings(model, rate_hz)
        self._period_ns = 1_000_000_000 // rate_hz
        written = {setting.register: setting.value for setting in self._settings}
        rate_and_ranges = range(SMPLRT_DIV, ACCEL_CONFIG2 + (model == "mpu6500"))
        self._expected = bytes(written[register] for register in rate_and_ranges)
        self._expected_power = bytes((_FIFO_ENABLE, _AWAKE.value))
        at = self._link.at
        self._status = i2c_msg.read(address, 1)
        self._count = i2c_msg.read(address, 2)
        self._config = i2c_msg.read(address, len(self._expected))
        self._power = i2c_msg.read(address, 2)
        self._temperature = i2c_msg.read(address, 2)
        self._look = (at(INT_STATUS), self._status, at(FIFO_COUNT), self._count)
        self._look_at_settings = (at(SMPLRT_DIV), self._config, at(USER_CTRL), self._power)
        self._look_at_temperature = (at(TEMP_OUT), self._temperature)
        self._time = ChipTime(self._period_ns)
        self._next = 0  # number of the next sample to be read since the FIFO was started
        self._in_doubt = False  # a burst broke off: the FIFO may have given bytes that nobody got
        self._begin()

    @property
    def rate_hz(self) -> float | None:
        """Return the measured samples per second; None before there is enough to measure by."""
        return 1e9 / self._time.tick_ns if self._time.span_ns > _RATE_KNOWN_NS else None

    # --- the chip

    def _reset(self) -> int:
        found = self._link.read(WHO_AM_I, "WHO_AM_I")
        if found != self.model.who_am_i:
            answers = IDENTITIES.get(found, "a chip that is not known here")
            raise CorruptFrameError(
                f"{self._link.where}: WHO_AM_I (0x75) reads 0x{found:02x}, expected 0x{self.model.who_am_i:02x}; there"
                f" is {answers}. Name the chip that is fitted in hardware.deck_imu or waist_imu; of clones nothing is"
                " known, their numbers cannot be trusted"
            )
        self._link.write(PWR_MGMT_1, "PWR_MGMT_1", _DEVICE_RESET)
        return _RESET_NS

    def _check_reset_is_over(self) -> None:
        if self._link.read(PWR_MGMT_1, "PWR_MGMT_1") & _DEVICE_RESET:
            raise WaitTimeoutError(
                f"{self._link.where}: reset did not end within {_RESET_NS // 1_000_000} ms; power the sensor off and on"
            )

    def _set_up(self) -> None:
        self._check_reset_is_over()
        for setting in self._settings:
            self._link.write_checked(setting)
        self._time = ChipTime(self._period_ns)
        self._start_fifo()

    def _start_fifo(self) -> None:
        """Empty the FIFO and start it: from here on sample 0 is the next one that the chip takes."""
        self._link.write(USER_CTRL, "USER_CTRL", _FIFO_RESET)
        self._link.expect(USER_CTRL, "USER_CTRL", 0x00, "the FIFO's reset does not end; power the sensor off and on")
        before_ns = self._clock.now_ns()
        self._link.write_checked(RegisterSetting(USER_CTRL, "USER_CTRL", _FIFO_ENABLE))
        self._heard_ns = self._clock.now_ns()
        self._next = 0
        self._in_doubt = False
        # the rate that was found is the best guess for the next fit
        self._time = ChipTime(self._time.tick_ns)
        self._time.observe(0, before_ns, self._heard_ns + round(self._time.tick_ns))

    def _realign(self) -> None:
        self._samples_lost(_OVERRUN)
        self._start_fifo()

    def _settings_intact(self) -> bool:
        self._link.transfer("reading settings", *self._look_at_settings)
        return bytes(self._config) == self._expected and bytes(self._power) == self._expected_power

    def _look_at_chip(self) -> int | None:
        """See `FifoImu`. Two transfers; then one a burst, 0.27 ms a packet at 400 kHz."""
        if self._error is not None and self._link.can_recover:
            self._in_doubt = True  # clocks that freed the bus may have moved a byte
        before_ns = self._clock.now_ns()
        due = self._time.is_due(before_ns) or self._in_doubt
        self._link.transfer("reading FIFO status and count", *self._look)
        after_ns = self._clock.now_ns()
        count = int.from_bytes(bytes(self._count), "big")
        if (due or not count) and not self._settings_intact():
            return None
        if bytes(self._status)[0] & _OVERFLOW or count >= FIFO_BYTES:
            self.counters.overruns += 1
            self._realign()
            return 0
        if self._in_doubt:
            self._realign()
            return 0
        if count % PACKET_BYTES:
            # the chip may have been storing a packet just then; a second look tells
            self._link.transfer("reading FIFO count", *self._look[2:])
            count = int.from_bytes(bytes(self._count), "big")
            after_ns = self._clock.now_ns()
        if count % PACKET_BYTES or not self._fits(count, before_ns, after_ns):
            self.counters.corrupt += 1
            self._realign()
            return 0
        newest = self._next + count // PACKET_BYTES - 1
        if newest >= 0 and due:
            self._time.observe(newest, before_ns - round(self._time.tick_ns), after_ns)
            self._read_temperature()  # before its first sample the chip has none
        return count // PACKET_BYTES

    def _read_temperature(self) -> None:
        self._link.transfer("reading the temperature", *self._look_at_temperature)
        self._temperature_c = self.model.temperature_c(int.from_bytes(bytes(self._temperature), "big", signed=True))

    def _fits(self, count: int, before_ns: int, after_ns: int) -> bool:
        """Return whether so many bytes are possible now: else packets were lost or doubled, and times are wrong."""
        if self._time.span_ns < _RATE_SURE_NS:
            return True
        newest_ns = self._time.station_ns(self._next + count // PACKET_BYTES - 1)
        tick_ns = self._time.tick_ns
        return before_ns - 1.75 * tick_ns < newest_ns < after_ns + 0.75 * tick_ns

    def _burst(self, units: int) -> bytes:
        try:
            return super()._burst(units)
        except BusError as error:
            self._in_doubt = error.errno not in NOT_ACKNOWLEDGED
            raise

    def _moments(self, data: bytes) -> Iterator[Moment]:
        station_ns = self._time.station_ns
        for number, (ax, ay, az, gx, gy, gz) in enumerate(_PACKET.iter_unpack(data), self._next):
            self._next = number + 1
            yield station_ns(number), (ax, ay, az, gx, gy, gz)

    # --- self-test

    def _test(self) -> SelfTest:
        self._check_reset_is_over()
        test = SELF_TESTS[self._name]
        for setting in (
            _AWAKE,
            RegisterSetting(SMPLRT_DIV, "SMPLRT_DIV", 4),
            RegisterSetting(CONFIG, "CONFIG", 0x03),
            *_only_6500(self._name, 0x03),
            RegisterSetting(INT_ENABLE, "INT_ENABLE", _DATA_READY),
        ):
            self._link.write_checked(setting)
        ready = (INT_STATUS, _DATA_READY)
        means: list[tuple[Axes, Axes]] = []
        for bits in (0x00, 0xE0):
            self._link.write_checked(RegisterSetting(GYRO_CONFIG, "GYRO_CONFIG", bits))  # +-250 deg/s
            self._link.write_checked(RegisterSetting(ACCEL_CONFIG, "ACCEL_CONFIG", bits | test.accel_range_bits))
            self._clock.sleep_until_ns(self._clock.now_ns() + _TEST_SETTLE_NS)
            accel = self._mean(_TEST_READINGS, ready, ACCEL_OUT, _three)
            means.append((accel, self._mean(_TEST_READINGS, ready, GYRO_OUT, _three)))
        (accel_off, gyro_off), (accel_on, gyro_on) = means
        codes = bytes(self._link.read(register, "SELF_TEST") for register in test.code_registers)
        return judge_self_test(
            _difference(accel_on, accel_off, test.accel_mg_per_lsb),
            _difference(gyro_on, gyro_off, test.gyro_dps_per_lsb),
            *test.limits(codes),
        )


def _three(data: bytes) -> Axes:
    x, y, z = _THREE.unpack(data)
    return x, y, z


def _difference(on: Axes, off: Axes, per_lsb: float) -> Axes:
    return (on[0] - off[0]) * per_lsb, (on[1] - off[1]) * per_lsb, (on[2] - off[2]) * per_lsb
