from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from recordings.archive import Archive
from recordings.key_encryption import KeyEncryption
from recordings.key_store import KeyStore
from recordings.sealing import KEY_BYTES

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
FIRST_KEY = {"2026": bytes(range(KEY_BYTES))}


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyStore]:
    """An empty key store in an SQLite file."""
    store = KeyStore(f"sqlite:///{tmp_path / 'keys.db'}", KeyEncryption(FIRST_KEY))
    yield store
    store.close()


@pytest.fixture
def ffmpeg(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An ffmpeg on PATH: the installed one, or that of the package imageio-ffmpeg."""
    if shutil.which("ffmpeg") is None:
        folder = tmp_path_factory.mktemp("ffmpeg")
        (folder / "ffmpeg").symlink_to(get_ffmpeg_exe())
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


@pytest.fixture
def archive(tmp_path: Path, keys: KeyStore) -> Archive:
    """An empty archive."""
    return Archive(tmp_path / "archive", keys)
