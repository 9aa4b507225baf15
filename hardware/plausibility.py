"""The last net under the frame checks: samples that came over the wire in good order and still cannot be true.

Every sample is held until two more of its channel have come (some 21 ms at 93 samples/s), and is then judged between
its neighbours:

* SPIKE: it left the line through its neighbours and they know nothing of it. The converter's digital filter takes four
  conversions to settle (HX711 data sheet), so no load can do that. How far is too far follows the channel's own noise
  (5.5 standard deviations of the distance from the line; on the virtual deck some 350 counts, 8 g on one cell) and the
  movement around it: steps onto the deck, stumbles and chair stands bend the line before and after as well;
* FROZEN: the fifth time the same value. A live sensor has noise;
* PERIOD, in hindsight: conversions were missing after it, or nothing came any more. An extra clock pulse looks like
  that: it shifts the frame and selects another input, which hides the next four conversions.

What passes even so: a wrong bit in the noise, which nothing tells from noise; while the load moves fast, an error
smaller than the movement; two wrong samples out of three in a row. Nothing is repaired.
"""

from collections import Counter
from typing import Final

import msgspec

from hardware.sensor import Flag, Sample
from hardware.status import CornerStatus

LOOK_AHEAD: Final = 2  # samples
FLOOR_COUNTS: Final = 250.0  # 6 g on a 100 kg cell: a quieter channel than this is not judged more strictly
# Mean distance from the line, counts, until it is known: 52 counts rms of noise give 64 rms, and 47 clipped at twice.
START_SCALE_COUNTS: Final = 47.0
# The clipped mean of a normal distribution is 0.735 standard deviations; 5.5 of them: one in 26 million.
LIMIT_IN_SCALES: Final = 7.5
# Muscles at work are rougher than noise: the mean of the last eight distances, as they are in a tandem stance.
LIMIT_IN_ROUGHNESS: Final = 5.0
# A bend of the load itself puts the middle of three samples off the line by a third of what the slopes on either side
# differ from the one across (a parabola), a kink or a jump by as much; as much again is the margin.
LIMIT_IN_BENDS: Final = 3.0
# Whoever moves that fast is not that smooth: recorded people leave the line by up to 2 % of the way to the next sample.
LIMIT_IN_SLOPES: Final = 0.15
FROZEN_AFTER: Final = 5
PAUSE_NS: Final = 30_000_000  # more than two conversions of the slowest chip, less than the four that are hidden
SILENT_NS: Final = 100_000_000
_SMOOTHING: Final = 1 / 256
_ROUGH_SMOOTHING: Final = 1 / 8

_PERIOD: Final = int(Flag.PERIOD)
_SPIKE: Final = int(Flag.SPIKE)
_FROZEN: Final = int(Flag.FROZEN)


class Plausibility:
    """One corner's net. `push` each sample, write what it returns; `flush` when the channel has fallen silent.

    spikes, frozen, doubted: how many samples got SPIKE, FROZEN and PERIOD here.
    """

    __slots__ = (
        "_before",
        "_held",
        "_interval_ns",
        "_roughness",
        "_same",
        "_scale",
        "_value",
        "_waiting",
        "doubted",
        "frozen",
        "spikes",
    )

    def __init__(self) -> None:
        self._waiting: Sample | None = None  # the one to be judged next
        self._held: Sample | None = None  # the one after it
        self._before: tuple[int, int] | None = None  # values of the two good samples before
        self._scale = self._roughness = START_SCALE_COUNTS
        self._value = 0
        self._same = 0
        self._interval_ns = 0
        self.spikes = self.frozen = self.doubted = 0

    @property
    def flagged_by(self) -> dict[Flag, int]:
        """Return how many samples got which flag here that had come without one."""
        return {Flag.SPIKE: self.spikes, Flag.FROZEN: self.frozen, Flag.PERIOD: self.doubted}

    def push(self, sample: Sample) -> Sample | None:
        """Take the next sample; return the one that can be judged now, with its flags, or None at the start."""
        _, flags, t_ns, values = sample
        waiting, held = self._waiting, self._held
        value = values[0]
        if value == self._value:
            self._same += 1
            if self._same >= FROZEN_AFTER and not flags:
                self.frozen += 1
                sample = sample._replace(flags=_FROZEN)
                if waiting is not None and held is not None:
                    waiting, held = self._freeze(waiting), self._freeze(held)
        else:
            self._value, self._same = value, 1
        if held is not None:
            self._interval_ns = t_ns - held.t_ns
            if flags & _PERIOD and self._interval_ns > PAUSE_NS:
                held = self._doubt(held)
        self._waiting, self._held = held, sample
        if waiting is None or waiting.flags:
            return waiting
        return self._judge(waiting, held, sample)

    def flush(self) -> list[Sample]:
        """Return what is held, flagged: the channel gives nothing more, and nobody knows whether these were right."""
        held = [self._doubt(each) for each in (self._waiting, self._held) if each is not None]
        self._waiting = self._held = None
        return held

    def silent(self, now_ns: int) -> bool:
        """Return whether something is held and too much time has passed since the channel's last sample."""
        if self._held is None:
            return False
        waited_ns = now_ns - self._held.t_ns
        return waited_ns > SILENT_NS and waited_ns > 2 * self._interval_ns

    def counted(self, status: CornerStatus) -> CornerStatus:
        """Return what a driver says of its chip, with what was flagged here added to it."""
        named = Counter(status.flagged_by)
        named.update({(flag.name or "").lower(): count for flag, count in self.flagged_by.items() if count})
        flagged = status.flagged + sum(self.flagged_by.values())
        return msgspec.structs.replace(status, flagged=flagged, flagged_by=dict(named))

    def _judge(self, sample: Sample, held: Sample | None, newest: Sample) -> Sample:
        """Compare a good sample with the good ones on both sides of it."""
        value = sample.values[0]
        if self._before is None:  # the first of a session has nothing before it; nobody stands there yet
            self._before = value, value
            return sample
        far, near = self._before
        if held is None or held.flags:
            if newest.flags:
                return self._doubt(sample)
            after = newest.values[0]
            across = (after - near) / 2
            bend = abs(across - (near - far))
        else:
            after = held.values[0]
            across = (after - near) / 2
            bend = abs(across - (near - far))
            if not newest.flags:
                bend = max(bend, abs(across - (newest.values[0] - after)))
        distance = abs(value - (near + after) / 2)
        scale = self._scale
        limit = LIMIT_IN_SCALES * scale
        rough_limit = LIMIT_IN_ROUGHNESS * self._roughness
        if limit < rough_limit:
            limit = rough_limit
        if limit < FLOOR_COUNTS:
            limit = FLOOR_COUNTS
        steady = limit
        if distance > limit:
            limit += LIMIT_IN_BENDS * max(0.0, bend - limit / 2) + LIMIT_IN_SLOPES * abs(across)
            if distance > limit:
                self.spikes += 1
                return sample._replace(flags=_SPIKE)
        self._scale = scale + _SMOOTHING * ((distance if distance < 2 * scale else 2 * scale) - scale)
        self._roughness += _ROUGH_SMOOTHING * ((distance if distance < steady else steady) - self._roughness)
        self._before = near, value
        return sample

    def _doubt(self, sample: Sample) -> Sample:
        if sample.flags:
            return sample
        self.doubted += 1
        return sample._replace(flags=_PERIOD)

    def _freeze(self, sample: Sample) -> Sample:
        if sample.flags:
            return sample
        self.frozen += 1
        return sample._replace(flags=_FROZEN)
