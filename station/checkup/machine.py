"""What this machine shows of its GPIO lines and its I2C bus when no acquire process is there to tell.

Looks, opens nothing for longer than a question, drives no line, writes no register.
"""

import fcntl
import grp
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from hardware.gpiod_pins import HEADER_LABELS
from station.checkup.check import Check, check
from station.config import HardwareConfig

# linux/gpio.h: GPIO_GET_CHIPINFO_IOCTL = _IOR(0xB4, 1, struct gpiochip_info), {char name[32], label[32]; __u32 lines}
_CHIP_INFO: Final = struct.Struct("32s32sI")
_GET_CHIP_INFO: Final = 0x80000000 | _CHIP_INFO.size << 16 | 0xB4 << 8 | 1
FAST_I2C_HZ: Final = 400_000


def chip_label(path: Path) -> str:
    """Return the label of a GPIO chip; raises OSError."""
    with path.open("rb", buffering=0) as device:
        answer = fcntl.ioctl(device, _GET_CHIP_INFO, bytes(_CHIP_INFO.size))
    return str(_CHIP_INFO.unpack(answer)[1].split(b"\0")[0].decode(errors="replace"))


class Machine:
    """Where to look; for a test, another root and another way to ask a chip for its label."""

    def __init__(self, root: Path = Path("/"), label_of: Callable[[Path], str] = chip_label) -> None:
        self._dev, self._sys = root / "dev", root / "sys"
        self._label_of = label_of

    def checks(self, hardware: HardwareConfig) -> Iterator[Check]:
        """Yield what there is to say about lines, bus, groups and modules; nothing for virtual chips."""
        if hardware.backend == "virtual":
            yield Check("gpio", "good", "virtual chips: no lines are needed", "as configured")
            return
        yield self._gpio(hardware.gpio_chip)
        yield self._i2c(hardware.i2c_bus)
        if speed := self._i2c_speed(hardware.i2c_bus):
            yield speed
        yield self._groups()

    def _gpio(self, wanted: str | None) -> Check:
        expected = wanted or f"a chip labelled {', '.join(HEADER_LABELS)} that may be opened"
        found, refused = {}, []
        for path in sorted(self._dev.glob("gpiochip*")):
            try:
                found[path] = self._label_of(path)
            except PermissionError:
                refused.append(path)
            except OSError as error:
                found[path] = f"no answer: {error.strerror}"
        said = ", ".join([f"{path} ({label})" for path, label in found.items()] + [f"{path} (may not be opened)"
                                                                                  for path in refused])  # fmt: skip
        if not said:
            to_do = (
                "this kernel shows no GPIO lines: on a Raspberry Pi update its system; "
                'anywhere else set hardware.backend = "virtual"'
            )
            return Check("gpio", "bad", f"no {self._dev}/gpiochip*", expected, to_do)
        names = {wanted} if wanted else set(HEADER_LABELS)
        if any(label in names or str(path) in names for path, label in found.items()):
            return Check("gpio", "good", said, expected)
        if refused:
            return Check("gpio", "bad", said, expected, "add this user to the group gpio: sudo usermod -aG gpio USER")
        return Check("gpio", "bad", said, expected, "name the header's chip with hardware.gpio_chip")

    def _i2c(self, bus: int) -> Check:
        path = self._dev / f"i2c-{bus}"
        expected = f"{path} that may be read and written"
        if not path.exists():
            module = "is" if (self._sys / "module" / "i2c_dev").exists() else "is not"
            others = ", ".join(str(each) for each in sorted(self._dev.glob("i2c-*"))) or "none"
            to_do = (
                "put dtparam=i2c_arm=on into /boot/firmware/config.txt and i2c-dev into /etc/modules, then restart; "
                "or name another bus with hardware.i2c_bus"
            )
            return Check("i2c", "bad", f"{path} is not there (module i2c-dev {module} loaded; buses: {others})",
                         expected, to_do)  # fmt: skip
        good = os.access(path, os.R_OK | os.W_OK)
        to_do = "add this user to the group i2c: sudo usermod -aG i2c USER"
        if good:
            return Check("i2c", "good", f"{path} may be opened", expected)
        return Check("i2c", "bad", f"{path} may not be opened", expected, to_do)

    def _i2c_speed(self, bus: int) -> Check | None:
        """The device tree's word for the bus speed, where there is one."""
        node = self._sys / "class" / "i2c-adapter" / f"i2c-{bus}" / "of_node" / "clock-frequency"
        try:
            (hz,) = struct.unpack(">I", node.read_bytes())
        except (OSError, struct.error):
            return None
        to_do = "put dtparam=i2c_arm_baudrate=400000 into /boot/firmware/config.txt and restart"
        return check("i2c speed", hz >= FAST_I2C_HZ, f"{hz / 1000:.0f} kHz", "400 kHz", to_do, {"speed_hz": hz})

    def _groups(self) -> Check:
        """Group membership matters to whoever starts acquire by hand; its unit brings both groups along."""
        mine = {name for number in {*os.getgroups(), os.getegid()} if (name := _group_name(number))}
        lacking = [name for name in ("gpio", "i2c") if name not in mine]
        good = not lacking or os.geteuid() == 0
        who = "root" if os.geteuid() == 0 else f"not in {' and '.join(lacking)}" if lacking else "in gpio and i2c"
        to_do = "only to start acquire by hand: sudo usermod -aG gpio,i2c USER; its unit brings the groups along"
        return check("groups", good, f"this user is {who}", "in gpio and i2c, or root", to_do)


def _group_name(number: int) -> str | None:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return None
