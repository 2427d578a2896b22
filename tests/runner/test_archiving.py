"""A call's recordings on their way into the archive: with the topic, queue and consultant that it had."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from centrala.archiving import conversation, rules, take_in
from centrala.settings import Recordings, Settings
from centrala.terms import terms_of
from ivr.runner import Conversation, Runner
from ivr.state import InQueue
from recordings import catalogue
from recordings.archive import Archive
from recordings.intake import Conversation as Known
from recordings.intake import Fate, Intake
from recordings.key_encryption import KeyEncryption
from recordings.key_store import KeyStore
from recordings.parts import RecordingPart
from storage.installation import Installation
from tests.recordings.conftest import FIRST_KEY
from tests.recordings.sounds import tone, write
from tests.runner.conftest import Clock, Line


@pytest.fixture
def talked(line: Line, runner: Runner, clock: Clock, installation: Installation) -> Line:
    """A caller whose conversation was recorded and is over."""
    for side in ("caller", "agent"):
        write(installation.home.recordings / f"x-{side}.wav", tone(1))
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    assert isinstance(line.position, InQueue)
    answered_at = clock.wait(minutes=1)
    clock.wait(minutes=2)
    files = ("x-caller.wav", "x-agent.wav")
    stay = Conversation("answered", "11", answered_at, *files, queue="help", turn=line.now.seq)
    line.live = runner.back_from_queue(line.arrival, stay)
    return line


def test_a_call_is_taken_in_with_what_is_known_of_it(talked: Line, installation: Installation, clock: Clock) -> None:
    """Whose consent is on record with the call."""
    with closing(KeyStore(f"sqlite:///{installation.home.path / 'keys.db'}", KeyEncryption(FIRST_KEY))) as keys:
        archive = Archive(installation.home.archive, keys)
        intake = Intake(installation.database, archive, installation.home, rules(Recordings(), terms_of(Settings())))
        take = partial(_take, intake, clock())
        taken, again = ([fate for _, fate in take_in(installation.database, take)] for _ in range(2))
    assert ([Fate.TAKEN_IN], []) == (taken, again)
    with installation.database.reading() as connection:
        (row,) = catalogue.everything(connection)
    (visit,) = talked.visits
    assert (talked.id, visit.topic, "help", "11", talked.ani) == (
        *(row.call_id, row.topic, row.queue, row.consultant, row.caller),
    )
    assert (talked.row.auth_level, clock()) == (row.level, row.ended_at)
    assert [] == list(Path(installation.home.recordings).iterdir())


def test_a_colleague_who_was_asked_belongs_to_the_stay_before(talked: Line, installation: Installation) -> None:
    """Their part has a number of its own and no stay."""
    (part,) = talked.parts
    with installation.database.reading() as connection:
        one = conversation(connection, part)
        other = conversation(connection, replace(part, seq=part.seq + 1, agent="12"))
    assert (one.topic, one.queue, "12") == (other.topic, other.queue, other.consultant)
    assert one.origin != other.origin


def _take(intake: Intake, at: datetime, part: RecordingPart, about: Known) -> Fate:
    return intake.take_part(part, about, at)
