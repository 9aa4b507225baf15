"""Plays faults of the catalogue on a built virtual deck, each at its time, and lifts them when they are over.

It stands around the source: up to the moment of a fault the deck lives on its own, then the fault is applied, then it
lives on. So a fault strikes at the nanosecond that was asked for, at pin and at sample level, and the same seed gives
the same session. What is drawn (corner, pulse, size, second) depends on the seed, the fault and its place in the list.
"""

import functools
import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from hardware.clock import VirtualClock
from hardware.sensor import CORNERS, Channel
from hardware.source import SampleSource
from hardware.status import SourceStatus
from hardware.virtual.deck import COUNTS_PER_N, VirtualDeck
from hardware.virtual.deck_faults import CellOffset, DeckFaults, Swap
from hardware.virtual.faults import FAULTS, PlannedFault, check_faults
from hardware.virtual.hx711 import Disturbance, VirtualHx711
from hardware.virtual.i2c import VirtualAdapter
from hardware.virtual.imu_chip import VirtualImuChip

_S: Final = 1_000_000_000
_NEVER_NS: Final = 1 << 62
RANDOM_SECONDS: Final = (5.0, 60.0)
SLOW_PERIOD_NS: Final = 85_635_000  # a real board at RATE = 0 (olkal/HX711_ADC issue 81)
DRIFTED_PERIOD_NS: Final = 14_286_000  # 70 conversions a second
_DRIFT_STEPS: Final = 300
_DRIFT_NS: Final = 30 * _S
_ZERO_DRIFT_COUNTS: Final = COUNTS_PER_N * 0.150 * 9.80665
_ZERO_DRIFT_NS: Final = 3 * _S
_FAR_BEYOND_COUNTS: Final = float(1 << 24)
_LATE_NS: Final = (3_000_000, 9_000_000)
_HELD_NS: Final = (65_000, 3_000_000)
_SHIFTED_PULSES: Final = (1, 12)  # what a later pulse shifts is lost in the noise more often than not
_SPIKE_BITS: Final = (12, 22)

Deed = Callable[[int], None]


class VirtualParts(msgspec.Struct):
    """What faults are applied to. At sample level there are no chips and no adapter."""

    deck: VirtualDeck
    clock: VirtualClock
    chips: Mapping[Channel, VirtualHx711] | None = None
    adapter: VirtualAdapter | None = None
    imu_address: int = 0  # of the deck's IMU


class FaultySource(SampleSource):
    """A source that plays faults. `played`: what was applied so far, and when."""

    def __init__(
        self, source: SampleSource, parts: VirtualParts, faults: Sequence[PlannedFault], seed: int, start_ns: int
    ) -> None:
        """Plan the faults; their seconds count from `start_ns`. Raises SettingError for impossible ones."""
        check_faults(tuple(fault.name for fault in faults), "samples" if parts.chips is None else "pins")
        self._source = source
        self._parts = parts
        if parts.deck.faults is None:
            parts.deck.faults = DeckFaults()
        self.deck_faults = parts.deck.faults
        self._deeds: list[tuple[int, int, Deed]] = []
        self._number = 0
        self._stalled_until_ns = 0
        self.played: list[tuple[int, PlannedFault]] = []
        for number, fault in enumerate(faults):
            drawn = random.Random(f"fault {seed} {number} {fault.name}")
            at_s = fault.at_s if fault.at_s is not None else drawn.uniform(*RANDOM_SECONDS)
            self.at(start_ns + round(at_s * _S), functools.partial(self._play, fault, drawn))

    def at(self, t_ns: int, deed: Deed) -> None:
        """Do something at a moment of the deck's clock."""
        self._number += 1
        heapq.heappush(self._deeds, (t_ns, self._number, deed))

    def service(self, until_ns: int) -> int:
        """Let the deck live up to `until_ns` and apply what is due meanwhile; return how many samples came."""
        count = 0
        while self._deeds and self._deeds[0][0] <= until_ns:
            t_ns, _, deed = heapq.heappop(self._deeds)
            count += self._live(t_ns)
            deed(t_ns)
        return count + self._live(until_ns)

    def _live(self, until_ns: int) -> int:
        if until_ns < self._stalled_until_ns:
            return 0
        if self._stalled_until_ns:
            clock = self._parts.clock
            clock.t_ns = max(clock.t_ns, self._stalled_until_ns)
            self._stalled_until_ns = 0
        return self._source.service(until_ns)

    def status(self) -> SourceStatus:
        """Return what the source says about itself."""
        return self._source.status()

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    # --- the faults --------------------------------------------------------------------------------------------------

    def _play(self, fault: PlannedFault, drawn: random.Random, t_ns: int) -> None:
        channel = fault.channel if fault.channel is not None else drawn.choice(CORNERS)
        duration_s = fault.duration_s if fault.duration_s is not None else FAULTS[fault.name].duration_s
        until_ns = _NEVER_NS if duration_s is None else t_ns + round(duration_s * _S)
        self.played.append((t_ns, msgspec.structs.replace(fault, channel=channel)))
        if self._parts.chips is not None and self._play_on_chip(
            fault, drawn, t_ns, until_ns, self._parts.chips[channel]
        ):
            return
        if self._parts.adapter is not None and self._play_on_bus(fault.name, until_ns, self._parts.adapter):
            return
        self._play_on_deck(fault.name, drawn, t_ns, until_ns, channel)

    def _play_on_chip(
        self, fault: PlannedFault, drawn: random.Random, t_ns: int, until_ns: int, chip: VirtualHx711
    ) -> bool:
        """Play a fault of one chip or its lines; return whether it is one."""
        match fault.name:
            case "shifted-bit":
                pulse = fault.pulse or drawn.randint(*_SHIFTED_PULSES)
                chip.disturb(Disturbance(pulse, extra_pulses=fault.extra_pulses or drawn.choice((-1, 1))))
            case "preempted-pulse":
                hold_ns = drawn.randint(*_HELD_NS) if fault.hold_us is None else round(fault.hold_us * 1000)
                chip.disturb(Disturbance(fault.pulse or drawn.randint(1, 25), hold_ns=hold_ns))
            case "spike":
                bit = drawn.randint(*_SPIKE_BITS) if fault.bit is None else fault.bit
                chip.disturb(Disturbance(1, flip=1 << bit))
            case "all-ones":
                chip.disturb(Disturbance(1, lift=True, frames=_NEVER_NS))
                self.at(until_ns, lambda _: chip.disturb(None))
            case "stuck-high" | "missing-channel" | "stuck-low":
                chip.stuck = 0 if fault.name == "stuck-low" else 1
                self.at(until_ns, lambda _: setattr(chip, "stuck", None))
            case "slow-board":
                before_ns = chip.oscillator.period_ns
                chip.retune(SLOW_PERIOD_NS)
                self.at(until_ns, lambda _: chip.retune(before_ns))
            case "late-ready":
                chip.delay_next(drawn.randint(*_LATE_NS))
            case "drifted-oscillator":
                self._drift(chip, chip.oscillator.period_ns, t_ns)
            case _:
                return False
        return True

    def _drift(self, chip: VirtualHx711, from_ns: int, start_ns: int) -> None:
        def step(number: int) -> Deed:
            period_ns = from_ns + (DRIFTED_PERIOD_NS - from_ns) * number // _DRIFT_STEPS
            return lambda _: chip.retune(period_ns)

        for number in range(1, _DRIFT_STEPS + 1):
            self.at(start_ns + _DRIFT_NS * number // _DRIFT_STEPS, step(number))

    def _play_on_bus(self, name: str, until_ns: int, adapter: VirtualAdapter) -> bool:
        """Play a fault of the deck's IMU or its bus; return whether it is one."""
        address = self._parts.imu_address
        match name:
            case "imu-nack":
                chip = adapter.chips.pop(address)  # nobody is there to acknowledge
                self.at(until_ns, lambda _: adapter.chips.update({address: chip}))
            case "imu-bus-held":
                adapter.hold(until_ns)
            case "imu-brown-out":
                _imu(adapter, address).brown_out()
            case "imu-frozen":
                _imu(adapter, address).freeze(True)
                self.at(until_ns, lambda _: _imu(adapter, address).freeze(False))
            case "imu-fifo-overrun":
                self._stalled_until_ns = until_ns
            case _:
                return False
        return True

    def _play_on_deck(self, name: str, drawn: random.Random, t_ns: int, until_ns: int, channel: Channel) -> None:
        faults = self.deck_faults
        match name:
            case "saturation":
                faults.offsets.append(CellOffset(channel, _FAR_BEYOND_COUNTS, t_ns, until_ns))
            case "zero-drift":
                faults.offsets.append(CellOffset(channel, _ZERO_DRIFT_COUNTS, t_ns, until_ns, _ZERO_DRIFT_NS))
            case "swapped-channels":
                other = drawn.choice([each for each in CORNERS if each != channel])
                faults.swaps.append(Swap((channel, other), t_ns, until_ns))
            case "knocked-deck":
                faults.knocks_ns.append(t_ns)
            case _:
                raise AssertionError(f"fault {name} is in the catalogue and nobody plays it")


def _imu(adapter: VirtualAdapter, address: int) -> VirtualImuChip:
    chip = adapter.chips[address]
    assert isinstance(chip, VirtualImuChip)
    return chip
