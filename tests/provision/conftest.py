import shutil
from pathlib import Path

import pytest

from provision import cache
from tests.provision.repository import Repository, with_greeter


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(cache.VARIABLE, str(folder))
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository that holds the program greeter and its library."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        pytest.skip("this machine has no apt: packages cannot be fetched here")
    return with_greeter(tmp_path / "repository")
