"""Whose rows are whose: people who share a telephone, and those who ask that it be called."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest
from sqlalchemy import Column, String, Table

from auth_pin import failures
from auth_pin.limits import Failures
from auth_pin.profiles import profiles
from ivr.calls import calls
from recordings import holds
from recordings.catalogue import recordings
from recordings.holds import Hold
from recordings.wanted import Wanted
from routing import text_messages
from routing.callbacks import callbacks
from storage.database import metadata
from subjects import people
from subjects.holdings import count
from tests.auth_pin.people import EWA, STRANGER
from tests.subjects.story import COUNTRY, LATER, OLAS_NUMBER, SHARED_NUMBER, TODAY, Story
from tests.unit.test_database import PACKAGES

# Columns by which a row may be somebody's.
TELLING = {"call_id", "caller", "ani", "number", "subject", "claim", "person", "recording_id", "origin", "callback"}
# Tables that have such a column, and are nobody's or are dealt with by themselves.
SPECIAL = {
    "recordings": "destroyed by a purge of their own",
    "rejected_recordings": "why a recording was not taken in: a call's id, and nothing of a person",
    "recording_transcripts": "sealed by the keys of recordings, and removed with them",
    "held_recordings": "which recordings a hold is on: ids",
    "tombstones": "what is left of recordings: no person and no call",
    "audit_entries": "people by pseudonyms, whose keys are destroyed",
    "caller_requests": "what commands ask of Asterisk: a call's id, for seconds",
    "recording_scores": "how consultants did: no caller, and no recording once it is destroyed",
    "sampled_recordings": "which recordings were drawn: ids",
}


def counts(story: Story, identifier: str | None, number: str | None) -> dict[str, int]:
    """How many rows are somebody's."""
    held = story.held(identifier, number)
    with story.installation.database.reading() as connection:
        rows = {table.name: count(connection, table, where) for table, where in held.rows(TODAY)}
        rows["recordings"] = count(connection, recordings, held.recordings)
    return {name: number for name, number in rows.items() if number}


def messages(story: Story, identifier: str | None, number: str | None) -> set[str]:
    """The ids of text messages that are somebody's."""
    conditions = {table.name: where for table, where in story.held(identifier, number).rows(TODAY)}
    with story.installation.database.reading() as connection:
        return {one.id for one in text_messages.matching(connection, conditions["text_messages"])}


def tells(column: Column[Any]) -> bool:
    """Whether a column may say whose a row is; a number that counts does not."""
    return column.name in TELLING and isinstance(column.type, String)


def test_every_table_that_tells_of_people_is_known(story: Story) -> None:
    """A new one cannot be forgotten: it is among what is erased, or is said to need no erasing."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    telling = {table.name for table in metadata.tables.values() if any(map(tells, table.c))}
    erased = {table.name for table, _ in story.held(EWA.identifier, SHARED_NUMBER).rows(TODAY)}
    assert set() == telling - erased - SPECIAL.keys()


def test_a_profile_has_the_calls_in_which_it_was_authenticated(story: Story) -> None:
    """From whatever telephone, with all that hangs on them."""
    expected = {"profiles": 1, "calls": 1, "auth_attempts": 1, "consents": 1, "recordings": 2, "queue_visits": 2}
    found = counts(story, EWA.identifier, None)
    assert expected == {name: found[name] for name in expected}
    assert len(story.calls["ewa"].turns) == found["turns"]


def test_a_number_has_the_calls_in_which_nobody_was_authenticated(story: Story) -> None:
    """The others from it are somebody else's, and counted."""
    found = counts(story, None, SHARED_NUMBER)
    assert (2, 1, 2, 2) == (found["calls"], found["recordings"], found["consents"], found["survey_offers"])
    assert {"profiles", "auth_attempts"}.isdisjoint(found)
    with story.installation.database.reading() as connection:
        assert 1 == count(connection, calls, story.held(None, SHARED_NUMBER).others)
        assert 0 == count(connection, calls, story.held(EWA.identifier, SHARED_NUMBER).others)


def test_limits_on_guessing_are_of_whose_identifier_and_number_they_are(story: Story) -> None:
    """Failures of the profile's person, the bucket of the number's; the service's own is nobody's."""
    claim = story.person(EWA.identifier).claim
    assert claim is not None
    with story.installation.database.writing() as connection:
        failures.store(connection, claim, Failures(2, LATER))
    assert 1 == counts(story, EWA.identifier, None)["auth_failures"]
    assert "auth_buckets" not in counts(story, EWA.identifier, None)
    assert 1 == counts(story, None, SHARED_NUMBER)["auth_buckets"]
    assert "auth_failures" not in counts(story, None, SHARED_NUMBER)


def test_both_together_are_one_person(story: Story) -> None:
    """Who has a profile and owns the telephone."""
    assert 3 == counts(story, EWA.identifier, SHARED_NUMBER)["calls"]


def test_a_callback_is_of_who_asked_for_it_and_of_whom_it_calls(story: Story) -> None:
    """By the call in which it was asked for, and by the number."""
    assert 1 == counts(story, None, OLAS_NUMBER)["callbacks"]
    assert "callbacks" not in counts(story, None, SHARED_NUMBER)
    with story.installation.database.reading() as connection:
        assert 1 == count(connection, callbacks, story.held(None, SHARED_NUMBER).callbacks_to_them)
        assert 0 == count(connection, callbacks, story.held(None, OLAS_NUMBER).callbacks_to_them)


def test_a_message_is_of_whose_call_caused_it_and_of_whose_number_it_is(story: Story) -> None:
    """But what the call of somebody who was authenticated caused is not of who shares their telephone."""
    plain, by_ola = story.writes_to(SHARED_NUMBER), story.writes_to(SHARED_NUMBER, "ola")
    by_ewa, away = story.writes_to(SHARED_NUMBER, "ewa"), story.writes_to(OLAS_NUMBER, "ewa")
    assert {by_ewa, away} == messages(story, EWA.identifier, None)
    assert {plain, by_ola} == messages(story, None, SHARED_NUMBER)
    assert {by_ola, away} == messages(story, None, OLAS_NUMBER)


def test_a_message_about_a_call_on_hold_stays_with_it(story: Story) -> None:
    """Others of the same person go."""
    free, kept = story.writes_to(SHARED_NUMBER), story.writes_to(SHARED_NUMBER, "jan")
    assert {free, kept} == messages(story, None, SHARED_NUMBER)
    with story.installation.database.writing() as connection:
        hold = Hold("one", "a case", "a court", "an operator", LATER, None)
        holds.place(connection, hold, Wanted(id=story.recordings_of("jan")[0]))
    assert {free} == messages(story, None, SHARED_NUMBER)


def test_a_stranger_has_nothing(story: Story) -> None:
    """Neither by an identifier that nobody has nor by a number that never called."""
    assert {} == counts(story, STRANGER.identifier, "+48699888777")


@pytest.mark.parametrize("table", [profiles, calls])
def test_who_is_named_by_nothing_has_nothing(story: Story, table: Table) -> None:
    """No condition is true of everything by mistake."""
    conditions = {found.name: where for found, where in story.held().rows(TODAY)}
    with story.installation.database.reading() as connection:
        assert 0 == count(connection, table, conditions[table.name])


def test_a_recording_is_of_the_profile_or_else_of_the_number(story: Story) -> None:
    """So the audit names its person; of one whose call is gone nobody is named."""
    ewas, jans = story.recordings_of("ewa")[0], story.recordings_of("jan")[0]
    with story.installation.database.reading() as connection:
        found = [people.of_recording(connection, id, COUNTRY) for id in (ewas, jans, "none")]
    assert [story.person(EWA.identifier).names[0], story.person(None, SHARED_NUMBER).names[0], None] == found
