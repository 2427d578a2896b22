from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
def archive(tmp_path: Path, keys: KeyStore) -> Archive:
    """An empty archive."""
    return Archive(tmp_path / "archive", keys)
