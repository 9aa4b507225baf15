"""The virtual HX711 keeps the data sheet's rules, seen at its pins."""

from collections.abc import Callable

import pytest

from hardware.clock import VirtualClock
from hardware.errors import NotPresentError
from hardware.sensor import Channel
from hardware.virtual.hx711 import VirtualHx711
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.pins import VirtualPinBank

PERIOD_NS = 10_000_000
FIRST_NS = 2_000_000_000
ACCESS_NS = 1500


class Bench:
    """One chip on a bench: its pins, a clock to set, and a hand that clocks pulses."""

    def __init__(self, conversion: Callable[[int, int], int], **settings: bool) -> None:
        self.clock = VirtualClock()
        self.chip = VirtualHx711(Oscillator(FIRST_NS, PERIOD_NS), conversion, **settings)  # type: ignore[arg-type]
        self.bank = VirtualPinBank({Channel.FRONT_LEFT: self.chip}, self.clock, gpio_ns=ACCESS_NS)
        self.pins = self.bank.lines(Channel.FRONT_LEFT)

    def at(self, t_ns: int) -> "Bench":
        """Go to the moment at which the next pin access happens."""
        assert t_ns - ACCESS_NS >= self.clock.t_ns
        self.clock.t_ns = t_ns - ACCESS_NS
        return self

    def clock_out(self, pulses: int) -> list[int]:
        bits = []
        for _ in range(pulses):
            self.pins.sck(1)
            self.pins.sck(0)
            bits.append(self.pins.dout())
        return bits


def number(bits: list[int]) -> int:
    return int("".join(map(str, bits[:24])), 2)


def test_each_pin_access_moves_the_clock_by_its_cost_and_asking_the_time_does_not() -> None:
    bench = Bench(lambda k, t_ns: 0)
    start_ns = bench.clock.t_ns
    bench.pins.sck(1)
    bench.pins.sck(0)
    bench.pins.dout()
    assert bench.pins.now_ns() == start_ns + 3 * ACCESS_NS


def test_dout_is_high_until_the_first_conversion_is_ready_to_the_nanosecond() -> None:
    bench = Bench(lambda k, t_ns: 0)
    assert bench.at(FIRST_NS - 1).pins.dout() == 1
    assert bench.at(FIRST_NS + ACCESS_NS).pins.dout() == 0
    other = Bench(lambda k, t_ns: 0)
    assert other.at(FIRST_NS).pins.dout() == 0


@pytest.mark.parametrize(
    ("before_update_ns", "level"), [(PERIOD_NS, 0), (75_001, 0), (75_000, 1), (1, 1), (0, 0), (-1_000_000, 0)]
)
@pytest.mark.parametrize("watched", [False, True])
def test_an_unread_conversion_lifts_dout_for_the_75_us_before_the_next(
    before_update_ns: int, level: int, watched: bool
) -> None:
    bench = Bench(lambda k, t_ns: 0)
    if watched:
        bench.at(FIRST_NS - 5 * ACCESS_NS).pins.dout()
    assert bench.at(FIRST_NS + PERIOD_NS - before_update_ns).pins.dout() == level


def test_unread_conversions_are_counted() -> None:
    bench = Bench(lambda k, t_ns: 0)
    bench.at(FIRST_NS).clock_out(25)
    bench.at(FIRST_NS + 5 * PERIOD_NS).clock_out(25)
    bench.at(FIRST_NS + 6 * PERIOD_NS).clock_out(25)
    assert bench.chip.unread == 4, "numbers 1 to 4"


def test_after_25_pulses_dout_is_high_until_the_next_conversion() -> None:
    bench = Bench(lambda k, t_ns: 0x123456 + k).at(FIRST_NS)
    bits = bench.clock_out(25)
    assert number(bits) == 0x123456
    assert bits[24] == 1
    assert bench.at(FIRST_NS + PERIOD_NS - 1).pins.dout() == 1
    assert bench.at(FIRST_NS + PERIOD_NS + ACCESS_NS).pins.dout() == 0
    assert number(bench.clock_out(25)) == 0x123457
    assert bench.chip.unread == 0


def test_the_conversion_is_asked_for_its_number_and_its_exact_time() -> None:
    asked: list[tuple[int, int]] = []

    def conversion(k: int, t_ns: int) -> int:
        asked.append((k, t_ns))
        return 0

    bench = Bench(conversion)
    for k in (0, 1, 5):
        bench.at(FIRST_NS + k * PERIOD_NS).clock_out(25)
    assert asked == [(k, FIRST_NS + k * PERIOD_NS) for k in (0, 1, 5)]


@pytest.mark.parametrize(("counts", "code"), [(9_000_000, 0x7FFFFF), (-9_000_000, 0x800000), (-5, 0xFFFFFB)])
def test_counts_are_clipped_to_24_bit_twos_complement(counts: int, code: int) -> None:
    assert number(Bench(lambda k, t_ns: counts).at(FIRST_NS).clock_out(25)) == code


def test_sck_high_over_60_us_powers_down_and_low_again_resets_with_four_periods_to_wait() -> None:
    bench = Bench(lambda k, t_ns: 500 + k).at(FIRST_NS)
    bench.clock_out(25)
    bench.pins.drain(bench.clock.t_ns)
    bench.pins.sck(1)
    bench.clock.t_ns += 61_000
    assert bench.pins.dout() == 1
    assert bench.bank.wait_ready(bench.clock.t_ns + 1_000_000_000) is None, "a chip that is powered down is not ready"
    bench.pins.sck(0)
    reset_ns = bench.clock.t_ns
    assert bench.bank.wait_ready(reset_ns + 1_000_000_000) == (Channel.FRONT_LEFT, reset_ns + 4 * PERIOD_NS, 0)
    assert bench.chip.oscillator == Oscillator(reset_ns + 4 * PERIOD_NS, PERIOD_NS)
    assert number(bench.clock_out(25)) == 501, "the conversion number runs on"


def test_sck_high_for_60_us_is_still_a_pulse() -> None:
    bench = Bench(lambda k, t_ns: 0xABCDEF - 0x1000000).at(FIRST_NS)
    bench.pins.sck(1)
    bench.clock.t_ns += 60_000 - ACCESS_NS
    bench.pins.sck(0)
    assert [bench.pins.dout(), *bench.clock_out(24)] == [int(b) for b in f"{0xABCDEF:024b}"] + [1]
    assert bench.chip.power_downs == 0


@pytest.mark.parametrize(("pulses", "counts"), [(25, 1001), (26, 7), (27, 500)])
def test_the_number_of_pulses_chooses_channel_and_gain_of_what_follows(pulses: int, counts: int) -> None:
    bench = Bench(lambda k, t_ns: 1001, conversion_b=lambda k, t_ns: 7).at(FIRST_NS)  # type: ignore[arg-type]
    assert number(bench.clock_out(pulses)) == 1001
    bench.pins.drain(bench.clock.t_ns)
    settling = 1 if pulses == 25 else 4
    edge = bench.bank.wait_ready(FIRST_NS + 100 * PERIOD_NS)
    assert edge == (Channel.FRONT_LEFT, FIRST_NS + settling * PERIOD_NS, 0)
    assert number(bench.clock_out(25)) == counts
    assert bench.chip.communication_errors == 0


def test_dout_stays_high_while_a_new_gain_settles() -> None:
    bench = Bench(lambda k, t_ns: 1000).at(FIRST_NS)
    bench.clock_out(26)
    for k in (1, 2, 3):
        assert bench.at(FIRST_NS + k * PERIOD_NS + 1_000_000).pins.dout() == 1
    assert bench.at(FIRST_NS + 4 * PERIOD_NS + ACCESS_NS).pins.dout() == 0


@pytest.mark.parametrize("pulses", [1, 10, 24, 28, 40])
def test_too_few_or_too_many_pulses_are_a_communication_error_and_the_next_frame_is_whole(pulses: int) -> None:
    bench = Bench(lambda k, t_ns: 0x0F0F0F).at(FIRST_NS)
    bench.clock_out(pulses)
    bench.at(FIRST_NS + PERIOD_NS)
    assert number(bench.clock_out(25)) == 0x0F0F0F
    assert bench.chip.communication_errors == 1


def test_an_update_in_the_middle_of_a_transfer_tears_the_frame() -> None:
    bench = Bench(lambda k, t_ns: 0x7FFFFE if k == 0 else 0).at(FIRST_NS)
    first = bench.clock_out(10)
    bench.at(FIRST_NS + PERIOD_NS)
    rest = bench.clock_out(15)
    assert first == [0] + [1] * 9
    assert rest == [0] * 15
    assert bench.chip.communication_errors == 1


@pytest.mark.parametrize(("counts", "next_edge"), [(0, 2), (-1, 1)])
def test_a_transfer_that_breaks_off_at_a_0_leaves_dout_low_and_the_next_conversion_without_an_edge(
    counts: int, next_edge: int
) -> None:
    bench = Bench(lambda k, t_ns: counts).at(FIRST_NS)
    bench.clock_out(10)
    bench.pins.drain(bench.clock.t_ns)
    edge = (Channel.FRONT_LEFT, FIRST_NS + next_edge * PERIOD_NS, 0)
    assert bench.bank.wait_ready(FIRST_NS + 10 * PERIOD_NS) == edge
    assert number(bench.clock_out(25)) == counts & 0xFFFFFF


def test_whoever_looks_late_is_told_of_the_edges_that_there_were() -> None:
    bench = Bench(lambda k, t_ns: 0).at(FIRST_NS)
    bench.clock_out(10)
    bench.pins.drain(bench.clock.t_ns)
    bench.clock.t_ns = FIRST_NS + PERIOD_NS + 1_000_000
    assert bench.bank.wait_ready(bench.clock.t_ns) is None, "DOUT has been low all the time"
    bench.clock.t_ns = FIRST_NS + 2 * PERIOD_NS + 1_000_000
    assert bench.bank.wait_ready(bench.clock.t_ns) == (Channel.FRONT_LEFT, FIRST_NS + 2 * PERIOD_NS, 0)


@pytest.mark.parametrize(("keeps_gain", "counts"), [(False, 1000), (True, 500)])
def test_after_a_reset_the_gain_follows_the_chosen_version_of_the_data_sheet(keeps_gain: bool, counts: int) -> None:
    bench = Bench(lambda k, t_ns: 1000, keeps_gain=keeps_gain).at(FIRST_NS)
    bench.clock_out(27)
    bench.at(FIRST_NS + 4 * PERIOD_NS).pins.dout()
    bench.pins.sck(1)
    bench.clock.t_ns += 70_000
    bench.pins.sck(0)
    bench.bank.wait_ready(bench.clock.t_ns + 2_000_000_000)
    bench.at(bench.chip.oscillator.first_ready_ns + ACCESS_NS)
    assert number(bench.clock_out(25)) == counts


def test_the_bank_serves_the_earliest_edge_each_edge_once_and_only_the_newest_of_a_chip() -> None:
    clock = VirtualClock()
    chips = {
        Channel.FRONT_LEFT: VirtualHx711(Oscillator(FIRST_NS + 5, PERIOD_NS), lambda k, t_ns: 0),
        Channel.FRONT_RIGHT: VirtualHx711(Oscillator(FIRST_NS, PERIOD_NS), lambda k, t_ns: 0),
    }
    bank = VirtualPinBank(chips, clock)
    assert bank.wait_ready(FIRST_NS - 1) is None
    assert clock.t_ns == FIRST_NS - 1
    assert bank.wait_ready(FIRST_NS + 10) == (Channel.FRONT_RIGHT, FIRST_NS, 0)
    assert bank.wait_ready(FIRST_NS + 10) == (Channel.FRONT_LEFT, FIRST_NS + 5, 0)
    assert bank.wait_ready(FIRST_NS + 10) is None
    clock.t_ns = FIRST_NS + 3 * PERIOD_NS + 7
    assert bank.wait_ready(clock.t_ns) == (Channel.FRONT_RIGHT, FIRST_NS + 3 * PERIOD_NS, 0)
    assert bank.wait_ready(clock.t_ns) == (Channel.FRONT_LEFT, FIRST_NS + 3 * PERIOD_NS + 5, 0)
    assert bank.wait_ready(clock.t_ns) is None


def test_edges_that_were_drained_are_not_served_and_later_ones_are() -> None:
    bench = Bench(lambda k, t_ns: 0).at(FIRST_NS + 500)
    bench.pins.dout()
    bench.pins.drain(FIRST_NS + 500)
    assert bench.bank.wait_ready(FIRST_NS + PERIOD_NS) == (Channel.FRONT_LEFT, FIRST_NS + PERIOD_NS, 0)


def test_a_channel_without_a_chip_is_named() -> None:
    bench = Bench(lambda k, t_ns: 0)
    with pytest.raises(NotPresentError, match="front_left"):
        bench.bank.lines(Channel.BACK_RIGHT)


def test_a_closed_bank_leaves_sck_low() -> None:
    bench = Bench(lambda k, t_ns: 0)
    bench.pins.sck(1)
    bench.bank.close()
    bench.bank.close()
    bench.at(FIRST_NS)
    assert bench.pins.dout() == 0
