"""The installed program: what the code reads at run time comes along with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT

INSTALLED = (
    *("audit", "auth_pin", "centrala", "demo", "ivr"),
    *("personal_data", "provision", "recordings", "routing", "storage"),
)
PROGRAM = "retention_job.py"
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "*.pyc")
CACHE = "from provision import cache; print(cache.folder())"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the packages."""
    folder = tmp_path_factory.mktemp("wheel")
    for package in INSTALLED:
        shutil.copytree(ROOT / package, folder / "source" / package, ignore=LEFT_BEHIND)
    for name in ("pyproject.toml", "README.md", PROGRAM):
        shutil.copy(ROOT / name, folder / "source")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps"]
    subprocess.run([*build, "--no-build-isolation", "--wheel-dir", folder, folder / "source"], check=True)
    (made,) = folder.glob("*.whl")
    return made


def test_a_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    """Templates, migrations and checksums, too: a file of a new kind is not forgotten."""
    source = wheel.parent / "source"
    files = (path for package in INSTALLED for path in (source / package).rglob("*") if path.is_file())
    assert set() == {PROGRAM, *(str(path.relative_to(source)) for path in files)} - set(
        zipfile.ZipFile(wheel).namelist()
    )


def test_an_installed_program_keeps_its_cache_in_the_users(wheel: Path, tmp_path: Path) -> None:
    """Where it is installed may be read-only, and is nobody's place for 80 MB."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "CENTRALA_CACHE": ""}
    said = subprocess.check_output([sys.executable, "-c", CACHE], cwd=tmp_path / "installed", env=environment)
    assert f"{tmp_path}/centrala\n" == said.decode()
