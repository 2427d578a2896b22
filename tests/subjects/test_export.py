"""Everything on a person in one archive, and nothing of anybody else's."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import update

from audit import entries
from audit.entries import Action, Entry
from ivr.calls import calls, turns
from ivr.library import Library
from recordings import transcripts
from recordings.transcripts import Line, Transcript
from routing.callbacks import masked
from subjects import export
from subjects.account import Account
from subjects.archive_file import written_whole
from subjects.holdings import Holdings, count
from subjects.index import KINDS
from tests.auth_pin.people import EWA
from tests.subjects.story import CONSULTANTS, LATER, OLAS, OLAS_NUMBER, SHARED, SHARED_NUMBER, TODAY, Story


@dataclass(frozen=True, slots=True)
class Archive:
    """An exported archive, as who unpacks it has it."""

    files: dict[str, bytes]
    done: export.Exported

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """What one table holds."""
        return list(json.loads(self.files.get(f"{kind}.json", b"[]")))

    @property
    def text(self) -> str:
        """All that can be read in it, names of files included."""
        told = (content.decode() for name, content in self.files.items() if name.endswith((".json", ".txt")))
        return "\n".join((*self.files, *told))


def exported(story: Story, held: Holdings) -> Archive:
    """The archive of somebody."""
    target, database = io.BytesIO(), story.installation.database
    known_as = tuple(story.pseudonyms.of(name, LATER) for name in held.person.names)
    with database.reading() as connection:
        account = Account(connection, Library(database), held, known_as, TODAY)
        others = count(connection, calls, held.others)
        done = export.write(target, account, story.archive, (), others, LATER, lambda: None)
    with ZipFile(target) as zipped:
        assert zipped.testzip() is None
        return Archive({name: zipped.read(name) for name in zipped.namelist()}, done)


def test_a_profile_is_exported_with_all_that_hangs_on_it(story: Story) -> None:
    """The profile without its PIN, the call in words, consent, waits, both conversations and their sound."""
    found = exported(story, story.held(EWA.identifier))
    (profile,) = found.rows("profile")
    assert (EWA.identifier, "confirmed") == (profile["identifier"], profile["state"])
    assert {"identifier", "state", "created_at"} == profile.keys()
    (call,) = found.rows("calls")
    assert (story.calls["ewa"].id, SHARED, "full") == (call["id"], call["from"], call["auth_level"])
    assert [True] == [consent["given"] for consent in found.rows("consents")]
    assert ["pensions", "doctors"] == [stay["topic"] for stay in found.rows("waiting")]
    assert ["accepted"] == [attempt["outcome"] for attempt in found.rows("attempts")]
    kept = {id: b"".join(story.archive.sound(id)) for id in story.recordings_of("ewa")}
    assert kept == {name[-40:-4]: sound for name, sound in found.files.items() if name.startswith("sound/")}
    assert kept.keys() == {recording["id"] for recording in found.rows("recordings")}


def test_messages_are_told_of_without_others_calls_and_numbers(story: Story) -> None:
    """One to another telephone has its last digits; of one that somebody else caused the call is theirs."""
    for number, about in ((SHARED_NUMBER, "ewa"), (OLAS_NUMBER, "ewa"), (SHARED_NUMBER, "ola")):
        story.writes_to(number, about)
    ewa = exported(story, story.held(EWA.identifier)).rows("messages")
    assert {(story.calls["ewa"].id, SHARED_NUMBER), (story.calls["ewa"].id, masked(OLAS_NUMBER))} == {
        (one["call"], one["number"]) for one in ewa
    }
    (jans,) = exported(story, story.held(None, SHARED_NUMBER)).rows("messages")
    assert (None, SHARED_NUMBER) == (jans["call"], jans["number"])


def test_the_index_names_every_kind(story: Story) -> None:
    """Also those of which there is nothing."""
    database = story.installation.database
    with database.reading() as connection:
        account = Account(connection, Library(database), story.held(EWA.identifier), (), TODAY)
        kinds = {name for name, _ in account.kinds()}
    assert {*kinds, "transcripts"} == KINDS.keys()


def test_transcripts_are_in_it(story: Story) -> None:
    """Of their own recordings, line by line; of one whose key is gone nothing can be told."""
    first, second = story.recordings_of("ewa")
    (others,) = story.recordings_of("jan")
    database, keys = story.installation.database, story.archive.keys
    for id in (first, second, others):
        sealed = transcripts.seal_lines(keys, id, [Line(0.5, 1.0, "caller", f"this is {id}")])
        with database.writing() as connection:
            assert transcripts.store(connection, Transcript(id, LATER, "a model", sealed))
    keys.destroy([second])
    line = {"recording": first, "begin": 0.5, "end": 1.0, "side": "caller", "text": f"this is {first}"}
    assert [line] == exported(story, story.held(EWA.identifier)).rows("transcripts")


def test_a_call_is_told_in_words(story: Story) -> None:
    """What was heard, what was keyed (but no identifier and no PIN), where it led."""
    told = exported(story, story.held(EWA.identifier)).rows("turns")
    heard = [line["text"] for line in told if line["type"] == "prompt"]
    assert len(heard) == len(list(filter(None, heard))) > 5
    assert [(None, len(EWA.identifier)), (None, len(EWA.pin))] == [
        (line["digits"], line["length"]) for line in told if "length" in line
    ]
    assert ["pensions", "doctors"] == [line["topic"] for line in told if line["type"] == "transfer"]


def test_nothing_of_anybody_else_is_in_it(story: Story) -> None:
    """Neither of who shares the telephone, nor of who was called at it, nor of consultants."""
    claim = story.person(EWA.identifier).claim or ""
    everybody = (
        (story.held(EWA.identifier), {"ewa"}, {OLAS}),
        (story.held(None, SHARED_NUMBER), {"jan", "jan again"}, {OLAS, EWA.identifier}),
        (story.held(None, OLAS_NUMBER), {"ola"}, {SHARED, EWA.identifier}),
    )
    for held, own, foreign in everybody:
        found = exported(story, held)
        secret = {*CONSULTANTS, EWA.pin, claim, "argon2"}
        marks = story.marks(*(story.calls.keys() - own)) | foreign | secret
        assert set() == {mark for mark in marks if mark in found.text}
        assert all(story.calls[name].id in found.text for name in own)


def test_consultants_are_named_by_their_role(story: Story) -> None:
    """Where somebody has answered."""
    found = exported(story, story.held(None, SHARED_NUMBER))
    assert {"consultant"} == {stay["answered_by"] for stay in found.rows("waiting")}
    assert ["consultant"] == [recording["consultant"] for recording in found.rows("recordings")]


def test_a_callback_is_told_to_both(story: Story) -> None:
    """To who asked for it without another's number; to whom it calls without the call of who asked."""
    (asked,) = exported(story, story.held(None, OLAS_NUMBER)).rows("callbacks")
    (called,) = exported(story, story.held(None, SHARED_NUMBER)).rows("callbacks")
    assert ("*********200", story.calls["ola"].id) == (asked["number"], asked["call"])
    assert (SHARED_NUMBER, None) == (called["number"], called["call"])


def test_answers_of_a_survey_are_in_it(story: Story) -> None:
    """With the question, besides the offer."""
    rows = exported(story, story.held(None, SHARED_NUMBER)).rows("surveys")
    assert {story.calls["jan"].id, story.calls["jan again"].id} == {row["call"] for row in rows}
    assert all(row["question"] for row in rows if "answer" in row)
    assert any("answer" in row for row in rows)


def test_what_is_left_out_is_said(story: Story) -> None:
    """How many calls from the number are somebody else's, not whose; what is still to be taken in."""
    found = exported(story, story.held(None, SHARED_NUMBER))
    index = found.files["README.txt"].decode()
    assert "uwierzytelnił się ktoś, kto ma profil: 1" in index
    assert "somebody with a profile was authenticated: 1" in index
    assert index.index("Archiwum zawiera") < index.index("This archive holds")
    assert [story.calls["jan again"].id] == [row["call"] for row in found.rows("not_taken_in")]
    assert "authenticated:" not in exported(story, story.held(EWA.identifier)).files["README.txt"].decode()


def test_who_used_the_data_is_in_it_by_role(story: Story) -> None:
    """The entries of the audit about the person and their calls, without the operator's name or a consultant's."""
    held = story.held(EWA.identifier)
    pseudonym, id = story.pseudonyms.of(held.person.names[0], LATER), story.recordings_of("ewa")[0]
    with story.installation.database.writing() as connection:
        for person in (pseudonym, story.pseudonyms.of("number of somebody else", LATER)):
            entries.append(connection, Entry(LATER, "zofia", Action.RECORDING_PLAYED, f"recording:{id}", person))
    found = exported(story, held)
    call = f"call:{story.calls['ewa'].id}"
    by_caller = [(action, call, "caller") for action in ("login accepted", "level raised")]
    # Two consultants had the call.
    shown = [("level shown", call, "operator")] * 2
    assert [*by_caller, *shown, ("recording played", f"recording:{id}", "operator")] == [
        (row["action"], row["object"], row["by"]) for row in found.rows("audit")
    ]
    assert "zofia" not in found.text


def test_what_does_not_open_is_named_and_the_rest_is_there(story: Story) -> None:
    """A recording whose file is damaged at its end leaves no half of itself."""
    broken, whole = story.recordings_of("ewa")
    path = story.archive.path(broken)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    found = exported(story, story.held(EWA.identifier))
    assert {broken: "it does not open (SealBroken)"} == found.done.unheard
    assert [whole] == [name[-40:-4] for name in found.files if name.startswith("sound/")]
    assert 2 == found.files["README.txt"].decode().count(f"{broken}: it does not open")


def test_a_damaged_turn_is_told_as_such(story: Story) -> None:
    """And the others as ever."""
    mine = turns.c.call_id == story.calls["ewa"].id
    with story.installation.database.writing() as connection:
        connection.execute(update(turns).where(mine, turns.c.seq == 2).values(state="{"))
    told = exported(story, story.held(EWA.identifier)).rows("turns")
    assert ["this turn is damaged"] == [line["reason"] for line in told if line["type"] == "unreadable"]
    assert len(told) > 10


def test_an_archive_is_its_owners_alone_and_in_place_of_nothing(tmp_path: Path) -> None:
    """A file that is there stays as it is."""
    path = tmp_path / "person.zip"
    with written_whole(path) as target:
        target.write(b"all of it")
        assert [] == os.listdir(tmp_path)
    assert (0o600, b"all of it") == (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
    with pytest.raises(FileExistsError), written_whole(path) as target:
        target.write(b"another")
    assert b"all of it" == path.read_bytes()


def test_an_archive_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Not even a part of itself under another name; nor is what came there meanwhile written over."""
    path = tmp_path / "person.zip"

    def interrupted() -> None:
        raise InterruptedError

    def write(meanwhile: Callable[[], object]) -> None:
        with written_whole(path) as target:
            target.write(b"half of it")
            meanwhile()

    with pytest.raises(InterruptedError):
        write(interrupted)
    assert [] == os.listdir(tmp_path)
    with pytest.raises(FileExistsError):
        write(lambda: path.write_bytes(b"first"))
    assert b"first" == path.read_bytes()
