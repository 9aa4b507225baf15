"""The HX711: clocks conversions out of a chip and says of each whether it can be trusted.

Always 25 pulses (channel A, gain 128): then both versions of the data sheet agree on what a reset restores. The chip
has no checksum, so each frame is checked in every way that two wires allow:

* DOUT before the first pulse is low, and half a conversion has passed since the last one: else the edge was noise, a
  data bit's edge that was stamped late, or a chip in mid-update. No frame is clocked; counted in `false_edges`.
* Every high phase of SCK is timed: above 60 us the chip powers down, above 50 us nothing is guaranteed. LONG_PULSE, and
  the next four frames are SETTLING.
* DOUT after pulse 25, which pulls it high: low means a frame shifted by a lost pulse, or torn by an update, or a line
  shorted low. DOUT_LOW_AFTER_FRAME.
* The code: SATURATED for 0x7FFFFF and 0x800000, ALL_ONES for 0xFFFFFF (also a true -1, as nothing tells them apart).
* The time since the last conversion against this chip's own rate (a missed conversion, a changed gain), the time from
  the edge to the frame's end (a conversion that the chip overwrote while it was read), and how well the edge's own time
  is known (a polled line that nobody looked at for a while). PERIOD.
* A chip that is silent for 250 ms, or sends 8 frames of nonsense in a row, is powered down, unplugged or dead: it is
  restarted (`hardware.restart`) and the next four frames are SETTLING.

What this cannot see: a frame that lost a pulse and whose last bit is high (DOUT shows the last bit where pulse 25 would
have made it high), and the one frame with a pulse too many, whose value is doubled. That one selects gain 32 on channel
B, for which the chip falls silent for four conversions: the next two frames come late and are flagged. The frame
itself has gone by then. Both leave one value far off its neighbours, which is what Flag.SPIKE is for.

A bad frame is flagged and counted, never repaired, never dropped and never raised. Waiting is the caller's business.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Final

from hardware.pins import Lines
from hardware.restart import RestartPolicy, Step
from hardware.sensor import Channel, Flag, Sample
from hardware.status import CornerStatus

# HX711 data sheet, serial interface timing (T3) and "Reset and power-down sequence"
MAX_HIGH_NS: Final = 50_000
# The chip lifts DOUT for 75 us around an update (olkal/HX711_ADC issue 81); a frame must have ended before that.
UPDATE_PULSE_NS: Final = 75_000
SETTLING_FRAMES: Final = 4
RATE_RANGE_HZ: Final = (75.0, 100.0)  # RATE=1 on any honest board; 10 samples/s means the RATE pin is tied low
PERIOD_TOLERANCE: Final = 0.1  # a chip's own oscillator holds to far less than this from one conversion to the next

_FULL_SCALE: Final = 0x1000000
_SIGN: Final = 0x800000
_PULSES: Final = range(25)
_SMOOTHING_FRAMES: Final = 64
_RELOCK_AFTER: Final = 4
_SHORTEST_PERIOD_NS: Final = int(1e9 / RATE_RANGE_HZ[1])
_SHORTEST_INTERVAL_NS: Final = _SHORTEST_PERIOD_NS // 2
_LONGEST_PERIOD_NS: Final = int(1e9 / RATE_RANGE_HZ[0])
_MIDDLE_PERIOD_NS: Final = (_SHORTEST_PERIOD_NS + _LONGEST_PERIOD_NS) // 2
_NONSENSE: Final = (Flag.DOUT_LOW_AFTER_FRAME | Flag.ALL_ONES).value
_FRAME_FLAGS: Final = (
    Flag.LONG_PULSE,
    Flag.DOUT_LOW_AFTER_FRAME,
    Flag.SATURATED,
    Flag.ALL_ONES,
    Flag.PERIOD,
    Flag.SETTLING,
)

ClockOut = Callable[[], tuple[int, int, int]]
"""Clocks 25 pulses and returns `(bits, longest_ns, end_ns)`: DOUT at each pulse (the last bit is DOUT after the frame),
the longest high phase of SCK, and when SCK fell for the last time. Over `PinBank.shared_lines`, `bits` holds the bits
of four chips in lanes."""


def code_flags(raw: int) -> int:
    """Return the flags that a 24-bit code alone earns: ALL_ONES, SATURATED or none."""
    if raw == 0xFFFFFF:
        return Flag.ALL_ONES.value
    if raw in (0x7FFFFF, 0x800000):
        return Flag.SATURATED.value
    return 0


class RateEstimate:
    """The conversion period of one free-running chip, learned from the times at which it was ready.

    The first interval sets it, later ones refine it. Where conversions may lie unread in that first one, it is divided
    into as many as make an honest chip's period: the ranges for one, two and three do not meet. An interval is refused
    that is off by more than `PERIOD_TOLERANCE` and what its two ends may be off by together; after four refused ones in
    a row that agree among themselves it is the estimate that was wrong, and it follows.

    period_ns: None until two conversions were seen; last_ns: the last one's time, None after `restart`.
    """

    def __init__(self, most_conversions: int = 1) -> None:
        """`most_conversions`: how many may lie between two times that are given; more than 1 when some are not read."""
        self.period_ns: float | None = None
        self._most_conversions = most_conversions
        self.last_ns: int | None = None
        self._seen = 0
        self._odd_ns = 0
        self._odd_seen = 0
        self._last_error_ns = 0
        self._untimed = 0  # conversions since `last_ns` whose time is not known well enough

    def restart(self) -> None:
        """Forget when the last conversion was, but not the rate: the chip was reset or conversions are known lost."""
        self.last_ns = None
        self._untimed = 0

    def accepts(self, ready_ns: int, error_ns: int = 0) -> bool:
        """Take the time of one conversion, ns; return whether its distance from the last one is possible.

        error_ns: by how much the time may be off, either way. When that is more than `PERIOD_TOLERANCE` of a period it
        is not accepted, and the next one is measured from the one before it.
        """
        period_ns = self.period_ns
        within_ns = PERIOD_TOLERANCE * (period_ns or _SHORTEST_PERIOD_NS)
        if error_ns > within_ns:
            self._untimed += 1
            return False
        fewest, self._untimed = 1 + self._untimed, 0
        last_ns, self.last_ns = self.last_ns, ready_ns
        within_ns += self._last_error_ns + error_ns
        self._last_error_ns = error_ns
        if last_ns is None:
            return True
        interval_ns = ready_ns - last_ns
        if period_ns is None:
            self._follow(interval_ns // fewest)
            return True
        conversions = min(max(fewest, round(interval_ns / period_ns)), fewest - 1 + self._most_conversions)
        off_ns = interval_ns - conversions * period_ns
        interval_ns //= conversions
        if -within_ns <= off_ns <= within_ns:
            if self._seen < _SMOOTHING_FRAMES:
                self._seen += 1
            self.period_ns = period_ns + off_ns / conversions / self._seen
            self._odd_seen = 0
            return True
        if self._odd_seen and abs(interval_ns - self._odd_ns) <= PERIOD_TOLERANCE * self._odd_ns:
            self._odd_seen += 1
            if self._odd_seen >= _RELOCK_AFTER:
                self._follow(interval_ns)
        else:
            self._odd_ns, self._odd_seen = interval_ns, 1
        return False

    def _follow(self, interval_ns: int) -> None:
        if interval_ns > 0:
            conversions = min(max(1, round(interval_ns / _MIDDLE_PERIOD_NS)), self._most_conversions)
            if interval_ns > (1 + PERIOD_TOLERANCE) * _LONGEST_PERIOD_NS * conversions:
                conversions = 1  # no honest chip: its RATE pin is tied low
            self.period_ns = interval_ns / conversions
            self._seen = 1
        self._odd_seen = 0


def frame_reader(lines: Lines) -> ClockOut:
    """Return our own way to clock a frame out: three calls to the lines a pulse, the high phase timed."""
    # bound once: these are called 125 times a frame
    sck, dout, now_ns = lines.sck, lines.dout, lines.now_ns

    def clock_out() -> tuple[int, int, int]:
        bits = longest_ns = fall_ns = 0
        for _ in _PULSES:
            rise_ns = now_ns()
            sck(1)
            sck(0)
            fall_ns = now_ns()
            # DOUT is read after SCK fell, which keeps the high phase as short as one call can be
            bits = bits + bits + dout()
            if fall_ns - rise_ns > longest_ns:
                longest_ns = fall_ns - rise_ns
        return bits, longest_ns, fall_ns

    return clock_out


class CornerChip(ABC):
    """One chip as the acquisition sees it, however it is wired and clocked.

    frames: frames read; flagged: frames with any flag; false_edges: edges that were no conversion; heard_ns: when the
    conversion was ready that was read last; `flagged_by` tells the flags apart; `policy` restarts the chip. Chips start
    out as settling.
    """

    def __init__(self, channel: Channel, now_ns: int, most_conversions: int = 1) -> None:
        self.channel = channel
        self.frames = self.flagged = self.false_edges = 0
        self.policy = RestartPolicy(now_ns)
        self.rate = RateEstimate(most_conversions)
        self._channel_number = int(channel)
        self._settling_left = SETTLING_FRAMES
        self.heard_ns = now_ns - _SHORTEST_PERIOD_NS
        self._flag_counts = dict.fromkeys(_FRAME_FLAGS, 0)

    @abstractmethod
    def serve(self, edge_ns: int, error_ns: int = 0) -> Sequence[Sample]:
        """Deal with a falling edge of this chip's DOUT at `edge_ns`; return what has been read because of it.

        That is mostly one sample. None when the edge was no conversion; samples of other chips too on a shared clock.
        error_ns: by how much `edge_ns` may be off, either way.
        """

    @abstractmethod
    def watch(self, now_ns: int) -> None:
        """Do what is due without an edge: restart a silent chip. Never waits; to be called every 20 ms or so."""

    @property
    def rate_hz(self) -> float | None:
        """Return the chip's measured conversions per second, None until two were seen."""
        period_ns = self.rate.period_ns
        return 1e9 / period_ns if period_ns else None

    @property
    def flagged_by(self) -> dict[Flag, int]:
        """Return how many frames carried each flag (a frame with two flags counts in both)."""
        return dict(self._flag_counts)

    def status(self, lost_edges: int = 0) -> CornerStatus:
        """Return the counters as acquire publishes them."""
        return CornerStatus(
            channel=self.channel.label,
            rate_hz=self.rate_hz,
            frames=self.frames,
            flagged=self.flagged,
            flagged_by={str(flag.name).lower(): count for flag, count in self._flag_counts.items() if count},
            restarts=self.policy.restarts,
            ready_timeouts=self.policy.ready_timeouts,
            settle_timeouts=self.policy.settle_timeouts,
            false_edges=self.false_edges,
            lost_edges=lost_edges,
        )

    def possible(self, edge_ns: int) -> bool:
        """Return whether an edge at this time can be a conversion: less than half a period after one it cannot."""
        if edge_ns < self.heard_ns + _SHORTEST_INTERVAL_NS:
            self.false_edges += 1
            return False
        return True

    def judge(self, bits: int, longest_ns: int, end_ns: int, ready_ns: int, error_ns: int, *, in_step: bool) -> Sample:
        """Return the sample that these 25 bits make, with its flags; counts them and tells the restart policy.

        error_ns: by how much `ready_ns` may be off; in_step: whether `rate` accepted the two.
        """
        raw = bits >> 1
        flags = code_flags(raw)
        if not bits & 1:
            flags |= 2  # Flag.DOUT_LOW_AFTER_FRAME; plain numbers, as enum arithmetic would cost more than the frame
        longest_wait_ns = end_ns - ready_ns + error_ns
        if not in_step or longest_wait_ns > (self.rate.period_ns or _SHORTEST_PERIOD_NS) - UPDATE_PULSE_NS:
            flags |= 16  # Flag.PERIOD
        if not self.policy.running and not flags & _NONSENSE:
            self._settling_left = SETTLING_FRAMES  # back from the dead: it may have had no power
        if longest_ns > MAX_HIGH_NS:
            flags |= 1  # Flag.LONG_PULSE
            self.settle()
        elif self._settling_left:
            self._settling_left -= 1
            flags |= 32  # Flag.SETTLING
        self.frames += 1
        self.heard_ns = ready_ns
        if flags:
            self.flagged += 1
            for flag in _FRAME_FLAGS:
                if flags & flag:
                    self._flag_counts[flag] += 1
        self.policy.heard(ready_ns + error_ns, good=not flags, nonsense=bool(flags & _NONSENSE))
        return Sample(self._channel_number, flags, ready_ns, (raw - _FULL_SCALE if raw & _SIGN else raw, 0, 0, 0, 0, 0))

    def settle(self) -> None:
        """Flag the next four frames as settling, and measure no interval across the hole before them."""
        self._settling_left = SETTLING_FRAMES
        self.rate.restart()


class Hx711(CornerChip):
    """One HX711 on two lines of its own."""

    def __init__(self, channel: Channel, lines: Lines, clock_out: ClockOut | None = None) -> None:
        """`clock_out` defaults to our own `frame_reader`; `hardware.readers` knows others."""
        super().__init__(channel, lines.now_ns())
        self._sck, self._dout, self._now_ns, self._drain = lines.sck, lines.dout, lines.now_ns, lines.drain
        self._clock_out = clock_out or frame_reader(lines)
        self._sck(0)

    def serve(self, edge_ns: int, error_ns: int = 0) -> Sequence[Sample]:
        """Read the conversion whose DOUT fell at `edge_ns`; nothing when it is not there (any more)."""
        if self.policy.powered_down or not self.possible(edge_ns):
            return ()
        if self._dout():
            self.false_edges += 1
            return ()
        return (self.read_frame(edge_ns, error_ns),)

    def read_frame(self, ready_ns: int, error_ns: int = 0) -> Sample:
        """Clock the conversion out whose DOUT fell at `ready_ns`, check it, and return it with its flags.

        Takes 25 pulses, some 75 pin accesses. Never raises for bad data.
        """
        bits, longest_ns, end_ns = self._clock_out()
        self._drain(end_ns)
        in_step = self.rate.accepts(ready_ns, error_ns)
        return self.judge(bits, longest_ns, end_ns, ready_ns, error_ns, in_step=in_step)

    def watch(self, now_ns: int) -> None:
        """Take the step of a restart that is due; each is one pin access."""
        step = self.policy.due(now_ns)
        if step is Step.POWER_DOWN:
            self._sck(1)
        elif step is Step.POWER_UP:
            self._sck(0)
            self._drain(self._now_ns())
            self.settle()
