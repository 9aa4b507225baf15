"""A deck for the suite over pin backends: four chips behind a backend and a reader, serviced by the acquisition."""

from collections.abc import Sequence
from typing import Any

from hardware.acquire import Acquisition
from hardware.clock import VirtualClock
from hardware.readers import build_chips
from hardware.ring import RingWriter
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.status import CornerStatus
from tests.hardware.pin_chips import COUNTS_REPEAT, Chips

MS = 1_000_000
STEP_NS = 20 * MS  # as long as the process around the acquisition lets it wait at a time
POLLED_OFF_NS = 1_070_000  # a tenth of a conversion: a polled line's stamp that may be off by more is flagged


def counts(channel: Channel, k: int) -> int:
    """Even, so that a frame that lost a pulse always shows; steps so large that no value passes for another."""
    return 4002 * (k % COUNTS_REPEAT) - 2_000_000 + 2 * channel


def number_of(sample: Sample) -> int | None:
    """Return the conversion that a sample's value is of, None for a value that no conversion has."""
    k, rest = divmod(sample.values[0] + 2_000_000 - 2 * sample.channel, 4002)
    return k if rest == 0 and 0 <= k < COUNTS_REPEAT else None


class PinDeck:
    """The chips have been running for a second, unread, when the deck is opened."""

    def __init__(self, chips: Chips, backend: str, reader: Any, *, shared_clock: bool) -> None:
        self.chips, self.backend, self.shared_clock = chips, backend, shared_clock
        self.clock = chips.clock
        self.stamp_error_ns = chips.stamp_error_ns + (POLLED_OFF_NS if backend == "rpigpio" else 0)
        chips.power_on(counts, shared_clock=shared_clock)
        self.pass_time(1_000 * MS)
        self.power_downs = {channel: chips.power_downs(channel) for channel in CORNERS}
        self.ring = RingWriter.in_memory(slots=1 << 14)
        self.reader = self.ring.reader()
        self.bank = chips.open(backend, shared_clock=shared_clock)
        corners = build_chips(self.bank, reader, shared_clock=shared_clock)
        self.source = Acquisition(self.bank, corners, [], self.ring, self.clock, reader=reader)

    def pass_time(self, duration_ns: int) -> None:
        self.clock.sleep_until_ns(self.clock.now_ns() + duration_ns)

    def run(self, duration_ns: int) -> dict[Channel, list[Sample]]:
        """Service the deck for so long; return what came, by channel."""
        end_ns = self.clock.now_ns() + duration_ns
        while (now_ns := self.clock.now_ns()) < end_ns:
            self.source.service(min(end_ns, now_ns + STEP_NS))
        read = self.reader.read()
        return {channel: [sample for sample in read if sample.channel == channel] for channel in CORNERS}

    def settled(self) -> "PinDeck":
        """Run past the first four conversions of every chip, and until each one's rate is known."""
        self.run(300 * MS)
        return self

    def status(self, channel: Channel) -> CornerStatus:
        return {corner.channel: corner for corner in self.source.status().corners}[channel.label]

    def powered_down(self, channel: Channel) -> int:
        """Return how often a chip has powered down since the deck was opened."""
        return self.chips.power_downs(channel) - self.power_downs[channel]

    def check(self, samples: Sequence[Sample]) -> None:
        """The law: a sample without a flag is a true conversion, stamped when it was ready, and none comes twice."""
        good = [sample for sample in samples if not sample.flags]
        numbers = [number_of(sample) for sample in good]
        assert None not in numbers, f"{good[numbers.index(None)]} is no conversion, and carries no flag"
        for a, b, k_a, k_b in zip(good, good[1:], numbers, numbers[1:], strict=False):
            assert k_a is not None
            assert k_b is not None
            passed = (k_b - k_a) % COUNTS_REPEAT
            assert 0 < passed < COUNTS_REPEAT // 2, f"{a} is followed by {b}"
            if any(a.t_ns < sample.t_ns < b.t_ns and sample.flags & RESET for sample in samples):
                continue  # its oscillator started anew in between
            error_ns = b.t_ns - a.t_ns - passed * self.chips.period_ns(Channel(a.channel))
            assert abs(error_ns) <= 2 * self.stamp_error_ns + passed, f"{a} to {b}: {error_ns} ns off"

    def close(self) -> None:
        self.source.close()
        if isinstance(self.clock, VirtualClock):
            self.pass_time(MS)
        self.chips.close()


RESET = Flag.LONG_PULSE | Flag.SETTLING
