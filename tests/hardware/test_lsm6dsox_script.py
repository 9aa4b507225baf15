"""The exact conversation with the chip at start-up: each transfer in order, and nothing left over."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from smbus2 import i2c_msg

from hardware.clock import VirtualClock
from hardware.lsm6dsox import Lsm6dsox

ADDRESS = 0x6A
Transfer = tuple[str, int, int]


class ScriptedBus:
    """A bus that accepts exactly the transfers of a script, in order, and gives its answers."""

    def __init__(self, script: list[Transfer]) -> None:
        self.script = list(script)

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        assert i2c_addr == ADDRESS
        assert self.script, f"reading 0x{register:02x} is not in the script"
        kind, expected_register, answer = self.script.pop(0)
        assert (kind, expected_register) == ("read", register)
        return answer

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        assert i2c_addr == ADDRESS
        assert self.script, f"writing 0x{register:02x} is not in the script"
        assert self.script.pop(0) == ("write", register, value)

    def reopen(self) -> None:
        raise AssertionError("nothing failed")

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        raise AssertionError("no combined transfer belongs to the set-up")


@contextmanager
def expected_transfers(script: list[Transfer], rate_hz: int) -> Iterator[Lsm6dsox]:
    """Give a driver that was set up over the script; at the end nothing of it may be left over."""
    bus = ScriptedBus(script)
    yield Lsm6dsox(bus, VirtualClock(), rate_hz=rate_hz)
    assert bus.script == []


def written_and_read_back(*settings: tuple[int, int]) -> list[Transfer]:
    return [step for register, value in settings for step in (("write", register, value), ("read", register, value))]


# Register values from the hardware notes: WHO_AM_I, software reset, then the table of each rate
SET_UP = {
    104: [(0x18, 0xE2), (0x12, 0x44), (0x0A, 0x00), (0x10, 0x48), (0x11, 0x44), (0x19, 0x20), (0x07, 30), (0x08, 0x00),
          (0x09, 0x44), (0x0A, 0x46)],
    208: [(0x18, 0xE2), (0x12, 0x44), (0x0A, 0x00), (0x10, 0x58), (0x11, 0x54), (0x19, 0x20), (0x07, 60), (0x08, 0x00),
          (0x09, 0x55), (0x0A, 0x46)],
}  # fmt: skip


@pytest.mark.parametrize("rate_hz", [104, 208])
def test_set_up_is_identity_reset_and_each_register_written_and_read_back(rate_hz: int) -> None:
    script: list[Transfer] = [
        ("read", 0x0F, 0x6C),
        ("write", 0x12, 0x01),
        ("read", 0x12, 0x05),
        ("read", 0x12, 0x04),
        *written_and_read_back(*SET_UP[rate_hz]),
        ("read", 0x63, 0x00),
    ]
    with expected_transfers(script, rate_hz) as driver:
        assert driver.counters.bus_errors == 0


def test_a_chip_that_is_not_ours_is_written_nothing() -> None:
    bus = ScriptedBus([("read", 0x0F, 0x70)])
    with pytest.raises(ValueError, match="WHO_AM_I"):
        Lsm6dsox(bus, VirtualClock())
    assert bus.script == []
