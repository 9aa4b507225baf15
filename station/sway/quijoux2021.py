"""The 72 outputs of Quijoux et al. 2021 (Physiol Rep 9:e15067), in that paper's names and units: cm, s, Hz, degrees.

For comparison with what others compute with that paper's program, digit for digit (a relative 1e-6, all outputs, on the
recordings that were tried). That is why its habits are kept here, some of which our own measures avoid: lengths are
about the mean before filtering, velocity divides by N and area per second by N - 1, the ellipse takes the covariance
with N, a spectrum's power is a sum of bins that is not multiplied by their width (so it grows with the length of the
record), and diffusion is read off log-log lines whose ends are searched for, D being the value at 1 s.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from station.sway.density import sway_density
from station.sway.diffusion import mean_squared_displacement
from station.sway.ellipse import prediction_factor
from station.sway.family import LEAST_MOVEMENT_MM, FloatArray, Found
from station.sway.hull import convex_hull, largest_distance
from station.sway.profiles import LowPass, shortest_filtered, smooth
from station.sway.spectrum import welch

# Parameters as the paper has them.
RADIUS_CM: Final = 0.3
DENSITY_LOW_PASS: Final = LowPass(4, 2.5)
SPECTRUM_SEGMENT_S: Final = 10.0
BAND_HZ: Final = (0.15, 5.0)
BAND_EDGES_HZ: Final = (0.5, 2.0)
LONGEST_LAG: Final = 1 / 3  # of the record
SEARCH_S: Final = (0.3, 2.5)  # where the two straight parts of the diffusion plot may end and begin

_PLANE: Final = "ML_AND_AP"
_AXES: Final = ("ML", "AP")
_PSD: Final = "Power_Spectrum_Density"


def _by_axis(units: dict[str, str], middle: str = "") -> dict[str, str]:
    return {f"{name}{middle}_{axis}": unit for axis in _AXES for name, unit in units.items()}


_SPECTRAL: Final = {
    "total_power": "cm2/Hz",
    "power_frequency_50": "Hz",
    "power_frequency_95": "Hz",
    "frequency_mode": "Hz",
    "centroid_frequency": "Hz",
    "frequency_dispersion": "1",
    "energy_content_below_05": "cm2/Hz",
    "energy_content_05_2": "cm2/Hz",
    "energy_content_above_2": "cm2/Hz",
    "frequency_quotient": "1",
}
_DIFFUSION: Final = {
    "short_time_diffusion": "cm2",
    "long_time_diffusion": "cm2",
    "critical_time": "s",
    "critical_displacement": "cm2",
    "short_time_scaling": "1",
    "long_time_scaling": "1",
}
_PEAKS: Final = ("peak_velocity_pos", "peak_velocity_neg", "peak_velocity_all")

# Every output with its unit, in the order in which the paper's program prints them.
UNITS: Final[dict[str, str]] = {
    **_by_axis({"mean_value": "cm"}),
    **_by_axis({"mean_distance": "cm"}),
    "mean_distance_Radius": "cm",
    **_by_axis({"maximal_distance": "cm"}),
    "maximal_distance_Radius": "cm",
    **_by_axis({"rms": "cm"}),
    "rms_Radius": "cm",
    **_by_axis({"range": "cm"}),
    f"range_{_PLANE}": "cm",
    f"range_ratio_{_PLANE}": "1",
    f"planar_deviation_{_PLANE}": "cm",
    f"coefficient_sway_direction_{_PLANE}": "1",
    f"confidence_ellipse_area_{_PLANE}": "cm2",
    f"principal_sway_direction_{_PLANE}": "deg",
    **_by_axis({"mean_velocity": "cm/s"}),
    f"mean_velocity_{_PLANE}": "cm/s",
    f"sway_area_per_second_{_PLANE}": "cm2/s",
    **_by_axis({"phase_plane_parameter": "1"}),
    f"LFS_{_PLANE}": "/cm",
    f"fractal_dimension_{_PLANE}": "1",
    **_by_axis({"zero_crossing": "1", **dict.fromkeys(_PEAKS, "cm/s")}, "_SPD"),
    "mean_peak_Sway_Density": "s",
    "mean_distance_peak_Sway_Density": "cm",
    **_by_axis({"mean_frequency": "Hz"}),
    f"mean_frequency_{_PLANE}": "Hz",
    **{f"{name}_{_PSD}_{axis}": unit for name, unit in _SPECTRAL.items() for axis in _AXES},
    **_by_axis(_DIFFUSION, "_Diffusion"),
}

_TOO_SHORT: Final = "too short for this measure of the paper"
_STILL: Final = "no variation: the centre of pressure does not move in {axis}"


def paper_outputs(cop_cm: FloatArray, mean_cm: FloatArray, fs_hz: float) -> Found:
    """Return every key of `UNITS` with its value or with the reason why there is none.

    `cop_cm` is the resampled and filtered signal, shape (2, N), ML and AP, as the paper has it: about the mean
    `mean_cm` that was taken before resampling.
    """
    found: Found = {f"mean_value_{axis}": float(mean) for axis, mean in zip(_AXES, mean_cm, strict=True)}
    if cop_cm.shape[1] < 3:
        return {key: found.get(key, _TOO_SHORT) for key in UNITS}
    cop_cm = np.where(np.ptp(cop_cm, axis=1, keepdims=True) > LEAST_MOVEMENT_MM / 10, cop_cm, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found |= _positions(cop_cm) | _sway_density(cop_cm, fs_hz)
        found |= _movement(cop_cm, fs_hz, found[f"confidence_ellipse_area_{_PLANE}"])
        velocities = _velocities(cop_cm, fs_hz)
        frequency, densities = _spectra(cop_cm, fs_hz)
        for axis, values, velocity, density in zip(_AXES, cop_cm, velocities, densities, strict=True):
            if not np.ptp(values) > 0:
                of_axis = (key for key in UNITS if key.endswith(f"_{axis}") and key not in found)
                found |= dict.fromkeys(of_axis, _STILL.format(axis=axis))
                continue
            found |= _velocity_peaks(axis, values, velocity) | _spectrum(axis, frequency, density)
            found |= _diffusion(axis, values, fs_hz)
    return {key: _finite(found[key]) for key in UNITS}


def _finite(value: float | str) -> float | str:
    if isinstance(value, str) or math.isfinite(value):
        return value
    return "no variation: the paper's formula has no value for this trace"


def _positions(cop: FloatArray) -> Found:
    count = cop.shape[1]
    radius = np.hypot(*cop)
    ml_ml, ap_ap, ml_ap = (float(np.mean(a * b)) for a, b in ((cop[0], cop[0]), (cop[1], cop[1]), (cop[0], cop[1])))
    area = math.pi * math.sqrt(max(0.0, ml_ml * ap_ap - ml_ap**2)) * prediction_factor(count)
    found: Found = {
        "mean_distance_Radius": float(radius.mean()),
        "maximal_distance_Radius": float(radius.max()),
        "rms_Radius": math.sqrt(ml_ml + ap_ap),
        f"range_{_PLANE}": largest_distance(convex_hull(*cop)),
        f"planar_deviation_{_PLANE}": math.sqrt(ml_ml + ap_ap),
        f"confidence_ellipse_area_{_PLANE}": area,
        f"principal_sway_direction_{_PLANE}": _main_direction_deg(cop),
    }
    for axis, values, square in zip(_AXES, cop, (ml_ml, ap_ap), strict=True):
        found[f"mean_distance_{axis}"] = float(np.abs(values).mean())
        found[f"maximal_distance_{axis}"] = float(np.abs(values).max())
        found[f"rms_{axis}"] = math.sqrt(square)
        found[f"range_{axis}"] = float(np.ptp(values))
    range_ml, range_ap = (float(np.ptp(values)) for values in cop)
    found[f"range_ratio_{_PLANE}"] = range_ml / range_ap if range_ap > 0 else _STILL.format(axis="AP")
    both = math.sqrt(ml_ml * ap_ap)
    found[f"coefficient_sway_direction_{_PLANE}"] = ml_ap / both if both > 0 else "no variation in one of the axes"
    return found


def _main_direction_deg(cop: FloatArray) -> float:
    """Return the angle between the first principal component and the AP axis, 0 to 90 degrees."""
    (var_ml, covariance), (_, var_ap) = np.cov(cop).tolist()
    from_ml = math.atan2(2 * covariance, var_ml - var_ap) / 2
    return math.degrees(math.acos(min(1.0, abs(math.sin(from_ml)))))


def _movement(cop: FloatArray, fs_hz: float, area: float | str) -> Found:
    count = cop.shape[1]
    steps = np.diff(cop)
    lengths = (*np.abs(steps).sum(axis=1).tolist(), float(np.hypot(*steps).sum()))
    distances = (*np.abs(cop).mean(axis=1).tolist(), float(np.hypot(*cop).mean()))
    around = (4 * math.sqrt(2), 4 * math.sqrt(2), 2 * math.pi)
    found: Found = {}
    for axis, length, distance, turn in zip((*_AXES, _PLANE), lengths, distances, around, strict=True):
        found[f"mean_velocity_{axis}"] = length * fs_hz / count
        speed = length * fs_hz / (count - 1)
        found[f"mean_frequency_{axis}"] = speed / (turn * distance) if distance > 0 else _STILL.format(axis=axis)
    ml, ap = cop
    swept = float(np.abs(ml[1:] * ap[:-1] - ap[1:] * ml[:-1]).sum())
    found[f"sway_area_per_second_{_PLANE}"] = swept * fs_hz / (2 * (count - 1))
    length = lengths[2]
    if not (isinstance(area, float) and area > 0):
        return found | dict.fromkeys((f"LFS_{_PLANE}", f"fractal_dimension_{_PLANE}"), "no variation across a line")
    found[f"LFS_{_PLANE}"] = length / area
    ratio = count * math.sqrt(4 * area / math.pi) / length
    found[f"fractal_dimension_{_PLANE}"] = math.log(count) / math.log(ratio) if ratio > 1 else "the path is too long"
    return found


def _sway_density(cop: FloatArray, fs_hz: float) -> Found:
    keys = ("mean_peak_Sway_Density", "mean_distance_peak_Sway_Density")
    if cop.shape[1] <= shortest_filtered(DENSITY_LOW_PASS):
        return dict.fromkeys(keys, _TOO_SHORT)
    # The program looks at every sample but the last one.
    density_s = smooth(sway_density(cop, RADIUS_CM)[:-1] / fs_hz, fs_hz, DENSITY_LOW_PASS)
    inner = density_s[1:-1]
    peaks = np.flatnonzero((inner > density_s[:-2]) & (inner > density_s[2:])) + 1
    if len(peaks) < 2:
        return dict.fromkeys(keys, f"{len(peaks)} peaks of sway density, at least 2 are needed")
    between = float(np.hypot(*np.diff(cop[:, peaks])).mean())
    return dict(zip(keys, (float(density_s[peaks].mean()), between), strict=True))


def _velocities(cop: FloatArray, fs_hz: float) -> FloatArray:
    """Return the velocity of both axes, by a Savitzky-Golay filter (5 points, cubic); of none of fewer samples."""
    if cop.shape[1] < 5:
        return np.empty((2, 0))
    found: FloatArray = signal.savgol_filter(cop, window_length=5, polyorder=3, deriv=1, delta=1 / fs_hz)
    return found


def _velocity_peaks(axis: str, values: FloatArray, velocity: FloatArray) -> Found:
    """Return how often the velocity changes sign, and the mean of its extremes between two changes, by direction.

    Before the first change and after the last there is no peak.
    """
    if not len(velocity):
        of_velocity = (f"{name}_SPD_{axis}" for name in ("zero_crossing", *_PEAKS))
        return dict.fromkeys((f"phase_plane_parameter_{axis}", *of_velocity), _TOO_SHORT)
    found: Found = {
        f"phase_plane_parameter_{axis}": math.sqrt(float(np.mean(values**2)) + float(np.var(velocity))),
    }
    moving = np.flatnonzero(velocity)
    sides = np.sign(velocity[moving])
    changes = moving[1:][sides[1:] != sides[:-1]]
    found[f"zero_crossing_SPD_{axis}"] = float(len(changes))
    if len(changes) < 2:
        return found | dict.fromkeys((f"{name}_SPD_{axis}" for name in _PEAKS), "the velocity hardly changes sign")
    extremes = np.maximum.reduceat(np.abs(velocity), changes)[:-1]
    upward = velocity[changes[:-1]] > 0
    for name, which in zip(_PEAKS, (upward, ~upward, np.ones_like(upward)), strict=True):
        none = "no peak of the velocity in this direction"
        found[f"{name}_SPD_{axis}"] = float(extremes[which].mean()) if which.any() else none
    return found


def _spectra(cop: FloatArray, fs_hz: float) -> tuple[FloatArray, FloatArray]:
    """Return the frequencies of the band and each axis' density there: 10 s segments padded to the record's length."""
    frequency, density = padded_welch(cop, fs_hz, min(cop.shape[1], round(SPECTRUM_SEGMENT_S * fs_hz)))
    band = (frequency >= BAND_HZ[0]) & (frequency <= BAND_HZ[1])
    return frequency[band], density[:, band]


def _spectrum(axis: str, frequency: FloatArray, power: FloatArray) -> Found:
    keys = [f"{name}_{_PSD}_{axis}" for name in _SPECTRAL]
    if not power.sum() > 0:
        return dict.fromkeys(keys, _TOO_SHORT if not len(power) else "no variation in the band")
    summed = np.cumsum(power)
    mu_0, mu_1, mu_2 = (float((frequency**k * power).sum()) for k in range(3))
    low, mid = frequency <= BAND_EDGES_HZ[0], frequency <= BAND_EDGES_HZ[1]
    below, between, above = (float(power[part].sum()) for part in (low, mid & ~low, ~mid))
    values_found = (
        mu_0,
        float(frequency[np.argmax(summed >= 0.5 * summed[-1])]),
        float(frequency[np.argmax(summed >= 0.95 * summed[-1])]),
        float(frequency[np.argmax(power)]),
        math.sqrt(mu_2 / mu_0),
        math.sqrt(max(0.0, 1 - mu_1**2 / (mu_0 * mu_2))),
        below,
        between,
        above,
        above / (below + between) if below + between > 0 else "no power up to 2 Hz",
    )
    return dict(zip(keys, values_found, strict=True))


def padded_welch(series: FloatArray, fs_hz: float, segment: int) -> tuple[FloatArray, FloatArray]:
    """Return what `welch` returns of series, shape (..., N), with every segment padded to N.

    A long record would have long transforms of many segments. All of a segment's spectrum is in its autocorrelation,
    which is short: so one transform of the mean autocorrelation does, and the cost is N log N.
    """
    count, lags = series.shape[-1], 2 * segment
    if count < lags:
        return welch(series, fs_hz, segment, padded=count)
    _, density = welch(series, fs_hz, segment, padded=lags)
    density[..., 1:-1] /= 2
    correlation = fft.irfft(density)
    spread = np.zeros(series.shape)
    spread[..., :segment] = correlation[..., :segment]
    spread[..., count - segment + 1 :] = correlation[..., segment + 1 :]
    one_sided: FloatArray = fft.rfft(spread).real
    one_sided[..., 1 : (count + 1) // 2] *= 2
    return fft.rfftfreq(count, 1 / fs_hz), one_sided


def _diffusion(axis: str, values: FloatArray, fs_hz: float) -> Found:
    """Return the outputs of stabilogram diffusion, from two straight lines in log-log."""
    keys = [f"{name}_Diffusion_{axis}" for name in _DIFFUSION]
    lags = int(len(values) * LONGEST_LAG)
    first, last = int(SEARCH_S[0] * fs_hz) + 1, int(SEARCH_S[1] * fs_hz)
    if lags < last + 1:
        return dict.fromkeys(keys, _TOO_SHORT)
    squared = mean_squared_displacement(values - values.mean(), lags)[1:]
    if not squared.min() > 0:
        return dict.fromkeys(keys, "no variation: the trace returns to itself at some lag")
    x, y = np.log(np.arange(1, lags + 1) / fs_hz), np.log(squared)
    ends = np.arange(first, last + 1)
    places = np.arange(lags)
    short = _best_line(x, y, places < ends[:, None])
    long = _best_line(x, y, places >= ends[:, None] - 1)
    if short[0] == long[0]:
        return dict.fromkeys(keys, "the two lines do not cross")
    log_time = min((long[1] - short[1]) / (short[0] - long[0]), float(x[-1]))
    log_values = (short[1], long[1], log_time, short[1] + short[0] * log_time)
    if max(log_values) > 700:
        return dict.fromkeys(keys, "the two lines cross too far away for a number")
    return dict(zip(keys, (*map(math.exp, log_values), short[0] / 2, long[0] / 2), strict=True))


def _best_line(x: FloatArray, y: FloatArray, choices: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and intercept of the line that fits best of those through each choice of points, one a row."""
    count = choices.sum(axis=1)
    x_mean, y_mean = choices @ x / count, choices @ y / count
    about_x = (x - x_mean[:, None]) * choices
    about_y = (y - y_mean[:, None]) * choices
    slope = (about_x * about_y).sum(axis=1) / np.square(about_x).sum(axis=1)
    error = np.square(about_y - slope[:, None] * about_x).sum(axis=1) / count
    best = len(error) - 1 - int(np.argmin(error[::-1]))  # the last one of equals
    return float(slope[best]), float(y_mean[best] - slope[best] * x_mean[best])
