"""Staying connected: makes transports one after another, waits longer after each failure, never in step with others."""

import logging
import random
import time
from collections.abc import Callable
from typing import Final

from mqtt_bridge.transport import Connected, Disconnected, Event, Transport

log = logging.getLogger(__name__)

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 60.0
CONNECT_WITHIN_S: Final = 15.0
STEADY_AFTER_S: Final = 10.0  # a broker that takes us and throws us out again has not earned a quick return


class Connection:
    """Owns the present transport. `next_event` drives everything; `up` says whether the broker has accepted us."""

    def __init__(
        self,
        make: Callable[[], Transport],
        *,
        now_s: Callable[[], float] = time.monotonic,
        jitter: random.Random | None = None,
    ) -> None:
        self._make = make
        self._now_s = now_s
        # a thousand stations must not come back in step after a broker's restart
        self._jitter = jitter or random.Random()
        self._transport: Transport | None = None
        self._opened_s = self._up_s = 0.0
        self._next_try_s = now_s()
        self._wait_s = FIRST_WAIT_S
        self._last_reason = ""
        self.up = False

    @property
    def transport(self) -> Transport | None:
        """Return the transport while the broker has accepted us, else None."""
        return self._transport if self.up else None

    def next_event(self, timeout_s: float) -> Event | None:
        """Return the next event, waiting at most `timeout_s`; connects again when it is time."""
        if self._transport is None:
            left_s = self._next_try_s - self._now_s()
            if left_s > 0:
                time.sleep(min(timeout_s, left_s))
                return None
            self._transport = self._make()
            self._opened_s = self._now_s()
            self._transport.open()
        event = self._transport.next_event(timeout_s)
        if isinstance(event, Connected):
            self.up = True
            self._up_s = self._now_s()
            log.info("connected to the broker")
        elif isinstance(event, Disconnected):
            self._down(event.reason)
        elif event is None and not self.up and self._now_s() - self._opened_s > CONNECT_WITHIN_S:
            event = Disconnected(f"the broker did not answer within {CONNECT_WITHIN_S:g} s")
            self._down(event.reason)
        return event

    def drop(self, reason: str) -> None:
        """Give the present connection up and make another."""
        self._down(reason)

    def close(self) -> None:
        """End the connection in good order."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        self.up = False

    def _down(self, reason: str) -> None:
        if self.up and self._now_s() - self._up_s > STEADY_AFTER_S:
            self._wait_s = FIRST_WAIT_S
            self._last_reason = ""
        if reason != self._last_reason:
            log.warning("no connection to the broker: %s", reason)
            self._last_reason = reason
        self.close()
        self._next_try_s = self._now_s() + self._wait_s * self._jitter.uniform(0.5, 1.5)
        self._wait_s = min(LONGEST_WAIT_S, 2 * self._wait_s)
