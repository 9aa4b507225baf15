"""The load cells and the IMUs as the station and acquire see them, line by line.

A sensor is called bad here exactly when the station itself will measure nobody because of it (`station.live.health`),
or would within the second: the same limits, and whatever the station blames by name is bad, in the station's words.
Everything else that is out of the ordinary is worth a look.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from hardware.imu import ImuName, rate_for
from hardware.sensor import CORNERS, Channel, Flag
from hardware.status import CornerStatus, ImuStatus
from station.checkup.check import Check, Value, check
from station.config import HardwareConfig
from station.live.deck_motion import LEVEL_LIMIT_DEG
from station.live.grid import LEAST_CORNER_N, MOST_CORNER_N
from station.live.timebase import RATE_LIMITS_HZ
from station.messages import ChannelStatus, Status

# HX711 data sheet: 90 nV rms at 80 samples/s and gain 128. One count is AVDD / (128 * 2^24): 39 counts at 5 V, 59 at
# 3.3 V. Twice that is more than a good board has; a bridge without any noise is not there.
NOISE_COUNTS: Final = (10.0, 120.0)
MOST_FLAGGED: Final = 0.001
# What each flag comes from, most telling first (hardware.sensor.Flag).
FLAG_TO_DO: Final[dict[str, str]] = {
    "saturated": "the bridge is at the end of its range: check the cell's four wires at E+, E-, A+ and A-",
    "all_ones": "the board loses power, or its DOUT wire is off: check its plug",
    "frozen": "the board says the same again and again: check its supply, or replace it",
    "dout_low_after_frame": "frames are torn on the wire: shorten SCK and DOUT, keep them away from the mains",
    "spike": "values leap for one sample: shorten SCK and DOUT, keep them away from the mains",
    "long_pulse": "acquire is interrupted while it clocks: see the lines about acquire",
    "period": "conversions come too early or too late: see the lines about acquire, then the board's supply",
}
# Noise of one axis as each chip is set up here, mg. ST DS12814: 70 ug/rtHz over 104 Hz; InvenSense PS-MPU-6000A: 400,
# PS-MPU-6500A: 300 ug/rtHz, both over the 44 Hz of their filter. Three times that is a bad board or a bad place.
IMU_NOISE_MG: Final[dict[ImuName, float]] = {"lsm6dsox": 0.7, "mpu6050": 3.3, "mpu6500": 2.5}
NOISE_FACTOR: Final = 3.0
IMU_RATE_TOLERANCE: Final = 0.05


def sensors(status: Status, hardware: HardwareConfig) -> Iterator[Check]:
    """Yield the checks of every load cell and every IMU, from what the station answered."""
    source = None if status.acquire is None else status.acquire.source
    drivers = {} if source is None else {each.channel: each for each in source.corners}
    imus = {} if source is None else {each.channel: each for each in source.imus}
    for corner, channel in zip(CORNERS, status.channels, strict=False):
        yield _delivery(corner, channel, status)
        if channel.rate_hz is not None:
            yield _noise(corner, channel, status.on_deck)
            yield _frames(corner, channel, drivers.get(corner.label))
    yield from _deck_imu(status, hardware, imus.get(Channel.DECK_IMU.label))
    if hardware.waist_imu is not None:
        yield from _waist_imu(imus.get(Channel.WAIST_IMU.label), hardware)


def blames(status: Status, *names: str) -> tuple[str, ...]:
    """Return the station's own reasons for measuring nobody that name one of these."""
    return tuple(reason for reason in status.reasons if any(name in reason for name in names))


# --- load cells ------------------------------------------------------------------------------------------------------


def _delivery(corner: Channel, channel: ChannelStatus, status: Status) -> Check:
    name = f"load cell {corner.label}"
    low, high = RATE_LIMITS_HZ
    expected = f"{low:.0f} to {high:.0f} samples/s"
    values: dict[str, Value] = {
        "rate_hz": channel.rate_hz,
        "load_n": channel.load_n,
        "silent": channel.silent,
    }
    reads = "" if channel.load_n is None else f", reads {channel.load_n:.1f} N"
    measured = "no samples" if channel.rate_hz is None else f"{channel.rate_hz:.1f} samples/s{reads}"
    if blamed := blames(status, corner.label, "no samples arrive"):
        return Check(name, "bad", f"{measured}: {'; '.join(blamed)}", expected, _cell_to_do(blamed), values)
    if channel.rate_hz is None:
        return Check(name, "bad", measured, expected, "check its cable and power", values)
    if channel.silent:
        to_do = "check its cable and power"
        return Check(name, "bad", f"{measured}, then silent for half a second", expected, to_do, values)
    if not low <= channel.rate_hz <= high:
        return Check(name, "bad", measured, expected, "set the board's RATE pin high (80 SPS)", values)
    if channel.load_n is not None and not LEAST_CORNER_N <= channel.load_n <= MOST_CORNER_N:
        to_do = "nobody on the deck can cause that: check the corner's cable, then calibrate the deck"
        return Check(name, "bad", measured, expected, to_do, values)
    return Check(name, "good", measured, expected, "", values)


def _cell_to_do(reasons: Sequence[str]) -> str:
    words = " ".join(reasons)
    if "exchanged" in words:
        return "exchange the two plugs; then prove it with `balance-station doctor --tap`"
    if "rate" in words:
        return "set the board's RATE pin high (80 SPS)"
    return "check its cable and power"


def _noise(corner: Channel, channel: ChannelStatus, on_deck: bool) -> Check:
    name = f"load cell {corner.label} noise"
    low, high = NOISE_COUNTS
    expected = f"{low:.0f} to {high:.0f} counts with the deck left alone"
    values: dict[str, Value] = {"noise_counts": channel.noise_counts, "noise_g": channel.noise_g}
    if channel.noise_counts is None or channel.noise_g is None:
        return Check(name, "look", "not known yet", expected, "ask again in some seconds", values)
    measured = f"{channel.noise_counts:.0f} counts, {channel.noise_g:.1f} g"
    if on_deck:
        return Check(name, "good", f"{measured}, with the sway of whoever stands on the deck", expected, "", values)
    if channel.noise_counts < low:
        return Check(name, "look", measured, expected, "too quiet for a live bridge: check the cell's wires", values)
    to_do = (
        "leave the deck alone for 5 s and ask again; if it stays: join the board's analog ground to GND, keep the "
        "cell's cable away from the mains, and see docs/wiring.md"
    )
    return check(name, channel.noise_counts <= high, measured, expected, to_do, values)


def _frames(corner: Channel, channel: ChannelStatus, driver: CornerStatus | None) -> Check:
    saturated = channel.flagged_by.get(str(Flag.SATURATED.name).lower(), 0)
    restarts = lost_edges = false_edges = None
    if driver is not None:
        restarts, lost_edges, false_edges = driver.restarts, driver.lost_edges, driver.false_edges
    values: dict[str, Value] = {
        "frames": channel.frames,
        "flagged": channel.flagged,
        "saturated": saturated,
        "restarts": restarts,
        "lost_edges": lost_edges,
        "false_edges": false_edges,
        **{f"flagged_{flag}": frames for flag, frames in channel.flagged_by.items()},
    }
    which = ", ".join(f"{frames} {flag.replace('_', ' ')}" for flag, frames in channel.flagged_by.items())
    measured = f"{channel.flagged} of {channel.frames} frames flagged{f' ({which})' if which else ''}"
    if restarts:
        measured += f", restarted {restarts} times"
    if lost_edges:
        measured += f", {lost_edges} edges lost by the kernel"
    few = channel.flagged <= MOST_FLAGGED * channel.frames
    to_do = "acquire does not come to read in time: see its lines" if lost_edges else "check its cable and power"
    if channel.flagged_by:
        most = max(channel.flagged_by, key=lambda flag: channel.flagged_by[flag])
        to_do = FLAG_TO_DO.get("saturated" if saturated else most, to_do)
    expected = "less than 0.1 % flagged, none saturated, never restarted"
    good = few and not (saturated or restarts or lost_edges)
    return check(f"load cell {corner.label} frames", good, measured, expected, to_do, values)


# --- IMUs ------------------------------------------------------------------------------------------------------------


def _deck_imu(status: Status, hardware: HardwareConfig, driver: ImuStatus | None) -> Iterator[Check]:
    nominal_hz = hardware.deck_imu_rate_hz
    expected = f"{nominal_hz} samples/s within 5 %"
    rate_hz = status.imu_rate_hz
    values: dict[str, Value] = {"rate_hz": rate_hz, "flagged": status.imu_flagged}
    blamed = blames(status, "deck's IMU")
    if rate_hz is None or blamed:
        why = "; ".join((*blamed, *([driver.error] if driver is not None and driver.error else [])))
        measured = "no samples" if rate_hz is None else f"{rate_hz:.1f} samples/s"
        to_do = "check its cable and the I2C bus"
        yield Check("deck IMU", "bad", f"{measured}{why and ': '}{why}", expected, to_do, values)
    else:
        good = abs(rate_hz / nominal_hz - 1) < IMU_RATE_TOLERANCE
        yield check("deck IMU", good, f"{rate_hz:.1f} samples/s", expected, "check the bus speed", values)
        yield _imu_noise(status.imu_noise_mg, hardware.deck_imu)
        yield _tilt(status.tilt_deg)
    if driver is not None:
        yield _self_test("deck IMU", driver)
        yield _counters("deck IMU", driver)


def _waist_imu(driver: ImuStatus | None, hardware: HardwareConfig) -> Iterator[Check]:
    """A worn IMU moves with its wearer: noise and tilt say nothing about it, and the station can do without it."""
    name, expected = "waist IMU", "samples within 5 % of its rate"
    if driver is None or driver.rate_hz is None:
        why = "" if driver is None or not driver.error else f": {driver.error}"
        yield Check(name, "look", f"no samples{why}", expected, "check its cable, or leave hardware.waist_imu out")
        return
    nominal_hz = rate_for(hardware.waist_imu or hardware.deck_imu, hardware.imu_rate_hz)
    good = abs(driver.rate_hz / nominal_hz - 1) < IMU_RATE_TOLERANCE
    values: dict[str, Value] = {"rate_hz": driver.rate_hz}
    yield check(name, good, f"{driver.rate_hz:.1f} samples/s", expected, "check the bus speed", values)
    yield _self_test(name, driver)
    yield _counters(name, driver)


def _imu_noise(noise_mg: float | None, model: ImuName) -> Check:
    limit_mg = NOISE_FACTOR * IMU_NOISE_MG[model]
    expected = f"below {limit_mg:.1f} mg with the deck left alone ({model}: {IMU_NOISE_MG[model]:.1f} mg)"
    values: dict[str, Value] = {"noise_mg": noise_mg}
    if noise_mg is None:
        return Check("deck IMU noise", "look", "not known yet", expected, "ask again in some seconds", values)
    to_do = "leave the deck alone for 5 s and ask again; if it stays: fasten the IMU, or look for what shakes the floor"
    return check("deck IMU noise", noise_mg <= limit_mg, f"{noise_mg:.2f} mg", expected, to_do, values)


def _tilt(tilt_deg: float | None) -> Check:
    expected = f"at most {LEVEL_LIMIT_DEG:.0f} degree off level"
    values: dict[str, Value] = {"tilt_deg": tilt_deg}
    if tilt_deg is None:
        return Check("deck IMU tilt", "look", "not known yet", expected, "ask again in some seconds", values)
    to_do = "turn the deck's feet until it is level; until then every trial counts as not assessable"
    return check("deck IMU tilt", tilt_deg <= LEVEL_LIMIT_DEG, f"{tilt_deg:.2f} degrees", expected, to_do, values)


def _self_test(name: str, driver: ImuStatus) -> Check:
    expected = "every axis moves within the maker's limits"
    test = driver.self_test
    if test is None:
        return Check(f"{name} self-test", "good", "not run", expected, "", {"passed": None})
    if test.passed:
        return Check(f"{name} self-test", "good", "passed when acquire started", expected, "", {"passed": True})
    to_do = "leave the deck alone and restart acquire; if it fails again, replace the IMU"
    return Check(f"{name} self-test", "look", "; ".join(test.failures), expected, to_do, {"passed": False})


def _counters(name: str, driver: ImuStatus) -> Check:
    count = driver.counters
    seen = {
        "bus_errors": count.bus_errors,
        "overruns": count.overruns,
        "brown_outs": count.config_losses,
        "resets": count.resets,
        "corrupt": count.corrupt + count.torn,
        "frozen": count.frozen,
    }
    words = ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in seen.items() if number)
    to_do = "shorten the IMU's cable (30 cm at most), check its supply, and set the bus to 400 kHz"
    if count.overruns and not count.bus_errors:
        to_do = "acquire did not come to read it in time: see the lines about acquire"
    expected = "no bus errors, overruns or brown-outs"
    values: dict[str, Value] = {"samples": count.samples, **seen}
    return check(f"{name} counters", not words, words or f"none in {count.samples} samples", expected, to_do, values)
