"""Four HX711 on one clock line: each frame clocks all of them, and takes what each one had ready.

This is how many load-cell decks are wired, and it costs what `hardware.wiring.SHARED_CLOCK_COST` says. What is done
about it here: every sample carries the time of its own chip's edge, not the frame's; a frame waits for the last chip,
but not for one that has been silent for two conversions of another; a frame is held back for half a millisecond at
most when a chip is about to update, which would tear its value; what is torn all the same is flagged like any other.

A restart is a restart of all four, as there is only one line to do it with.
"""

from collections.abc import Sequence
from typing import Final

from hardware.hx711 import UPDATE_PULSE_NS, ClockOut, CornerChip, frame_reader
from hardware.pins import LANE_BITS, Lines
from hardware.restart import Step
from hardware.sensor import CORNERS, Channel, Sample

_LANE: Final = (1 << 25) - 1
_MOST_UNREAD: Final = 3  # a fast chip may have had so many conversions since it was last read
_OVERWRITTEN: Final = 2  # conversions of one chip that are given up for others that are not ready
_MARGIN_NS: Final = 100_000  # between a frame and an expected update: the oscillators' jitter, our own lateness
_FIRST_FRAME_NS: Final = 400_000  # what a frame takes, until one has been measured


class SharedClock:
    """The line and its four chips. `chips` go to the acquisition, in the order of `CORNERS`."""

    def __init__(self, lines: Lines, clock_out: ClockOut | None = None) -> None:
        """Take `PinBank.shared_lines` and how to clock a frame out of them."""
        self._lines = lines
        self._clock_out = clock_out or frame_reader(lines)
        self._frame_ns = _FIRST_FRAME_NS
        self.chips = tuple(SharedClockChip(channel, lane, self) for lane, channel in enumerate(CORNERS))
        lines.sck(0)

    def now_ns(self) -> int:
        """Return the time now on the lines' clock, ns."""
        return self._lines.now_ns()

    def levels(self) -> int:
        """Return the four levels of DOUT, in lanes."""
        return self._lines.dout()

    def read(self, levels: int) -> Sequence[Sample]:
        """Read one frame if every chip that should be there is ready and none is about to update.

        levels: of DOUT, in lanes. A chip whose line is low is ready, and its edge is on its way to us.
        """
        ready = [chip for chip in self.chips if chip.pending_ns is not None]
        late = any(chip.pending_ns is None and chip.expected(levels) for chip in self.chips)
        if late and max(chip.overwritten for chip in ready) < _OVERWRITTEN:
            return ()
        begin_ns = self._lines.now_ns()
        end_ns = begin_ns + self._frame_ns + _MARGIN_NS
        if any(chip.updates_between(begin_ns, end_ns) for chip in self.chips):
            return ()  # its new edge comes in a moment and brings us here again, with 10 ms to go
        bits, longest_ns, end_ns = self._clock_out()
        self._lines.drain(end_ns)
        self._frame_ns = end_ns - begin_ns
        ready.sort(key=lambda chip: chip.pending_ns or 0)
        return [chip.taken(bits, longest_ns, end_ns) for chip in ready]

    def step(self, step: Step) -> None:
        """Power all chips down or up."""
        self._lines.sck(1 if step is Step.POWER_DOWN else 0)
        if step is Step.POWER_UP:
            now_ns = self._lines.now_ns()
            self._lines.drain(now_ns)
            levels = self._lines.dout()
            for chip in self.chips:
                chip.reset(now_ns, levels)


class SharedClockChip(CornerChip):
    """One chip of a `SharedClock`.

    pending_ns: when the conversion was ready that has not been read, None without one; overwritten: how many have
    taken each other's place meanwhile.
    """

    def __init__(self, channel: Channel, lane: int, clock: SharedClock) -> None:
        super().__init__(channel, clock.now_ns(), most_conversions=_MOST_UNREAD)
        self._shift = LANE_BITS * lane
        self._clock = clock
        self._in_step = True
        self._error_ns = 0
        self._shorted = False  # low when it cannot be
        self.pending_ns: int | None = None
        self.overwritten = 0

    def serve(self, edge_ns: int, error_ns: int = 0) -> Sequence[Sample]:
        """Note that this chip is ready, and read all of them if that completes the set."""
        if any(chip.policy.powered_down for chip in self._clock.chips) or not self.possible(edge_ns):
            return ()
        levels = self._clock.levels()
        if levels >> self._shift & 1:
            self.false_edges += 1
            return ()
        if self.pending_ns is not None:
            self.overwritten += 1
        self._in_step = self.rate.accepts(edge_ns, error_ns)
        self.pending_ns, self._error_ns = edge_ns, error_ns
        return self._clock.read(levels)

    def expected(self, levels: int) -> bool:
        """Return whether a frame should wait for this chip, which is not known to be ready."""
        if self.policy.running:
            return True
        return not (levels >> self._shift & 1 or self._shorted or self.policy.given_up)

    def updates_between(self, begin_ns: int, end_ns: int) -> bool:
        """Return whether this chip, by its own rate, gets a new conversion between two times, ns."""
        seen_ns, period_ns = self.rate.last_ns, self.rate.period_ns
        if seen_ns is None or period_ns is None or not self.policy.running:
            return False
        next_ns = seen_ns + period_ns * ((begin_ns - seen_ns) // period_ns + 1)
        return next_ns - UPDATE_PULSE_NS < end_ns

    def taken(self, bits: int, longest_ns: int, end_ns: int) -> Sample:
        """Return this chip's part of a frame."""
        ready_ns, self.pending_ns, self.overwritten = self.pending_ns or end_ns, None, 0
        bits = bits >> self._shift & _LANE
        return self.judge(bits, longest_ns, end_ns, ready_ns, self._error_ns, in_step=self._in_step)

    def watch(self, now_ns: int) -> None:
        """Take the step of a restart that is due, together with the other chips."""
        step = self.policy.due(now_ns)
        if step is not None:
            self._clock.step(step)

    def reset(self, now_ns: int, levels: int) -> None:
        """Take note that the clock line has powered this chip down and up, after which a chip holds DOUT high."""
        self._shorted = not levels >> self._shift & 1
        self.pending_ns, self.overwritten = None, 0
        self.settle()
        self.policy.restarted(now_ns)
