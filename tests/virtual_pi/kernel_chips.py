"""The chips of the virtual Pi's kernel, for the suite over pin backends (`tests/hardware/test_pin_backends.py`)."""

import ctypes
import os

from hardware.clock import MonotonicClock
from hardware.realtime import FIFO_PRIORITY
from hardware.sensor import CORNERS, Channel
from hardware.virtual.hx711 import Disturbance
from hardware.virtual.oscillator import Oscillator
from tests.hardware.pin_chips import COUNTS_REPEAT, Chips, Counts
from tests.virtual_pi import deck_device
from tests.virtual_pi.deck_device import WiredChip

_MCL_CURRENT, _MCL_FUTURE = 1, 2


class KernelChips(Chips):
    """Four chips behind /dev/gpiochip0, for a process that is made what acquire is: FIFO, and its memory locked.

    At normal priority the kernel's own interrupt threads would preempt it in the middle of a pulse.
    """

    stamp_error_ns = 20_000

    def __init__(self) -> None:
        self.clock = MonotonicClock()
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
        ctypes.CDLL(None).mlockall(_MCL_CURRENT | _MCL_FUTURE)

    def power_on(self, counts: Counts, *, shared_clock: bool) -> None:
        now_ns = self.clock.now_ns()
        chips = []
        for channel, sck, dout in zip(CORNERS, self.lines_of_clock(shared=shared_clock), self.data_lines, strict=True):
            oscillator = Oscillator.from_seed(3, channel, now_ns)
            table = [counts(channel, k) for k in range(COUNTS_REPEAT)]
            chips.append(WiredChip(sck, dout, oscillator.first_ready_ns, oscillator.period_ns, table))
        deck_device.load(chips)

    def stick(self, channel: Channel, level: int | None) -> None:
        deck_device.stuck(channel, level)

    def disturb(self, channel: Channel, disturbance: Disturbance) -> None:
        deck_device.disturb(channel, disturbance.pulse, disturbance.hold_ns, disturbance.extra_pulses)

    def power_downs(self, channel: Channel) -> int:
        return deck_device.state()[channel].power_downs

    def period_ns(self, channel: Channel) -> float:
        return deck_device.state()[channel].period_ns

    def close(self) -> None:
        deck_device.load([])
