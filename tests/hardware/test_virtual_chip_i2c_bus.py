"""The virtual bus under the real smbus2: same calls, same errors, and no trace left behind."""

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import smbus2.smbus2
from smbus2 import I2cFunc, SMBus, i2c_msg

from hardware import i2c
from hardware.clock import VirtualClock
from hardware.i2c import TIMEOUT_NS, I2cPort
from hardware.virtual.i2c import I2cChip, VirtualAdapter, VirtualSMBus


class Memory(I2cChip):
    """256 registers with an address that counts up."""

    def __init__(self) -> None:
        self.registers = bytearray(256)
        self.at = 0

    def write(self, data: bytes) -> None:
        self.at = data[0]
        for value in data[1:]:
            self.registers[self.at] = value
            self.at += 1

    def read(self, length: int) -> bytes:
        data = bytes(self.registers[self.at : self.at + length])
        self.at += length
        return data


@pytest.fixture
def bus() -> Iterator[VirtualSMBus]:
    opened = VirtualSMBus(VirtualAdapter({0x50: Memory()}))
    yield opened
    opened.close()


def test_it_is_an_smbus_that_claims_what_it_can_do_and_no_more(bus: VirtualSMBus) -> None:
    assert isinstance(bus, SMBus)
    assert bus.funcs & I2cFunc.I2C
    assert bus.funcs & I2cFunc.SMBUS_READ_I2C_BLOCK
    assert not bus.funcs & (I2cFunc.SMBUS_PEC | I2cFunc.SMBUS_WORD_DATA)


def test_bytes_blocks_and_combined_transfers_reach_the_chip(bus: VirtualSMBus) -> None:
    bus.write_byte_data(0x50, 0x10, 0xAB)
    bus.write_i2c_block_data(0x50, 0x11, [1, 2, 3])
    read = i2c_msg.read(0x50, 4)
    bus.i2c_rdwr(i2c_msg.write(0x50, [0x10]), read)
    assert bytes(read) == b"\xab\x01\x02\x03"
    assert bus.read_byte_data(0x50, 0x10) == 0xAB
    assert bus.read_i2c_block_data(0x50, 0x10, 4) == [0xAB, 1, 2, 3]


def test_several_messages_in_one_transfer_are_done_in_order(bus: VirtualSMBus) -> None:
    read = i2c_msg.read(0x50, 2)
    bus.i2c_rdwr(i2c_msg.write(0x50, [0x20, 7, 8, 9]), i2c_msg.write(0x50, [0x21]), read)
    assert bytes(read) == b"\x08\x09"


def test_an_address_without_a_chip_does_not_acknowledge(bus: VirtualSMBus) -> None:
    with pytest.raises(OSError, match="121"):
        bus.read_byte_data(0x51, 0)
    with pytest.raises(OSError, match="121"):
        bus.i2c_rdwr(i2c_msg.read(0x51, 1))


@pytest.mark.parametrize("code", [errno.EREMOTEIO, errno.ETIMEDOUT])
def test_failures_come_as_often_as_they_were_asked_for(code: int) -> None:
    adapter = VirtualAdapter({0x50: Memory()})
    with VirtualSMBus(adapter) as bus:
        adapter.fail_next(code, 2)
        for _ in range(2):
            with pytest.raises(OSError, match=str(int(code))):
                bus.read_byte_data(0x50, 0)
        assert bus.read_byte_data(0x50, 0) == 0
    assert adapter.transfers == 3


def test_a_time_out_breaks_a_read_off_in_its_middle_and_what_was_clocked_out_is_gone() -> None:
    chip = Memory()
    adapter = VirtualAdapter({0x50: chip})
    with VirtualSMBus(adapter) as bus:
        adapter.fail_next(errno.ETIMEDOUT)
        with pytest.raises(OSError, match="110"):
            bus.i2c_rdwr(i2c_msg.write(0x50, [0x20]), i2c_msg.read(0x50, 10))
        assert chip.at == 0x25
        adapter.fail_next(errno.EREMOTEIO)
        with pytest.raises(OSError, match="121"):
            bus.i2c_rdwr(i2c_msg.write(0x50, [0x20]), i2c_msg.read(0x50, 10))
        assert chip.at == 0x25, "who does not acknowledge sends nothing"


def test_a_held_bus_times_out_and_takes_its_time_until_it_is_freed_by_nine_clocks() -> None:
    clock = VirtualClock()
    adapter = VirtualAdapter({0x50: Memory()}, clock)
    with VirtualSMBus(adapter) as bus:
        adapter.hold()
        start_ns = clock.t_ns
        for _ in range(2):
            with pytest.raises(OSError, match="110"):
                bus.read_byte_data(0x50, 0)
        assert clock.t_ns - start_ns == 2 * TIMEOUT_NS
        adapter.nine_clocks()
        assert bus.read_byte_data(0x50, 0) == 0


def test_a_bus_that_is_held_from_outside_is_free_when_that_is_over_and_not_by_clocks() -> None:
    clock = VirtualClock()
    adapter = VirtualAdapter({0x50: Memory()}, clock)
    with VirtualSMBus(adapter) as bus:
        adapter.hold(clock.t_ns + 100_000_000)
        adapter.nine_clocks()
        with pytest.raises(OSError, match="110"):
            bus.read_byte_data(0x50, 0)
        clock.t_ns += 100_000_000
        assert bus.read_byte_data(0x50, 0) == 0


def test_a_bus_opened_again_is_the_same_object_on_a_new_descriptor(bus: VirtualSMBus) -> None:
    bus.write_byte_data(0x50, 0x10, 0xAB)
    bus.reopen()
    assert bus.read_byte_data(0x50, 0x10) == 0xAB
    bus.reopen()
    bus.close()


def test_what_the_adapter_cannot_do_is_refused_as_the_kernel_does(bus: VirtualSMBus) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.EOPNOTSUPP)):
        bus.read_word_data(0x50, 0)
    with pytest.raises(OSError, match=os.strerror(errno.EOPNOTSUPP)):
        bus.i2c_rdwr(i2c_msg.read(0x50, 1), i2c_msg.read(0x50, 1))
    with pytest.raises(OSError, match=os.strerror(errno.EINVAL)):
        bus.i2c_rdwr(*[i2c_msg.read(0x50, 1) for _ in range(43)])


def test_two_buses_do_not_disturb_each_other_and_closing_one_leaves_the_other() -> None:
    first, second = VirtualSMBus(VirtualAdapter({0x50: Memory()})), VirtualSMBus(VirtualAdapter({0x50: Memory()}))
    first.write_byte_data(0x50, 1, 11)
    second.write_byte_data(0x50, 1, 22)
    assert first.read_byte_data(0x50, 1) == 11
    first.close()
    assert second.read_byte_data(0x50, 1) == 22
    second.close()


def test_other_descriptors_still_go_to_the_kernel_while_a_virtual_bus_is_open(bus: VirtualSMBus) -> None:
    fd = os.open(os.devnull, os.O_RDWR)
    try:
        with pytest.raises(OSError, match=os.strerror(errno.ENOTTY)):
            vars(smbus2.smbus2)["ioctl"](fd, smbus2.smbus2.I2C_SLAVE, 0x50)
    finally:
        os.close(fd)


def test_after_the_last_bus_is_closed_smbus2_is_as_it_was() -> None:
    bus = VirtualSMBus(VirtualAdapter({}))
    assert vars(smbus2.smbus2)["ioctl"] is not fcntl.ioctl
    bus.close()
    bus.close()
    assert vars(smbus2.smbus2)["ioctl"] is fcntl.ioctl
    with pytest.raises(FileNotFoundError):
        SMBus("/dev/i2c-does-not-exist")


def test_a_real_port_that_does_not_exist_says_so_and_one_that_does_is_given_a_short_time_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        I2cPort("/dev/i2c-does-not-exist")
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(i2c.fcntl, "ioctl", lambda fd, request, value: asked.append((request, value)))
    monkeypatch.setattr(SMBus, "_get_funcs", lambda self: I2cFunc(0))
    path = tmp_path / "i2c-1"
    path.touch()
    port = I2cPort(str(path))
    port.reopen()
    port.close()
    assert asked == [(0x0702, 3), (0x0702, 3)], "I2C_TIMEOUT of linux/i2c-dev.h, 3 x 10 ms, at each opening"
