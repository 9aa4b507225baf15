"""The picture of a recording: what is drawn, from arrays only, and what is said when it cannot be."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from station.errors import DataError, UnavailableError, UsageError
from station.sway.analysis import analyse_recording, measured_signal
from station.sway.files import Recording
from station.sway.picture import Drawn, compose, draw, ellipse_points

from .making import balance_station, csv_text, seconds, sway_mm


def recording(cop=None, fs_hz=100.0):
    cop = sway_mm(6000) if cop is None else cop
    return Recording("a/b.csv", seconds(cop.shape[1], fs_hz), *cop)


def composed(one):
    analysis = analyse_recording(one)
    figure = Figure()
    compose(figure, Drawn(*measured_signal(one), analysis))
    return figure, analysis


def test_four_plots_with_axes_that_say_what_and_in_which_unit():
    figure, analysis = composed(recording())
    track, time, spectrum, diffusion = figure.axes
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "ML, right positive (mm)",
        "time (s)",
        "frequency (Hz)",
        "time interval (s)",
    ]
    assert all(axes.get_ylabel().endswith(")") for axes in figure.axes)
    assert track.get_aspect() == 1.0, "a millimetre is as long in both directions"
    assert [line.get_label() for line in time.lines] == ["ML", "AP"]
    assert (spectrum.get_xscale(), spectrum.get_yscale()) == ("log", "log")
    critical = [line for line in diffusion.lines if str(line.get_label()).startswith("critical point")]
    (point,) = critical
    assert point.get_xydata().tolist() == [
        [analysis.metrics["critical_time_s"], analysis.metrics["critical_displacement_mm2"]]
    ]
    assert "b.csv" in figure.get_suptitle()


def test_the_title_is_the_name_as_it_is_and_why_nothing_can_be_said():
    name = r"a$\no_{formula.csv"
    still = Recording(name, seconds(3000), np.full(3000, 3.0), sway_mm()[1])
    figure, _ = composed(still)
    figure.draw_without_rendering()
    assert figure.get_suptitle().splitlines() == [
        f"{name}   30 s, profile station-1",
        "NOT ASSESSABLE: constant: the centre of pressure does not move in ML",
    ]


def test_a_fit_is_drawn_where_it_was_measured_and_nowhere_else():
    for count, dashed in ((6000, 2), (1500, 0)):
        figure, analysis = composed(recording(sway_mm(6000)[:, :count]))
        diffusion = figure.axes[3]
        assert sum(line.get_linestyle() == "--" for line in diffusion.lines) == dashed
        assert (analysis.metrics["diffusion_short_mm2_s"] is not None) == (dashed == 2)
        assert ("linear fits dashed" in diffusion.get_title(loc="left") + diffusion.get_title()) == (dashed == 2)


def test_a_long_name_leaves_room_for_what_was_done():
    figure, _ = composed(Recording("a/" + "b" * 200 + ".csv", seconds(3000), *sway_mm()))
    assert figure.get_suptitle() == "..." + "b" * 76 + ".csv   30 s, profile station-1"


def test_what_is_drawn_is_what_was_measured():
    one = recording()
    signal_mm, fs_hz = measured_signal(one)
    analysis = analyse_recording(one)
    steps = np.hypot(*np.diff(signal_mm))
    assert fs_hz == analysis.fs_hz
    assert steps.sum() == pytest.approx(analysis.metrics["path_length_mm"], rel=1e-12)
    figure, _ = composed(one)
    assert np.array_equal(figure.axes[0].lines[0].get_xydata().T, signal_mm)


def test_the_ellipse_holds_95_percent_and_has_the_area_that_is_printed():
    random = np.random.default_rng(1)
    turned = np.array([[3.0, 1.0], [0.0, 2.0]]) @ random.normal(0, 3, (2, 20_000))
    one = recording(turned)
    analysis = analyse_recording(one, "published")
    x, y = ellipse_points(analysis)
    area = 0.5 * abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))
    assert area == pytest.approx(analysis.metrics["ellipse_area_95_mm2"], rel=1e-3)
    signal_mm, _ = measured_signal(one, "published")
    matrix = np.linalg.inv(np.cov(np.stack([x[:-1], y[:-1]]), bias=True) * 2)
    inside = np.einsum("in,ij,jn->n", signal_mm, matrix, signal_mm) <= 1
    assert inside.mean() == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(
    "cop",
    [np.stack([np.full(600, 3.0), sway_mm(600)[1]]), np.full((2, 600), 3.0), sway_mm(100), sway_mm(100_000)],
    ids=["one axis still", "all still", "1 s", "1000 s"],
)
def test_any_recording_that_can_be_measured_can_be_drawn(cop, tmp_path):
    one = recording(cop)
    draw(one, analyse_recording(one), "station", tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").size == (1650, 1140)


@pytest.mark.parametrize("name", ["a.png", "a.pdf", "a.svg"])
def test_the_same_recording_makes_the_same_file(name, tmp_path):
    one = recording()
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        draw(one, analyse_recording(one), "station", tmp_path / folder / name)
    assert (tmp_path / "x" / name).read_bytes() == (tmp_path / "y" / name).read_bytes()


def test_what_cannot_be_drawn_or_written_is_said(tmp_path):
    one = recording()
    analysis = analyse_recording(one)
    with pytest.raises(UsageError, match=r"a picture is one of \*\.png, \*\.pdf, \*\.svg"):
        draw(one, analysis, "station", tmp_path / "a.gif")
    with pytest.raises(UsageError, match="cannot be written: No such file"):
        draw(one, analysis, "station", tmp_path / "none" / "a.png")
    short = recording(sway_mm(10))
    with pytest.raises(DataError, match="too short"):
        draw(short, analyse_recording(short), "station", tmp_path / "a.png")


def test_without_matplotlib_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    one = recording()
    with pytest.raises(UnavailableError, match=r"install it with: pip install 'balance-station\[plot\]'"):
        draw(one, analyse_recording(one), "station", tmp_path / "a.png")


def test_the_command_draws_and_prints_and_opens_no_window(tmp_path, monkeypatch, capsys):
    path = tmp_path / "a.csv"
    path.write_text(csv_text("time_s,cop_ml_mm,cop_ap_mm", zip(seconds(3000), *sway_mm(3000), strict=True)))
    ran = balance_station(monkeypatch, capsys, "analyze", path, "--json", "--plot", tmp_path / "a.png")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("{")
    assert Image.open(tmp_path / "a.png").format == "PNG"
    many = balance_station(monkeypatch, capsys, "analyze", path, path, "--plot", tmp_path / "b.png")
    assert (many.exit_code, many.stdout) == (64, "")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    missing = balance_station(monkeypatch, capsys, "analyze", path, "--plot", tmp_path / "c.png")
    assert (missing.exit_code, missing.stdout, missing.stderr.count("\n")) == (69, "", 1)


def test_measuring_does_not_load_what_draws():
    code = "import sys, station.cli.analyze; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
