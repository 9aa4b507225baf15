"""What must be so before Kivy is imported; each in a process of its own, because it can happen only once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_ui import boot
from station.config import KioskConfig
from station.errors import UnavailableError

ROOT = Path(__file__).parents[2]


def run(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    kept = {key: value for key, value in os.environ.items() if key not in hidden and not key.startswith("KIVY_")}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env=kept | environment,
    )


def test_there_is_one_source_of_touches_and_no_way_out_by_keyboard() -> None:
    done = run(
        "from station.config import KioskConfig; from kiosk_ui.boot import prepare\n"
        "prepare(KioskConfig(1024, 600, 7.0, fullscreen=True))\n"
        "from kivy.config import Config\n"
        "print(dict(Config.items('input')))\n"
        "print([Config.get(*at) for at in (('kivy', 'exit_on_escape'), ('graphics', 'multisamples'),"
        " ('graphics', 'show_cursor'), ('graphics', 'fullscreen'), ('graphics', 'width'), ('graphics', 'height'))])\n",
        SDL_VIDEODRIVER="offscreen",
    )
    assert done.stdout.splitlines() == [
        "{'mouse': 'mouse,disable_multitouch'}",
        "['0', '0', '0', 'auto', '1024', '600']",
    ], done.stderr
    assert done.stderr == ""


def test_in_a_window_on_a_desk_the_cursor_can_be_seen() -> None:
    done = run(
        "from station.config import KioskConfig; from kiosk_ui.boot import prepare\n"
        "prepare(KioskConfig(fullscreen=False))\n"
        "from kivy.config import Config\n"
        "print(Config.get('graphics', 'show_cursor'), Config.get('graphics', 'fullscreen'))\n",
        SDL_VIDEODRIVER="offscreen",
    )
    assert done.stdout.split() == ["1", "0"], done.stderr


def test_the_folder_that_kivy_wants_goes_when_the_kiosk_does(tmp_path: Path) -> None:
    done = run(
        "import os; from station.config import KioskConfig; from kiosk_ui.boot import prepare\n"
        "prepare(KioskConfig()); print(os.environ['KIVY_HOME'])\n",
        SDL_VIDEODRIVER="offscreen",
        TMPDIR=str(tmp_path),
    )
    assert Path(done.stdout.strip()).parent == tmp_path, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_entry_point_and_its_contract_can_be_imported_without_kivy() -> None:
    done = run("import sys, kiosk_ui.app, kiosk_ui.boot, kiosk_ui.theme; print('kivy' in sys.modules)")
    assert done.stdout.strip() == "False", done.stderr


def test_without_kivy_the_message_says_which_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boot.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match=r"balance-station\[kiosk\]") as caught:
        boot.prepare(KioskConfig())
    assert caught.value.exit_code == os.EX_UNAVAILABLE


def test_without_a_display_the_message_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(boot, "DRM_FOLDER", tmp_path)
    with pytest.raises(UnavailableError, match=r"no display.*--headless"):
        boot.prepare(KioskConfig())


@pytest.mark.parametrize(
    ("environment", "card", "driver"),
    [
        ({"DISPLAY": ":1", "WAYLAND_DISPLAY": "wayland-0"}, True, "x11"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, "wayland"),
        ({}, True, "kmsdrm"),
        ({"SDL_VIDEODRIVER": "offscreen", "DISPLAY": ":1"}, False, "offscreen"),
    ],
)
def test_the_window_goes_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], card: bool, driver: str
) -> None:
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boot, "_check_x_server", lambda display: None)
    if card:
        (tmp_path / "card0").touch()
    monkeypatch.setattr(boot, "DRM_FOLDER", tmp_path)
    boot._choose_video_driver()
    assert os.environ["SDL_VIDEODRIVER"] == driver


def test_a_display_that_does_not_answer_is_one_clear_error() -> None:
    done = run(
        "import sys\n"
        "from kiosk_ui.app import main; from station.config import Config; from station.errors import StationError\n"
        "try:\n    main(Config())\n"
        "except StationError as error:\n    print(error, file=sys.stdout)\n    sys.exit(error.exit_code)\n",
        DISPLAY=":7654",
    )
    assert done.returncode == os.EX_UNAVAILABLE, done.stderr
    assert "no X server answers at DISPLAY=:7654" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
