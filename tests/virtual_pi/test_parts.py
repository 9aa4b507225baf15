"""What the virtual Pi is made of, as far as it can be held to its promises without booting it."""

import errno
import importlib
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

from calibration.model import DeckModel
from calibration.virtual import certify_virtual_deck
from hardware.clock import VirtualClock
from hardware.virtual.lsm6dsox import VirtualLsm6dsox
from station.cop import cop_of_trial
from tests.virtual_pi import i2c_server
from tests.virtual_pi.machine import _Archive
from tests.virtual_pi.recorded_person import chips_under, deck_under, recorded_person, step_on, window_from_ns

S = 1_000_000_000


@pytest.mark.parametrize("name", ["balance_deck", "imu", "acquire"])
def test_what_runs_inside_can_be_imported_here(name: str) -> None:
    pytest.importorskip("gpiod")
    module = importlib.import_module(f"tests.virtual_pi.inside.inside_{name}")
    assert any(each.startswith("test_") for each in vars(module))


def test_the_counts_that_the_kernel_s_chips_are_given_are_the_recorded_person() -> None:
    person = recorded_person()
    deck = deck_under(person)
    step_on(person, 14 * S, window_s=10.0)
    chips = chips_under(deck, 10 * S, (5, 13, 20, 23), (6, 19, 21, 24), length_s=40.0)
    t_ns = window_from_ns(14 * S) + np.arange(1000) * 10_000_000
    counts = [np.interp(t_ns, c.first_ready_ns + (np.arange(len(c.counts)) - 2) * c.period_ns, c.counts) for c in chips]
    forces = DeckModel(certify_virtual_deck(deck)).corner_forces_over_n(np.array(counts).T)
    fz_n, ml_mm, ap_mm = cop_of_trial(*forces.T, deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm)
    true_fz_n, true_ml_mm, true_ap_mm = person.over(t_ns)
    assert fz_n == pytest.approx(true_fz_n, rel=1e-3)
    assert np.sqrt(np.mean((ml_mm - true_ml_mm) ** 2 + (ap_mm - true_ap_mm) ** 2)) < 0.03


class Client:
    """The kernel's part of an ioctl: fetches the buffers that the device asks for, and asks again."""

    def __init__(self) -> None:
        self.chip = VirtualLsm6dsox(VirtualClock(), lambda t_ns: (0, 0, 1, 0, 0, 0))
        self.device = i2c_server.Device(i2c_server.Bus({0x6A: self.chip}))
        self.memory: dict[int, bytes] = {}

    def ioctl(self, request: int, argument: int) -> tuple[int, bytes]:
        data, out_size = b"", 0
        for _ in range(4):
            try:
                return self.device.ioctl(1, request, argument, data, out_size)
            except i2c_server._WantsBuffersError as wants:
                data = b"".join(self.memory[at].ljust(length, b"\0")[:length] for at, length in wants.ins)
                out_size = sum(length for _, length in wants.outs)
        raise AssertionError("never content with its buffers")

    def combined(self, address: int, written: bytes, read: int) -> tuple[int, bytes]:
        messages = struct.pack("<HHHxxQ", address, 0, len(written), 0x300)
        messages += struct.pack("<HHHxxQ", address, 1, read, 0x400)
        self.memory = {0x100: struct.pack("<QIxxxx", 0x200, 2), 0x200: messages, 0x300: written}
        return self.ioctl(i2c_server.I2C_RDWR, 0x100)


def test_the_i2c_device_does_combined_transfers() -> None:
    assert Client().combined(0x6A, b"\x0f", 1) == (2, b"\x6c")


def test_the_i2c_device_does_bytes_and_blocks_of_registers() -> None:
    client = Client()
    client.ioctl(i2c_server.I2C_SLAVE, 0x6A)
    for kind, written in ((8, b"\x02\x55\x01"), (2, b"\x3c")):  # a block of two, then the first one alone
        client.memory = {0x100: struct.pack("<BBxxIQ", 0, 0x07, kind, 0x200), 0x200: written}
        assert client.ioctl(i2c_server.I2C_SMBUS, 0x100) == (0, b"")
    client.memory = {0x100: struct.pack("<BBxxIQ", 1, 0x07, 8, 0x200), 0x200: b"\x02"}
    assert client.ioctl(i2c_server.I2C_SMBUS, 0x100)[1][:3] == b"\x02\x3c\x01"


def test_the_i2c_device_says_what_it_can_do_and_refuses_the_rest_as_i2c_dev_does() -> None:
    client = Client()
    assert client.ioctl(i2c_server.I2C_FUNCS, 0x100) == (0, struct.pack("<Q", i2c_server.FUNCS))
    with pytest.raises(OSError, match="nobody acknowledges") as missing:
        client.combined(0x6B, b"\x0f", 1)
    with pytest.raises(OSError, match="no such request") as unknown:
        client.ioctl(0x1234, 0)
    reads = struct.pack("<HHHxxQ", 0x6A, 1, 1, 0x400) * 2
    client.memory = {0x100: struct.pack("<QIxxxx", 0x200, 2), 0x200: reads}
    with pytest.raises(OSError, match="has to be last"):
        client.ioctl(i2c_server.I2C_RDWR, 0x100)
    assert (missing.value.errno, unknown.value.errno) == (errno.EREMOTEIO, errno.ENOTTY)


def test_the_archive_is_one_that_cpio_can_read(tmp_path: Path) -> None:
    archive = _Archive()
    archive.folder("bin")
    archive.file("bin/tool", b"#!/bin/sh\n")
    archive.link("bin/sh", "tool")
    data = archive.bytes()
    assert len(data) % 4 == 0
    try:
        listed = subprocess.run(["cpio", "-t", "--quiet"], input=data, capture_output=True, timeout=10, check=True)
    except FileNotFoundError:
        pytest.skip("cpio is not installed; the kernel reads the archive in make test-virtual-pi")
    assert listed.stdout.split() == [b"bin", b"bin/tool", b"bin/sh"]
