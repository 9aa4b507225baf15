"""A deck at pin level on which faults strike at random, and what became of every frame: right, flagged or wrong.

The chips remember what each conversion was; the real drivers read them; nothing in between knows of the other.
"""

import itertools
import random
from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from hardware.acquire import Acquisition
from hardware.clock import VirtualClock
from hardware.hx711 import Hx711
from hardware.ring import RingWriter
from hardware.sensor import CORNERS, Channel, Flag, Sample
from hardware.virtual.deck import VirtualDeck
from hardware.virtual.fault_player import FaultySource, VirtualParts
from hardware.virtual.faults import PlannedFault
from hardware.virtual.hx711 import Conversion, VirtualHx711
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.people import find_person
from hardware.virtual.pins import VirtualPinBank

S: Final = 1_000_000_000
START_NS: Final = 50 * S
# What no check can see: a wrong bit smaller than this, at rest. Noise is 52 counts rms and so some 370 from end to end
# in a 30 s trial; 800 counts are 19 g on one cell, 0.05 mm of one sample's centre of pressure. It is the limit for
# somebody who sways much (some 600) and what noise may take off an error.
UNSEEN_COUNTS: Final = 800
# While the load moves: times what it bends the line of conversions beyond what noise does (two standard deviations of
# a second difference). The net allows three of its own bends, each one and a half of these, half of one is the load's;
# and a part of the way from one conversion to the next.
MOVING: Final = 5.0
NOISE_BEND_COUNTS: Final = 250
FAST: Final = 0.2
NOISE_STEP_COUNTS: Final = 1000
PULSES: Final = range(1, 26)
QUIET_S: Final = 0.15  # between two faults of one channel


class Unseen(msgspec.Struct, frozen=True):
    """A sample that was wrong and carried no flag. bound: how far off it may be there, counts."""

    t_ns: int
    channel: int
    error: int
    bound: int


class Trial(msgspec.Struct):
    """What became of the frames."""

    frames: int
    injected: int
    exact: int
    flagged: Counter[str]
    unseen: list[Unseen]
    channels: dict[Channel, list[Sample]]
    source: FaultySource


def every_fault(seed: int, repeats: int) -> list[PlannedFault]:
    """Return faults of the HX711 and its lines: every pulse, every bit, every kind, in an order drawn from the seed."""
    faults: list[PlannedFault] = []
    for _ in range(repeats):
        faults += [PlannedFault("shifted-bit", pulse=pulse, extra_pulses=-1) for pulse in PULSES for _ in range(4)]
        faults += [PlannedFault("shifted-bit", pulse=pulse, extra_pulses=1) for pulse in PULSES]
        faults += [PlannedFault("preempted-pulse", pulse=pulse, hold_us=us) for pulse in PULSES for us in (30, 55, 300)]
        faults += [PlannedFault("spike", bit=bit) for bit in range(24) for _ in range(2)]
        faults += [PlannedFault("late-ready") for _ in range(8)]
        for name in ("all-ones", "saturation", "stuck-high", "stuck-low", "missing-channel"):
            faults += [PlannedFault(name, duration_s=each) for each in (0.02, 0.3, 1.5)]
        faults.append(PlannedFault("slow-board", duration_s=2.0))
    random.Random(f"order {seed}").shuffle(faults)
    return faults


def laid_out(faults: list[PlannedFault], seed: int, session_s: float) -> list[PlannedFault]:
    """Return the faults with channels and seconds: random, but never two of a channel within `QUIET_S`."""
    drawn = random.Random(f"layout {seed}")
    planned = []
    for number, channel in enumerate(CORNERS):
        own = faults[number :: len(CORNERS)]
        taken_s = sum((each.duration_s or 0.0) + QUIET_S for each in own)
        gaps = [drawn.expovariate(1.0) for _ in range(len(own) + 1)]
        scale = (session_s - 3.0 - taken_s) / sum(gaps)
        assert scale > 0, f"{taken_s:.0f} s of faults do not fit"
        at_s = 2.0
        for each, gap in zip(own, gaps, strict=False):
            at_s += gap * scale
            planned.append(msgspec.structs.replace(each, at_s=at_s, channel=channel))
            at_s += (each.duration_s or 0.0) + QUIET_S
    return planned


def run_trial(seed: int, session_s: float, faults: list[PlannedFault], move: bool = True) -> Trial:
    """Let somebody step on and off and stand while the faults strike; compare every sample with its conversion."""
    person = find_person("older-falls-3").virtual(seed)
    deck = VirtualDeck(person, seed)
    clock = VirtualClock(START_NS)
    truth: dict[Channel, dict[int, int]] = {channel: {} for channel in CORNERS}

    def remembering(channel: Channel) -> Conversion:
        def convert(k: int, t_ns: int) -> int:
            code = truth[channel][t_ns] = deck.conversion(channel, k, t_ns)
            return code

        return convert

    oscillators = {channel: Oscillator.from_seed(seed, channel, START_NS) for channel in CORNERS}
    chips = {channel: VirtualHx711(oscillators[channel], remembering(channel)) for channel in CORNERS}
    bank = VirtualPinBank(chips, clock)
    ring = RingWriter.in_memory()
    reader = ring.reader()
    drivers = [Hx711(channel, bank.lines(channel)) for channel in CORNERS]
    parts = VirtualParts(deck, clock, chips)
    source = FaultySource(Acquisition(bank, drivers, [], ring, clock), parts, faults, seed, START_NS)
    deeds: dict[int, Callable[[int], object]] = {1: person.step_on, 3: lambda t_ns: person.stand("quiet", t_ns)}
    if move:
        for minute in range(1, int(session_s // 60) + 1):
            deeds[60 * minute] = person.lose_balance
            deeds[60 * minute + 3] = person.step_off
            deeds[60 * minute + 6] = person.step_on
            deeds[60 * minute + 9] = lambda t_ns: person.stand("quiet", t_ns)
    channels: dict[Channel, list[Sample]] = {channel: [] for channel in CORNERS}
    for second in range(int(session_s)):
        if second in deeds:
            deeds[second](START_NS + second * S)
        source.service(START_NS + (second + 1) * S)
        for sample in reader.read():
            channels[Channel(sample.channel)].append(sample)
    assert reader.lost == 0
    source.close()
    exact = 0
    unseen: list[Unseen] = []
    flagged: Counter[str] = Counter()
    for channel, samples in channels.items():
        for sample in samples:
            if sample.flags:
                flagged.update(flag.name or "" for flag in Flag if sample.flags & flag)
            elif (true := truth[channel].get(sample.t_ns)) == sample.values[0]:
                exact += 1
            else:
                error = sample.values[0] - true if true is not None else 1 << 30
                bound = UNSEEN_COUNTS + _moving(truth[channel], sample.t_ns)
                unseen.append(Unseen(sample.t_ns, sample.channel, error, bound))
    frames = sum(len(samples) for samples in channels.values())
    return Trial(frames, len(source.played), exact, flagged, unseen, channels, source)


def _moving(truth: dict[int, int], t_ns: int) -> int:
    """Return by how much more a value may be wrong around a moment because the load itself moves, counts."""
    values = [truth[each] for each in sorted(truth) if abs(each - t_ns) < 35_000_000]
    steps = [after - before for before, after in itertools.pairwise(values)]
    bend = max((abs(after - before) for before, after in itertools.pairwise(steps)), default=0)
    step = max((abs(each) for each in steps), default=0)
    return round(MOVING * max(0, bend - NOISE_BEND_COUNTS) + FAST * max(0, step - NOISE_STEP_COUNTS))
