"""The virtual MPU-6050 and MPU-6500 keep the register maps' rules, seen over their bus."""

import struct
from typing import Any

import pytest

from hardware.clock import VirtualClock
from hardware.mpu_self_test import MpuName
from hardware.virtual.mpu6050 import VirtualMpu6050

MS = 1_000_000
BOTH = pytest.mark.parametrize("model", ["mpu6050", "mpu6500"])
WHO = {"mpu6050": b"\x68", "mpu6500": b"\x70"}


def still(t_ns: int) -> tuple[float, float, float, float, float, float]:
    return (0.5, -0.5, 1.0, 10.0, -10.0, 600.0)


class Bench:
    """A chip and a hand that writes and reads its registers."""

    def __init__(self, model: MpuName = "mpu6050", **settings: Any) -> None:
        self.clock = VirtualClock()
        self.chip = VirtualMpu6050(self.clock, still, model=model, **settings)

    def write(self, register: int, *values: int) -> None:
        self.chip.write(bytes([register, *values]))

    def read(self, register: int, length: int = 1) -> bytes:
        self.chip.write(bytes([register]))
        return self.chip.read(length)

    def switch_on(self, gyro: int = 0x08, accel: int = 0x08) -> "Bench":
        for register, value in ((0x6B, 1), (0x19, 4), (0x1B, gyro), (0x1C, accel), (0x23, 0x78), (0x6A, 0x40)):
            self.write(register, value)
        return self

    def count(self) -> int:
        return int.from_bytes(self.read(0x72, 2), "big")


@BOTH
def test_after_power_up_it_has_its_identity_and_measures_nothing_into_its_fifo(model: MpuName) -> None:
    bench = Bench(model)
    bench.clock.t_ns += 500 * MS
    assert bench.read(0x75) == WHO[model]
    assert bench.count() == 0
    assert bench.read(0x6B) == (b"\x40" if model == "mpu6050" else b"\x01")


def test_an_mpu6050_is_asleep_after_power_up_and_all_its_outputs_are_zero() -> None:
    bench = Bench()
    bench.clock.t_ns += 500 * MS
    assert bench.read(0x3B, 14) == bytes(14)
    assert bench.chip.first_ns is None


@BOTH
def test_reset_and_brown_out_bring_back_the_defaults(model: MpuName) -> None:
    for lose in (lambda bench: bench.write(0x6B, 0x80), lambda bench: bench.chip.brown_out()):
        bench = Bench(model).switch_on()
        bench.clock.t_ns += 100 * MS
        lose(bench)
        assert bench.read(0x1B) == b"\x00"
        assert bench.read(0x23) == b"\x00"
        assert bench.count() == 0


def test_what_is_read_only_stays_as_it_is() -> None:
    bench = Bench()
    bench.write(0x75, 0x00)
    bench.write(0x72, 0x55, 0x55)
    assert bench.read(0x75) == b"\x68"
    assert bench.count() == 0


@BOTH
@pytest.mark.parametrize("rate_error_ppm", [0, -10_000])
def test_samples_are_taken_at_exact_multiples_of_the_period(model: MpuName, rate_error_ppm: int) -> None:
    bench = Bench(model, rate_error_ppm=rate_error_ppm).switch_on()
    assert bench.chip.period_ns == round(5 * MS / (1 + rate_error_ppm * 1e-6))
    assert bench.chip.first_ns is not None
    bench.clock.t_ns = bench.chip.first_ns + 9 * bench.chip.period_ns - 1
    assert bench.count() == 9 * 12
    bench.clock.t_ns += 1
    assert bench.count() == 10 * 12


@BOTH
def test_a_packet_is_accelerometer_and_gyroscope_big_endian(model: MpuName) -> None:
    bench = Bench(model).switch_on()
    bench.clock.t_ns += 5 * MS
    packet = bench.read(0x74, 12)
    assert struct.unpack(">6h", packet) == (4096, -4096, 8192, 655, -655, 32767), "600 deg/s is clipped"


def test_the_fifo_takes_what_it_is_asked_to_in_the_order_of_the_registers() -> None:
    bench = Bench().switch_on()
    bench.chip.temperature_c = 37.53
    bench.write(0x23, 0x80 | 0x20 | 0x08)  # temperature, gyroscope y, accelerometer
    bench.clock.t_ns += 5 * MS
    assert bench.count() == 10
    assert struct.unpack(">5h", bench.read(0x74, 10)) == (4096, -4096, 8192, 340, -655)


@pytest.mark.parametrize(("accel", "counts"), [(0x00, 16384), (0x08, 8192), (0x10, 4096), (0x18, 2048)])
def test_the_range_bits_scale_the_accelerometer(accel: int, counts: int) -> None:
    bench = Bench().switch_on(accel=accel)
    bench.clock.t_ns += 10 * MS
    assert struct.unpack(">3h", bench.read(0x3B, 6))[2] == counts


@pytest.mark.parametrize(("gyro", "counts"), [(0x00, 1310), (0x08, 655), (0x10, 328), (0x18, 164)])
def test_the_range_bits_scale_the_gyroscope(gyro: int, counts: int) -> None:
    bench = Bench().switch_on(gyro=gyro)
    bench.clock.t_ns += 10 * MS
    assert struct.unpack(">3h", bench.read(0x43, 6))[0] == counts


@pytest.mark.parametrize(
    ("model", "size_bits", "capacity"),
    [("mpu6050", 0, 1024), ("mpu6500", 0, 512), ("mpu6500", 1, 1024), ("mpu6500", 2, 2048), ("mpu6500", 3, 4096)],
)
def test_a_full_fifo_drops_its_oldest_bytes_wherever_packets_begin_and_says_so_once(
    model: MpuName, size_bits: int, capacity: int
) -> None:
    bench = Bench(model).switch_on()
    bench.write(0x1D, size_bits << 6)
    bench.clock.t_ns += (capacity // 12) * 5 * MS
    assert not bench.read(0x3A)[0] & 0x10
    bench.clock.t_ns += 5 * MS
    assert bench.count() == capacity
    assert bench.read(0x3A)[0] & 0x10
    assert not bench.read(0x3A)[0] & 0x10
    assert bench.chip.lost_bytes == 12 * (capacity // 12 + 1) - capacity
    shift = bench.chip.lost_bytes
    whole = struct.pack(">6h", 4096, -4096, 8192, 655, -655, 32767)
    assert bench.read(0x74, 12) == (whole * 2)[shift : shift + 12]


def test_an_empty_fifo_repeats_its_last_byte() -> None:
    bench = Bench().switch_on()
    bench.clock.t_ns += 5 * MS
    bench.read(0x74, 12)
    assert bench.read(0x74, 5) == b"\xff" * 5
    assert bench.count() == 0


def test_the_fifo_s_reset_empties_it_and_clears_itself_and_works_only_while_the_fifo_is_off() -> None:
    bench = Bench().switch_on()
    bench.clock.t_ns += 50 * MS
    bench.write(0x6A, 0x44)
    assert bench.count() == 120
    bench.write(0x6A, 0x04)
    assert bench.read(0x6A) == b"\x00"
    assert bench.count() == 0
    bench.clock.t_ns += 50 * MS
    assert bench.count() == 0, "it is off until it is switched on again"


def test_data_ready_is_set_by_a_sample_and_cleared_by_reading_it() -> None:
    bench = Bench().switch_on()
    assert not bench.read(0x3A)[0] & 1
    bench.clock.t_ns += 5 * MS
    assert bench.read(0x3A)[0] & 1
    assert not bench.read(0x3A)[0] & 1


@pytest.mark.parametrize(("model", "counts"), [("mpu6050", -2220), ("mpu6500", 3005)])
def test_the_temperature_is_measured_with_each_sample_unless_it_is_switched_off(model: MpuName, counts: int) -> None:
    bench = Bench(model)
    bench.chip.temperature_c = 30.0
    assert bench.read(0x41, 2) == b"\0\0"
    bench.switch_on()
    bench.clock.t_ns += 5 * MS
    assert struct.unpack(">h", bench.read(0x41, 2)) == (counts,)
    bench.write(0x6B, 0x09)  # TEMP_DIS
    bench.chip.temperature_c = 50.0
    bench.clock.t_ns += 5 * MS
    assert struct.unpack(">h", bench.read(0x41, 2)) == (counts,)


@BOTH
def test_a_frozen_chip_goes_on_with_its_last_sample_at_its_usual_rate(model: MpuName) -> None:
    values = iter(range(1, 1000))
    clock = VirtualClock()
    chip = VirtualMpu6050(clock, lambda t_ns: (next(values) / 8192, 0.0, 0.0, 0.0, 0.0, 0.0), model=model)
    for register, value in ((0x6B, 1), (0x19, 4), (0x1C, 0x08), (0x23, 0x08), (0x6A, 0x40)):
        chip.write(bytes([register, value]))
    clock.t_ns += 10 * MS
    chip.freeze(True)
    clock.t_ns += 10 * MS
    chip.freeze(False)
    clock.t_ns += 5 * MS
    chip.write(b"\x74")
    assert [struct.unpack(">3h", chip.read(6))[0] for _ in range(5)] == [1, 2, 2, 2, 3]
