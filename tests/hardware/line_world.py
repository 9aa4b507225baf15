"""BCM lines in virtual time with virtual HX711s on them, as a GPIO controller would show them to a library.

Each access takes `gpio_ns`. Falling edges of watched lines are noted with the time at which they happened, those of the
data bits within a frame included.
"""

from collections.abc import Mapping, Sequence

from hardware.clock import VirtualClock
from hardware.sensor import CORNERS, Channel
from hardware.virtual.hx711 import VirtualHx711


class LineWorld:
    def __init__(
        self,
        chips: Mapping[Channel, VirtualHx711],
        clock: VirtualClock,
        clock_lines: Sequence[int],
        data_lines: Sequence[int],
        gpio_ns: int = 1500,
    ) -> None:
        self.clock = clock
        self.falls: list[tuple[int, int]] = []  # (time, line)
        self._gpio_ns = gpio_ns
        self._by_data = {line: chips[channel] for line, channel in zip(data_lines, CORNERS, strict=True)}
        self._by_clock: dict[int, list[int]] = {}
        for clock_line, data_line in zip(clock_lines, data_lines, strict=True):
            self._by_clock.setdefault(clock_line, []).append(data_line)
        for chip in chips.values():
            chip.attach(clock, 0)
            chip.drain(clock.t_ns)
        self._level = {line: chip.dout() for line, chip in self._by_data.items()}

    def drive(self, line: int, level: int) -> None:
        self.clock.t_ns += self._gpio_ns
        for data_line in self._by_clock[line]:
            chip = self._by_data[data_line]
            chip.sck(level)
            now = chip.dout()
            if self._level[data_line] and not now:
                self.falls.append((self.clock.t_ns, data_line))
            self._level[data_line] = now

    def read(self, *lines: int) -> list[int]:
        self.clock.t_ns += self._gpio_ns
        return [self._by_data[line].dout() for line in lines]

    def take_falls(self) -> list[tuple[int, int]]:
        """Return the falls since the last call, in the order in which they happened."""
        self._note_conversions()
        falls = sorted(self.falls)
        self.falls.clear()
        return falls

    def wait(self, until_ns: int) -> bool:
        """Let time pass until an edge has been noted, or to `until_ns`; return whether there is one."""
        self._note_conversions()
        if not self.falls:
            next_ns = min(chip.edge_ns() for chip in self._by_data.values())
            self.clock.sleep_until_ns(min(next_ns, until_ns))
            self._note_conversions()
        return bool(self.falls)

    def _note_conversions(self) -> None:
        """Note the falls of chips that have had a conversion ready; of several, the chip knows the newest."""
        for line, chip in self._by_data.items():
            edge_ns = chip.edge_ns()
            if edge_ns <= self.clock.t_ns:
                self.falls.append((edge_ns, line))
                chip.drain(edge_ns)
                self._level[line] = 0
