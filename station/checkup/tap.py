"""The test of pressing each corner: from what the four channels read to which corner is wired to which channel.

    watch = PressWatch()
    change_n = watch.push(t_s, corners_n)      # ... until a corner was pressed and let go again
    verdict = judge({Channel.FRONT_LEFT: change_n, ...})

Pure: samples and times in, words out. A press over one support of a stiff deck loads that cell by three quarters, its
neighbours by a quarter each, and lifts the opposite one by a quarter, so the largest change in either direction is the
cell that was pressed, and its sign is the cell's polarity.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, TypeVar

import msgspec

from hardware.sensor import CORNERS, Channel

_T = TypeVar("_T")

Change = tuple[float | None, ...]  # of each corner's reading, N; None: that channel was silent

PRESS_N: Final = 20.0  # 2 kg: more than a cable that is moved, less than a hand that presses
REST_N: Final = 8.0  # this near to where it was, a corner is left alone
CLEAR: Final = 1.5  # the strongest answer is this many times the next: a stiff deck gives 3
REST_S: Final = 0.5
HOLD_S: Final = 0.4
_SETTLE_S: Final = 0.15  # of the hold: the hand's first blow is left out


class _State(Enum):
    RESTING = "waits until nothing touches the deck"
    WAITING = "waits for a press"
    PRESSED = "measures how the press is shared"


class PressWatch:
    """Finds one press after the other in the four corners' readings. The first rest is what all are compared with."""

    def __init__(self) -> None:
        self._state = _State.RESTING
        self._since_s: float | None = None
        self._rest: Change | None = None
        self._seen: list[Change] = []

    @property
    def waiting(self) -> bool:
        """Return whether a press would be taken now."""
        return self._state is not _State.RESTING

    def push(self, t_s: float, corners_n: Change) -> Change | None:
        """Take what the corners read at a time, s; return the change of each when a press was held long enough."""
        if self._state is _State.RESTING:
            self._rest_for(t_s, corners_n)
            return None
        change = self._change(corners_n)
        if _strongest(change) < PRESS_N:
            self._state, self._seen = _State.WAITING, []  # a knock, or not pressed yet
            return None
        if self._state is _State.WAITING:
            self._state, self._since_s = _State.PRESSED, t_s
        held_s = t_s - (t_s if self._since_s is None else self._since_s)
        if held_s >= _SETTLE_S:
            self._seen.append(change)
        if held_s < HOLD_S:
            return None
        pressed = _mean(self._seen)
        self._state, self._since_s, self._seen = _State.RESTING, None, []
        return pressed

    def _rest_for(self, t_s: float, corners_n: Change) -> None:
        if self._since_s is None:
            self._since_s, self._seen = t_s, []
        compared = self._rest if self._rest is not None else (self._seen[0] if self._seen else corners_n)
        self._seen.append(corners_n)
        if any(abs(now - then) > REST_N for now, then in _both(corners_n, compared)):
            self._since_s = None
        elif t_s - self._since_s >= REST_S:
            if self._rest is None:
                self._rest = _mean(self._seen)
            self._state, self._seen = _State.WAITING, []

    def _change(self, corners_n: Change) -> Change:
        rest = self._rest or corners_n
        return tuple(
            None if now is None or then is None else now - then for now, then in zip(corners_n, rest, strict=True)
        )


class CornerAnswer(msgspec.Struct, frozen=True):
    """What came of pressing one corner: the channel that answered, None for none; whether its reading fell."""

    corner: str
    answered_by: str | None
    reversed: bool
    change_n: Change | None


class TapVerdict(msgspec.Struct, frozen=True):
    """All four, and what is wrong in words, each with what to do."""

    passed: bool
    findings: tuple[str, ...]
    corners: tuple[CornerAnswer, ...]


def judge(pressed: Mapping[Channel, Change | None]) -> TapVerdict:
    """Return which channel answers for which corner, and what is wrong. None: nothing answered within the time."""
    answers = tuple(_answer(corner, pressed.get(corner)) for corner in CORNERS)
    findings = (*_places(answers), *_polarity(answers))
    return TapVerdict(not findings, findings, answers)


def corrected(lines: Sequence[_T], verdict: TapVerdict) -> tuple[_T, ...] | None:
    """Return the lines in the order that puts every corner right, or None when not every corner is accounted for."""
    labels = [corner.label for corner in CORNERS]
    places = [each.answered_by for each in verdict.corners]
    if sorted(place or "" for place in places) != sorted(labels):
        return None
    return tuple(lines[labels.index(place)] for place in places if place is not None)


def _answer(corner: Channel, change: Change | None) -> CornerAnswer:
    if change is None:
        return CornerAnswer(corner.label, None, False, None)
    order = sorted(CORNERS, key=lambda channel: -abs(change[channel] or 0.0))
    first, second = change[order[0]] or 0.0, change[order[1]] or 0.0
    if abs(first) < PRESS_N or abs(first) < CLEAR * abs(second):
        return CornerAnswer(corner.label, None, False, change)
    return CornerAnswer(corner.label, order[0].label, first < 0, change)


def _places(answers: Sequence[CornerAnswer]) -> list[str]:
    """Say which corners answer in another's place, and which do not answer."""
    by = {each.corner: each.answered_by for each in answers}
    heard = [channel for channel in by.values() if channel is not None]
    findings = []
    for channel in dict.fromkeys(heard):
        corners = [corner for corner, answered in by.items() if answered == channel]
        if len(corners) > 1:
            findings.append(
                f"{_and(corners)} were answered by the same channel, {_words(channel)}: "
                "press one corner at a time, straight down over its load cell, and repeat the test"
            )
    if findings:
        return findings
    done: set[str] = set()
    for corner in by:
        if corner in done or by[corner] == corner or by[corner] is None:
            continue
        ring = _ring(corner, by)
        if ring is None:
            findings.append(
                f"{_words(corner)} answers on the lines of {_words(by[corner])}: move its SCK and DOUT to its own lines"
            )
            continue
        done.update(ring)
        findings.append(_swapped(ring))
    unheard = [channel for channel in by if channel not in heard]
    for corner in (corner for corner, answered in by.items() if answered is None):
        findings.append(_unanswered(corner, unheard))
    return findings


def _ring(corner: str, by: Mapping[str, str | None]) -> list[str] | None:
    """Return the corners that stand in each other's place, from this one on; None when it does not come full circle."""
    ring = [corner]
    while (following := by.get(ring[-1])) != corner:
        if following is None or following in ring:
            return None
        ring.append(following)
    return ring


def _swapped(ring: Sequence[str]) -> str:
    if len(ring) == 2:
        first, second = ring
        return (
            f"{_words(first)} and {_words(second)} are swapped: "
            "swap their DOUT/SCK wires or their numbers in [hardware]"
        )
    chain = ", ".join(
        f"{_words(corner)} answers as {_words(channel)}"
        for corner, channel in zip(ring, [*ring[1:], ring[0]], strict=True)
    )
    to_do = "put their DOUT/SCK wires right or their numbers in [hardware]"
    return f"{chain}: these {len(ring)} are exchanged in a ring; {to_do}"


def _unanswered(corner: str, unheard: Sequence[str]) -> str:
    dead = "its load cell, its board or its plug is dead, or the corner was not pressed (20 N are needed)"
    if corner in unheard:
        return f"{_words(corner)} does not answer: {dead}"
    return f"pressing {_words(corner)} moves no channel, and {_or(unheard)} was never heard: {dead}"


def _polarity(answers: Sequence[CornerAnswer]) -> list[str]:
    return [
        f"{_words(each.corner)} is reversed, its reading falls when it is pressed: "
        "exchange its A+ and A- wires (often white and green)"
        for each in answers
        if each.reversed
    ]


# --- small change ----------------------------------------------------------------------------------------------------


def _strongest(change: Change) -> float:
    return max((abs(each) for each in change if each is not None), default=0.0)


def _both(now: Change, then: Change) -> list[tuple[float, float]]:
    return [(a, b) for a, b in zip(now, then, strict=True) if a is not None and b is not None]


def _mean(rows: Sequence[Change]) -> Change:
    means = []
    for column in zip(*rows, strict=True):
        known = [value for value in column if value is not None]
        means.append(round(sum(known) / len(known), 2) if len(known) == len(column) else None)
    return tuple(means)


def _words(label: str | None) -> str:
    return (label or "nothing").replace("_", " ")


def _and(labels: Sequence[str]) -> str:
    words = [_words(label) for label in labels]
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _or(labels: Sequence[str]) -> str:
    return " or ".join(_words(label) for label in labels)
