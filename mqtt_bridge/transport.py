"""The MQTT contract: what the bridge and the consumer need of a client library, and no more.

Everything that happens comes out of one queue as an event, in the thread of whoever owns the transport. One transport
is one connection: when it is lost, it is closed and another is made.
"""

from abc import ABC, abstractmethod

import msgspec


class Connected(msgspec.Struct, frozen=True):
    """The broker accepted us, and says what it takes: bytes in a packet, publications without a PUBACK at once."""

    session_present: bool
    max_packet_bytes: int | None = None
    receive_maximum: int = 65535


class Disconnected(msgspec.Struct, frozen=True):
    """The connection is gone, or was refused; `reason` is for people, `code` is the broker's own, where it gave one."""

    reason: str
    code: int | None = None


class Subscribed(msgspec.Struct, frozen=True):
    """The broker answered a subscription; `refused` says why not, or is None."""

    refused: str | None = None


class Puback(msgspec.Struct, frozen=True):
    """The broker answered a publication. A code below 0x80 is not delivery; see docs/network.md."""

    token: int
    code: int
    reason: str = ""


class Received(msgspec.Struct, frozen=True):
    """A message came. `handle` goes to `confirm` once it has been dealt with for good."""

    topic: str
    body: bytes
    handle: int
    correlation: bytes = b""


Event = Connected | Disconnected | Subscribed | Puback | Received


class Transport(ABC):
    """One MQTT 5 connection. No method raises for a network's sake: what goes wrong comes as `Disconnected`."""

    @abstractmethod
    def open(self) -> None:
        """Begin to connect; `Connected` or `Disconnected` follows."""

    @abstractmethod
    def next_event(self, timeout_s: float) -> Event | None:
        """Return the next event, waiting at most `timeout_s`; None when there is none."""

    @abstractmethod
    def publish(
        self,
        topic: str,
        body: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        correlation: bytes = b"",
        reply_to: str = "",
    ) -> int | None:
        """Hand a message to the network; return the token that its `Puback` will name, or None if it was not taken."""

    @abstractmethod
    def subscribe(self, topic: str) -> None:
        """Subscribe at QoS 1; `Subscribed` follows."""

    @abstractmethod
    def confirm(self, handle: int) -> None:
        """Tell the broker that a received message has been dealt with (QoS 1)."""

    @abstractmethod
    def close(self) -> None:
        """Say goodbye if connected, and release everything; no will is sent. Safe to call twice."""
