"""The exact conversation with each IMU: every transfer in order, and nothing left over."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from smbus2 import i2c_msg

from hardware.clock import VirtualClock
from hardware.imu import IMU_MODELS, Imu, ImuName
from hardware.sensor import Sample
from tests.hardware.imu_rig import driver_for

Transfer = tuple[str, int, int] | tuple[str, list[tuple[int, bytes]]]


class ScriptedBus:
    """A bus that accepts exactly the transfers of a script, in order, and gives its answers.

    ("read", register, answer), ("write", register, value); ("combined", [(register, answer), ...]) is a transfer each.
    """

    def __init__(self, address: int, script: list[Transfer]) -> None:
        self.address = address
        self.script: list[Transfer] = []
        for kind, *rest in script:
            if kind == "combined":
                self.script += [("combined", [each]) for each in rest[0]]  # type: ignore[union-attr]
            else:
                self.script.append((kind, *rest))  # type: ignore[arg-type]

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        assert i2c_addr == self.address
        assert self.script, f"reading 0x{register:02x} is not in the script"
        kind, expected_register, answer = self.script.pop(0)  # type: ignore[misc]
        assert (kind, expected_register) == ("read", register)
        return answer

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        assert i2c_addr == self.address
        assert self.script, f"writing 0x{register:02x} is not in the script"
        assert self.script.pop(0) == ("write", register, value)

    def reopen(self) -> None:
        raise AssertionError("nothing failed")

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        assert {message.addr for message in i2c_msgs} == {self.address}
        asked = [(bytes(at)[0], data.len) for at, data in zip(i2c_msgs[::2], i2c_msgs[1::2], strict=True)]
        assert self.script, f"reading {asked} is not in the script"
        kind, answers = self.script.pop(0)  # type: ignore[misc]
        assert kind == "combined"
        assert asked == [(register, len(answer)) for register, answer in answers]
        for message, (_, answer) in zip(i2c_msgs[1::2], answers, strict=True):
            ctypes.memmove(message.buf, answer, len(answer))


@contextmanager
def expected_transfers(name: ImuName, script: list[Transfer], rate_hz: int | None = None) -> Iterator[Imu]:
    """Give a driver that was set up over the script; at the end nothing of it may be left over."""
    model = IMU_MODELS[name]
    bus = ScriptedBus(model.addresses[0], script)
    settings = {"address": model.addresses[0], "rate_hz": rate_hz or model.rates_hz[0]}
    clock = VirtualClock()
    driver = driver_for(name, bus, clock, **settings)
    clock.t_ns += 100_000_000  # an MPU's reset; its set-up belongs to the drain after it
    if name != "lsm6dsox":
        assert driver.drain() == []
        clock.t_ns += 100_000_000
    yield driver
    assert bus.script == []


def written_and_read_back(*settings: tuple[int, int]) -> list[Transfer]:
    return [step for register, value in settings for step in (("write", register, value), ("read", register, value))]


# LSM6DSOX: register values from the hardware notes: WHO_AM_I, software reset, then the table of each rate
LSM6DSOX_SETTINGS = {
    104: [(0x18, 0xE2), (0x12, 0x44), (0x0A, 0x00), (0x10, 0x48), (0x11, 0x44), (0x19, 0x20), (0x07, 30), (0x08, 0x00),
          (0x09, 0x44), (0x0A, 0x46)],
    208: [(0x18, 0xE2), (0x12, 0x44), (0x0A, 0x00), (0x10, 0x58), (0x11, 0x54), (0x19, 0x20), (0x07, 60), (0x08, 0x00),
          (0x09, 0x55), (0x0A, 0x46)],
}  # fmt: skip
# MPU: awake on the PLL, rate, low-pass, +-500 deg/s, +-4 g, (6500: low-pass, 1024 bytes), flags, what goes in the FIFO
MPU_SETTINGS = [(0x6B, 0x01), (0x6A, 0x00), (0x19, 4), (0x1A, 0x03), (0x1B, 0x08), (0x1C, 0x08)]
MPU_FIFO = [("write", 0x6A, 0x04), ("read", 0x6A, 0x00), ("write", 0x6A, 0x40), ("read", 0x6A, 0x40)]


def lsm6dsox_set_up(rate_hz: int) -> list[Transfer]:
    return [
        ("read", 0x0F, 0x6C),
        ("write", 0x12, 0x01),
        ("read", 0x12, 0x05),
        ("read", 0x12, 0x04),
        *written_and_read_back(*LSM6DSOX_SETTINGS[rate_hz]),
        ("read", 0x63, 0x00),
        ("combined", [(0x40, b"\0\0\0\0")]),
    ]


def lsm6dsox_look(
    rate_hz: int, level: bytes, ticks: int, temperature: bytes = b"\x03\0\0\0"
) -> list[tuple[int, bytes]]:
    """temperature: STATUS, which says whether there is one, a register that says nothing, and the temperature."""
    settings = dict(LSM6DSOX_SETTINGS[rate_hz])
    ctrl = bytes([settings[0x10], settings[0x11]])
    return [(0x3A, level), (0x10, ctrl), (0x1E, temperature), (0x40, ticks.to_bytes(4, "little"))]


def mpu_set_up(name: ImuName, rate_hz: int = 200) -> list[Transfer]:
    own = [(0x1D, 0x43)] if name == "mpu6500" else []
    values = {**dict(MPU_SETTINGS), 0x19: 1000 // rate_hz - 1}
    return [
        ("read", 0x75, IMU_MODELS[name].who_am_i),
        ("write", 0x6B, 0x80),
        ("read", 0x6B, 0x40),
        *written_and_read_back(*values.items(), *own, (0x38, 0x11), (0x23, 0x78)),
        *MPU_FIFO,
        ("combined", [(0x3A, b"\x00"), (0x72, b"\x00\x00")]),  # empty and not yet due: the settings are looked at
        ("combined", mpu_settings(name, rate_hz)),
    ]


def mpu_settings(name: ImuName, rate_hz: int = 200) -> list[tuple[int, bytes]]:
    config = bytes([1000 // rate_hz - 1, 3, 8, 8]) + (b"\x43" if name == "mpu6500" else b"")
    return [(0x19, config), (0x6A, b"\x40\x01")]


def mpu_look(name: ImuName, flags: bytes, count: bytes) -> list[tuple[int, bytes]]:
    return [(0x3A, flags), (0x72, count), *mpu_settings(name)]


MPU_TEMPERATURE: Transfer = ("combined", [(0x41, b"\0\0")])


@pytest.mark.parametrize("rate_hz", [104, 208])
def test_set_up_of_an_lsm6dsox_is_identity_reset_and_each_register_written_and_read_back(rate_hz: int) -> None:
    with expected_transfers("lsm6dsox", lsm6dsox_set_up(rate_hz), rate_hz) as driver:
        assert driver.counters.bus_errors == 0


@pytest.mark.parametrize("rate_hz", [100, 200])
@pytest.mark.parametrize("name", ["mpu6050", "mpu6500"])
def test_set_up_of_an_mpu_is_identity_reset_each_register_and_then_the_fifo(name: ImuName, rate_hz: int) -> None:
    with expected_transfers(name, mpu_set_up(name, rate_hz), rate_hz) as driver:
        assert driver.counters.bus_errors == 0


def test_a_drain_of_an_lsm6dsox_is_status_with_settings_and_time_and_then_one_burst() -> None:
    slots = bytes.fromhex("09 010002000300 11 040005000600 21 a00f000000 00".replace(" ", "")) + bytes(1)
    script: list[Transfer] = [
        *lsm6dsox_set_up(208),
        ("combined", lsm6dsox_look(208, b"\x03\x00", 4000)),
        ("combined", [(0x78, slots[:21])]),
    ]
    with expected_transfers("lsm6dsox", script) as driver:
        assert [s.values for s in driver.drain()] == [(4, 5, 6, 1, 2, 3)]


@pytest.mark.parametrize("name", ["mpu6050", "mpu6500"])
def test_a_drain_of_an_mpu_is_flags_and_count_with_settings_and_then_one_burst_of_that_many(name: ImuName) -> None:
    packets = bytes.fromhex("000100020003000400050006fffffffefffdfffcfffbfffa")
    script: list[Transfer] = [
        *mpu_set_up(name),
        ("combined", mpu_look(name, b"\x01", b"\x00\x18")),
        MPU_TEMPERATURE,
        ("combined", [(0x74, packets)]),
        ("combined", [(0x3A, b"\x00"), (0x72, b"\x00\x00")]),
        ("combined", mpu_settings(name)),
    ]
    with expected_transfers(name, script) as driver:
        assert [s.values for s in driver.drain()] == [(1, 2, 3, 4, 5, 6), (-1, -2, -3, -4, -5, -6)]
        assert driver.drain() == []


@pytest.mark.parametrize("name", ["mpu6050", "mpu6500"])
@pytest.mark.parametrize("flags_and_count", [(b"\x11", b"\x04\x00"), (b"\x10", b"\x00\x0c"), (b"\x01", b"\x04\x00")])
def test_an_overflow_of_an_mpu_is_answered_by_emptying_the_fifo_and_by_nothing_else(
    name: ImuName, flags_and_count: tuple[bytes, bytes]
) -> None:
    flags, count = flags_and_count
    script: list[Transfer] = [
        *mpu_set_up(name),
        ("combined", mpu_look(name, flags, count)),
        *MPU_FIFO,
    ]
    with expected_transfers(name, script) as driver:
        assert driver.drain() == []
        assert (driver.counters.overruns, driver.counters.gaps, driver.counters.corrupt) == (1, 1, 0)


@pytest.mark.parametrize("name", ["mpu6050", "mpu6500"])
def test_a_count_that_is_no_whole_number_of_packets_is_looked_at_twice_before_the_fifo_is_emptied(
    name: ImuName,
) -> None:
    look = mpu_look(name, b"\x01", b"\x00\x1d")
    packets = bytes.fromhex("000100020003000400050006" * 3)
    storing: list[Transfer] = [*mpu_set_up(name), ("combined", look), ("combined", [(0x72, b"\x00\x24")])]
    with expected_transfers(name, [*storing, MPU_TEMPERATURE, ("combined", [(0x74, packets)])]) as driver:
        drained: list[Sample] = driver.drain()
        assert len(drained) == 3
        assert driver.counters.corrupt == 0
    shifted: list[Transfer] = [*mpu_set_up(name), ("combined", look), ("combined", [(0x72, b"\x00\x1d")]), *MPU_FIFO]
    with expected_transfers(name, shifted) as driver:
        assert driver.drain() == []
        assert (driver.counters.corrupt, driver.counters.gaps) == (1, 1)


# raw readings and what they mean, by the formulas of ST's lsm6dsox_reg.c and InvenSense's register map and data sheet
LSM6DSOX_TEMPERATURES = [
    (b"\x07\x00\x00\x02", 27.0),  # 512 / 256 + 25
    (b"\x04\x00\x80\xfe", 23.5),  # -384 / 256 + 25
    (b"\x07\x00\x00\x00", 25.0),
    (b"\x03\x00\x00\x00", None),  # no temperature yet: what the register says is none
    (b"\x07\x00\x01\x3c", None),  # 85.004 degC, and -40.004: beyond what the sensor measures
    (b"\x07\x00\xff\xbe", None),
    (b"\x07\x00\x00\x3c", 85.0),
    (b"\x07\x00\x00\xbf", -40.0),
]
MPU_TEMPERATURES: list[tuple[ImuName, bytes, float | None]] = [
    ("mpu6050", b"\xf3\x58", 27.0),  # -3240 / 340 + 36.53
    ("mpu6050", b"\x00\x00", 36.53),
    ("mpu6050", b"\x40\x62", None),  # 16482: 85.01 degC
    ("mpu6050", b"\x9a\x4b", None),  # -26037: -40.05 degC
    ("mpu6500", b"\x07\xd3", 27.0),  # 2003 / 333.87 + 21
    ("mpu6500", b"\x00\x00", 21.0),
    ("mpu6500", b"\x53\x78", None),  # 21368: 85.002 degC
    ("mpu6500", b"\xb0\x71", None),  # -20367: -40.003 degC
]


@pytest.mark.parametrize(("read", "celsius"), LSM6DSOX_TEMPERATURES)
def test_the_temperature_of_an_lsm6dsox_comes_with_the_look_at_its_time(read: bytes, celsius: float | None) -> None:
    script: list[Transfer] = [
        *lsm6dsox_set_up(208),
        ("combined", lsm6dsox_look(208, b"\0\0", 4000, read)),
        ("combined", lsm6dsox_look(208, b"\0\0", 4000)[1:2]),  # an empty FIFO
    ]
    with expected_transfers("lsm6dsox", script) as driver:
        assert driver.temperature_c is None
        driver.drain()
        assert driver.temperature_c == celsius


@pytest.mark.parametrize(("name", "read", "celsius"), MPU_TEMPERATURES)
def test_the_temperature_of_an_mpu_comes_with_the_look_at_its_settings(
    name: ImuName, read: bytes, celsius: float | None
) -> None:
    script: list[Transfer] = [
        *mpu_set_up(name),
        ("combined", [*mpu_look(name, b"\x01", b"\x00\x0c"), (0x41, read)]),
        ("combined", [(0x74, bytes(12))]),
    ]
    with expected_transfers(name, script) as driver:
        assert driver.temperature_c is None
        driver.drain()
        assert driver.temperature_c == celsius


@pytest.mark.parametrize("name", ["mpu6050", "mpu6500"])
def test_an_mpu_that_has_taken_no_sample_yet_has_no_temperature(name: ImuName) -> None:
    script: list[Transfer] = [*mpu_set_up(name), ("combined", mpu_look(name, b"\0", b"\0\0"))]
    with expected_transfers(name, script) as driver:
        driver.drain()
        assert driver.temperature_c is None


@pytest.mark.parametrize("name", ["lsm6dsox", "mpu6050", "mpu6500"])
def test_a_chip_that_is_not_ours_is_written_nothing(name: ImuName) -> None:
    register = 0x0F if name == "lsm6dsox" else 0x75
    bus = ScriptedBus(IMU_MODELS[name].addresses[0], [("read", register, 0x99)])
    with pytest.raises(ValueError, match="WHO_AM_I"):
        driver_for(name, bus, VirtualClock(), address=IMU_MODELS[name].addresses[0]).drain()
    assert bus.script == []
