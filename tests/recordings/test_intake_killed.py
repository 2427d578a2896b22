"""Whoever takes a recording in may be killed after any step: run again, it ends as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings.identity import id_of, of_call
from recordings.intake import Fate, Intake, Step
from storage.installation import Installation
from tests.recordings.conftest import NOW
from tests.recordings.places import IMPORTED, Place, place
from tests.recordings.processes import killed_taking_in
from tests.recordings.sounds import tone, write

STEPS = (0, *Step)
REJECTED = (Step.DECIDED, Step.ONE_FILE_GONE, Step.FILES_GONE, Step.SETTLED)


@pytest.fixture
def here(installation: Installation) -> Place:
    """A new installation: once with SQLite, once with PostgreSQL."""
    return place(installation)


def finish(here: Place) -> None:
    """Do what is left."""
    for part in here.unsettled:
        here.takes(part)


def heard_without_a_kill(here: Place) -> bytes:
    """The sound of the same conversation, taken in at one go under another number."""
    part = here.records(consent=None, seq=5)
    assert Fate.TAKEN_IN == here.takes(part)
    with here.archive() as archive:
        return b"".join(archive.open(id_of(of_call(part.call_id, 5)), "sound"))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name if step else "BEFORE")
def test_killed_after_any_step_it_is_taken_in_once(here: Place, environment: dict[str, str], step: int) -> None:
    """One row, one sealed file with the same sound, its waveform, and nothing plain."""
    here.records()
    killed_taking_in(environment, step)
    finish(here)
    assert (1, ["sound", "waveform"], [], ()) == (here.rows, here.sealed, here.plain, here.unsettled)
    assert heard_without_a_kill(here) == here.sound()


@pytest.mark.parametrize("step", REJECTED, ids=lambda step: step.name)
@pytest.mark.parametrize("consent", [True, False])
def test_killed_after_any_step_it_is_rejected_once(
    here: Place, environment: dict[str, str], step: int, consent: bool
) -> None:
    """What is damaged lies in the quarantine, whole; of what nobody consented to nothing is left."""
    part = here.records(consent=consent)
    if consent:
        write(here.home.recordings / part.caller_file, tone(1), channels=2)
    killed_taking_in(environment, step)
    finish(here)
    assert here.rejected is not None
    assert consent == here.rejected.quarantined
    assert (["4-a.wav", "4-caller.wav"] if consent else []) == here.quarantined
    assert (0, [], [], ()) == (here.rows, here.sealed, here.plain, here.unsettled)


@pytest.mark.parametrize("step", [step for step in Step if step <= Step.DECIDED], ids=lambda step: step.name)
def test_killed_after_any_step_a_file_is_imported_once(
    here: Place, environment: dict[str, str], tmp_path: Path, step: int
) -> None:
    """Byte for byte; the file itself stays."""
    path = write(tmp_path / "a.wav", tone(2))
    killed_taking_in(environment, step, str(path))
    with here.archive() as archive:
        intake = Intake(here.database, archive, here.home, here.rules)
        fate = intake.take_file(path, IMPORTED, consent=True, at=NOW)
        assert path.read_bytes() == b"".join(archive.open(id_of(IMPORTED.origin), "sound"))
    assert (Fate.KNOWN if step == Step.DECIDED else Fate.TAKEN_IN) == fate
    assert (1, ["sound", "waveform"], []) == (here.rows, here.sealed, here.plain)


def test_what_a_killed_process_had_not_finished_sealing_is_overwritten(here: Place) -> None:
    """The half of a sealed file that it left has the name under which the next one writes."""
    part = here.records()
    with here.archive() as archive:
        for path in archive.files(id_of(of_call(part.call_id, 4))):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"half")
    assert Fate.TAKEN_IN == here.takes(part, NOW)
    assert ["sound", "waveform"] == here.sealed
    assert heard_without_a_kill(here) == here.sound()
