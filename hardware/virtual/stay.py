"""One stay of a virtual person on the deck: layers of signals over station time, continuous across every change.

Layers, from the ground up: how the feet stand (sway), what share of the weight is on them (the chair), where the body
leans, and gestures on top. A layer is a chain: each phase takes over from the one before within a moment, so that
a command can come at any time and nothing jumps; what is already over is never changed.
"""

from bisect import bisect_right
from typing import Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from hardware.virtual.movements import UPRIGHT, Gesture, Passage
from hardware.virtual.track import FloatArray, Point, Track

Arrays = tuple[FloatArray, FloatArray, FloatArray]
Times = npt.NDArray[np.int64]

_S: Final = 1_000_000_000
STANCE_BLEND_NS: Final = _S  # from one way of standing into the next
SEAT_BLEND_NS: Final = 4 * _S // 10  # from sitting down into standing up, when the mind is changed on the way
LEAN_BLEND_NS: Final = 6 * _S // 10  # from one lean, given up, into the next


class Signal(Protocol):
    """Force as a share of body weight (or of what stands below), ML and AP in mm, over the signal's own time."""

    def at(self, time_s: float, /) -> Point:
        """Return the three at one moment."""

    def over(self, time_s: FloatArray, /) -> Arrays:
        """Return the same for an array of moments."""


class Sway(Signal, Protocol):
    """How the feet stand, and the largest excursion of it, ML and AP."""

    extent_mm: tuple[float, float]


class Phase(msgspec.Struct, frozen=True):
    """A signal from `start_ns` on, with its own time at that moment; takes over from the one before in `blend_ns`."""

    start_ns: int
    signal: Signal
    signal_at_s: float = 0.0
    blend_ns: int = 0

    def at(self, t_ns: int) -> Point:
        """Return the signal at a station time."""
        return self.signal.at((t_ns - self.start_ns) * 1e-9 + self.signal_at_s)

    @property
    def over_ns(self) -> int:
        """Return when the signal stays as it ends: at once for what goes on without end."""
        return self.start_ns + (round(self.signal.duration_s * _S) if isinstance(self.signal, Passage) else 0)

    def over(self, t_ns: Times) -> Arrays:
        """Return the same for an array of times."""
        return self.signal.over(seconds(t_ns, self.start_ns) + self.signal_at_s)


class Chain:
    """Phases in order of time, each blended into the next."""

    def __init__(self, first: Phase) -> None:
        self.phases = [first]
        self._starts = [first.start_ns]

    def add(self, phase: Phase) -> None:
        """Let this phase take over from its start on; it must not start before the last."""
        self.phases.append(phase)
        self._starts.append(phase.start_ns)

    def now(self, t_ns: int) -> Phase:
        """Return the phase that has begun last."""
        return self.phases[max(0, bisect_right(self._starts, t_ns) - 1)]

    def forget(self, before_ns: int) -> None:
        """Drop what no longer shows after `before_ns`."""
        while len(self.phases) > 1 and self._starts[1] + self.phases[1].blend_ns < before_ns:
            del self.phases[0], self._starts[0]

    def over_before(self, t_ns: int) -> bool:
        """Return whether only one phase is left and that is a movement over before `t_ns`."""
        last = self.phases[-1]
        return len(self.phases) == 1 and isinstance(last.signal, Passage) and last.over_ns < t_ns

    def cancel(self, after_ns: int) -> None:
        """Drop what was to begin later than `after_ns`; the first phase stays."""
        count = max(1, bisect_right(self._starts, after_ns))
        del self.phases[count:], self._starts[count:]

    def at(self, t_ns: int) -> Point:
        """Return the three at one moment."""
        return self._at(max(0, bisect_right(self._starts, t_ns) - 1), t_ns)

    def _at(self, number: int, t_ns: int) -> Point:
        phase = self.phases[number]
        new = phase.at(t_ns)
        since_ns = t_ns - phase.start_ns
        if not number or since_ns >= phase.blend_ns:
            return new
        old = self._at(number - 1, t_ns)
        u = since_ns / phase.blend_ns
        w = u * u * (3 - 2 * u)
        return old[0] + w * (new[0] - old[0]), old[1] + w * (new[1] - old[1]), old[2] + w * (new[2] - old[2])

    def over(self, t_ns: Times, first_ns: int, last_ns: int) -> Arrays:
        """Return the same for an array of moments: the same operations in the same order, so the same bits.

        `first_ns` and `last_ns` are the least and the greatest of them.
        """
        number = max(0, bisect_right(self._starts, first_ns) - 1)
        settled = not number or first_ns >= self._starts[number] + self.phases[number].blend_ns
        if settled and (number + 1 == len(self._starts) or last_ns < self._starts[number + 1]):
            return self.phases[number].over(t_ns)  # by far the most frequent case: one phase, settled
        result = np.empty((3, *t_ns.shape))
        for each in range(len(self.phases)):
            mask = t_ns >= self._starts[each] if each else np.ones(t_ns.shape, dtype=np.bool_)
            if each + 1 < len(self._starts):
                mask &= t_ns < self._starts[each + 1]
            if mask.any():
                result[:, mask] = self._over(each, t_ns[mask])
        return result[0], result[1], result[2]

    def _over(self, number: int, t_ns: Times) -> FloatArray:
        phase = self.phases[number]
        new = np.array(phase.over(t_ns))
        since_ns = t_ns - phase.start_ns
        blending = since_ns < phase.blend_ns
        if number and blending.any():
            old = self._over(number - 1, t_ns[blending])
            u = since_ns[blending] / phase.blend_ns
            w = u * u * (3 - 2 * u)
            new[:, blending] = old + w * (new[:, blending] - old)
        return new


class _Move(msgspec.Struct, frozen=True):
    """A gesture at a time."""

    start_ns: int
    end_ns: int
    track: Track


class Stay:
    """From stepping on to having stepped off (`end_ns`, None while that is not decided)."""

    def __init__(self, start_ns: int, first: Sway) -> None:
        self.start_ns = start_ns
        self.end_ns: int | None = None
        self._stances = Chain(Phase(start_ns, first))
        self._sways: list[tuple[int, Sway]] = [(start_ns, first)]
        self._seat: Chain | None = None
        self._lean: Chain | None = None
        self._moves: list[_Move] = []
        self._seats: list[tuple[int, bool]] = []  # when a movement to or from the chair begins; and whether it sits

    def stand(self, at_ns: int, signal: Sway, signal_at_s: float = 0.0) -> None:
        """Stand so from now on."""
        self._sways.append((at_ns, signal))
        self._stances.add(Phase(at_ns, signal, signal_at_s, STANCE_BLEND_NS))

    def stance(self, t_ns: int) -> Sway:
        """Return how the feet stand."""
        return next(sway for start_ns, sway in reversed(self._sways) if start_ns <= t_ns)

    def gesture(self, at_ns: int, gesture: Gesture) -> None:
        """Make a gesture."""
        self._moves.append(_Move(at_ns, at_ns + gesture.duration_ns, gesture.track))

    def makes(self, gesture: Gesture, t_ns: int, within_ns: int | None = None) -> bool:
        """Return whether this gesture is under way, or in its first `within_ns`."""
        lasts_ns = gesture.duration_ns if within_ns is None else within_ns
        return any(move.track is gesture.track and 0 <= t_ns - move.start_ns < lasts_ns for move in self._moves)

    def lean(self, at_ns: int, signal: Signal) -> None:
        """Lean as the signal says, in place of any other lean."""
        if self._lean is None:
            self._lean = Chain(Phase(self.start_ns, UPRIGHT))
        self._lean.add(Phase(at_ns, signal, 0.0, LEAN_BLEND_NS))

    def straighten(self, at_ns: int) -> None:
        """Give up any lean."""
        if self._lean is not None:
            self.lean(at_ns, UPRIGHT)

    def seat(self, at_ns: int, signal: Passage, *, down: bool) -> None:
        """Sit down (`down`) or stand up as the signal says: from where the last one ends, or out of its middle."""
        if self._seat is None:
            self._seat = Chain(Phase(self.start_ns, UPRIGHT))
        self._seat.add(Phase(at_ns, signal, 0.0, SEAT_BLEND_NS if self.on_the_way(at_ns) else 0))
        self._seats.append((at_ns, down))

    def sits(self, t_ns: int) -> bool:
        """Return whether the person sits or is sitting down."""
        begun = [down for start_ns, down in self._seats if start_ns <= t_ns]
        return bool(begun) and begun[-1]

    def on_the_way(self, t_ns: int) -> bool:
        """Return whether they are between chair and standing, but for the last millisecond (rounded times) of it."""
        return self._seat is not None and self._seat.now(t_ns).over_ns > t_ns + _S // 1000

    def seat_planned(self, after_ns: int) -> bool:
        """Return whether they are to move to or from the chair later."""
        return bool(self._seats) and self._seats[-1][0] > after_ns

    def forget(self, before_ns: int) -> None:
        """Drop what no longer shows after `before_ns`."""
        self._stances.forget(before_ns)
        self._moves = [move for move in self._moves if move.end_ns >= before_ns]
        for chain in (self._seat, self._lean):
            if chain is not None:
                chain.forget(before_ns)
        if self._lean is not None and self._lean.over_before(before_ns):
            self._lean = None
        if self._seat is not None and self._seat.over_before(before_ns) and not self._seats[-1][1]:
            self._seat = None
        while len(self._seats) > 1 and self._seats[1][0] < before_ns:
            del self._seats[0]
        while len(self._sways) > 1 and self._sways[1][0] < before_ns:
            del self._sways[0]

    def cancel(self, after_ns: int) -> None:
        """Drop what was planned for later than `after_ns`."""
        self._stances.cancel(after_ns)
        self._moves = [move for move in self._moves if move.start_ns <= after_ns]
        for chain in (self._seat, self._lean):
            if chain is not None:
                chain.cancel(after_ns)
        self._seats = [each for each in self._seats if each[0] <= after_ns]
        self._sways = [each for each in self._sways if each[0] <= after_ns]

    def at(self, t_ns: int) -> Point:
        """Return force as a share of body weight and COP in mm, at one moment."""
        force, ml, ap = self._stances.at(t_ns)
        if self._seat is not None:
            share, seat_ml, seat_ap = self._seat.at(t_ns)
            sways = share if share < 1.0 else 1.0  # feet that carry less sway less
            force, ml, ap = force * share, ml * sways + seat_ml, ap * sways + seat_ap
        if self._lean is not None:
            _, lean_ml, lean_ap = self._lean.at(t_ns)
            ml, ap = ml + lean_ml, ap + lean_ap
        for move in self._moves:
            if move.start_ns <= t_ns < move.end_ns:
                factor, shift_ml, shift_ap = move.track.at((t_ns - move.start_ns) * 1e-9)
                force, ml, ap = force * factor, ml + shift_ml, ap + shift_ap
        return force, ml, ap

    def over(self, t_ns: Times) -> Arrays:
        """Return the same for an array of moments, not empty: the same bits."""
        first_ns, last_ns = int(t_ns.min()), int(t_ns.max())
        force, ml, ap = self._stances.over(t_ns, first_ns, last_ns)
        if self._seat is not None:
            share, seat_ml, seat_ap = self._seat.over(t_ns, first_ns, last_ns)
            sways = np.minimum(share, 1.0)
            force, ml, ap = force * share, ml * sways + seat_ml, ap * sways + seat_ap
        if self._lean is not None:
            _, lean_ml, lean_ap = self._lean.over(t_ns, first_ns, last_ns)
            ml, ap = ml + lean_ml, ap + lean_ap
        for move in self._moves:
            if move.start_ns <= last_ns and first_ns < move.end_ns:
                mask = (move.start_ns <= t_ns) & (t_ns < move.end_ns)
                factor, shift_ml, shift_ap = move.track.over(seconds(t_ns[mask], move.start_ns))
                force[mask] *= factor
                ml[mask] += shift_ml
                ap[mask] += shift_ap
        return force, ml, ap


def seconds(t_ns: Times, since_ns: int) -> FloatArray:
    """Return times as seconds since a moment."""
    return (t_ns - since_ns).astype(np.float64) * 1e-9
