"""What Asterisk has recorded of a conversation goes into the archive, and out of it again, as it was."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import wave
from collections.abc import Iterator

import numpy as np
import pytest

import provision
from tests.live.callers import account, recorded, recorded_files, talk
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.stations import Live, live, menus_with


@pytest.fixture(scope="module")
def archiving(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service of its own: whatever is recorded there is taken in."""
    folder = tmp_path_factory.mktemp("archiving")
    with live(folder / "home", menus_with(folder, SHORT_TIMEOUT)) as running:
        running.staff("1301", "1302")
        yield running


def test_a_recorded_conversation_is_archived(archiving: Live, ani: str) -> None:
    """While they talk there is nothing to take in; afterwards both sides are heard from the archive, as recorded."""
    there = talk(archiving, ani, "6")
    there.wait(2)
    assert {"taken_in": 0} == json.loads(archiving.station.centrala("recordings", "intake", "--json"))
    there.end()

    kept = account(archiving, ani)
    (part,) = kept.parts
    sides = [recorded(archiving, name) for name in (part.caller_file, part.agent_file)]
    assert {"taken_in": 1} == json.loads(archiving.station.centrala("recordings", "intake", "--json"))
    assert [] == recorded_files(archiving, kept.row.id)
    (told,) = [json.loads(line) for line in archiving.station.centrala("recordings", "list", "--json").splitlines()]
    assert ("kept", "doctors", part.agent) == (told["status"], told["topic"], told["consultant"])
    for side, channel in zip(sides, heard(archiving, told["id"]), strict=True):
        assert np.array_equal(side, channel[: len(side)])
        assert not channel[len(side) :].any()


def heard(archiving: Live, id: str) -> tuple[np.ndarray, np.ndarray]:
    """The caller's and the consultant's side, as they are played."""
    words = (sys.executable, "-m", "centrala", "recordings", "play", id)
    played = subprocess.run(words, env=archiving.station.environment, capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(played)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    return both[:, 0], both[:, 1]
