from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from recordings.purge import Places
from storage.database import Database
from tests.recordings.kept import places_in


@pytest.fixture
def places(tmp_path: Path, database: Database) -> Iterator[Places]:
    """Where recordings lie, beside a database of everything else."""
    made = places_in(tmp_path, database)
    yield made
    made.archive.keys.close()
