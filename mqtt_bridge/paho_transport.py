"""The transport over paho-mqtt 2.2, MQTT 5.

Learnt the hard way (research on paho 2.2.0): an exception in a callback kills the network thread in silence, a lock
held around publish() can deadlock, a client that reconnects by itself resends out of order and ignores limits. So
callbacks only put events on a queue and cannot raise, one thread owns everything else, a client object lives for one
connection, and a network thread that has died all the same is noticed.
"""

import logging
import os
import queue
import socket
import ssl
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
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
RECEIVE_MAXIMUM: Final = 100  # messages that the broker may hand us before we have dealt with the first


class Will(msgspec.Struct, frozen=True):
    """What the broker says for us when we are gone without a goodbye."""

    topic: str
    body: bytes


class PahoTransport(Transport):
    """One connection of one client id. `manual` leaves the acknowledgement of received messages to `confirm`.

    Raises ConfigError when password, certificate or key cannot be used.
    """

    def __init__(self, config: MqttConfig, client_id: str, *, will: Will | None = None, manual: bool = False) -> None:
        self._config = config
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._lock = threading.Lock()  # between the thread that connects and `close`; never held in a callback
        self._closed = False
        self._running = False
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=manual,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_socket_open = _without_delay
        client.on_connect = self._queueing(_connected)
        client.on_disconnect = self._queueing(_disconnected)
        client.on_subscribe = self._queueing(_subscribed)
        client.on_publish = self._queueing(_puback)
        client.on_message = self._queueing(_received)
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
        """Connect in a thread of its own, because looking up a name can take longer than the watchdog allows."""
        threading.Thread(target=self._connect, name="mqtt-connect", daemon=True).start()

    def _connect(self) -> None:
        # clean_start would wipe what waits for us at the broker, and so would an expiry of 0, which is the default
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        try:
            self._client.connect(
                self._config.host,
                self._config.port,
                keepalive=self._config.keepalive_s,
                clean_start=False,
                properties=properties,
            )
        except Exception as error:  # noqa: BLE001  a thread that dies in silence would leave its owner waiting
            self._events.put(Disconnected(explain(self._config, error)))
            return
        with self._lock:
            if self._closed:
                self._client.disconnect()
            else:
                self._client.loop_start()
                self._running = True

    def next_event(self, timeout_s: float) -> Event | None:
        """Return the next event; `Disconnected` also when the network thread is no more."""
        try:
            return self._events.get(timeout=timeout_s) if timeout_s > 0 else self._events.get_nowait()
        except queue.Empty:
            # paho goes on saying is_connected() and publish() goes on succeeding when its thread has died
            if self._running and not self._closed and getattr(self._client, "_thread", None) is None:
                return Disconnected("the network thread has ended")
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
        with self._lock:
            was_closed, self._closed = self._closed, True
        if self._running and not was_closed:
            self._client.disconnect()
            self._client.loop_stop()

    def _queueing(self, make: Callable[..., Event]) -> Callable[..., None]:
        """Return a callback for paho's thread that puts one event on the queue and never raises."""

        def callback(_client: mqtt.Client, _data: object, *arguments: object) -> None:
            try:
                event = make(*arguments)
            except Exception as error:  # noqa: BLE001  it would end paho's thread without a word
                event = Disconnected(f"the broker sent something that cannot be read: {error}")
            self._events.put(event)

        return callback


def _without_delay(_client: mqtt.Client, _data: object, connected: Any) -> None:
    # two small packets in a row (a result's PUBACK and an acknowledgement) would wait 40 ms for each other
    with suppress(OSError, AttributeError):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


# --- from paho's callbacks, which run in its thread, to events ------------------------------------------------------


def _connected(flags: Any, code: ReasonCode, properties: Any) -> Event:
    if code.is_failure:
        return Disconnected(f"the broker refused the connection: {code}", code.value)
    return Connected(
        bool(flags.session_present),
        getattr(properties, "MaximumPacketSize", None),
        getattr(properties, "ReceiveMaximum", 65535),
    )


def _disconnected(flags: Any, code: ReasonCode, _properties: Any) -> Event:
    return Disconnected(f"disconnected: {code}", code.value if flags.is_disconnect_packet_from_server else None)


def _subscribed(_mid: int, codes: list[ReasonCode], _properties: Any) -> Event:
    return Subscribed(next((str(code) for code in codes if code.is_failure), None))


def _puback(mid: int, code: ReasonCode, _properties: Any) -> Event:
    return Puback(mid, code.value, str(code))


def _received(message: mqtt.MQTTMessage) -> Event:
    correlation = getattr(message.properties, "CorrelationData", b"")
    return Received(message.topic, bytes(message.payload), message.mid, correlation)


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
    setting = f"mqtt.password_file = {config.password_file!r}"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{setting}: cannot be read: {error}") from error
    # systemd keeps credentials in a folder that only the service can enter, with a mode of its own
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    if mode & 0o077 and not (credentials and path.is_relative_to(credentials)):
        raise ConfigError(f"{setting}: others can read it (mode {mode:04o}); expected 0600: chmod 600 {path}")
    return password
