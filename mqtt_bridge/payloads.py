"""What the bridge itself says and hears: status, info, health, acknowledgement. What it carries is station.records'."""

from typing import Annotated, Any, Final, Literal

import msgspec

from station.records.event import StationEvent
from station.records.record import Record, UtcQuality

State = Literal["ready", "busy", "fault", "disconnected", "lost"]
AckStatus = Literal["stored", "duplicate", "rejected"]


class StatusPayload(msgspec.Struct, frozen=True):
    """`status`: `lost` is the will. `boot` and `birth` say which will belongs to which connection."""

    state: State
    boot: str
    birth: int


class InfoPayload(msgspec.Struct, frozen=True):
    """`info`: what this station is. calibration_due: when the certificate in use ends, UTC; null without one."""

    station: str
    site: str
    model: str
    software_version: str
    schemas: tuple[str, ...]
    ack_policy: str
    commands: tuple[str, ...] = ()
    calibration_id: str | None = None
    calibration_due: str | None = None


class HealthPayload(msgspec.Struct, frozen=True):
    """`health`: figures for the people who look after it. Ages in seconds, disk in megabytes.

    daily_check: the last one of the certificate in use (null: none yet), when, and its errors; zero: `good`, or why the
    empty deck's zero keeps people from being measured; zero_worst_n: how far a corner's zero has moved.
    """

    outbox_open: int
    outbox_parked: int
    oldest_open_age_s: float | None
    disk_free_mb: int
    utc_quality: UtcQuality
    daily_check: Literal["passed", "failed"] | None = None
    daily_check_utc: str | None = None
    daily_force_error_percent: float | None = None
    daily_place_error_mm: float | None = None
    zero: str = "good"
    zero_worst_n: float = 0.0


MOST_IDS: Final = 1000  # that one acknowledgement may name
LONGEST_WORDS: Final = 200


class AckPayload(msgspec.Struct, frozen=True):
    """`ack`, from a consumer after its own commit: these ids are stored, were stored already, or are refused."""

    ids: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_IDS)]
    status: AckStatus
    reason: str | None = None
    by: str | None = None


_ack: msgspec.json.Decoder[AckPayload] = msgspec.json.Decoder(AckPayload)


def decode_ack(body: bytes) -> AckPayload:
    """Return an acknowledgement; raises ValueError in words for anything else, however hostile."""
    try:
        ack = _ack.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not an acknowledgement: {error}") from error
    return msgspec.structs.replace(ack, reason=one_line(ack.reason), by=one_line(ack.by))


def one_line(words: str | None) -> str | None:
    """Return words from the network as they may go to a log, a database and a staff screen: short and printable."""
    if words is None:
        return None
    return "".join(each if each.isprintable() else " " for each in words[:LONGEST_WORDS]).strip()


def json_schemas() -> dict[str, Any]:
    """Return the JSON Schema of every payload, by topic, from the types that the code uses."""
    types = {
        "result": Record,
        "event": StationEvent,
        "status": StatusPayload,
        "info": InfoPayload,
        "health": HealthPayload,
        "ack": AckPayload,
    }
    return {topic: msgspec.json.schema(payload) for topic, payload in types.items()}
