"""The virtual LSM6DSOX keeps the data sheet's rules, seen over its bus."""

import struct

import pytest

from hardware.clock import VirtualClock
from hardware.virtual.lsm6dsox import VirtualLsm6dsox

MS = 1_000_000


def still(t_ns: int) -> tuple[float, float, float, float, float, float]:
    return (0.0, 0.0, 1.0, 10.0, -10.0, 600.0)


class Bench:
    """A chip and a hand that writes and reads its registers."""

    def __init__(self, rate_error_ppm: int = 0) -> None:
        self.clock = VirtualClock()
        self.chip = VirtualLsm6dsox(self.clock, still, rate_error_ppm=rate_error_ppm)

    def write(self, register: int, *values: int) -> None:
        self.chip.write(bytes([register, *values]))

    def read(self, register: int, length: int = 1) -> bytes:
        self.chip.write(bytes([register]))
        return self.chip.read(length)

    def switch_on(self, accel: int = 0x48, gyro: int = 0x44) -> "Bench":
        for register, value in ((0x10, accel), (0x11, gyro), (0x19, 0x20), (0x09, 0x44), (0x0A, 0x46)):
            self.write(register, value)
        return self

    def slots(self) -> int:
        low, high = self.read(0x3A, 2)
        return low | (high & 3) << 8


def test_registers_start_at_their_defaults_and_return_to_them_on_software_reset() -> None:
    bench = Bench()
    assert bench.read(0x0F) == b"\x6c"
    assert bench.read(0x12) == b"\x04"
    bench.write(0x10, 0x48)
    bench.write(0x12, 0x01)
    assert bench.read(0x10) == b"\x00"
    assert bench.read(0x12) == b"\x04"


def test_what_is_read_only_stays_as_it_is() -> None:
    bench = Bench()
    bench.write(0x0F, 0x00)
    assert bench.read(0x0F) == b"\x6c"


def test_the_address_counts_up_only_while_if_inc_is_set() -> None:
    bench = Bench()
    bench.write(0x07, 1, 2, 3)
    assert bench.read(0x07, 3) == b"\x01\x02\x03"
    bench.write(0x12, 0x00)
    assert bench.read(0x07, 3) == b"\x01\x01\x01"


@pytest.mark.parametrize("rate_error_ppm", [0, -20_000])
def test_samples_are_taken_at_exact_multiples_of_the_period(rate_error_ppm: int) -> None:
    bench = Bench(rate_error_ppm).switch_on()
    assert bench.chip.period_ns == round(1e9 / (104 * (1 + rate_error_ppm * 1e-6)))
    assert bench.chip.first_ns is not None
    bench.clock.t_ns = bench.chip.first_ns + 9 * bench.chip.period_ns - 1
    assert bench.slots() == 9 * 3
    bench.clock.t_ns += 1
    assert bench.slots() == 10 * 3
    assert bench.chip.samples == 10


def test_a_slot_has_tag_counter_even_parity_and_six_bytes() -> None:
    bench = Bench().switch_on()
    bench.clock.t_ns += 60 * MS
    data = bench.read(0x78, 7 * 3 * 6)
    for n in range(6):
        gyro, accel, stamp = (data[7 * (3 * n + i) : 7 * (3 * n + i + 1)] for i in range(3))
        assert [s[0] >> 3 for s in (gyro, accel, stamp)] == [1, 2, 4]
        assert {s[0] >> 1 & 3 for s in (gyro, accel, stamp)} == {n % 4}
        assert all(s[0].bit_count() % 2 == 0 for s in (gyro, accel, stamp))
        assert struct.unpack("<3h", gyro[1:]) == (571, -571, 32767), "600 deg/s is beyond the range: clipped"
        assert struct.unpack("<3h", accel[1:]) == (0, 0, 8197)
        ticks = struct.unpack("<I", stamp[1:5])[0]
        assert ticks == (n + 1) * bench.chip.period_ns // 25_000  # type: ignore[operator]


@pytest.mark.parametrize(("accel", "counts"), [(0x40, 16393), (0x48, 8197), (0x4C, 4098), (0x44, 2049)])
def test_the_range_bits_scale_the_counts(accel: int, counts: int) -> None:
    bench = Bench().switch_on(accel=accel)
    bench.clock.t_ns += 20 * MS
    assert struct.unpack("<3h", bench.read(0x28, 6)) == (0, 0, counts)


@pytest.mark.parametrize(
    ("gyro", "counts"), [(0x40, 1143), (0x44, 571), (0x48, 286), (0x4C, 143), (0x42, 2286), (0, 0)]
)
def test_the_gyroscope_s_range_bits_scale_the_counts(gyro: int, counts: int) -> None:
    bench = Bench().switch_on(gyro=gyro)
    bench.clock.t_ns += 20 * MS
    assert struct.unpack("<h", bench.read(0x22, 2)) == (counts,)


def test_a_full_fifo_drops_its_oldest_slots_and_says_so_once() -> None:
    bench = Bench().switch_on()
    bench.clock.t_ns += 2_000 * MS
    low, high = bench.read(0x3A, 2)
    assert low | (high & 3) << 8 == 512
    assert high & 0x68 == 0x68
    assert bench.read(0x3B)[0] & 0x48 == 0
    assert bench.chip.lost_slots == 3 * bench.chip.samples - 512


def test_the_watermark_bit_follows_the_level() -> None:
    bench = Bench().switch_on()
    bench.write(0x07, 6)
    bench.clock.t_ns += 15 * MS
    assert not bench.read(0x3B)[0] & 0x80
    bench.clock.t_ns += 10 * MS
    assert bench.read(0x3B)[0] & 0x80


def test_slots_can_be_read_byte_by_byte_with_the_address_rolling_over() -> None:
    bench, twin = Bench().switch_on(), Bench().switch_on()
    bench.clock.t_ns += 30 * MS
    twin.clock.t_ns += 30 * MS
    whole = bench.read(0x78, 14)
    twin.chip.write(b"\x78")
    assert b"".join(twin.chip.read(1) for _ in range(14)) == whole
    assert twin.slots() == bench.slots()


def test_bypass_empties_the_fifo_and_an_empty_fifo_reads_zeros() -> None:
    bench = Bench().switch_on()
    bench.clock.t_ns += 100 * MS
    bench.write(0x0A, 0x00)
    assert bench.slots() == 0
    assert bench.read(0x78, 7) == bytes(7)


def test_the_timestamp_register_counts_25_us_of_the_chip_s_own_time() -> None:
    bench = Bench(rate_error_ppm=10_000).switch_on()
    bench.clock.t_ns += 1_000 * MS
    assert int.from_bytes(bench.read(0x40, 4), "little") == 40_400


def test_status_says_that_there_is_a_temperature_until_it_is_read() -> None:
    bench = Bench()
    bench.chip.temperature_c = 31.5
    assert bench.read(0x1E, 4) == bytes(4), "it is off"
    bench.switch_on()
    bench.clock.t_ns += 20 * MS
    assert bench.read(0x1E, 4) == b"\x07\x00\x80\x06", "1664 of 256 a degree from 25 on"
    assert bench.read(0x1E, 4) == b"\x03\x00\x80\x06"
    bench.chip.temperature_c = -10.0
    bench.clock.t_ns += 20 * MS
    assert bench.read(0x1E, 4) == b"\x07\x00\x00\xdd"


def test_a_brown_out_leaves_a_chip_that_answers_and_measures_nothing() -> None:
    bench = Bench().switch_on()
    bench.clock.t_ns += 100 * MS
    bench.chip.brown_out()
    bench.clock.t_ns += 100 * MS
    assert bench.read(0x0F) == b"\x6c"
    assert bench.read(0x10) == b"\x00"
    assert bench.slots() == 0
    assert bench.chip.first_ns is None
    assert bench.chip.period_ns is None
