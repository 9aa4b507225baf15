"""The typed messages between the station and its clients (kiosk, staff tools, the demo's visitor).

One JSON document a line over a Unix-domain stream socket, told apart by `"type"`. The station sends what to show;
a client sends what a person did. Nothing here computes: it is the contract that both sides import.
"""

from typing import Final, Literal, TypeVar

import msgspec

from hardware.status import AcquireStatus, LatenessUs
from station.screens import ScreenModel

_T = TypeVar("_T")

PROTOCOL_VERSION: Final = 1
MAX_LINE_BYTES: Final = 64 * 1024
LIVE_HZ: Final = 30


class LiveScore(msgspec.Struct, frozen=True):
    """Sway over the sliding window while somebody stands; for staff and records, never for the person's screen.

    Not placed among other people: norms are for 30 s of quiet stance through the batch pipeline and nothing else.
    """

    window_s: float
    mean_velocity_mm_s: float
    mean_velocity_ap_mm_s: float
    ellipse_area_95_mm2: float
    rms_ml_mm: float
    sway_area_per_second_mm2_s: float


# --- station -> client ---------------------------------------------------------------------------------------------


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """First message to a client."""

    station: str
    software: str
    protocol_version: int = PROTOCOL_VERSION


class Show(msgspec.Struct, frozen=True, tag="show"):
    """Show this screen now. `serial` grows by one with every change; a `Press` must name the serial it saw."""

    serial: int
    model: ScreenModel


class StaffLive(msgspec.Struct, frozen=True):
    """What moves on a staff screen. progress: 0 to 1 of a reading; unrest: 0 still, 1 at the limit, more beyond."""

    progress: float = 0.0
    unrest: float = 0.0


class Live(msgspec.Struct, frozen=True, tag="live"):
    """What moves, at 30 Hz: only what the present screen may show."""

    serial: int
    on_deck: bool
    load_fraction: float  # 0 nobody .. 1 settled body weight (or 1 when anyone stands and no weight is known)
    ring_left_s: float | None = None
    dot_ml_mm: float | None = None
    dot_ap_mm: float | None = None
    score: LiveScore | None = None  # staff only
    corners_n: tuple[float | None, ...] | None = None  # staff only: what each corner reads now; None: it is silent
    staff: StaffLive | None = None


class Cue(msgspec.Struct, frozen=True, tag="cue"):
    """Say or sound this. `key` names a sound (`chime`, `double-chime`) or is `speech` with the text to say."""

    key: str
    text: str = ""
    language: str = "en"


class ChannelStatus(msgspec.Struct, frozen=True):
    """One corner: measured rate in samples/s, frames read, frames flagged.

    flagged_by: flag name in lower case -> frames that carried it. noise_counts, noise_g: sd of one sample over the last
    five seconds, without slow changes; only an empty deck's is the sensor's own. load_n: what it reads now, N.
    silent: no good sample for half a second.
    """

    name: str
    rate_hz: float | None
    frames: int
    flagged: int
    flagged_by: dict[str, int] = {}
    noise_counts: float | None = None
    noise_g: float | None = None
    load_n: float | None = None
    silent: bool = False


class LoopStatus(msgspec.Struct, frozen=True):
    """The 100 Hz loop: ticks run, those that began after the next deadline had passed, their lateness."""

    ticks: int
    overruns: int
    lateness_us: LatenessUs


class Status(msgspec.Struct, frozen=True, tag="status"):
    """Answer to `Ask`: how the station is. `state` is what `status` says on MQTT: ready, busy or fault."""

    state: Literal["ready", "busy", "fault"]
    reasons: tuple[str, ...]
    screen: str
    loop: LoopStatus
    channels: tuple[ChannelStatus, ...]
    imu_rate_hz: float | None
    outbox_open: int
    outbox_parked: int
    last_result_id: str | None
    latency_ms: float | None = None  # from a movement on the deck to the row that shows it, right now
    acquire: AcquireStatus | None = None  # what acquire last said of itself; None where it is in this process
    last_score: LiveScore | None = None  # the live score at the end of the last quiet stance
    on_deck: bool = False
    tilt_deg: float | None = None  # of the deck, from its IMU; None while that is silent
    imu_noise_mg: float | None = None  # sd of one axis of the deck IMU's accelerometer over the last five seconds
    imu_flagged: int = 0


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """What the client asked for was not done, and why, in words."""

    reason: str


ToClient = Welcome | Show | Live | Cue | Status | Refused

# --- client -> station ---------------------------------------------------------------------------------------------


class Join(msgspec.Struct, frozen=True, tag="join"):
    """First message from a client. `live` asks for the 30 Hz stream; only `staff` gets scores in it."""

    role: Literal["kiosk", "staff", "visitor"]
    live: bool = True


class Press(msgspec.Struct, frozen=True, tag="press"):
    """A button was touched on the screen with this serial; a stale serial is ignored (Stop and Help never are)."""

    action: str
    serial: int


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """Start a visit from the attract screen (staff, or the demo's visitor); what is given is not asked again."""

    protocol: str
    age_years: int | None = None
    sex: Literal["female", "male"] | None = None
    visit_token: str | None = None


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """Ask for `Status`."""


FromClient = Join | Press | Begin | Ask


def encode_line(message: msgspec.Struct) -> bytes:
    """Return one message as a line of JSON."""
    return msgspec.json.encode(message) + b"\n"


_to_client: msgspec.json.Decoder[ToClient] = msgspec.json.Decoder(ToClient)
_from_client: msgspec.json.Decoder[FromClient] = msgspec.json.Decoder(FromClient)


def decode_to_client(line: bytes) -> ToClient:
    """Return the message in a line from the station; raises ValueError that says what is wrong with it."""
    return _decode(_to_client, line)


def decode_from_client(line: bytes) -> FromClient:
    """Return the message in a line from a client; raises ValueError that says what is wrong with it."""
    return _decode(_from_client, line)


def _decode(decoder: "msgspec.json.Decoder[_T]", line: bytes) -> _T:
    # msgspec raises UnicodeDecodeError and RecursionError on hostile input besides its own class
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"not a message of this protocol: {error}") from error
