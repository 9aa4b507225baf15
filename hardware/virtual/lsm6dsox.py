"""A virtual LSM6DSOX at register level, with its FIFO; sits on a `hardware.virtual.i2c.VirtualAdapter`.

What is modelled: identity, the registers that the driver writes and their read-back, software reset, output data rates
and ranges, the tagged 512-slot FIFO in continuous and bypass mode (overwrites its oldest slots, says so in
FIFO_STATUS2), tag counter and parity, timestamps, output registers, the burst address that rolls over, a brown-out,
the temperature and its flag in STATUS.

Samples are taken from when the accelerometer is switched on; both sensors run at its rate. Counts are the motion,
scaled to the range, rounded and clipped to 16 bit. In the self-test each axis moves by what a typical chip moves.

Not modelled: filters and noise (the motion may contain them), start-up transients, interrupts, FIFO compression,
different rates for the two sensors, the temperature's own rate (52 Hz; here there is one with each sample).
"""

import struct
from collections.abc import Collection
from typing import Final

from hardware.clock import Clock
from hardware.imu import IMU_MODELS
from hardware.lsm6dsox import (
    CTRL1_XL,
    CTRL2_G,
    CTRL3_C,
    CTRL5_C,
    CTRL9_XL,
    CTRL10_C,
    FIFO_CTRL1,
    FIFO_CTRL2,
    FIFO_CTRL3,
    FIFO_CTRL4,
    FIFO_DATA_OUT_TAG,
    FIFO_SLOTS,
    FIFO_STATUS1,
    INTERNAL_FREQ_FINE,
    OUT_A,
    OUT_G,
    OUT_TEMP,
    SLOT_BYTES,
    STATUS,
    TAG_ACCEL,
    TAG_GYRO,
    TAG_TIMESTAMP,
    TEMPERATURE_READY,
    TICK_NS,
    TIMESTAMP0,
    WHO_AM_I,
    WHO_AM_I_VALUE,
    tag_byte,
)
from hardware.virtual.imu_chip import Axis, Motion, VirtualImuChip

# Data sheet tables "Accelerometer ODR", "Gyroscope ODR", full scales and sensitivities
_RATE_HZ: Final = {1: 12.5, 2: 26.0, 3: 52.0, 4: 104.0, 5: 208.0, 6: 416.0, 7: 833.0}
_ACCEL_G_PER_LSB: Final = {0: 0.061e-3, 1: 0.488e-3, 2: 0.122e-3, 3: 0.244e-3}
_GYRO_DPS_PER_LSB: Final = {0: 8.75e-3, 1: 17.5e-3, 2: 35e-3, 3: 70e-3}
_GYRO_125_DPS_PER_LSB: Final = 4.375e-3
# By how much the self-test moves each axis; the gyroscope's depends on the range (limits 20-80 at 250 deg/s, 150-700 at
# 2000 deg/s). The sign is that of CTRL5_C.
_SELF_TEST_G: Final = 0.4
_SELF_TEST_DPS: Final = {0: 45.0, 1: 90.0, 2: 180.0, 3: 360.0}
_SELF_TEST_SIGN: Final = {0: 0.0, 1: 1.0, 2: -1.0, 3: -1.0}

_OUT_END: Final = 0x2E
_FIFO_STATUS2: Final = 0x3B
_FIFO_DATA_END: Final = 0x7F
_READ_ONLY: Final = frozenset({WHO_AM_I, STATUS, *range(OUT_TEMP, _OUT_END), FIFO_STATUS1, _FIFO_STATUS2})
_TAGS: Final = tuple(tuple(tag_byte(tag, count) for tag in range(8)) for count in range(4))
_THREE: Final = struct.Struct("<3h")
_STAMP: Final = struct.Struct("<BIH")
_FIFO_BYTES: Final = FIFO_SLOTS * SLOT_BYTES


class VirtualLsm6dsox(VirtualImuChip):
    """One chip; see `VirtualImuChip`. Its timestamps run as fast or slow as its rate.

    freq_fine: what INTERNAL_FREQ_FINE reads (signed steps of 0.15 %, the maker's own measurement of the rate error);
    first_tick: where the 32-bit timestamp counter starts (just below 2**32 to see it wrap). `lost_slots`: to overflow.
    """

    def __init__(
        self,
        clock: Clock,
        motion: Motion,
        *,
        rate_error_ppm: int = 0,
        freq_fine: int = 0,
        first_tick: int = 0,
        dead: Collection[Axis] = (),
    ) -> None:
        self._freq_fine = freq_fine & 0xFF
        self._first_tick = first_tick
        self.lost_slots = 0
        super().__init__(clock, motion, rate_error_ppm, dead)

    # --- the bus -----------------------------------------------------------------------------------------------------

    def read(self, length: int) -> bytes:
        """Return registers from the pointer on; a read at the FIFO's tag takes slots out of it."""
        if self._pointer == FIFO_DATA_OUT_TAG and length % SLOT_BYTES == 0:
            self._catch_up()
            return self._take(length)
        return super().read(length)

    # --- registers ---------------------------------------------------------------------------------------------------

    def _power_on(self) -> None:
        self._registers = bytearray(128)
        self._registers[WHO_AM_I] = WHO_AM_I_VALUE
        self._registers[CTRL3_C] = 0x04  # address increment
        self._registers[CTRL9_XL] = 0xE0
        self._registers[INTERNAL_FREQ_FINE] = self._freq_fine
        self._pointer = 0
        self._fifo = bytearray()
        self._overrun = False
        self._slot = bytes(SLOT_BYTES)
        self._count = 0
        self._off()
        self._zero_tick_ns = self._clock.now_ns()
        self._ticks = bytes(4)

    def _step(self) -> None:
        if self._registers[CTRL3_C] & 0x04:
            self._pointer = (self._pointer + 1) & 0x7F
            if self._pointer == _FIFO_DATA_END:
                self._pointer = FIFO_DATA_OUT_TAG

    def _write_register(self, register: int, value: int) -> None:
        if register == CTRL3_C and value & 0x01:
            self._power_on()
            return
        if register in _READ_ONLY or register >= FIFO_DATA_OUT_TAG:
            return
        before = self._registers[register]
        self._registers[register] = value
        if register == FIFO_CTRL4 and not value & 7:
            self._fifo.clear()
            self._overrun = False
        elif register == CTRL1_XL and before >> 4 != value >> 4:
            rate_hz = _RATE_HZ.get(value >> 4)
            if rate_hz is None:
                self._off()
            else:
                self._on(rate_hz)
        elif register == CTRL10_C and value & ~before & 0x20:
            self._zero_tick_ns = self._clock.now_ns()

    def _read_register(self, register: int) -> int:
        if register == FIFO_STATUS1:
            return len(self._fifo) // SLOT_BYTES & 0xFF
        if register == _FIFO_STATUS2:
            return self._fifo_status2()
        if register >= FIFO_DATA_OUT_TAG:
            if register == FIFO_DATA_OUT_TAG:
                self._slot = self._take(SLOT_BYTES)
            return self._slot[register - FIFO_DATA_OUT_TAG]
        if TIMESTAMP0 <= register < TIMESTAMP0 + 4:
            if register == TIMESTAMP0:
                self._ticks = struct.pack("<I", self._ticks_at(self._clock.now_ns()))
            return self._ticks[register - TIMESTAMP0]
        value = self._registers[register]
        if register == OUT_TEMP + 1:
            self._registers[STATUS] &= ~TEMPERATURE_READY
        elif OUT_G <= register < _OUT_END:
            self._registers[STATUS] &= ~(0x01 if register >= OUT_A else 0x02)
        return value

    def _fifo_status2(self) -> int:
        slots = len(self._fifo) // SLOT_BYTES
        watermark = self._registers[FIFO_CTRL1] | (self._registers[FIFO_CTRL2] & 1) << 8
        value = slots >> 8 & 3
        value |= 0x80 if watermark and slots >= watermark else 0
        value |= 0x20 if slots >= FIFO_SLOTS else 0
        value |= 0x48 if self._overrun else 0
        self._overrun = False
        return value

    # --- sampling ----------------------------------------------------------------------------------------------------

    def _ticks_at(self, t_ns: int) -> int:
        if not self._registers[CTRL10_C] & 0x20:
            return 0
        return self._first_tick + int((t_ns - self._zero_tick_ns) * self._speed) // TICK_NS & 0xFFFFFFFF

    def _take(self, length: int) -> bytes:
        """Take bytes out of the FIFO; an empty FIFO gives zeros."""
        data = bytes(self._fifo[:length])
        del self._fifo[:length]
        return data.ljust(length, b"\0")

    def _catch_up(self) -> None:
        if self._clock.now_ns() < self._due_ns:
            return
        registers, fifo = self._registers, self._fifo
        to_accel = 1 / _ACCEL_G_PER_LSB[registers[CTRL1_XL] >> 2 & 3]
        gyro_range = registers[CTRL2_G]
        to_gyro = 1 / (_GYRO_125_DPS_PER_LSB if gyro_range & 2 else _GYRO_DPS_PER_LSB[gyro_range >> 2 & 3])
        if not gyro_range >> 4:
            to_gyro = 0.0
        batches = registers[FIFO_CTRL3] if registers[FIFO_CTRL4] & 7 == 6 else 0
        stamps = registers[FIFO_CTRL4] >> 6 and registers[CTRL10_C] & 0x20
        test = registers[CTRL5_C]
        accel = gyro = b""
        for t_ns, felt in self._due():
            ax, ay, az, gx, gy, gz = self._tested(felt, test, gyro_range) if test else felt
            accel = _three(ax * to_accel, ay * to_accel, az * to_accel)
            gyro = _three(gx * to_gyro, gy * to_gyro, gz * to_gyro)
            if batches:
                tags = _TAGS[self._count]
                if batches >> 4:
                    fifo.append(tags[TAG_GYRO])
                    fifo += gyro
                if batches & 15:
                    fifo.append(tags[TAG_ACCEL])
                    fifo += accel
                if stamps:
                    fifo += _STAMP.pack(tags[TAG_TIMESTAMP], self._ticks_at(t_ns), 0)
                self._count = (self._count + 1) & 3
        temperature = self._temperature_counts(IMU_MODELS["lsm6dsox"]).to_bytes(2, "little", signed=True)
        registers[OUT_TEMP:_OUT_END] = temperature + gyro + accel
        registers[STATUS] = TEMPERATURE_READY | (0x03 if gyro_range >> 4 else 0x01)
        if len(fifo) > _FIFO_BYTES:
            excess = len(fifo) - _FIFO_BYTES
            del fifo[:excess]
            self.lost_slots += excess // SLOT_BYTES
            self._overrun = True

    def _tested(self, felt: tuple[float, ...], test: int, gyro_range: int) -> tuple[float, ...]:
        accel = _SELF_TEST_G * _SELF_TEST_SIGN[test & 3]
        gyro = _SELF_TEST_DPS[gyro_range >> 2 & 3] * _SELF_TEST_SIGN[test >> 2 & 3]
        moves = zip(felt, (accel,) * 3 + (gyro,) * 3, self._alive, strict=True)
        return tuple(value + move * alive for value, move, alive in moves)


def _three(x: float, y: float, z: float) -> bytes:
    """Return three counts as the chip stores them: rounded, clipped to 16 bit, little endian."""
    try:
        return _THREE.pack(round(x), round(y), round(z))
    except struct.error:
        return _THREE.pack(*(min(max(round(v), -32768), 32767) for v in (x, y, z)))
