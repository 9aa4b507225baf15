"""The HX711 lines on a GPIO character device, through the gpiod library (libgpiod 2): any Raspberry Pi, Pi 5 included.

One request holds all clock lines, another all data lines. The kernel stamps every falling edge of DOUT where it happens
(CLOCK_MONOTONIC, in the interrupt), so being woken late costs no precision, and it numbers the edges of each line, so
that edges it had to drop are known and counted.

The header's chip is found by its label, not its number: a Pi 5 has had it as gpiochip4 and, with newer kernels, as
gpiochip0. The gpiod library is imported here only, when a bank is opened.
"""

import contextlib
import errno
import importlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from hardware.clock import Clock, MonotonicClock
from hardware.errors import (
    BusError,
    HardwareError,
    InUseError,
    MissingLibraryError,
    NotAllowedError,
    NotPresentError,
    SettingError,
)
from hardware.pins import LANE_BITS, Lines, PinBank, own_lane, shared_clock_line
from hardware.sensor import CORNERS, Channel

HEADER_LABELS: Final = ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1")  # Pi 1-3 and Zero; Pi 4; Pi 5
CONSUMER: Final = "balance-station"
EVENT_BUFFER: Final = 1024  # the most that the kernel gives; the data bits of four frames are 48 falling edges at most
_DEVICES: Final = Path("/dev")


class GpiodLines(Lines):
    """SCK and DOUT of one chip.

    What a call costs is what a frame costs: it makes 75. Without the kernel's part (one ioctl each), Python 3.11 and
    3.13 on a PC take 0.60 and 0.53 us for `set_value(line, value)`, 0.50 and 0.38 us for `set_values` of a dict that is
    made once; 0.74 and 0.49 us for `get_value`, 0.67 and 0.47 us for `get_values` of such a list. Hence the plurals.
    """

    __slots__ = ("_active", "_forget", "_get", "_high", "_lane", "_low", "_now_ns", "_offsets", "_set")

    def __init__(self, bank: "GpiodPinBank", clock_line: int, data_line: int, lane: int) -> None:
        self._active = bank.active
        self._high, self._low = {clock_line: bank.active}, {clock_line: bank.inactive}
        self._offsets = [data_line]
        self._lane = lane
        self._set, self._get, self._now_ns, self._forget = bank.set_values, bank.get_values, bank.now_ns, bank.forget

    def sck(self, level: int) -> None:
        """Drive SCK; one ioctl."""
        self._set(self._high if level else self._low)

    def dout(self) -> int:
        """Return DOUT; one ioctl."""
        return 1 if self._get(self._offsets)[0] is self._active else 0

    def now_ns(self) -> int:
        """Return CLOCK_MONOTONIC, ns."""
        return self._now_ns()

    def drain(self, until_ns: int) -> None:
        """Forget edges up to `until_ns`."""
        self._forget(self._lane, until_ns)


class _SharedGpiodLines(GpiodLines):
    """One SCK, and all DOUT lines, which one ioctl reads at the same moment."""

    __slots__ = ()

    def __init__(self, bank: "GpiodPinBank", clock_line: int, data_lines: Sequence[int]) -> None:
        super().__init__(bank, clock_line, data_lines[0], 0)
        self._offsets = list(data_lines)

    def dout(self) -> int:
        levels, active = 0, self._active
        for value in reversed(self._get(self._offsets)):
            levels <<= LANE_BITS
            if value is active:
                levels |= 1
        return levels

    def drain(self, until_ns: int) -> None:
        for lane in range(len(self._offsets)):
            self._forget(lane, until_ns)


class GpiodPinBank(PinBank):
    """The lines of four chips on one GPIO chip.

    clock_lines, data_lines: BCM numbers in the order of `CORNERS`; four equal clock lines are one shared line.
    gpio_chip: path or label of the GPIO chip, None finds the 40-pin header's. clock: CLOCK_MONOTONIC, as the kernel's
    stamps are. library: the gpiod module, None imports it.

    Raises MissingLibraryError, NotPresentError (no such chip; lists those there are), NotAllowedError, InUseError
    (naming who holds the line), SettingError (a line that the chip does not have), BusError.
    """

    def __init__(
        self,
        clock_lines: Sequence[int],
        data_lines: Sequence[int],
        gpio_chip: str | None = None,
        clock: Clock | None = None,
        library: Any = None,
    ) -> None:
        self._opened = contextlib.ExitStack()
        self._clock_lines, self._data_lines = tuple(clock_lines), tuple(data_lines)
        self._lanes = {line: lane for lane, line in enumerate(data_lines)}
        self._last_number = dict.fromkeys(range(len(data_lines)), 0)
        self._drained_ns = dict.fromkeys(range(len(data_lines)), 0)
        self._pending: dict[int, int] = {}
        self._lost = dict.fromkeys(CORNERS, 0)
        self.lost_edges = self._lost
        self.now_ns: Callable[[], int] = (clock or MonotonicClock()).now_ns
        gpiod = library or _library()
        self.active, self.inactive = gpiod.line.Value.ACTIVE, gpiod.line.Value.INACTIVE
        with contextlib.ExitStack() as opening:
            path, chip = _open_chip(gpiod, gpio_chip)
            opening.callback(chip.close)
            self.description = f"gpiod on {path} ({chip.get_info().label})"
            outputs = self._request(chip, path, dict.fromkeys(clock_lines, self._clock_settings(gpiod)), None)
            opening.callback(outputs.release)
            self._inputs = self._request(chip, path, dict.fromkeys(data_lines, _data_settings(gpiod)), EVENT_BUFFER)
            opening.callback(self._inputs.release)
            self.set_values, self.get_values = outputs.set_values, self._inputs.get_values
            opening.callback(self._lower_clocks)
            self._opened = opening.pop_all()

    def wait_ready(self, until_ns: int) -> tuple[Channel, int, int] | None:
        """Sleep until the kernel has seen an edge; of several, return the earliest."""
        pending, inputs = self._pending, self._inputs
        try:
            while True:
                left_ns = 0 if pending else max(0, until_ns - self.now_ns())
                # also with edges in hand: an older one, or a newer one of the same line, may be waiting in the kernel
                if inputs.wait_edge_events(left_ns / 1e9):
                    self._take(inputs.read_edge_events())
                if pending:
                    lane = min(pending, key=pending.__getitem__)
                    return CORNERS[lane], pending.pop(lane), 0
                if left_ns == 0:
                    return None
        except OSError as error:
            raise BusError(error.errno, f"{self.description}: waiting for an edge failed: {error.strerror}") from error

    def forget(self, lane: int, until_ns: int) -> None:
        """Forget edges of one data line up to `until_ns`, those included that the kernel has not handed over yet."""
        self._drained_ns[lane] = until_ns
        if self._pending.get(lane, until_ns + 1) <= until_ns:
            del self._pending[lane]

    def lines(self, channel: Channel) -> Lines:
        """Return the lines of one chip."""
        lane = own_lane(channel, self._clock_lines)
        return GpiodLines(self, self._clock_lines[lane], self._data_lines[lane], lane)

    def shared_lines(self) -> Lines:
        """Return the clock line that all chips share, with their data lines."""
        return _SharedGpiodLines(self, shared_clock_line(self._clock_lines), self._data_lines)

    def close(self) -> None:
        """Set every SCK low and give the lines back."""
        self._opened.close()

    def _take(self, events: Sequence[Any]) -> None:
        for event in events:
            lane = self._lanes[event.line_offset]
            missed = event.line_seqno - self._last_number[lane] - 1
            self._last_number[lane] = event.line_seqno
            if missed > 0:
                self._lost[CORNERS[lane]] += missed
            if event.timestamp_ns > self._drained_ns[lane]:
                self._pending[lane] = event.timestamp_ns

    def _lower_clocks(self) -> None:
        with contextlib.suppress(OSError):  # lines that have vanished need no lowering
            self.set_values(dict.fromkeys(self._clock_lines, self.inactive))

    def _clock_settings(self, gpiod: Any) -> Any:
        line = gpiod.line
        return gpiod.LineSettings(direction=line.Direction.OUTPUT, output_value=self.inactive)

    def _request(self, chip: Any, path: str, config: dict[int, Any], buffer: int | None) -> Any:
        try:
            return chip.request_lines(config, consumer=CONSUMER, event_buffer_size=buffer)
        except ValueError as error:
            raise SettingError(f"{path}: {error}; BCM lines asked for: {', '.join(map(str, config))}") from error
        except OSError as error:
            raise self._explain(error, chip, path, tuple(config)) from error

    def _explain(self, error: OSError, chip: Any, path: str, lines: tuple[int, ...]) -> HardwareError:
        if error.errno == errno.EBUSY:
            held = []
            for line in lines:
                info = chip.get_line_info(line)
                if info.used:
                    held.append(f'{self._name(line)} is held by "{info.consumer}"')
            return InUseError(
                errno.EBUSY,
                f"{path}: {'; '.join(held) or 'one of its lines is in use'}: end the program that holds it (a second "
                "acquire?), remove the overlay that claims it, or wire the chip to other lines",
            )
        if error.errno in (errno.EACCES, errno.EPERM):
            return _not_allowed(path)
        number = error.errno or errno.EIO
        return BusError(number, f"{path}: lines {', '.join(map(self._name, lines))}: {os.strerror(number)}")

    def _name(self, line: int) -> str:
        if line in self._data_lines:
            return f"BCM line {line} (data of {CORNERS[self._data_lines.index(line)].label})"
        shared = len(set(self._clock_lines)) == 1
        return f"BCM line {line} (clock of {'all' if shared else CORNERS[self._clock_lines.index(line)].label})"


def _data_settings(gpiod: Any) -> Any:
    """Return how a DOUT line is watched.

    Pulled up: the chip drives DOUT both ways, so the pull (some 50 kOhm) changes nothing while it is there, and a line
    that is unplugged reads as "not ready" for ever. Left to itself it would pick up edges from the lines beside it;
    pulled down, which is what half of the header's lines are after power-up, it would look ready.
    """
    line = gpiod.line
    return gpiod.LineSettings(
        direction=line.Direction.INPUT,
        edge_detection=line.Edge.FALLING,
        bias=line.Bias.PULL_UP,
        event_clock=line.Clock.MONOTONIC,
    )


def _library() -> Any:
    try:
        gpiod = importlib.import_module("gpiod")
    except ImportError as error:
        raise MissingLibraryError(
            f'the library gpiod is not installed ({error}); install it with: pip install "balance-station[pi]"'
        ) from error
    if not hasattr(gpiod, "LineSettings"):
        raise MissingLibraryError(
            "the library gpiod that is installed has the interface of version 1 (Debian 12's python3-libgpiod, say), "
            'and version 2 is needed; install it with: pip install "balance-station[pi]"'
        )
    importlib.import_module("gpiod.line")
    return gpiod


def _open_chip(gpiod: Any, wanted: str | None) -> tuple[str, Any]:
    """Return path and chip: the one at a path, the one with a label, or the header's."""
    if wanted is not None and wanted.startswith("/"):
        paths = [Path(wanted)]
    else:
        paths = sorted(
            (path for path in _DEVICES.glob("gpiochip*") if not path.is_symlink()), key=lambda p: (len(p.name), p.name)
        )
    labels = HEADER_LABELS if wanted is None else (wanted,)
    seen, refused = [], []
    for path in paths:
        try:
            chip = gpiod.Chip(str(path))
        except PermissionError:
            refused.append(str(path))
            continue
        except OSError as error:
            seen.append(f"{path}: {error.strerror}")
            continue
        label = chip.get_info().label
        if str(path) == wanted or label in labels:
            return str(path), chip
        chip.close()
        seen.append(f'{path} is "{label}"')
    if refused:
        raise _not_allowed(", ".join(refused))
    looked_for = f"GPIO chip {wanted}" if wanted else f"GPIO chip of a Raspberry Pi's header ({', '.join(labels)})"
    raise NotPresentError(
        f"no {looked_for} here; {'; '.join(seen) or 'there is no /dev/gpiochip* at all'}. "
        "If this is another board, name its chip with hardware.gpio_chip"
    )


def _not_allowed(what: str) -> NotAllowedError:
    return NotAllowedError(
        errno.EACCES,
        f"{what}: this user may not open it; add it to the group gpio (sudo usermod -aG gpio USER, then log in again)",
    )
