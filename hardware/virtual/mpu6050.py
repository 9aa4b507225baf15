"""A virtual MPU-6050 or MPU-6500 at register level, with its FIFO; sits on a `hardware.virtual.i2c.VirtualAdapter`.

What is modelled: identity, the registers that the driver writes and their read-back, reset, sleep after power-up (the
MPU-6050; the MPU-6500 is awake, with its FIFO off), sample rate divider and ranges, a FIFO of 1024 bytes (MPU-6500: 512
and more, as ACCEL_CONFIG2 says) that drops its oldest bytes when it overflows, wherever packets begin, and that repeats
its last byte when it is empty, the flags of INT_STATUS, which reading clears, the output registers, that of the
temperature too, the self-test with its factory codes, a brown-out.

Samples are taken from when the chip is awake and its rate was last set. Counts are the motion, scaled to the range,
rounded and clipped to 16 bit.

Not modelled: filters and noise (the motion may contain them), start-up transients, interrupts, the motion processor,
the second I2C bus, cycle mode, 8 kHz (the low-pass is on).
"""

import struct
from collections.abc import Collection
from typing import Final

from hardware.clock import Clock
from hardware.imu import IMU_MODELS
from hardware.mpu6050 import (
    ACCEL_CONFIG,
    ACCEL_CONFIG2,
    ACCEL_OUT,
    FIFO_COUNT,
    FIFO_EN,
    FIFO_R_W,
    GYRO_CONFIG,
    INT_STATUS,
    PWR_MGMT_1,
    SMPLRT_DIV,
    TEMP_OUT,
    USER_CTRL,
    WHO_AM_I,
)
from hardware.mpu_self_test import MpuName, accel_trim_6050_mg, gyro_trim_6050_dps, trim_6500
from hardware.virtual.imu_chip import Axis, Motion, VirtualImuChip

# Register maps: sensitivities of the ranges 2, 4, 8, 16 g and 250, 500, 1000, 2000 deg/s
_ACCEL_LSB_PER_G: Final = (16384, 8192, 4096, 2048)
_GYRO_LSB_PER_DPS: Final = (131.0, 65.5, 32.8, 16.4)
_OUT_END: Final = ACCEL_OUT + 14
_TEMP_DIS: Final = 0x08  # in PWR_MGMT_1
_READ_ONLY: Final = frozenset({INT_STATUS, *range(ACCEL_OUT, _OUT_END), FIFO_COUNT, FIFO_COUNT + 1, WHO_AM_I})
_POWER_UP: Final[dict[MpuName, int]] = {"mpu6050": 0x40, "mpu6500": 0x01}
_THREE: Final = struct.Struct(">3h")
# Factory codes: a chip in the middle of the range.
_ACCEL_CODE: Final[dict[MpuName, int]] = {"mpu6050": 17, "mpu6500": 90}
_GYRO_CODE: Final[dict[MpuName, int]] = {"mpu6050": 17, "mpu6500": 120}


class VirtualMpu6050(VirtualImuChip):
    """One chip; see `VirtualImuChip`. factory_codes: False is a clone that stores none. `lost_bytes`: to overflow."""

    def __init__(
        self,
        clock: Clock,
        motion: Motion,
        *,
        model: MpuName = "mpu6050",
        rate_error_ppm: int = 0,
        dead: Collection[Axis] = (),
        factory_codes: bool = True,
    ) -> None:
        self._model = model
        self._factory_codes = factory_codes
        self.lost_bytes = 0
        super().__init__(clock, motion, rate_error_ppm, dead)

    # --- the bus

    def read(self, length: int) -> bytes:
        """Return registers from the pointer on; FIFO_R_W stays where it is and takes bytes out of the FIFO."""
        if self._pointer == FIFO_R_W:
            self._catch_up()
            return self._take(length)
        return super().read(length)

    # --- registers

    def _power_on(self) -> None:
        self._registers = bytearray(128)
        self._registers[WHO_AM_I] = IMU_MODELS[self._model].who_am_i
        self._registers[PWR_MGMT_1] = _POWER_UP[self._model]
        if self._factory_codes:
            self._store_codes(_ACCEL_CODE[self._model], _GYRO_CODE[self._model])
        self._pointer = 0
        self._fifo = bytearray()
        self._last_byte = 0
        self._switch()

    def _store_codes(self, accel: int, gyro: int) -> None:
        if self._model == "mpu6500":
            self._registers[0x00:0x03] = bytes([gyro] * 3)
            self._registers[0x0D:0x10] = bytes([accel] * 3)
        else:
            self._registers[0x0D:0x10] = bytes([(accel & 0x1C) << 3 | gyro] * 3)
            self._registers[0x10] = (accel & 3) * 0x15

    def _step(self) -> None:
        if self._pointer != FIFO_R_W:
            self._pointer = (self._pointer + 1) & 0x7F

    def _switch(self) -> None:
        if self._registers[PWR_MGMT_1] & 0x40:
            self._off()
            self._registers[ACCEL_OUT:_OUT_END] = bytes(14)
        else:
            self._on(1000 / (1 + self._registers[SMPLRT_DIV]))

    def _write_register(self, register: int, value: int) -> None:
        if register == PWR_MGMT_1 and value & 0x80:
            self._power_on()
            return
        if register == FIFO_R_W:
            self._store(bytes([value]))
            return
        if register in _READ_ONLY:
            return
        before = self._registers[register]
        self._registers[register] = value
        if register == USER_CTRL:
            self._registers[USER_CTRL] = value & ~0x07  # the resets clear themselves
            if value & 0x04 and not value & 0x40:
                self._fifo.clear()
        elif register == SMPLRT_DIV or (register == PWR_MGMT_1 and (before ^ value) & 0x40):
            self._switch()

    def _read_register(self, register: int) -> int:
        if register == FIFO_COUNT:  # reading the high byte latches both
            self._registers[FIFO_COUNT : FIFO_COUNT + 2] = len(self._fifo).to_bytes(2, "big")
        elif register == FIFO_R_W:
            return self._take(1)[0]
        value = self._registers[register]
        if register == INT_STATUS:
            self._registers[INT_STATUS] = 0
        return value

    # --- the FIFO and the samples

    def _capacity(self) -> int:
        return 512 << (self._registers[ACCEL_CONFIG2] >> 6) if self._model == "mpu6500" else 1024

    def _store(self, data: bytes | bytearray) -> None:
        self._fifo += data
        excess = len(self._fifo) - self._capacity()
        if excess > 0:
            del self._fifo[:excess]
            self.lost_bytes += excess
            self._registers[INT_STATUS] |= 0x10

    def _take(self, length: int) -> bytes:
        data = bytes(self._fifo[:length])
        del self._fifo[:length]
        if data:
            self._last_byte = data[-1]
        return data.ljust(length, bytes([self._last_byte]))

    def _catch_up(self) -> None:
        if self._clock.now_ns() < self._due_ns:
            return
        registers = self._registers
        gyro_config, accel_config = registers[GYRO_CONFIG], registers[ACCEL_CONFIG]
        to_accel = _ACCEL_LSB_PER_G[accel_config >> 3 & 3]
        to_gyro = _GYRO_LSB_PER_DPS[gyro_config >> 3 & 3]
        moves = self._self_test(accel_config, gyro_config) if (accel_config | gyro_config) & 0xE0 else None
        stored = registers[FIFO_EN] if registers[USER_CTRL] & 0x40 else 0
        temperature = bytes(registers[TEMP_OUT : TEMP_OUT + 2])
        if not registers[PWR_MGMT_1] & _TEMP_DIS:
            temperature = self._temperature_counts(IMU_MODELS[self._model]).to_bytes(2, "big", signed=True)
        packets = bytearray()
        accel = gyro = b""
        for _, felt in self._due():
            ax, ay, az, gx, gy, gz = felt
            if moves:
                ax, ay, az, gx, gy, gz = (value + move for value, move in zip(felt, moves, strict=True))
            accel = _three(ax * to_accel, ay * to_accel, az * to_accel)
            gyro = _three(gx * to_gyro, gy * to_gyro, gz * to_gyro)
            if stored == 0x78:
                packets += accel
                packets += gyro
            elif stored:
                packets += _packet(stored, accel, temperature, gyro)
        registers[ACCEL_OUT:_OUT_END] = accel + temperature + gyro
        registers[INT_STATUS] |= 0x01
        if packets:
            self._store(packets)

    def _self_test(self, accel_config: int, gyro_config: int) -> tuple[float, ...]:
        """Return by how much each axis is moved, in g and deg/s: by what its factory code says."""
        if self._model == "mpu6500":
            accel = trim_6500(_ACCEL_CODE[self._model]) / 16384
            gyro = [trim_6500(_GYRO_CODE[self._model]) / 131] * 3
        else:
            accel = accel_trim_6050_mg(_ACCEL_CODE[self._model]) / 1000
            gyro = [sign * gyro_trim_6050_dps(_GYRO_CODE[self._model]) for sign in (1, -1, 1)]
        moves = [accel * (accel_config >> bit & 1) for bit in (7, 6, 5)]
        moves += [move * (gyro_config >> bit & 1) for move, bit in zip(gyro, (7, 6, 5), strict=True)]
        return tuple(move * alive for move, alive in zip(moves, self._alive, strict=True))


def _packet(stored: int, accel: bytes, temperature: bytes, gyro: bytes) -> bytes:
    """Return what FIFO_EN asks for, in the order of the registers."""
    parts = accel if stored & 0x08 else b""
    parts += temperature if stored & 0x80 else b""
    for axis, bit in enumerate((0x40, 0x20, 0x10)):
        parts += gyro[2 * axis : 2 * axis + 2] if stored & bit else b""
    return parts


def _three(x: float, y: float, z: float) -> bytes:
    """Return three counts as the chip stores them: rounded, clipped to 16 bit, big endian."""
    try:
        return _THREE.pack(round(x), round(y), round(z))
    except struct.error:
        return _THREE.pack(*(min(max(round(v), -32768), 32767) for v in (x, y, z)))
