"""The RPi.GPIO interface over a `LineWorld`, as strict as RPi.GPIO 0.7.1: lines must be set up before they are used."""

from collections.abc import Iterable
from types import ModuleType

from tests.hardware.line_world import LineWorld


class FakeRpiGpio(ModuleType):
    BCM, OUT, IN, LOW, HIGH, PUD_UP = 11, 0, 1, 0, 1, 22
    VERSION = "0.7.1"

    def __init__(self, world: LineWorld, refuses: Exception | None = None) -> None:
        super().__init__("RPi.GPIO")
        self.world, self.refuses = world, refuses
        self.mode: int | None = None
        self.directions: dict[int, int] = {}
        self.pulls: dict[int, int] = {}

    def setwarnings(self, on: bool) -> None:
        assert not on

    def setmode(self, mode: int) -> None:
        if self.mode not in (None, mode):
            raise ValueError("A different mode has already been set!")
        self.mode = mode

    def setup(self, line: int, direction: int, pull_up_down: int = 20, initial: int = -1) -> None:
        if self.refuses is not None:
            raise self.refuses
        assert self.mode == self.BCM
        self.directions[line] = direction
        self.pulls[line] = pull_up_down
        if direction == self.OUT and initial >= 0:
            self.world.drive(line, initial)

    def output(self, line: int, level: int) -> None:
        if self.directions.get(line) != self.OUT:
            raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
        self.world.drive(line, level)

    def input(self, line: int) -> int:
        if line not in self.directions:
            raise RuntimeError("You must setup() the GPIO channel first")
        level = self.world.read(line)[0]
        self.world.falls.clear()  # this interface knows none
        return level

    def cleanup(self, lines: Iterable[int]) -> None:
        for line in lines:
            self.directions.pop(line, None)
