"""What the bridge itself says and hears: status, info, health, acknowledgement. Results are station.records.record."""

from typing import Any, Literal

import msgspec

from station.records.record import Record, UtcQuality

State = Literal["ready", "busy", "fault", "disconnected", "lost"]
AckStatus = Literal["stored", "duplicate", "rejected"]


class StatusPayload(msgspec.Struct, frozen=True):
    """`status`: `lost` is the will. `boot` and `birth` say which will belongs to which connection."""

    state: State
    boot: str
    birth: int


class InfoPayload(msgspec.Struct, frozen=True):
    """`info`: what this station is."""

    station: str
    site: str
    model: str
    software_version: str
    schemas: tuple[str, ...]
    ack_policy: str
    commands: tuple[str, ...] = ()


class HealthPayload(msgspec.Struct, frozen=True):
    """`health`: figures for the people who look after it. Ages in seconds, disk in megabytes."""

    outbox_open: int
    outbox_parked: int
    oldest_open_age_s: float | None
    disk_free_mb: int
    utc_quality: UtcQuality


class AckPayload(msgspec.Struct, frozen=True):
    """`ack`, from a consumer after its own commit: these ids are stored, were stored already, or are refused."""

    ids: tuple[str, ...]
    status: AckStatus
    reason: str | None = None
    by: str | None = None


_ack: msgspec.json.Decoder[AckPayload] = msgspec.json.Decoder(AckPayload)


def decode_ack(body: bytes) -> AckPayload:
    """Return an acknowledgement; raises ValueError in words for anything else, however hostile."""
    try:
        return _ack.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not an acknowledgement: {error}") from error


def json_schemas() -> dict[str, Any]:
    """Return the JSON Schema of every payload, by topic, from the types that the code uses."""
    types = {"result": Record, "status": StatusPayload, "info": InfoPayload, "health": HealthPayload, "ack": AckPayload}
    return {topic: msgspec.json.schema(payload) for topic, payload in types.items()}
