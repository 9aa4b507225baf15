"""A virtual HX711 at pin level. `hardware.virtual.pins` is the bank of pins that the real driver clocks it through.

What is modelled, from the data sheet and from what people measured on real chips:

* a free-running oscillator (`Oscillator`): conversions come when they come, read or not;
* DOUT low when ready; data bits most significant first; pulse 25 pulls DOUT high until the next conversion;
* an unread conversion is overwritten: DOUT is high for the 75 us that end when the next one is ready;
* an update in the middle of a transfer reloads the shift register and starts its bit count again (torn frame); DOUT
  does not fall then if the bit before was 0;
* 25, 26, 27 pulses select A/128, B/32, A/64 for what follows; fewer or more are a communication error;
* a change of gain hides conversions until the fourth after it; power-up and reset take four periods;
* SCK high above 60 us powers the chip down (DOUT high); SCK low then resets it, and the oscillator starts anew.
  The conversion number k runs on: it never repeats in a chip's life;
* saturation at 0x7FFFFF and 0x800000; DOUT stuck high or low; clock pulses held, lost or doubled by disturbance;
* an oscillator that drifts (`retune`) or hesitates (`delay_next`).

Not modelled: analogue settling (values right after a reset are simply not shown), the 0.1 us that data lag behind SCK,
contact bounce, a DOUT that floats. Pulses on SCK while nothing is ready are ignored.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from hardware.clock import VirtualClock
from hardware.pins import Lines
from hardware.virtual.oscillator import SETTLING_CONVERSIONS, Oscillator

Conversion = Callable[[int, int], int]

POWER_DOWN_NS: Final = 60_000
UPDATE_PULSE_NS: Final = 75_000
MAX_COUNTS: Final = 0x7FFFFF
MIN_COUNTS: Final = -0x800000

_PULSES_A128, _PULSES_B32, _PULSES_A64 = 25, 26, 27
_MOST_PULSES = 28  # counting stops here: more than 27 is an error however many they are
_ALL_HIGH = (1 << 29) - 1
_NEVER_NS = 1 << 62
_LOW = -1


class Disturbance(msgspec.Struct, frozen=True):
    """One fault on the lines at a given pulse (1 to 25) of the next frame, or of the next `frames` frames.

    hold_ns: the pulse stays high for so much longer (the reader was preempted, the clock moves on);
    extra_pulses: 1 doubles the pulse as the chip sees it, -1 hides it from the chip;
    flip: these bits of the 24-bit code reach the reader inverted; lift: DOUT is high for the rest of the frame.
    """

    pulse: int
    hold_ns: int = 0
    extra_pulses: int = 0
    flip: int = 0
    lift: bool = False
    frames: int = 1


class VirtualHx711(Lines):
    """One chip; its pins are the `Lines` that the driver holds. `VirtualPinBank` gives it a clock.

    conversion: called with `(k, t_ns)` for conversion k that ends at t_ns, returns the counts of channel A at gain
    128 (an int; the chip clips to 24 bit). It is called for conversions that somebody reads, in rising order.
    conversion_b: the same for channel B at gain 32; an open input reads 0.
    keeps_gain: after a reset the chip returns to the gain it had (data sheet V2.0) and not to A/128 (older one).

    Counters: `power_downs`, `communication_errors` (counted at the next update), `unread` conversions.
    """

    __slots__ = (
        "_bits",
        "_clock",
        "_conversion",
        "_conversion_b",
        "_disturbance",
        "_disturbed_frames",
        "_event_ns",
        "_fell_ns",
        "_gain_pulses",
        "_gpio_ns",
        "_high_ns",
        "_k",
        "_k_first",
        "_k_visible",
        "_keeps_gain",
        "_oscillator",
        "_shown",
        "_stuck",
        "_word",
        "communication_errors",
        "drained_ns",
        "power_downs",
        "unread",
    )

    def __init__(
        self,
        oscillator: Oscillator,
        conversion: Conversion,
        *,
        conversion_b: Conversion | None = None,
        keeps_gain: bool = False,
    ) -> None:
        self._oscillator = oscillator
        self._conversion = conversion
        self._conversion_b = conversion_b or (lambda k, t_ns: 0)  # noqa: ARG005
        self._keeps_gain = keeps_gain
        self.power_downs = self.communication_errors = self.unread = 0
        self.drained_ns = -1  # edges up to here were returned or forgotten; kept by the bank
        self._clock = VirtualClock()
        self._gpio_ns = 0
        self._gain_pulses = _PULSES_A128
        self._k = -1  # the newest conversion that is finished
        self._k_first = 0  # the one that is ready at the oscillator's first_ready_ns
        self._k_visible = 0  # the first one that DOUT may announce
        self._fell_ns = -1  # when an update last let DOUT fall
        self._high_ns = _LOW  # since when SCK is high
        self._disturbance: Disturbance | None = None
        self._disturbed_frames = 0
        self._stuck: int | None = None
        self._fall_silent()
        self._event_ns = oscillator.first_ready_ns

    # --- the pins: the inner loop, so each method is one level deep --------------------------------------------------

    def sck(self, level: int) -> None:
        """Drive SCK; one pin access of virtual time."""
        clock = self._clock
        clock.t_ns = t_ns = clock.t_ns + self._gpio_ns
        high_ns = self._high_ns
        if level:
            if high_ns < 0:
                if t_ns >= self._event_ns:
                    self._catch_up(t_ns)
                    self._disturb()
                self._high_ns = t_ns
                if self._bits < _MOST_PULSES:
                    self._bits += 1
        elif high_ns >= 0:
            self._high_ns = _LOW
            if t_ns - high_ns > POWER_DOWN_NS:
                self._reset(t_ns)

    def dout(self) -> int:
        """Return DOUT; one pin access of virtual time."""
        clock = self._clock
        clock.t_ns = t_ns = clock.t_ns + self._gpio_ns
        if t_ns >= self._event_ns:
            self._catch_up(t_ns)
        if self._high_ns >= 0 and t_ns - self._high_ns > POWER_DOWN_NS and self._stuck is None:
            return 1
        # bit 28: not ready; bits 27..4: data; bits 3..0: high from pulse 25 on
        return self._word >> (_MOST_PULSES - self._bits) & 1

    def now_ns(self) -> int:
        """Return the virtual time, ns."""
        return self._clock.t_ns

    def drain(self, until_ns: int) -> None:
        """Forget edges up to `until_ns`."""
        if until_ns > self.drained_ns:
            self.drained_ns = until_ns

    # --- for the bank and for whoever plays faults -------------------------------------------------------------------

    def attach(self, clock: VirtualClock, gpio_ns: int) -> None:
        """Run on this clock; each pin access takes `gpio_ns`."""
        self._clock = clock
        self._gpio_ns = gpio_ns

    @property
    def oscillator(self) -> Oscillator:
        """Return the oscillator as it runs since power-up or the last reset."""
        return self._oscillator

    @property
    def stuck(self) -> int | None:
        """The level at which DOUT is stuck (0 shorted to ground, 1 unplugged with a pull-up), or None."""
        return self._stuck

    @stuck.setter
    def stuck(self, level: int | None) -> None:
        self._stuck = level
        if level is None:
            self._fall_silent()  # until the next update
        else:
            self._word = _ALL_HIGH if level else 0
        self._event_ns = 0

    def disturb(self, disturbance: Disturbance | None) -> None:
        """Play a fault on the lines in the next frames that reach its pulse; None ends one that is being played."""
        self._disturbance = disturbance
        self._disturbed_frames = 0
        self._event_ns = 0

    def retune(self, period_ns: int) -> None:
        """Let the oscillator run with another period from the next conversion on: temperature, supply, RATE pin."""
        self._run_on(0, period_ns)

    def delay_next(self, by_ns: int) -> None:
        """Let the next conversion, and with it all that follow, be ready so much later."""
        self._run_on(by_ns, self._oscillator.period_ns)

    def _run_on(self, later_ns: int, period_ns: int) -> None:
        if self._clock.t_ns >= self._event_ns:
            self._catch_up(self._clock.t_ns)
        k_next = max(self._k + 1, self._k_first)
        self._oscillator = Oscillator(self._ready_ns(k_next) + later_ns, period_ns)
        self._k_first = k_next
        self._event_ns = 0

    def edge_ns(self) -> int:
        """Return when DOUT fell or will fall: the newest edge past that was not drained, else the next one, ns.

        A chip that is powered down or stuck has none; it gives a time that never comes.
        """
        if self._stuck is not None or self._high_ns >= 0:
            return _NEVER_NS
        if self._clock.t_ns >= self._event_ns:
            self._catch_up(self._clock.t_ns)
        if self._fell_ns > self.drained_ns:
            return self._fell_ns
        k_visible = self._k_visible
        if self._shown and _PULSES_A128 <= self._bits <= _PULSES_A64 and self._bits != self._gain_pulses:
            k_visible = self._k + SETTLING_CONVERSIONS
        return self._ready_ns(max(self._k + 1 if self._high_before_update() else self._k + 2, k_visible))

    # --- inside the chip ---------------------------------------------------------------------------------------------

    def _ready_ns(self, k: int) -> int:
        return self._oscillator.ready_ns(k - self._k_first)

    def _catch_up(self, t_ns: int) -> None:
        """Let every update happen that was due by `t_ns`, and note when to look again."""
        if self._stuck is not None:
            return
        oscillator = self._oscillator
        k = self._k_first + (t_ns - oscillator.first_ready_ns) // oscillator.period_ns
        if k > self._k:
            high = k > self._k + 1 or self._high_before_update()
            self._end_transfer()
            self.unread += max(0, k - max(self._k + 1, self._k_visible))
            self._k = k
            if k >= self._k_visible:
                self._word = self._convert(k) << 4 | 0xF
                self._bits = 0
                self._shown = True
                if high:
                    self._fell_ns = self._ready_ns(k)
            else:
                self._fall_silent()
        next_ns = self._ready_ns(self._k + 1)
        if self._shown and self._bits == 0:
            if t_ns >= next_ns - UPDATE_PULSE_NS:
                self._word |= 1 << _MOST_PULSES
            else:
                next_ns -= UPDATE_PULSE_NS
        self._event_ns = next_ns if self._disturbance is None else 0

    def _high_before_update(self) -> bool:
        """Return whether DOUT is high when the next update comes: not if a transfer broke off at a bit that is 0."""
        return not self._bits or bool(self._word >> (_MOST_PULSES - self._bits) & 1)

    def _end_transfer(self) -> None:
        """Look at the pulses that came since the last update."""
        if not self._shown:
            return
        pulses = self._bits
        if pulses == 0:
            self.unread += 1
        elif not _PULSES_A128 <= pulses <= _PULSES_A64:
            self.communication_errors += 1
        elif pulses != self._gain_pulses:
            self._gain_pulses = pulses
            self._k_visible = self._k + SETTLING_CONVERSIONS

    def _convert(self, k: int) -> int:
        t_ns = self._ready_ns(k)
        if self._gain_pulses == _PULSES_B32:
            counts = self._conversion_b(k, t_ns)
        else:
            counts = self._conversion(k, t_ns)
            if self._gain_pulses == _PULSES_A64:
                counts //= 2
        return min(max(counts, MIN_COUNTS), MAX_COUNTS) & 0xFFFFFF

    def _fall_silent(self) -> None:
        """Keep DOUT high until an update shows a conversion."""
        self._word = _ALL_HIGH
        self._bits = _PULSES_A128
        self._shown = False

    def _reset(self, t_ns: int) -> None:
        """Wake from power-down: SCK fell at `t_ns` after more than 60 us."""
        self.power_downs += 1
        if self._stuck is not None:
            return
        period_ns = self._oscillator.period_ns
        self._oscillator = Oscillator(t_ns + SETTLING_CONVERSIONS * period_ns, period_ns)
        self._k_first = self._k_visible = self._k + 1
        if not self._keeps_gain:
            self._gain_pulses = _PULSES_A128
        self._fall_silent()
        self._event_ns = self._oscillator.first_ready_ns if self._disturbance is None else 0

    def _disturb(self) -> None:
        """Play the waiting disturbance if this rising edge is its pulse."""
        disturbance = self._disturbance
        if disturbance is None or not self._shown or self._bits + 1 != disturbance.pulse:
            return
        self._disturbed_frames += 1
        if self._disturbed_frames >= disturbance.frames:
            self._disturbance = None
        self._bits += disturbance.extra_pulses
        self._word ^= disturbance.flip << 4
        if disturbance.lift:
            self._word |= 0xFFFFFFF
        self._clock.t_ns += disturbance.hold_ns
