"""The id of the calibration's code is the one that git gives to the folder."""

import shutil
import subprocess
from pathlib import Path

import pytest

import calibration
from calibration.code_version import git_tree

FOLDER = Path(calibration.__file__).parent


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git to compare with")
def test_it_is_gits_own_id_and_changes_with_one_byte(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "calibration", ignore=shutil.ignore_patterns("__pycache__"))

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q")
    git("add", "--force", "calibration")
    assert git("write-tree", "--prefix=calibration/") == git_tree(tmp_path / "calibration") == git_tree(FOLDER)
    with (tmp_path / "calibration" / "limits.toml").open("ab") as file:
        file.write(b"\n")
    assert git_tree(tmp_path / "calibration") != git_tree(FOLDER)
