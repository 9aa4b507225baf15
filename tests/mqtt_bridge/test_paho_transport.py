"""The transport against real and hostile brokers: TLS that is never switched off, words that help, no silent death."""

import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import pytest

from mqtt_bridge.broker import find_mosquitto
from mqtt_bridge.paho_transport import PahoTransport
from mqtt_bridge.transport import Connected, Disconnected, Event, Puback, Received, Subscribed
from station.config import MqttConfig
from station.demo.clinic import keep_port
from station.errors import ConfigError

TLS = Path(__file__).parent / "tls"
Broker = Callable[[str], int]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Start a mosquitto with these lines in its configuration; returns the port."""
    running: list[subprocess.Popen[bytes]] = []
    ports = ExitStack()

    def start(lines: str) -> int:
        program = find_mosquitto()
        assert program is not None, "mosquitto is not installed; make test installs it (apt-get install mosquitto)"
        port: int = ports.enter_context(keep_port()).getsockname()[1]
        config = tmp_path / "mosquitto.conf"
        # root would drop to an account that may not read the folder of this test
        user = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(f"{user}listener {port} 127.0.0.1\nallow_anonymous true\n{lines}\n", encoding="utf-8")
        running.append(subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
                return port
            time.sleep(0.02)
        raise AssertionError("mosquitto did not come up")

    yield start
    for each in running:
        each.kill()
        each.wait()
    ports.close()


def tls(name: str) -> str:
    return f"cafile {TLS}/ca.pem\ncertfile {TLS}/{name}.pem\nkeyfile {TLS}/{name}.key"


def first_event(config: MqttConfig, timeout_s: float = 15.0) -> Event | None:
    transport = PahoTransport(config, "test")
    transport.open()
    try:
        return transport.next_event(timeout_s)
    finally:
        transport.close()


def reason(event: Event | None) -> str:
    assert isinstance(event, Disconnected), event
    return event.reason


def test_a_broker_whose_certificate_is_right_is_trusted(broker: Broker) -> None:
    port = broker(tls("broker"))
    assert isinstance(first_event(MqttConfig(host="localhost", port=port, ca_file=str(TLS / "ca.pem"))), Connected)


def test_a_broker_of_an_unknown_authority_is_not_talked_to(broker: Broker) -> None:
    port = broker(tls("broker"))
    said = reason(first_event(MqttConfig(host="localhost", port=port, ca_file=str(TLS / "stranger.pem"))))
    assert "TLS failed" in said
    assert "mqtt.ca_file" in said


def test_a_broker_under_another_name_is_not_talked_to(broker: Broker) -> None:
    port = broker(tls("broker"))
    said = reason(first_event(MqttConfig(host="127.0.0.1", port=port, ca_file=str(TLS / "ca.pem"))))
    assert "TLS failed" in said


def test_a_certificate_that_is_not_valid_yet_means_that_our_clock_is_not_set(broker: Broker) -> None:
    port = broker(tls("unborn"))
    said = reason(first_event(MqttConfig(host="localhost", port=port, ca_file=str(TLS / "ca.pem"))))
    assert "clock is not set" in said


def test_a_broker_that_asks_for_a_certificate_gets_ours(broker: Broker) -> None:
    port = broker(tls("broker") + "\nrequire_certificate true")
    config = MqttConfig(
        host="localhost",
        port=port,
        ca_file=str(TLS / "ca.pem"),
        cert_file=str(TLS / "station.pem"),
        key_file=str(TLS / "station.key"),
    )
    assert isinstance(first_event(config), Connected)
    nameless = MqttConfig(host="localhost", port=port, ca_file=str(TLS / "ca.pem"))
    assert isinstance(first_event(nameless), Disconnected)


def test_a_certificate_that_cannot_be_loaded_is_a_wrong_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mqtt\.ca_file = .*cannot be loaded"):
        PahoTransport(MqttConfig(ca_file=str(tmp_path / "absent.pem")), "test")


def test_a_port_where_nobody_listens_is_said_so() -> None:
    with keep_port() as port:
        assert "nothing listens there" in reason(first_event(MqttConfig(port=port.getsockname()[1])))


def test_a_name_that_nobody_knows_is_said_so() -> None:
    assert "no-such-broker.invalid" in reason(
        first_event(MqttConfig(host="no-such-broker.invalid", ca_file=str(TLS / "ca.pem")), 60.0)
    )


def test_a_refused_connection_says_why(broker: Broker, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts"
    accounts.write_text("somebody-else:$7$101$AAAA$AAAA\n", encoding="utf-8")
    port = broker(f"password_file {accounts}\nallow_anonymous false")
    password = tmp_path / "password"
    password.write_text("wrong\n", encoding="utf-8")
    password.chmod(0o600)
    said = reason(first_event(MqttConfig(port=port, username="st-1", password_file=str(password))))
    assert "refused the connection" in said
    assert "Not authorized" in said


def test_a_password_that_others_can_read_is_refused_unless_systemd_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = tmp_path / "password"
    password.write_text("secret\n", encoding="utf-8")
    password.chmod(0o640)
    config = MqttConfig(username="st-1", password_file=str(password))
    with pytest.raises(ConfigError, match="others can read it") as caught:
        PahoTransport(config, "test")
    assert "secret" not in str(caught.value)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    PahoTransport(config, "test").close()


def test_the_brokers_limits_are_heard(broker: Broker) -> None:
    port = broker("max_packet_size 2000")
    event = first_event(MqttConfig(port=port))
    assert isinstance(event, Connected)
    assert event.max_packet_bytes == 2000
    assert event.receive_maximum >= 20


def test_messages_for_a_durable_client_wait_for_it_and_come_again_until_it_confirms(broker: Broker) -> None:
    config = MqttConfig(port=broker(""))

    def wait_for(transport: PahoTransport, kind: type[Event]) -> Event:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            event = transport.next_event(0.2)
            if isinstance(event, kind):
                return event
        raise AssertionError(f"no {kind.__name__}")

    def consumer() -> PahoTransport:
        transport = PahoTransport(config, "consumer", manual=True)
        transport.open()
        wait_for(transport, Connected)
        return transport

    first = consumer()
    first.subscribe("results")
    wait_for(first, Subscribed)
    first.close()
    sender = PahoTransport(config, "sender")
    sender.open()
    wait_for(sender, Connected)
    token = sender.publish("results", b"one", correlation=b"id")
    assert token is not None
    answered = wait_for(sender, Puback)
    assert isinstance(answered, Puback)
    assert (answered.token, answered.code) == (token, 0)
    sender.close()
    for confirm in (False, True):
        transport = consumer()
        message = wait_for(transport, Received)
        assert isinstance(message, Received)
        assert (message.body, message.correlation) == (b"one", b"id")
        if confirm:
            transport.confirm(message.handle)
        transport.close()
    last = consumer()
    assert last.next_event(0.5) is None, "confirmed, so it does not come again"
    last.close()


def hostile_packet(chance: random.Random) -> bytes:
    """Something that no broker should send: damaged properties, truncated answers, a topic that is no text, noise."""
    kind = chance.randrange(4)
    if kind == 0:
        properties = chance.randbytes(chance.randint(1, 12))
        body = b"\x00\x03a/b" + bytes([len(properties)]) + properties + b"x"
        return bytes([0x30, len(body)]) + body
    if kind == 1:
        body = b"\x00\x03\xff\xfe\xff\x00x"
        return bytes([0x30, len(body)]) + body
    body = chance.randbytes(chance.randint(0, 40))
    first = chance.choice([0x40, 0x50, 0x62, 0x70, 0x90, 0xB0, 0xE0]) if kind == 2 else chance.randrange(256)
    return bytes([first, len(body)]) + body


AFTERWARDS = b"\x30\x08\x00\x04last\x00x"  # a message on the topic `last`


def test_whatever_a_broker_sends_the_connection_either_lives_or_is_said_to_be_gone() -> None:
    chance = random.Random(5)
    for _ in range(40):
        with socket.create_server(("127.0.0.1", 0)) as server:
            packet = hostile_packet(chance)

            def serve(server: socket.socket = server, packet: bytes = packet) -> None:
                with suppress(OSError):
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(1000)
                        connection.sendall(bytes([0x20, 3, 0, 0, 0]) + packet + AFTERWARDS)
                        connection.recv(1000)  # until the client goes

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            transport = PahoTransport(MqttConfig(port=server.getsockname()[1], keepalive_s=5), "test")
            transport.open()
            assert isinstance(transport.next_event(10.0), Connected)
            events = []
            for event in iter(partial(transport.next_event, 10.0), None):
                events.append(event)
                if isinstance(event, Disconnected) or (isinstance(event, Received) and event.topic == "last"):
                    break
            else:
                raise AssertionError((packet, events))
            transport.close()
            thread.join(10)
            assert not thread.is_alive()


def test_an_error_in_a_callback_is_an_end_of_the_connection_and_not_of_the_thread() -> None:
    transport = PahoTransport(MqttConfig(), "test")

    def broken(*_: object) -> Event:
        raise KeyError("a property that nobody has heard of")

    transport._queueing(broken)(transport._client, None, "anything")
    assert "cannot be read" in reason(transport.next_event(0.0))
    transport.close()


def test_a_network_thread_that_has_died_is_noticed(broker: Broker) -> None:
    transport = PahoTransport(MqttConfig(port=broker("")), "test")
    transport.open()
    assert isinstance(transport.next_event(10.0), Connected)
    transport._client.on_disconnect = None  # as when the thread dies before it can say anything
    transport._client._thread_terminate = True
    deadline = time.monotonic() + 10
    event = None
    while event is None and time.monotonic() < deadline:
        event = transport.next_event(0.2)
    assert "network thread has ended" in reason(event)
    transport.close()


def test_closing_while_the_connection_is_still_being_made_leaves_nothing_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        transport = PahoTransport(MqttConfig(port=server.getsockname()[1]), "test")
        transport.open()
        transport.close()
        transport.close()
        deadline = time.monotonic() + 10
        while any(thread.name == "mqtt-connect" for thread in threading.enumerate()) and time.monotonic() < deadline:
            time.sleep(0.02)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("mqtt-connect", "paho-mqtt"))]
