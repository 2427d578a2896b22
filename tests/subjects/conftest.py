from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.installation import Installation
from tests.subjects.story import Story, tell


@pytest.fixture
def story(installation: Installation) -> Iterator[Story]:
    """Ewa and Jan share a telephone, and Ola asks that it be called; all of them talk to consultants."""
    with tell(installation) as told:
        yield told
