"""`balance-station ingest`: run the reference consumer."""

import logging
from pathlib import Path

import click

from mqtt_bridge.connection import Connection
from mqtt_bridge.ingest import Inbox, Ingest
from mqtt_bridge.paho_transport import PahoTransport
from mqtt_bridge.topics import consumer_filters
from station.config import MqttConfig
from station.errors import ConfigError
from station.stopping import stop_on_signals

log = logging.getLogger(__name__)


@click.command()
@click.option("--database", required=True, type=click.Path(path_type=Path), help="SQLite file; made when absent.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=1883, show_default=True, type=click.IntRange(1, 65535))
@click.option("--prefix", default="balance", show_default=True, help="First level of the topics.")
@click.option("--site", help="Take the results of this site only. Default: of all sites.")
@click.option("--client-id", default="ingest", show_default=True, help="Durable: the broker keeps its messages by it.")
@click.option("--share", help="Name of a group of consumers that share the work, each with its own --client-id.")
@click.option("--username", help="Account at the broker; the password is read from --password-file.")
@click.option(
    "--password-file", type=click.Path(path_type=Path), help="The account's password and nothing else; mode 0600."
)
@click.option("--ca-file", type=click.Path(path_type=Path), help="The clinic's CA; required outside this machine.")
@click.option("--cert-file", type=click.Path(path_type=Path), help="This consumer's certificate, for mutual TLS.")
@click.option("--key-file", type=click.Path(path_type=Path), help="The key of that certificate.")
def ingest(
    database: Path,
    host: str,
    port: int,
    prefix: str,
    site: str | None,
    client_id: str,
    share: str | None,
    username: str | None,
    password_file: Path | None,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
) -> None:
    """Store results and events from MQTT, each exactly once.

    They go into an SQLite file; each is acknowledged to its station once it is in it.
    """
    if ca_file is None and not (host == "localhost" or host.startswith("127.") or host == "::1"):
        raise ConfigError(f"--host {host} is not this machine: set --ca-file, results travel over TLS only")
    if (cert_file is None) != (key_file is None):
        raise ConfigError("--cert-file and --key-file go together; give both or neither")
    config = MqttConfig(
        host=host,
        port=port,
        prefix=prefix,
        username=username,
        password_file=None if password_file is None else str(password_file),
        ca_file=None if ca_file is None else str(ca_file),
        cert_file=None if cert_file is None else str(cert_file),
        key_file=None if key_file is None else str(key_file),
    )
    told_to_stop = stop_on_signals()
    inbox = Inbox(database)
    connection = Connection(lambda: PahoTransport(config, client_id, manual=True))
    consumer = Ingest(connection, inbox, consumer_filters(prefix, site, share), prefix, client_id)
    try:
        while not told_to_stop():
            consumer.turn()
    finally:
        connection.close()
        inbox.close()
