"""The reader over adafruit-circuitpython-hx711: the real library, the same samples as our own reader, no trace left."""

import importlib.metadata
import inspect
import sys
import types
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.adafruit import LIBRARY, ClockPin, adafruit_reader, load_read_fast
from hardware.clock import VirtualClock
from hardware.errors import MissingLibraryError
from hardware.hx711 import Hx711, code_flags
from hardware.readers import READERS, build_chips, find_reader
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.virtual.hx711 import Disturbance, VirtualHx711
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.pins import VirtualPinBank
from hardware.wiring import ReaderName

MS = 1_000_000
PERIOD_NS = 10_702_000


class OneChip:
    """A virtual chip read by the named reader."""

    def __init__(self, reader: ReaderName, conversion: Callable[[int, int], int]) -> None:
        self.clock = VirtualClock()
        self.chip = VirtualHx711(Oscillator(self.clock.t_ns + 50 * MS, PERIOD_NS), conversion)
        self.bank = VirtualPinBank({Channel.BACK_LEFT: self.chip}, self.clock)
        lines = self.bank.lines(Channel.BACK_LEFT)
        make = find_reader(reader)
        self.driver = Hx711(Channel.BACK_LEFT, lines, make(lines))

    def frames(self, count: int) -> list[Sample]:
        samples: list[Sample] = []
        while len(samples) < count:
            edge = self.bank.wait_ready(self.clock.t_ns + 1_000 * MS)
            assert edge is not None
            samples += self.driver.serve(edge[1])
        return samples


@given(counts=st.integers(-0x800000, 0x7FFFFF))
def test_every_24_bit_value_is_read_with_its_sign(counts: int) -> None:
    sample = OneChip("adafruit", lambda k, t_ns: counts).frames(5)[-1]
    assert sample.values == (counts, 0, 0, 0, 0, 0)
    assert sample.flags == code_flags(counts & 0xFFFFFF)


FAULTS = {
    "none": None,
    "lost pulse": Disturbance(pulse=7, extra_pulses=-1),
    "extra pulse": Disturbance(pulse=7, extra_pulses=1),
    "slow pulse": Disturbance(pulse=7, hold_ns=43_000),
    "long pulse": Disturbance(pulse=7, hold_ns=52_000),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_gives_the_same_samples_and_flags_as_our_own_reader(fault: str) -> None:
    def conversion(k: int, t_ns: int) -> int:
        return {12: -1, 13: 9_000_000, 14: -9_000_000, 15: 0}.get(k, 0x155554 * (-1) ** k)

    read = {}
    for reader in READERS:
        deck = OneChip(reader, conversion)
        read[reader] = deck.frames(6)
        if disturbance := FAULTS[fault]:
            deck.chip.disturb(disturbance)
        read[reader] += deck.frames(20)
    assert read["adafruit"] == read["frame"]


@pytest.mark.parametrize("pulse", [1, 12, 25])
def test_a_pulse_that_powers_the_chip_down_is_flagged_as_by_our_own_reader(pulse: int) -> None:
    flags = {}
    for reader in READERS:
        deck = OneChip(reader, lambda k, t_ns: 0x2AAAAA)
        deck.frames(6)
        deck.chip.disturb(Disturbance(pulse=pulse, hold_ns=80_000))
        flags[reader] = [sample.flags & ~Flag.DOUT_LOW_AFTER_FRAME & ~Flag.ALL_ONES for sample in deck.frames(8)]
        assert deck.chip.power_downs == 1
    assert flags["adafruit"] == flags["frame"]
    assert flags["adafruit"][0] & Flag.LONG_PULSE


def test_it_is_the_installed_library_that_clocks_the_bits() -> None:
    read_fast = load_read_fast(lambda microseconds: None)
    assert read_fast.__module__ == LIBRARY
    files = importlib.metadata.files("adafruit-circuitpython-hx711") or []
    source = next(file for file in files if file.name == "hx711.py")
    assert inspect.getsourcefile(read_fast) == str(source.locate())


@pytest.mark.parametrize("known", [True, False])
def test_loading_it_leaves_no_trace_in_the_interpreter(monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    for name in ("microcontroller", "digitalio"):
        monkeypatch.delitem(sys.modules, name, raising=False)
        if known:
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    before = dict(sys.modules)
    load_read_fast(lambda microseconds: None)
    added = sys.modules.keys() - before.keys()
    assert added <= {"adafruit_hx711"}, "the namespace package that holds the library"
    assert all(sys.modules[name] is module for name, module in before.items())


def test_its_delays_are_busy_waits_on_the_clock_of_the_lines() -> None:
    deck = OneChip("adafruit", lambda k, t_ns: 0)
    edge = deck.bank.wait_ready(deck.clock.t_ns + 1_000 * MS)
    assert edge is not None
    before_ns = deck.clock.t_ns
    _, longest_ns, end_ns = adafruit_reader(deck.bank.lines(Channel.BACK_LEFT))()
    # 1.5 us an access; a high phase: the rise itself, one access to pass 1 us, DOUT, the fall
    assert longest_ns == 4 * 1500
    assert before_ns < end_ns < deck.clock.t_ns


def test_the_clock_pin_times_its_longest_high_phase() -> None:
    deck = OneChip("frame", lambda k, t_ns: 0)
    pin = ClockPin(deck.bank.lines(Channel.BACK_LEFT))
    for held_ns in (3_000, 40_000, 9_000):
        pin.value = True
        deck.clock.t_ns += held_ns
        pin.value = False
    pin.value = False
    assert pin.longest_ns == 40_000 + 2 * 1500
    assert pin.value is False


def test_without_the_library_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adafruit_hx711", None)
    chips = {c: VirtualHx711(Oscillator(0, PERIOD_NS), lambda k, t_ns: 0) for c in CORNERS}
    bank = VirtualPinBank(chips, VirtualClock())
    with pytest.raises(MissingLibraryError, match=r"balance-station\[adafruit\]"):
        build_chips(bank, "adafruit")


@pytest.mark.parametrize("reader", READERS)
def test_each_reader_in_the_table_reads_four_chips_on_one_clock_line(reader: ReaderName) -> None:
    clock = VirtualClock()
    counts = dict(zip(CORNERS, (111_111, -222_222, 333_333, -4), strict=True))
    chips = {c: VirtualHx711(Oscillator.from_seed(1, c, clock.t_ns), lambda k, t_ns, c=c: counts[c]) for c in CORNERS}
    bank = VirtualPinBank(chips, clock, shared_clock=True)
    drivers = {
        chip.channel: chip
        for chip in build_chips(bank, "frame" if reader == "frame" else "adafruit", shared_clock=True)
    }
    read: list[Sample] = []
    while (edge := bank.wait_ready(2_000 * MS)) is not None:
        read += drivers[edge[0]].serve(edge[1])
    good = {(sample.channel, sample.values[0]) for sample in read if not sample.flags}
    assert good == {(int(channel), value) for channel, value in counts.items()}
