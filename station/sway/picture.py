"""One recording as a picture: statokinesigram with its ellipse, stabilogram, spectrum and diffusion plot.

Draws what was measured, after the profile's pipeline, and the measures that can be seen in it. Needs matplotlib (the
extra `plot`), which nothing else here does; draws into a file and opens no window.
"""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from station.errors import UnavailableError, UsageError
from station.sway.analysis import Analysis, measured_signal
from station.sway.diffusion import LONG_FROM_S, LONG_TO_S, SHORT_TO_S, mean_squared_displacement
from station.sway.files import Recording
from station.sway.frequency import HIGHEST_HZ, LOWEST_HZ, SEGMENT_S
from station.sway.spectrum import welch
from station.sway.straight_line import fit_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.float64]

SUFFIXES: Final = (".png", ".pdf", ".svg")
# The same recording makes the same file, whenever it is drawn.
_UNDATED: Final[Any] = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
_DOTS_A_INCH: Final = 150
# Blue and vermilion of Okabe & Ito 2008, which people who see few colours can tell apart.
_ML, _AP, _PLANE, _FAINT, _ACCENT = "#0072B2", "#D55E00", "#333333", "#999999", "#009E73"
_STYLE: Final[Any] = {
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.hashsalt": "balance-station",
}
# More points than a line on paper can show are left out of the two lines.
_MOST_POINTS: Final = 20_000
_LONGEST_LINE: Final = 120  # characters across the picture
_LONGEST_NAME: Final = 80


class Drawn(msgspec.Struct, frozen=True, eq=False):
    """What is drawn: `cop_mm` of shape (2, N), ML and AP, about its mean, at `fs_hz`; and its measures."""

    cop_mm: FloatArray
    fs_hz: float
    analysis: Analysis


def draw(recording: Recording, analysis: Analysis, profile: str, out: Path) -> None:
    """Write the picture of a recording to a file whose name says the format.

    Raises UnavailableError without matplotlib, UsageError for a format it does not write or a file that cannot be
    written, DataError for a recording that is too short for its profile.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--plot {out}: a picture is one of {', '.join('*' + suffix for suffix in SUFFIXES)}")
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
        from matplotlib.layout_engine import ConstrainedLayoutEngine
    except ImportError:
        raise UnavailableError(
            "--plot needs matplotlib, which is not installed; install it with: pip install 'balance-station[plot]'"
        ) from None
    cop_mm, fs_hz = measured_signal(recording, profile)
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(11.0, 7.6), layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1))
        FigureCanvasAgg(figure)
        compose(figure, Drawn(cop_mm, fs_hz, analysis))
        try:
            figure.savefig(out, dpi=_DOTS_A_INCH, metadata=_UNDATED.get(out.suffix.lower()))
        except OSError as error:
            raise UsageError(f"--plot {out}: cannot be written: {error.strerror}") from None


def compose(figure: "Figure", drawn: Drawn) -> None:
    """Put the four plots into a figure."""
    analysis = drawn.analysis
    name = analysis.file.rsplit("/", 1)[-1]
    name = name if len(name) <= _LONGEST_NAME else f"...{name[-_LONGEST_NAME:]}"
    title = f"{name}   {analysis.duration_s:.4g} s, profile {analysis.profile}"
    if not analysis.quality.assessable:
        flags = textwrap.shorten("; ".join(analysis.quality.flags), _LONGEST_LINE, placeholder=" ...")
        title += f"\nNOT ASSESSABLE: {flags}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, parse_math=False)
    rows = figure.add_gridspec(2, 2, width_ratios=(1.0, 1.25))
    _statokinesigram(figure.add_subplot(rows[0, 0]), drawn)
    _stabilogram(figure.add_subplot(rows[0, 1]), drawn)
    _spectrum(figure.add_subplot(rows[1, 0]), drawn)
    _diffusion(figure.add_subplot(rows[1, 1]), drawn)


def _statokinesigram(axes: "Axes", drawn: Drawn) -> None:
    ml, ap = _thinned(drawn.cop_mm)
    axes.plot(ml, ap, color=_PLANE, linewidth=0.6, alpha=0.8)
    ellipse = ellipse_points(drawn.analysis)
    if ellipse is not None:
        axes.plot(*ellipse, color=_ACCENT, linewidth=1.6)
    axes.axhline(0, color=_FAINT, linewidth=0.6)
    axes.axvline(0, color=_FAINT, linewidth=0.6)
    axes.set_aspect("equal", adjustable="datalim")
    area_mm2 = drawn.analysis.metrics.get("ellipse_area_95_mm2")
    said = "" if area_mm2 is None else f", 95 % prediction ellipse {area_mm2:.3g} mm²"
    axes.set(title=f"Statokinesigram{said}", xlabel="ML, right positive (mm)", ylabel="AP, forward positive (mm)")


def _stabilogram(axes: "Axes", drawn: Drawn) -> None:
    time_s = np.arange(drawn.cop_mm.shape[1]) / drawn.fs_hz
    for name, colour, axis in (("ML", _ML, drawn.cop_mm[0]), ("AP", _AP, drawn.cop_mm[1])):
        axes.plot(*_thinned(np.stack([time_s, axis])), color=colour, linewidth=0.9, label=name)
    axes.margins(x=0)
    velocity = drawn.analysis.metrics.get("mean_velocity_mm_s")
    said = "" if velocity is None else f", mean velocity {velocity:.1f} mm/s"
    axes.set(title=f"Stabilogram{said}", xlabel="time (s)", ylabel="displacement (mm)")
    axes.legend(loc="upper right", ncols=2)


def _spectrum(axes: "Axes", drawn: Drawn) -> None:
    segment = min(drawn.cop_mm.shape[1], round(SEGMENT_S * drawn.fs_hz))
    frequency_hz, density = welch(drawn.cop_mm, drawn.fs_hz, segment)
    shown = (frequency_hz > 0) & (frequency_hz <= 2 * HIGHEST_HZ)
    for name, colour, power in zip(("ML", "AP"), (_ML, _AP), density[:, shown], strict=True):
        if not power.any():
            continue  # an axis that does not move has no place on a logarithmic scale
        median_hz = drawn.analysis.metrics.get(f"power_50_{name.lower()}_hz")
        said = "" if median_hz is None else f", half below {median_hz:.2f} Hz"
        axes.semilogy(frequency_hz[shown], power, color=colour, linewidth=1.1, label=f"{name}{said}")
    axes.axvspan(LOWEST_HZ, HIGHEST_HZ, color=_FAINT, alpha=0.12, linewidth=0, label="measured band")
    axes.set(title="Spectrum (Welch)", xlabel="frequency (Hz)", ylabel="power density (mm²/Hz)")
    axes.set_xscale("log")
    axes.set_xticks([0.1, 0.5, 1, 5, 10], labels=["0.1", "0.5", "1", "5", "10"])
    axes.legend(loc="lower left")


def _diffusion(axes: "Axes", drawn: Drawn) -> None:
    lags = min(int(LONG_TO_S * drawn.fs_hz), drawn.cop_mm.shape[1] // 2)
    lag_s = np.arange(lags + 1) / drawn.fs_hz
    per_axis = mean_squared_displacement(drawn.cop_mm, lags)
    curves = (("planar", _PLANE, per_axis.sum(axis=0)), ("ML", _ML, per_axis[0]), ("AP", _AP, per_axis[1]))
    for name, colour, squared in curves:
        axes.plot(lag_s, squared, color=colour, linewidth=1.2, label=name)
    planar = curves[0][2]
    top = float(planar.max())
    critical_s = drawn.analysis.metrics.get("critical_time_s")
    critical_mm2 = drawn.analysis.metrics.get("critical_displacement_mm2")
    for region, from_s, to_s in (("short", 0.0, SHORT_TO_S), ("long", LONG_FROM_S, LONG_TO_S)):
        if drawn.analysis.metrics.get(f"diffusion_{region}_mm2_s") is None:
            continue
        fitted = (lag_s > max(from_s - 1e-9, 0)) & (lag_s <= to_s + 1e-9)
        slope, intercept = fit_line(lag_s[fitted], planar[fitted])
        ends = np.array([from_s, to_s])
        axes.plot(ends, intercept + slope * ends, color=_ACCENT, linewidth=1.6, linestyle="--")
        if critical_s is not None:
            on = np.array([ends[np.abs(ends - critical_s).argmin()], critical_s])
            axes.plot(on, intercept + slope * on, color=_ACCENT, linewidth=0.8, linestyle=":")
    if critical_s is not None and critical_mm2 is not None:
        label = f"critical point, {critical_s:.2f} s, {critical_mm2:.1f} mm²"
        axes.plot([critical_s], [critical_mm2], "o", color=_ACCENT, markersize=6, label=label)
    said = ", linear fits dashed" if drawn.analysis.metrics.get("diffusion_short_mm2_s") is not None else ""
    axes.set(title=f"Stabilogram diffusion{said}", xlabel="time interval (s)", ylabel="mean squared displacement (mm²)")
    axes.set_xlim(0, lag_s[-1])
    axes.set_ylim(0, 1.3 * top if top > 0 else 1.0)
    axes.legend(loc="upper left", ncols=4, columnspacing=1.2, handlelength=1.5)


def ellipse_points(analysis: Analysis) -> FloatArray | None:
    """Return the outline of the 95 % ellipse about the mean, shape (2, 181), mm; None when there is no ellipse."""
    major, minor, angle = (analysis.metrics.get(f"ellipse_{key}") for key in ("major_mm", "minor_mm", "angle_deg"))
    if major is None or minor is None:
        return None
    turn, tilt = np.linspace(0, 2 * np.pi, 181), np.radians(angle or 0.0)
    along, across = major * np.cos(turn), minor * np.sin(turn)
    return np.stack([along * np.cos(tilt) - across * np.sin(tilt), along * np.sin(tilt) + across * np.cos(tilt)])


def _thinned(points: FloatArray) -> FloatArray:
    every = -(-points.shape[1] // _MOST_POINTS)
    return points[:, ::every]
