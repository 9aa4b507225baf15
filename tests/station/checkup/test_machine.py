"""What doctor says of a machine on which no acquire runs: lines and bus by name, and what to do about each."""

import errno
import os
from pathlib import Path

import pytest

from station.checkup import machine
from station.checkup.check import Check
from station.checkup.machine import Machine
from station.config import HardwareConfig


class FakeMachine:
    """A root folder with device files, and a label for each GPIO chip; None: it may not be opened."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.labels: dict[str, str | None] = {}
        (root / "dev").mkdir()

    def add_chip(self, name: str, label: str | None) -> None:
        (self.root / "dev" / name).touch()
        self.labels[name] = label

    def add_bus(self, number: int, speed_hz: int | None = None) -> None:
        (self.root / "dev" / f"i2c-{number}").touch()
        if speed_hz is not None:
            node = self.root / "sys" / "class" / "i2c-adapter" / f"i2c-{number}" / "of_node"
            node.mkdir(parents=True)
            (node / "clock-frequency").write_bytes(speed_hz.to_bytes(4, "big"))

    def _label(self, path: Path) -> str:
        label = self.labels[path.name]
        if label is None:
            raise PermissionError(errno.EACCES, "Permission denied")
        return label

    def checks(self, hardware: HardwareConfig = HardwareConfig()) -> dict[str, Check]:  # noqa: B008
        return {each.name: each for each in Machine(self.root, self._label).checks(hardware)}


@pytest.fixture
def fake(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def test_a_pi_that_is_set_up_is_called_good(fake: FakeMachine) -> None:
    fake.add_chip("gpiochip0", "pinctrl-rp1")
    fake.add_chip("gpiochip10", "gpio-brcmstb@107d508500")
    fake.add_bus(1, 400_000)
    found = fake.checks()
    assert [found[name].verdict for name in ("gpio", "i2c", "i2c speed")] == ["good"] * 3
    assert "gpiochip0 (pinctrl-rp1)" in found["gpio"].measured


def test_a_pc_is_told_how_to_go_on_without_lines(fake: FakeMachine) -> None:
    found = fake.checks()
    assert (found["gpio"].verdict, found["i2c"].verdict) == ("bad", "bad")
    assert 'hardware.backend = "virtual"' in found["gpio"].to_do
    assert "dtparam=i2c_arm=on" in found["i2c"].to_do
    assert "is not loaded" in found["i2c"].measured


def test_a_chip_that_may_not_be_opened_asks_for_the_group(fake: FakeMachine) -> None:
    fake.add_chip("gpiochip0", None)
    assert "usermod -aG gpio" in fake.checks()["gpio"].to_do


def test_a_board_that_is_no_pi_is_asked_for_the_name_of_its_chip(fake: FakeMachine) -> None:
    fake.add_chip("gpiochip2", "gpio-other")
    assert "hardware.gpio_chip" in fake.checks()["gpio"].to_do
    for named in ("gpio-other", str(fake.root / "dev" / "gpiochip2")):
        assert fake.checks(HardwareConfig(gpio_chip=named))["gpio"].verdict == "good"


def test_a_bus_of_another_number_is_named(fake: FakeMachine) -> None:
    fake.add_bus(3)
    (fake.root / "sys" / "module" / "i2c_dev").mkdir(parents=True)
    found = fake.checks()["i2c"]
    assert found.verdict == "bad"
    assert "i2c-3" in found.measured
    assert "is loaded" in found.measured
    assert fake.checks(HardwareConfig(i2c_bus=3))["i2c"].verdict == "good"


def test_a_bus_that_may_not_be_opened_asks_for_the_group(fake: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.add_bus(1)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "usermod -aG i2c" in fake.checks()["i2c"].to_do


def test_a_slow_bus_is_worth_a_look(fake: FakeMachine) -> None:
    fake.add_bus(1, 100_000)
    found = fake.checks()["i2c speed"]
    assert (found.verdict, found.measured) == ("look", "100 kHz")
    assert "i2c_arm_baudrate=400000" in found.to_do


@pytest.mark.parametrize(
    ("groups", "user", "verdict"), [({"gpio", "i2c"}, 1000, "good"), ({"gpio"}, 1000, "look"), (set(), 0, "good")]
)
def test_groups_matter_to_whoever_is_not_root(
    fake: FakeMachine, monkeypatch: pytest.MonkeyPatch, groups: set[str], user: int, verdict: str
) -> None:
    names = dict(enumerate(sorted(groups)))
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "getgroups", lambda: list(names))
    monkeypatch.setattr(os, "getegid", lambda: 4711)
    monkeypatch.setattr(machine, "_group_name", names.get)
    assert fake.checks()["groups"].verdict == verdict


def test_virtual_chips_need_nothing(fake: FakeMachine) -> None:
    assert set(fake.checks(HardwareConfig(backend="virtual"))) == {"gpio"}


def test_something_that_is_no_gpio_chip_gives_no_label(tmp_path: Path) -> None:
    (tmp_path / "gpiochip0").touch()
    with pytest.raises(OSError, match="ioctl"):
        machine.chip_label(tmp_path / "gpiochip0")
