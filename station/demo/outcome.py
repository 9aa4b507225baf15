"""What a demo has to say when it is over: the document of `demo --json`, and the same for a person."""

from typing import Any, Final

import msgspec

from hardware.virtual.person import Done
from hardware.virtual.playback import RecordedStance
from station.demo.clinic import Delivery
from station.live.loop import TICK_NS
from station.messages import ChannelStatus, LiveScore, LoopStatus
from station.records.record import Record
from station.records.store import RecordStore
from station.trials import RawTrial

MOSTLY_RECORDED: Final = 0.95  # a window with less of it recorded has no place in the recording's time


class TrialWindow(msgspec.Struct, frozen=True):
    """The analysed window, in the recording's own time; null, with the reason, where it is not all recorded."""

    name: str | None
    recording_from_s: float | None
    recording_to_s: float | None
    note: str | None = None


class DemoOutcome(msgspec.Struct, frozen=True):
    """The document of `demo --json`."""

    record: Record
    delivery: Delivery
    trial: TrialWindow
    live_score: LiveScore | None  # as it stood at the end of the quiet stance: the last ten seconds of it
    loop: LoopStatus
    channels: tuple[ChannelStatus, ...]
    screens: tuple[str, ...]  # names of the screens in the order in which they were shown
    session_s: float  # how long the visit took on the station's clock
    wall_s: float  # and on the wall's


def trial_window(
    record: Record, store: RecordStore, playing: Done | None, recording: RecordedStance | None
) -> TrialWindow:
    """Return where in the recording the scored window of the record's sway lies.

    `recording_to_s` is the time of the window's last sample, so `from <= time_s <= to` in the recording's file is the
    window.
    """
    if record.sway is None or playing is None or playing.recording_at_s is None:
        return TrialWindow(None, None, None, "no recording played while sway was measured")
    name = record.sway["file"]
    raw = RawTrial.from_bytes(store.raw_trials(record.id)[name])
    start_s = (raw.window_start_ns - playing.t_ns) / 1e9 + playing.recording_at_s
    end_s = (raw.window_end_ns - TICK_NS - playing.t_ns) / 1e9 + playing.recording_at_s
    # to the microsecond: the times of a recording are printed with fewer digits
    start_s, end_s = round(start_s, 6), round(end_s, 6)
    if recording is None or recording.covers(start_s, end_s):
        return TrialWindow(name, start_s, end_s)
    note = f"the recording is too short ({recording.duration_s:g} s): part of the window was played mirrored"
    inside = max(start_s, recording.first_s), min(end_s, recording.last_s)
    if inside[1] - inside[0] < MOSTLY_RECORDED * (end_s - start_s):
        return TrialWindow(name, None, None, note)
    return TrialWindow(name, *inside, note)


def as_json(outcome: DemoOutcome) -> bytes:
    """Return the document."""
    document: dict[str, Any] = msgspec.to_builtins(outcome)
    return msgspec.json.format(msgspec.json.encode(document))
