"""Erasing somebody: nothing of them is left, all of everybody else is, and whoever is killed finishes it later."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import pytest
from sqlalchemy import event, func, select, update

from audit import entries, verification
from audit.entries import Action, Entry
from ivr.calls import calls
from personal_data import expiry
from personal_data.expiry import Day
from recordings import catalogue, consents, erased, holds, parts, purge, rejected, tombstones
from recordings.archive import Archive
from recordings.catalogue import State
from recordings.holds import Hold
from recordings.intake import Fate, Intake
from recordings.rejected import Rejected
from recordings.searching import stands_in
from recordings.wanted import Wanted
from routing import callbacks
from storage.database import metadata
from storage.installation import open_installation
from subjects.decision import Busy
from subjects.erasure import Step
from subjects.forecast import forecast
from tests.auth_pin.people import EWA
from tests.recordings.places import RULES, about, age
from tests.recordings.processes import ended, started
from tests.subjects.dying import erase_and_die
from tests.subjects.story import (
    LATER,
    OLAS_NUMBER,
    SHARED,
    SHARED_NUMBER,
    TODAY,
    Story,
    ignored,
    opened,
    tell,
)

CASE = "II K 1/26"
HANGING = ("turns", "auth_attempts", "queue_visits", "consents", "survey_offers")
"""What there is of a call, but for its row, and for parts, which go with their recordings."""


# Its entries name the call, by an id that nothing else has any more.
AUDIT = ("audit_entries",)


def rows(story: Story, left_out: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """Everything in the database, by table."""
    with story.installation.database.reading() as connection:
        return {
            name: {str(row) for row in connection.execute(select(table))}
            for name, table in metadata.tables.items()
            if name not in left_out
        }


def found_in_files(folder: Path, *words: str) -> list[str]:
    """The files below a folder in whose bytes one of the words stands."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and stands_in(path, words))


def hold(story: Story, *recordings: str) -> None:
    """Place a hold on recordings."""
    with story.installation.database.writing() as connection:
        for id in recordings:
            made = Hold(str(uuid4()), CASE, "a complaint", "anna", LATER)
            holds.place(connection, made, Wanted(id=id))


def told(story: Story) -> list[tuple[str, str | None]]:
    """What the audit says was done, and to whom; its chain is whole. Entries of calls name nobody, and stay."""
    with story.installation.database.reading() as connection:
        assert verification.verify(connection).whole
        everything = entries.everything(connection)
        return [(one.action, one.person) for one in everything if not one.object.startswith("call:")]


def test_of_a_number_nothing_is_left_and_of_others_everything(story: Story) -> None:
    """Not of who shares the telephone; but for the number that was keyed, not of who asked that it be called."""
    before = rows(story)
    ewas = {row for table in before.values() for row in table if story.calls["ewa"].id in row}
    story.erases(story.held(None, SHARED_NUMBER))
    after = rows(story)
    everything = {row for table in after.values() for row in table}
    assert ewas <= everything
    # Why nothing was taken in of a call stays, by the call's id.
    told_of = {row for name, table in after.items() if name != "rejected_recordings" for row in table}
    assert set() == {id for id in (story.calls["jan"].id, story.calls["jan again"].id) for row in told_of if id in row}
    (ola,) = [row for row in after["callbacks"] if story.calls["ola"].id in row]
    assert "cancelled" in ola
    assert [] == [row for row in everything if SHARED in row and row not in ewas]
    # It was read back to Ola, digit by digit.
    read_back = ",".join(f'"digit-{digit}"' for digit in SHARED)
    assert any(read_back in row for row in before["turns"])
    assert [] == [row for row in everything if read_back in row]
    assert len(story.calls["ola"].turns) == len([row for row in before["turns"] if story.calls["ola"].id in row])


def test_of_a_profile_nothing_is_left(story: Story) -> None:
    """The profile, the calls in which it was authenticated, the attempts at its identifier."""
    claim, subject = story.person(EWA.identifier).claim, story.person(EWA.identifier).subject
    assert claim is not None
    assert subject is not None
    kept = story.marks("ewa") - set(story.recordings_of("ewa"))
    recordings = story.recordings_of("ewa")
    jans = {row for table in rows(story).values() for row in table if story.calls["jan"].id in row}
    story.erases(story.held(EWA.identifier))
    everything = {row for table in rows(story).values() for row in table}
    assert set() == {mark for mark in (claim, subject) for row in everything if mark in row}
    elsewhere = {row for table in rows(story, AUDIT).values() for row in table}
    assert set() == {mark for mark in kept for row in elsewhere if mark in row}
    assert jans <= everything
    with story.installation.database.reading() as connection:
        stones = [tombstones.find(connection, id) for id in recordings]
    assert ["erasure on 2026-11-23"] * 2 == [stone.decision for stone in stones if stone]
    assert frozenset() == story.keys.has(recordings)


def test_the_audit_keeps_its_entries_and_knows_nobody(story: Story) -> None:
    """The last one tells of the erasure; afterwards the same person has another pseudonym."""
    held = story.held(EWA.identifier)
    (name,) = held.person.names
    before = story.pseudonyms.of(name, LATER)
    with story.installation.database.writing() as connection:
        entries.append(connection, Entry(LATER, "anna", Action.RECORDING_PLAYED, "recording:x", before))
    story.erases(held)
    assert [("recording played", before), ("person erased", before)] == told(story)
    assert (None, False) == (story.pseudonyms.known(name), before == story.pseudonyms.of(name, LATER))


def test_what_a_hold_keeps_of_a_call_stays_whole_and_then_goes(story: Story) -> None:
    """Until the hold has ended, and found by its person; the rest goes at once."""
    held_id, free_id = story.recordings_of("ewa")
    call_id = story.calls["ewa"].id
    hold(story, held_id)
    held = story.held(EWA.identifier)
    with story.installation.database.reading() as connection:
        foreseen = forecast(connection, held, TODAY)
    assert (2, 1, 1, {CASE: 1}) == (foreseen.recordings, foreseen.kept, foreseen.kept_calls, foreseen.held)
    whole = {row for name in HANGING for row in rows(story)[name] if call_id in row}
    assert 1 == story.erases(held).held
    assert whole == {row for name in HANGING for row in rows(story)[name] if call_id in row}
    _is_found(story, held_id)

    with story.installation.database.writing() as connection:
        assert catalogue.find(connection, free_id) is None
        kept = catalogue.find(connection, held_id)
        assert kept is not None
        assert (State.WITHDRAWN, 1) == (kept.state, len(consents.of_call(connection, call_id)))
    _job(story)
    assert whole == {row for name in HANGING for row in rows(story)[name] if call_id in row}
    with story.installation.database.writing() as connection:
        holds.lift(connection, CASE, "anna", LATER)
    _job(story)
    assert [] == [row for table in rows(story, AUDIT).values() for row in table if call_id in row]
    with story.installation.database.reading() as connection:
        assert forecast(connection, story.held(EWA.identifier), TODAY).nothing


def test_what_a_hold_keeps_of_a_number_s_call_is_found_by_the_number(story: Story) -> None:
    """There is no profile that could lead to it."""
    (id,) = story.recordings_of("jan")
    hold(story, id)
    story.erases(story.held(None, SHARED_NUMBER))
    with story.installation.database.reading() as connection:
        foreseen = forecast(connection, story.held(None, SHARED_NUMBER), TODAY)
    assert (1, 1, {CASE: 1}, False) == (foreseen.kept, foreseen.kept_calls, foreseen.held, foreseen.nothing)
    assert 0 == foreseen.rows["calls"]


def _is_found(story: Story, recording: str) -> None:
    """The profile is gone, and whoever asks for its person is told of what is held."""
    held = story.held(EWA.identifier)
    assert held.person.subject is None
    with story.installation.database.reading() as connection:
        foreseen = forecast(connection, held, TODAY)
        assert [recording] == [one.id for one in catalogue.everything(connection, held.recordings)]
    assert (1, {CASE: 1}, False) == (foreseen.kept_calls, foreseen.held, foreseen.nothing)


def _job(story: Story) -> None:
    """What the retention job does with recordings that are decided, and then with the rest."""
    database = story.installation.database
    purge.decide(database, TODAY, 10, ignored)
    purge.carry_out(story.places, lambda: LATER, 10, ignored, purge.uncounted)
    day = Day(TODAY, RULES.zone, 10, lambda flow: frozenset())
    expiry.expire_erased(database, day, LATER + timedelta(minutes=1), ignored)


def test_what_is_not_taken_in_yet_never_is(story: Story) -> None:
    """Its files are destroyed, why stands on record, and an intake that comes late keeps nothing."""
    (part,) = story.calls["jan again"].parts
    files = parts.files(part, story.places.spool)
    sounds = [path.read_bytes() for path in files]
    story.erases(story.held(None, SHARED_NUMBER))
    assert [] == [path for path in files if path.exists()]
    with story.installation.database.reading() as connection:
        why = rejected.of_origin(connection, about(part).origin)
        assert () == parts.of_call(connection, part.call_id)
    assert why is not None
    assert ("erased at the wish of the person", False) == (why.reason, why.quarantined)
    for path, sound in zip(files, sounds, strict=True):
        path.write_bytes(sound)
    assert Fate.ERASED == _late(story).take_part(part, about(part), LATER)
    assert [] == [path for path in files if path.exists()]


def test_what_lies_on_another_machine_is_destroyed_there(story: Story) -> None:
    """Its row stays until that machine's intake has come to it."""
    (part,) = story.calls["jan again"].parts
    files = parts.files(part, story.places.spool)
    elsewhere = [(path, path.read_bytes()) for path in files]
    for path in files:
        path.unlink()
    story.erases(story.held(None, SHARED_NUMBER))
    assert (part,) == story.calls["jan again"].parts
    assert Fate.ABSENT == _late(story).take_part(part, about(part), LATER)
    for path, sound in elsewhere:
        path.write_bytes(sound)
    assert Fate.ERASED == _late(story).take_part(part, about(part), LATER)
    assert [] == [*story.calls["jan again"].parts, *(path for path in files if path.exists())]


class _Late(Archive):
    """The archive of a machine on which, just before it puts something aside, an erasure is decided elsewhere."""

    def decides(self, decide: Callable[[], None]) -> Self:
        """What happens meanwhile."""
        self._decide = decide
        return self

    def destroy(self, id: str) -> None:
        """As ever."""
        super().destroy(id)
        self._decide()


def test_what_is_erased_while_it_is_found_to_be_damaged_is_not_put_aside(story: Story) -> None:
    """No row would name it in the quarantine."""
    (part,) = story.calls["jan again"].parts
    files = parts.files(part, story.places.spool)
    for path in files:
        path.write_bytes(b"no sound")
        age(path, LATER - timedelta(days=1))

    def decide() -> None:
        with story.installation.database.writing() as connection:
            erased.never_take_in(connection, part, None, LATER)

    home = story.installation.home
    intake = Intake(story.installation.database, _Late(home.archive, story.keys).decides(decide), home, RULES)
    assert Fate.ERASED == intake.take_part(part, about(part), LATER)
    assert [] == [*home.quarantine.iterdir(), *(path for path in files if path.exists())]


def test_an_intake_that_was_before_the_decision_keeps_nothing_after_it(story: Story) -> None:
    """On another machine it may have sealed the sound by then."""
    (part,) = story.calls["jan again"].parts
    origin, (id,) = about(part).origin, story.recordings_of("jan again")

    def decide_meanwhile(step: int) -> None:
        with story.installation.database.writing() as connection:
            row = Rejected(origin, LATER, "erased at the wish of the person", None, False, None, None)
            rejected.store(connection, row)

    intake = Intake(story.installation.database, story.archive, story.installation.home, RULES, decide_meanwhile)
    for path in parts.files(part, story.places.spool):
        age(path, LATER - timedelta(days=1))
    assert Fate.ERASED == intake.take_part(part, about(part), LATER)
    assert (frozenset(), []) == (story.keys.has([id]), [path for path in story.archive.files(id) if path.exists()])


def _late(story: Story) -> Intake:
    return Intake(story.installation.database, story.archive, story.installation.home, RULES)


def test_a_call_that_is_running_is_refused(story: Story) -> None:
    """Nothing is decided then; nor while one runs in which the number was keyed, or a callback is being kept."""
    line = story.calls_in("now", SHARED, "1")
    before = rows(story)
    with pytest.raises(Busy, match=rf"the call {line.id} is going on; run this again when it is over"):
        story.erases(story.held(None, SHARED_NUMBER))
    assert before == rows(story)
    story.hangs_up(line)
    story.erases(story.held(None, SHARED_NUMBER))


def test_a_call_in_which_the_number_was_keyed_and_that_is_running_is_refused(story: Story) -> None:
    """It would write the number again."""
    ola = story.calls["ola"].id
    with story.installation.database.writing() as connection:
        connection.execute(update(calls).where(calls.c.id == ola).values(ended_at=None))
    with pytest.raises(Busy, match=ola):
        story.erases(story.held(None, SHARED_NUMBER))


def test_a_note_that_is_still_to_be_told_is_waited_for(story: Story) -> None:
    """It would bring the call back; one that could never be taken in is destroyed."""
    folder, id = story.installation.home.spool, story.calls["jan"].id
    (folder / f"{id}.note").write_text("a note")
    with pytest.raises(Busy, match="still to be taken in"):
        story.erases(story.held(None, SHARED_NUMBER))
    (folder / f"{id}.note").rename(folder / f"{id}.unusable")
    story.erases(story.held(None, SHARED_NUMBER))
    assert [] == list(folder.iterdir())


def test_a_callback_is_cancelled_and_its_line_waited_for(story: Story) -> None:
    """Whoever keeps lines takes it down by the row; then the row goes."""
    ola = story.calls["ola"].id
    with story.installation.database.writing() as connection:
        callbacks.put_in_line(connection, ola, LATER)
    with pytest.raises(Busy, match="its line still stands in a queue"):
        story.erases(story.held(None, OLAS_NUMBER))
    with story.installation.database.writing() as connection:
        found = callbacks.find(connection, ola)
        assert found is not None
        assert "cancelled" == found.state
        callbacks.line_gone(connection, ola)
    story.erases(story.held(None, OLAS_NUMBER))
    with story.installation.database.reading() as connection:
        assert callbacks.find(connection, ola) is None


def test_what_lies_in_the_quarantine_is_destroyed(story: Story) -> None:
    """That of the person; the rest of it stays."""
    (part,) = story.calls["jan again"].parts
    for path in parts.files(part, story.places.spool):
        path.write_bytes(b"no sound")
        age(path, LATER - timedelta(days=1))
    taken = _late(story).take_part(part, about(part), LATER)
    assert Fate.QUARANTINED == taken
    stays = story.installation.home.quarantine / "another.wav"
    stays.write_bytes(b"somebody else")
    story.erases(story.held(None, SHARED_NUMBER))
    assert [stays] == list(story.installation.home.quarantine.iterdir())


def test_the_rows_go_together_or_not_at_all(story: Story) -> None:
    """What fails while they are removed leaves them all, and no entry that says they are gone."""

    def fail(step: int, number: int) -> None:
        if step == Step.REMOVING:
            raise InterruptedError

    held = story.held(EWA.identifier)
    with pytest.raises(InterruptedError):
        story.erases(held, fail)
    assert [] == told(story)
    assert story.person(EWA.identifier).subject is not None
    story.erases(held)
    assert ["person erased"] == [action for action, _ in told(story)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation in SQLite in which the story has happened."""
    home = tmp_path_factory.mktemp("whole") / "home"
    with closing((made := open_installation({"CENTRALA_HOME": str(home)})).database), tell(made):
        pass
    return home


@pytest.fixture
def copied(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(whole, tmp_path / "home")
    return tmp_path / "home"


def test_nothing_is_left_in_the_bytes_of_any_file(copied: Path) -> None:
    """Neither the number nor the identifier's pseudonym nor the key, in databases and logs; it was there before."""
    with closing((made := open_installation({"CENTRALA_HOME": str(copied)})).database), opened(made) as story:
        held = story.held(EWA.identifier, SHARED_NUMBER)
        claim = held.person.claim or ""
        known_as = [story.pseudonyms.of(name, LATER) for name in held.person.names]
        wrapped = _wrapped(story)
        assert "centrala.db" in found_in_files(copied, SHARED)
        assert "centrala.db" in found_in_files(copied, claim)
        assert found_in_files(copied, *wrapped)
        story.erases(held)
        assert [] == found_in_files(copied, SHARED, claim, EWA.identifier, *wrapped)
        assert ["centrala.db"] == found_in_files(copied, *known_as)
    assert ["centrala.db"] == found_in_files(copied, "601222333")


def test_who_reads_for_long_keeps_an_erasure_from_being_called_done(copied: Path) -> None:
    """SQLite's log still has the rows; once nobody reads it is run again, and they are gone."""
    with closing((made := open_installation({"CENTRALA_HOME": str(copied)})).database), opened(made) as story:
        # Nobody waits half a minute here for the reader to end.
        event.listen(made.database.engine, "checkout", lambda one, *_: one.execute("PRAGMA busy_timeout = 10"))
        held = story.held(None, SHARED_NUMBER)
        with closing(sqlite3.connect(str(made.database.engine.url.database), isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM calls").fetchone()
            with pytest.raises(Busy, match="another process reads the database"):
                story.erases(held)
        assert story.pseudonyms.has(held.person.names)
        story.erases(held)
        assert not story.pseudonyms.has(held.person.names)


def _wrapped(story: Story) -> list[str]:
    """The ids under which people's keys lie in the key store."""
    return sorted(story.keys.people.ids())


def test_killed_at_any_step_and_run_again_it_finishes(whole: Path, tmp_path: Path) -> None:
    """Nothing is done twice and none is left out: one entry in the audit, one tombstone for each recording."""
    code = -signal.SIGKILL
    for moment in count(1):
        home = tmp_path / str(moment)
        shutil.copytree(whole, home)
        environment = {"CENTRALA_HOME": str(home)}
        code = ended(started(erase_and_die, environment, moment))
        _erased_again(environment, home)
        shutil.rmtree(home)
        if not code:
            break
    assert moment > len(Step)


def _erased_again(environment: dict[str, str], home: Path) -> None:
    with closing((made := open_installation(environment)).database), opened(made) as story:
        held = story.held(EWA.identifier, SHARED_NUMBER)
        with made.database.reading() as connection:
            nothing = forecast(connection, held, TODAY).nothing
        if not nothing or story.pseudonyms.has(held.person.names):
            story.erases(held)
        assert [] == found_in_files(home, SHARED, EWA.identifier, *_wrapped(story))
        assert (["person erased"] * 2, []) == ([action for action, _ in told(story)], list(story.keys.people.ids()))
        with made.database.reading() as connection:
            assert (3, 0) == (tombstones.head(connection).number, _number_of_recordings(connection))
        assert [] == list(made.home.recordings.iterdir())


def _number_of_recordings(connection: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(catalogue.recordings)).scalar_one())
