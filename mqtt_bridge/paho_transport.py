"""The transport over paho-mqtt 2.2, MQTT 5.

Learnt the hard way (research on paho 2.2.0): an exception in a callback kills the network thread in silence, a lock
held around publish() can deadlock, a client that reconnects by itself resends out of order and ignores limits. So
callbacks only put events on a queue, one thread owns everything else, and a client object lives for one connection.
"""

import logging
import queue
import ssl
from pathlib import Path
from typing import Any, Final

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from mqtt_bridge.transport import Connected, Disconnected, Event, Puback, Received, Subscribed, Transport
from station.config import MqttConfig
from station.errors import ConfigError

log = logging.getLogger(__name__)

SESSION_EXPIRY_S: Final = 7 * 24 * 3600
WILL_DELAY_S: Final = 20  # a bridge that restarts within this never shows as lost
CONNECT_TIMEOUT_S: Final = 5.0


class Will(msgspec.Struct, frozen=True):
    """What the broker says for us when we are gone without a goodbye."""

    topic: str
    body: bytes


class PahoTransport(Transport):
    """One connection of one client id. `manual` leaves the acknowledgement of received messages to `confirm`."""

    def __init__(self, config: MqttConfig, client_id: str, *, will: Will | None = None, manual: bool = False) -> None:
        self._config = config
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._closed = False
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=manual,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        if config.username is not None:
            client.username_pw_set(config.username, _password(config))
        if config.ca_file is not None:
            client.tls_set_context(_tls(config))
        if will is not None:
            properties = _properties(PacketTypes.WILLMESSAGE)
            properties.WillDelayInterval = WILL_DELAY_S
            client.will_set(will.topic, will.body, qos=1, retain=True, properties=properties)
        self._client = client

    def open(self) -> None:
        """Connect without wiping the session, and start the network thread."""
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        try:
            self._client.connect(
                self._config.host,
                self._config.port,
                keepalive=self._config.keepalive_s,
                clean_start=False,
                properties=properties,
            )
        except (OSError, ValueError) as error:
            self._events.put(Disconnected(explain(self._config, error)))
            return
        self._client.loop_start()

    def next_event(self, timeout_s: float) -> Event | None:
        """Return the next event."""
        try:
            return self._events.get(timeout=timeout_s) if timeout_s > 0 else self._events.get_nowait()
        except queue.Empty:
            return None

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
        """Hand a message to paho."""
        properties = _properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        properties.PayloadFormatIndicator = 1
        if correlation:
            properties.CorrelationData = correlation
        if reply_to:
            properties.ResponseTopic = reply_to
        info = self._client.publish(topic, body, qos=qos, retain=retain, properties=properties)
        return int(info.mid) if info.rc == mqtt.MQTT_ERR_SUCCESS else None

    def subscribe(self, topic: str) -> None:
        """Subscribe at QoS 1."""
        self._client.subscribe(topic, qos=1)

    def confirm(self, handle: int) -> None:
        """Acknowledge a received message."""
        self._client.ack(handle, 1)

    def close(self) -> None:
        """Disconnect in good order, so that no will is sent."""
        if not self._closed:
            self._closed = True
            self._client.disconnect()
            self._client.loop_stop()

    # --- callbacks: in paho's thread; they only put on the queue ------------------------------------------------------

    def _on_connect(self, _client: mqtt.Client, _data: Any, flags: Any, code: ReasonCode, properties: Any) -> None:
        if code.is_failure:
            self._events.put(Disconnected(f"the broker refused the connection: {code}"))
        else:
            limit = getattr(properties, "MaximumPacketSize", None)
            self._events.put(Connected(bool(flags.session_present), limit))

    def _on_connect_fail(self, _client: mqtt.Client, _data: Any) -> None:
        self._events.put(Disconnected("the connection could not be made"))

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        self._events.put(Disconnected(f"disconnected: {code}"))

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _properties: Any
    ) -> None:
        refused = next((str(code) for code in codes if code.is_failure), None)
        self._events.put(Subscribed(refused))

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, code: ReasonCode, _properties: Any) -> None:
        self._events.put(Puback(mid, code.value, str(code)))

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", b"")
        self._events.put(Received(message.topic, bytes(message.payload), message.mid, correlation))


def _properties(packet: int) -> Any:
    return Properties(packet)  # type: ignore[no-untyped-call]


def explain(config: MqttConfig, error: Exception) -> str:
    """Return in words why a broker was not reached."""
    where = f"{config.host}:{config.port}"
    text = str(error)
    if isinstance(error, ssl.SSLCertVerificationError) and "not yet valid" in text:
        return f"{where}: this machine's clock is not set (the broker's certificate is not valid yet)"
    if isinstance(error, ssl.SSLError):
        return f"{where}: TLS failed: {error.reason or text}; check mqtt.ca_file and the broker's certificate"
    if isinstance(error, ConnectionRefusedError):
        return f"{where}: nothing listens there; is the broker running?"
    if isinstance(error, TimeoutError):
        return f"{where}: no answer within {CONNECT_TIMEOUT_S:g} s"
    return f"{where}: {getattr(error, 'strerror', None) or text}"


def _tls(config: MqttConfig) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if config.cert_file is not None:
            context.load_cert_chain(config.cert_file, config.key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"mqtt.ca_file = {config.ca_file!r}, mqtt.cert_file = {config.cert_file!r}: cannot be loaded: {error}"
        ) from error
    return context


def _password(config: MqttConfig) -> str | None:
    if config.password_file is None:
        return None
    path = Path(config.password_file)
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"mqtt.password_file = {config.password_file!r}: cannot be read: {error}") from error
