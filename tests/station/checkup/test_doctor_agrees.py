"""Doctor and the station's own watch over its health: what one calls unfit for measuring, the other does too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hardware.sensor import CORNERS, Channel, Flag, Sample
from station.checkup.sensors import sensors
from tests.station.live.running import RunningStation

Change = Callable[[Sample], Sample | None]


def lost(*channels: Channel) -> Change:
    return lambda sample: None if sample.channel in channels else sample


def flagged(channel: Channel, flag: Flag) -> Change:
    return lambda sample: sample._replace(flags=int(flag)) if sample.channel == channel else sample


def slow(channel: Channel) -> Change:
    """As a chip whose oscillator runs at three quarters: the same samples, farther apart."""
    first: list[int] = []

    def change(sample: Sample) -> Sample | None:
        if sample.channel != channel:
            return sample
        first.append(sample.t_ns)
        k = len(first) - 1
        return sample._replace(t_ns=first[0] + k * 14_000_000) if first[0] + k * 14_000_000 <= sample.t_ns * 2 else None

    return change


def off_range(channel: Channel) -> Change:
    return lambda sample: sample._replace(values=(-4_000_000, 0, 0, 0, 0, 0)) if sample.channel == channel else sample


FAULTS: dict[str, Change] = {
    "nothing": lambda sample: sample,
    "one corner silent": lost(Channel.BACK_LEFT),
    "two corners silent": lost(Channel.BACK_LEFT, Channel.FRONT_RIGHT),
    "all corners silent": lost(*CORNERS),
    "everything silent": lambda sample: None,
    "one corner saturated": flagged(Channel.FRONT_LEFT, Flag.SATURATED),
    "one corner without power": flagged(Channel.FRONT_LEFT, Flag.ALL_ONES),
    "one corner slow": slow(Channel.BACK_RIGHT),
    "IMU silent": lost(Channel.DECK_IMU),
    "IMU frozen": flagged(Channel.DECK_IMU, Flag.FROZEN),
    "IMU and a corner silent": lost(Channel.DECK_IMU, Channel.FRONT_LEFT),
    "a reading that cannot be": off_range(Channel.FRONT_RIGHT),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_doctor_calls_a_sensor_bad_exactly_when_the_station_measures_nobody_because_of_it(
    tmp_path: Path, fault: str
) -> None:
    running = RunningStation(tmp_path)
    running.step(500)
    running.samples.change = FAULTS[fault]
    running.step(500)
    status = running.station.status()
    checks = list(sensors(status, running.station.config.hardware))
    running.close()
    bad = {check.name for check in checks if check.verdict == "bad"}
    assert bool(bad) == (status.state == "fault"), (bad, status.reasons)
    for corner in CORNERS:
        blamed = any(corner.label in reason or "no samples arrive" in reason for reason in status.reasons)
        if blamed:
            assert f"load cell {corner.label}" in bad
    assert ("deck IMU" in bad) == any("IMU" in reason for reason in status.reasons)
    assert all(check.to_do for check in checks if check.verdict != "good")
    named = {corner.label for corner in CORNERS if f"load cell {corner.label}" in bad}
    assert (
        named
        == {
            "nothing": set(),
            "one corner silent": {"back_left"},
            "two corners silent": {"back_left", "front_right"},
            "all corners silent": {corner.label for corner in CORNERS},
            "everything silent": {corner.label for corner in CORNERS},
            "one corner saturated": {"front_left"},
            "one corner without power": {"front_left"},
            "one corner slow": {"back_right"},
            "IMU silent": set(),
            "IMU frozen": set(),
            "IMU and a corner silent": {"front_left"},
            "a reading that cannot be": {"front_right"},
        }[fault]
    )
