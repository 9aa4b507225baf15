"""The HX711 frame driver: clocks one conversion out of one chip and says whether the frame can be trusted.

Always 25 pulses (channel A, gain 128): then both versions of the data sheet agree on what a reset restores.
Each frame is checked four ways, because the chip has no checksum:

* every high phase of SCK is timed: above 60 us the chip powers down, above 50 us nothing is guaranteed;
* pulse 25 pulls DOUT high, so a low DOUT after it means a shifted or torn frame. Of frames shifted by a lost clock
  pulse this catches those with a low last bit; the others, and an extra pulse, show in the next interval;
* saturation codes, and all ones (which is also a true -1: such a value is flagged, as nothing tells them apart);
* the interval since the last conversion against this chip's own rate, and whether the frame ended before the chip
  overwrote it. A missing conversion shows up as one that is late.

A bad frame is flagged and counted, never repaired, never dropped and never raised. Waiting is the caller's business.
"""

from typing import Final

from hardware.pins import Lines
from hardware.sensor import Channel, Flag, Sample

# HX711 data sheet, serial interface timing (T3) and "Reset and power-down sequence"
MAX_HIGH_NS: Final = 50_000
POWER_DOWN_NS: Final = 60_000
# The chip lifts DOUT for 75 us around an update (olkal/HX711_ADC issue 81); a frame must have ended before that.
UPDATE_PULSE_NS: Final = 75_000
SETTLING_FRAMES: Final = 4
RATE_RANGE_HZ: Final = (75.0, 100.0)  # RATE=1 on any honest board; 10 samples/s means the RATE pin is tied low
PERIOD_TOLERANCE: Final = 0.1  # a chip's own oscillator holds to far less than this from one conversion to the next

_FULL_SCALE: Final = 0x1000000
_SIGN: Final = 0x800000
_DATA_BITS: Final = range(24)
_SMOOTHING_FRAMES: Final = 64
_RELOCK_AFTER: Final = 4
_SHORTEST_PERIOD_NS: Final = int(1e9 / RATE_RANGE_HZ[1])
_FRAME_FLAGS: Final = (
    Flag.LONG_PULSE,
    Flag.DOUT_LOW_AFTER_FRAME,
    Flag.SATURATED,
    Flag.ALL_ONES,
    Flag.PERIOD,
    Flag.SETTLING,
)


def code_flags(raw: int) -> int:
    """Return the flags that a 24-bit code alone earns: ALL_ONES, SATURATED or none."""
    if raw == 0xFFFFFF:
        return Flag.ALL_ONES.value
    if raw in (0x7FFFFF, 0x800000):
        return Flag.SATURATED.value
    return 0


class RateEstimate:
    """The conversion period of one free-running chip, learned from the times at which it was ready.

    The first interval sets it, later ones refine it. An interval more than `PERIOD_TOLERANCE` off is refused; after
    four refused intervals in a row that agree among themselves it is the estimate that was wrong, and it follows.
    """

    def __init__(self) -> None:
        self.period_ns: float | None = None
        self._last_ns: int | None = None
        self._seen = 0
        self._odd_ns = 0
        self._odd_seen = 0

    def restart(self) -> None:
        """Forget when the last conversion was, but not the rate: the chip was reset or conversions are known lost."""
        self._last_ns = None

    def accepts(self, ready_ns: int) -> bool:
        """Take the time of one conversion, ns; return whether its distance from the last one is possible."""
        last_ns, self._last_ns = self._last_ns, ready_ns
        if last_ns is None:
            return True
        interval_ns = ready_ns - last_ns
        period_ns = self.period_ns
        if period_ns is None:
            self._follow(interval_ns)
            return True
        error_ns = interval_ns - period_ns
        if -PERIOD_TOLERANCE * period_ns <= error_ns <= PERIOD_TOLERANCE * period_ns:
            if self._seen < _SMOOTHING_FRAMES:
                self._seen += 1
            self.period_ns = period_ns + error_ns / self._seen
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
            self.period_ns = float(interval_ns)
            self._seen = 1
        self._odd_seen = 0


class Hx711:
    """One HX711 on its two lines.

    frames: frames read; flagged: frames with any flag; `flagged_by` tells them apart. Chips start out as settling.
    """

    def __init__(self, channel: Channel, lines: Lines) -> None:
        self.channel = channel
        self.frames = 0
        self.flagged = 0
        self._rate = RateEstimate()
        self._settling_left = SETTLING_FRAMES
        self._flag_counts = dict.fromkeys(_FRAME_FLAGS, 0)
        # bound once: these are called 125 times a frame
        self._channel_number = int(channel)
        self._sck = lines.sck
        self._dout = lines.dout
        self._now_ns = lines.now_ns
        self._drain = lines.drain
        self._sck(0)

    @property
    def rate_hz(self) -> float | None:
        """Return the chip's measured conversions per second, None until two were seen."""
        period_ns = self._rate.period_ns
        return 1e9 / period_ns if period_ns else None

    @property
    def flagged_by(self) -> dict[Flag, int]:
        """Return how many frames carried each flag (a frame with two flags counts in both)."""
        return dict(self._flag_counts)

    def read_frame(self, ready_ns: int) -> Sample:
        """Clock the conversion out whose DOUT fell at `ready_ns`, check it, and return it with its flags.

        Takes 25 pulses, some 75 pin accesses. Never raises for bad data.
        """
        sck, dout, now_ns = self._sck, self._dout, self._now_ns
        raw = longest_ns = 0
        for _ in _DATA_BITS:
            rise_ns = now_ns()
            sck(1)
            sck(0)
            high_ns = now_ns() - rise_ns
            # DOUT is read after SCK fell, which keeps the high phase as short as one call can be
            raw = raw + raw + dout()
            if high_ns > longest_ns:
                longest_ns = high_ns
        rise_ns = now_ns()
        sck(1)
        sck(0)
        end_ns = now_ns()
        longest_ns = max(longest_ns, end_ns - rise_ns)
        dout_after = dout()
        self._drain(end_ns)

        flags = code_flags(raw)
        if not dout_after:
            flags |= 2  # Flag.DOUT_LOW_AFTER_FRAME; plain numbers, as enum arithmetic would cost more than the frame
        rate = self._rate
        in_step = rate.accepts(ready_ns)
        if not in_step or end_ns - ready_ns > (rate.period_ns or _SHORTEST_PERIOD_NS) - UPDATE_PULSE_NS:
            flags |= 16  # Flag.PERIOD
        if longest_ns > MAX_HIGH_NS:
            flags |= 1  # Flag.LONG_PULSE
            self._settle()
        elif self._settling_left:
            self._settling_left -= 1
            flags |= 32  # Flag.SETTLING
        self.frames += 1
        if flags:
            self._count(flags)
        return Sample(self._channel_number, flags, ready_ns, (raw - _FULL_SCALE if raw & _SIGN else raw, 0, 0, 0, 0, 0))

    def recover(self) -> None:
        """Power the chip down and up again (SCK high above 60 us, then low). The next conversions are settling.

        Takes about 0.1 ms of the lines' clock; the chip needs some four conversions before it is ready again.
        """
        now_ns, dout = self._now_ns, self._dout
        self._sck(0)
        start_ns = now_ns()
        self._sck(1)
        while now_ns() - start_ns <= POWER_DOWN_NS + 10_000:
            dout()  # passes the time: no sleep is this short, and virtual time moves with pin accesses
        self._sck(0)
        self._drain(now_ns())
        self._settle()

    def _settle(self) -> None:
        self._settling_left = SETTLING_FRAMES
        self._rate.restart()

    def _count(self, flags: int) -> None:
        self.flagged += 1
        for flag in _FRAME_FLAGS:
            if flags & flag:
                self._flag_counts[flag] += 1
