"""The gpiod library with its own types and another machine behind: `Chip` and its requests work on a `LineWorld`.

Everything that the backend hands over or gets back (settings, values, events, infos) is an object of the real library.
"""

import errno
from collections.abc import Iterable, Mapping
from types import ModuleType

import gpiod
import gpiod.line
from gpiod.line import Direction, Edge, Value
from gpiod.line_info import LineInfo

from tests.hardware.line_world import LineWorld


class FakeRequest:
    def __init__(self, world: LineWorld, config: Mapping[int, gpiod.LineSettings], buffer: int | None) -> None:
        self.world, self.config, self.buffer = world, dict(config), buffer or 16 * len(config)
        self.numbers = dict.fromkeys(config, 0)
        self.released = False
        for line, settings in self.config.items():
            if settings.direction is Direction.OUTPUT:
                world.drive(line, int(settings.output_value is Value.ACTIVE))

    def set_values(self, values: Mapping[int, Value]) -> None:
        assert not self.released
        for line, value in values.items():
            assert self.config[line].direction is Direction.OUTPUT
            self.world.drive(line, int(value is Value.ACTIVE))

    def get_values(self, lines: Iterable[int]) -> list[Value]:
        assert not self.released
        return [Value.ACTIVE if level else Value.INACTIVE for level in self.world.read(*lines)]

    def wait_edge_events(self, timeout: float) -> bool:
        return self.world.wait(self.world.clock.now_ns() + round(timeout * 1e9))

    def read_edge_events(self) -> list[gpiod.EdgeEvent]:
        events = []
        for t_ns, line in self.world.take_falls():
            if self.config[line].edge_detection is Edge.FALLING:
                self.numbers[line] += 1
                events.append(
                    gpiod.EdgeEvent(gpiod.EdgeEvent.Type.FALLING_EDGE.value, t_ns, line, 0, self.numbers[line])
                )
        return events[-self.buffer :]  # the kernel drops the oldest

    def release(self) -> None:
        self.released = True


class FakeChip:
    """One GPIO chip. `busy`: line -> who holds it; `refuses`: what request_lines raises."""

    def __init__(self, world: LineWorld | None, label: str, busy: Mapping[int, str], refuses: OSError | None) -> None:
        self.world, self.label, self.busy, self.refuses = world, label, busy, refuses
        self.requests: list[FakeRequest] = []
        self.closed = False

    def get_info(self) -> gpiod.ChipInfo:
        return gpiod.ChipInfo("gpiochip0", self.label, 54)

    def get_line_info(self, line: int) -> LineInfo:
        holder = self.busy.get(line)
        return LineInfo(line, f"GPIO{line}", holder is not None, holder or "", 1, False, 1, 1, 1, 1, False, 0)

    def request_lines(
        self, config: Mapping[int, gpiod.LineSettings], consumer: str, event_buffer_size: int | None
    ) -> FakeRequest:
        if self.refuses is not None:
            raise self.refuses
        if self.busy.keys() & config.keys():
            raise OSError(errno.EBUSY, "Device or resource busy")
        assert self.world is not None
        self.requests.append(FakeRequest(self.world, config, event_buffer_size))
        return self.requests[-1]

    def close(self) -> None:
        self.closed = True


class FakeGpiod(ModuleType):
    """The module. `chips`: path -> label, or an OSError that opening it raises."""

    LineSettings = gpiod.LineSettings
    line = gpiod.line

    def __init__(
        self,
        world: LineWorld | None = None,
        chips: Mapping[str, str | OSError] | None = None,
        busy: Mapping[int, str] | None = None,
        refuses: OSError | None = None,
    ) -> None:
        super().__init__("gpiod")
        self.world, self.busy, self.refuses = world, busy or {}, refuses
        self.chips = chips or {"/dev/gpiochip0": "pinctrl-bcm2711"}
        self.opened: list[FakeChip] = []

    def Chip(self, path: str) -> FakeChip:  # noqa: N802
        found = self.chips.get(path) or FileNotFoundError(errno.ENOENT, "No such file or directory")
        if isinstance(found, OSError):
            raise found
        self.opened.append(FakeChip(self.world, found, self.busy, self.refuses))
        return self.opened[-1]
