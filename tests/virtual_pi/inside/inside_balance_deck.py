"""The chips that live in the kernel, through raw libgpiod and none of the product: are they HX711s?"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import gpiod
import pytest
from gpiod.line import Direction, Edge, Value

from tests.virtual_pi import deck_device
from tests.virtual_pi.deck_device import WiredChip
from tests.virtual_pi.inside.conftest import Solder

SCK, DOUT = 5, 6
PERIOD_NS = 10_702_000
US, MS = 1_000, 1_000_000


class Reader:
    """Clocks frames by hand."""

    def __init__(self, request: gpiod.LineRequest, douts: tuple[int, ...]) -> None:
        self._request = request
        self._douts = douts

    def edges(self, wait_ms: int = 1000) -> list[tuple[int, int, bool]]:
        """Return `(line, time in ns, whether it rose)` of the edges that come first within `wait_ms`."""
        if not self._request.wait_edge_events(timedelta(milliseconds=wait_ms)):
            return []
        return [
            (event.line_offset, event.timestamp_ns, event.event_type is event.Type.RISING_EDGE)
            for event in self._request.read_edge_events()
        ]

    def ready_ns(self) -> int:
        """Wait until DOUT fell and is low; return when."""
        while True:
            edges = self.edges()
            assert edges, "the chip never became ready"
            if not edges[-1][2] and self.dout() == 0:
                return edges[-1][1]

    def dout(self, line: int = DOUT) -> int:
        return int(self._request.get_value(line) is Value.ACTIVE)

    def pulses(self, count: int) -> list[tuple[int, ...]]:
        """Clock SCK; return the levels of all DOUT after each pulse."""
        levels = []
        for _ in range(count):
            self._request.set_value(SCK, Value.ACTIVE)
            self._request.set_value(SCK, Value.INACTIVE)
            levels.append(tuple(self.dout(line) for line in self._douts))
        return levels

    def frame(self, pulses: int = 25) -> tuple[int, ...]:
        """Read one frame; return the value of every chip. DOUT has to be high after it."""
        levels = self.pulses(pulses)
        assert levels[24] == (1,) * len(self._douts)
        while self.edges(wait_ms=0):
            pass
        return tuple(signed(int("".join(str(bits[i]) for bits in levels[:24]), 2)) for i in range(len(self._douts)))


def signed(code: int) -> int:
    return code - (1 << 24) if code & 0x800000 else code


@contextmanager
def reader(*douts: int) -> Iterator[Reader]:
    lines = {SCK: gpiod.LineSettings(direction=Direction.OUTPUT, output_value=Value.INACTIVE)}
    for dout in douts or (DOUT,):
        lines[dout] = gpiod.LineSettings(direction=Direction.INPUT, edge_detection=Edge.BOTH)
    with gpiod.request_lines("/dev/gpiochip0", lines, consumer="test", event_buffer_size=256) as request:
        yield Reader(request, douts or (DOUT,))


def chip(counts: list[int], dout: int = DOUT, after_ms: int = 50, period_ns: int = PERIOD_NS) -> WiredChip:
    return WiredChip(SCK, dout, time.monotonic_ns() + after_ms * MS, period_ns, counts)


@pytest.fixture
def board(controller: Solder) -> None:
    controller("pinctrl-bcm2711")


@pytest.mark.parametrize("label", ["pinctrl-bcm2711", "pinctrl-rp1"])
def test_the_controller_looks_like_the_one_of_a_raspberry_pi(controller: Solder, label: str) -> None:
    controller(label)
    with gpiod.Chip("/dev/gpiochip0") as opened:
        info = opened.get_info()
        assert (info.label, info.num_lines) == (label, 28)
        assert opened.line_offset_from_id("GPIO17") == 17


def test_every_conversion_is_read_exactly_and_stamped_when_it_was_ready(board: None) -> None:
    counts = [0, 1, -1, 0x7FFFFF, -0x800000, 123_456, -123_456, 0x2AAAAA, -0x2AAAAA, 9_000_000, -9_000_000]
    with reader() as pins:
        deck_device.load([chip(counts)])
        state = deck_device.state()[0]
        read = []
        for k in range(len(counts)):
            t_ns = pins.ready_ns()
            assert 0 <= t_ns - state.ready_ns(k) < 20 * US, "the kernel's stamp, not ours"
            read.append(pins.frame()[0])
    assert read == [min(max(each, -0x800000), 0x7FFFFF) for each in counts]
    after = deck_device.state()[0]
    assert (after.unread, after.communication_errors, after.power_downs) == (0, 0, 0)
    assert after.longest_high_ns < 50 * US


def test_an_unread_conversion_lifts_dout_for_75_us_and_is_overwritten(board: None) -> None:
    with reader() as pins:
        deck_device.load([chip([100, 200, 300])])
        pins.ready_ns()
        (_, rose_ns, rose), *rest = pins.edges()
        (_, fell_ns, rose_again) = rest[0] if rest else pins.edges()[0]
        assert (rose, rose_again) == (True, False)
        assert fell_ns - rose_ns == pytest.approx(75 * US, abs=10 * US)
        assert pins.frame() == (200,)
    assert deck_device.state()[0].unread == 1


def test_a_pulse_that_is_held_too_long_powers_the_chip_down_and_resets_it(board: None) -> None:
    with reader() as pins:
        deck_device.load([chip(list(range(1000, 1100)))])
        pins.ready_ns()
        deck_device.disturb(0, pulse=3, hold_ns=80 * US)
        levels = pins.pulses(3)
        reset_ns = time.monotonic_ns()
        assert levels[-1] == (1,), "a chip that was reset keeps DOUT high"
        t_ns = pins.ready_ns()
        assert t_ns - reset_ns == pytest.approx(4 * PERIOD_NS, abs=200 * US)
        state = deck_device.state()[0]
        assert (state.power_downs, state.k_first) == (1, state.k)
        assert pins.frame() == (1000 + state.k,), "the number of the conversion runs on"


@pytest.mark.parametrize("pulses", [1, 24, 28])
def test_too_few_or_too_many_pulses_are_a_communication_error(board: None, pulses: int) -> None:
    with reader() as pins:
        deck_device.load([chip([-1])])
        pins.ready_ns()
        pins.pulses(pulses)
        pins.ready_ns()
    assert deck_device.state()[0].communication_errors == 1


@pytest.mark.parametrize(("pulses", "value"), [(26, 0), (27, 500)])
def test_26_and_27_pulses_choose_the_input_and_gain_of_the_fourth_conversion_after(
    board: None, pulses: int, value: int
) -> None:
    with reader() as pins:
        deck_device.load([chip([1000])])
        first_ns = pins.ready_ns()
        assert pins.frame(pulses) == (1000,)
        assert pins.ready_ns() - first_ns == pytest.approx(4 * PERIOD_NS, abs=20 * US)
        assert pins.frame(pulses) == (value,)


@pytest.mark.parametrize(("extra_pulses", "value"), [(1, 0x1528AB), (-1, 0x152A2A)])
def test_a_doubled_pulse_skips_a_bit_and_a_lost_one_repeats_one(board: None, extra_pulses: int, value: int) -> None:
    with reader() as pins:
        deck_device.load([chip([0x155455])])
        pins.ready_ns()
        deck_device.disturb(0, pulse=10, extra_pulses=extra_pulses)
        levels = pins.pulses(24)
    assert int("".join(str(level) for (level,) in levels), 2) == value


@pytest.mark.parametrize("level", [0, 1])
def test_a_stuck_dout_is_stuck_until_it_is_let_go(board: None, level: int) -> None:
    with reader() as pins:
        deck_device.load([chip([77])])
        pins.ready_ns()
        deck_device.stuck(0, level)
        assert {levels[0] for levels in pins.pulses(25)} == {level}
        while pins.edges(wait_ms=50):
            pass
        deck_device.stuck(0, None)
        pins.ready_ns()
        assert pins.frame() == (77,)


def test_four_chips_on_one_clock_are_read_at_once(board: None) -> None:
    douts = (6, 19, 21, 24)
    with reader(*douts) as pins:
        deck_device.load([chip([1000 * (i + 1), -1 - i], dout) for i, dout in enumerate(douts)])
        time.sleep(0.052)
        assert pins.frame() == (1000, 2000, 3000, 4000)
        time.sleep(0.01)
        assert pins.frame() == (-1, -2, -3, -4)


def test_counts_can_be_changed_while_the_chips_run(board: None) -> None:
    with reader() as pins:
        wired = chip([1])
        deck_device.load([wired])
        pins.ready_ns()
        assert pins.frame() == (1,)
        deck_device.load_counts([WiredChip(wired.sck, wired.dout, 0, PERIOD_NS, [10, 20, 30])])
        assert deck_device.state()[0].first_ready_ns == wired.first_ready_ns
        pins.ready_ns()
        assert pins.frame() == (20,), "conversion 1"


@pytest.mark.parametrize(
    "data",
    [b"x" * 8, b"stuck 0 2", b"stuck 9 1", b"disturb 0 26 0 0", deck_device._packed(deck_device._DECK, [])[:-1]],
)
def test_nonsense_is_refused(board: None, data: bytes) -> None:
    deck_device.load([chip([1])])
    with pytest.raises(OSError, match="Invalid argument"):
        deck_device._write(data)
