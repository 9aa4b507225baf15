"""Time as something that is handed in. Nothing but the edges reads a real clock or sleeps.

`MonotonicClock` is CLOCK_MONOTONIC; `VirtualClock` moves only when it is told to, so an hour passes in
milliseconds and every run is the same; `ScaledClock` is CLOCK_MONOTONIC that runs N times as fast.
"""

import time
from abc import ABC, abstractmethod


class Clock(ABC):
    """A monotonic clock in integer nanoseconds.

    A clock MUST never go backwards. `sleep_until_ns` MUST return at or after the deadline, at once if it has passed.
    """

    @abstractmethod
    def now_ns(self) -> int:
        """Return the time now, ns."""

    @abstractmethod
    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Return when `now_ns()` has reached `deadline_ns`."""


class MonotonicClock(Clock):
    """CLOCK_MONOTONIC; sleeps to absolute deadlines, so lateness never adds up."""

    def now_ns(self) -> int:
        """Return CLOCK_MONOTONIC, ns."""
        return time.monotonic_ns()

    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Sleep until the deadline; returns at once when it has passed."""
        while (left := deadline_ns - time.monotonic_ns()) > 0:
            time.sleep(left / 1e9)


class ScaledClock(Clock):
    """Starts at CLOCK_MONOTONIC's value now and runs `speed` times as fast."""

    def __init__(self, speed: float) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed!r}")
        self.speed = speed
        self._origin_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        """Return the scaled time, ns."""
        return self._origin_ns + int((time.monotonic_ns() - self._origin_ns) * self.speed)

    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Sleep in real time until the scaled clock reaches the deadline."""
        while (left := deadline_ns - self.now_ns()) > 0:
            time.sleep(left / 1e9 / self.speed)


class VirtualClock(Clock):
    """Stands still until told to move. `t_ns` is public: the pin models read and move it in their inner loops."""

    def __init__(self, start_ns: int = 1_000_000_000) -> None:
        self.t_ns = start_ns

    def now_ns(self) -> int:
        """Return the virtual time, ns."""
        return self.t_ns

    def sleep_until_ns(self, deadline_ns: int) -> None:
        """Jump to the deadline; never backwards."""
        if deadline_ns > self.t_ns:
            self.t_ns = deadline_ns
