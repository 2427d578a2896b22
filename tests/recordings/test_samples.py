"""Drawing from the catalogue: what may be scored and is not yet, consultant by consultant, found by an index."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from recordings import catalogue, samples, scores
from recordings.catalogue import Recording, State
from recordings.samples import Sample
from recordings.sampling import Share
from recordings.scores import Given
from storage.database import Database, metadata
from tests.recordings.conftest import NOW
from tests.recordings.kept import WARSAW, a_recording, id_of

DAY = date(2026, 11, 20)
BEGIN = datetime(2026, 11, 19, 23, tzinfo=UTC)
END = BEGIN + timedelta(days=1)
NOON = BEGIN + timedelta(hours=12)
SAMPLE = Sample("s" * 36, NOW, "anna", DAY, DAY, None, 2, 30, "17")


@pytest.fixture
def kept(database: Database) -> Database:
    """Five conversations of one consultant, and one of another, on one day."""
    add(database, *(a_recording(number, NOON) for number in range(1, 6)), a_recording(9, NOON, consultant="1702"))
    return database


def add(database: Database, *made: Recording) -> None:
    """Put rows into the catalogue."""
    with database.writing() as connection:
        for one in made:
            catalogue.store(connection, one)


def draw(database: Database, sample: Sample = SAMPLE) -> dict[str, Share]:
    """The share of each consultant."""
    with database.reading() as connection:
        return {one.consultant: one for one in samples.draw(connection, sample, BEGIN, END, NOW.date(), WARSAW)}


def test_everybody_gives_the_same_number_or_all_there_are(kept: Database) -> None:
    """Who has fewer is told by the number of their conversations."""
    drawn = draw(kept)
    assert {"1701": (5, 2), "1702": (1, 1)} == {
        name: (one.conversations, len(one.drawn)) for name, one in drawn.items()
    }
    assert drawn == draw(kept)


def test_what_cannot_be_scored_or_judged_is_not_drawn(kept: Database) -> None:
    """Too short, of another day, scored, being destroyed, withdrawn, held beyond its day, or with no consultant."""
    before = draw(kept)
    add(
        kept,
        a_recording(20, NOON, duration_ms=29_999),
        a_recording(21, BEGIN - timedelta(seconds=1)),
        a_recording(22, END),
        a_recording(23, NOON, state=State.PURGING),
        a_recording(24, NOON, state=State.WITHDRAWN),
        a_recording(25, NOON, keep_until=NOW.date() - timedelta(days=1)),
        a_recording(26, NOON, consultant=None),
    )
    assert before == draw(kept)
    with kept.writing() as connection:
        scores.give(connection, id_of(9), Given("jan", NOW, 3, 3), WARSAW)
    assert {"1701": before["1701"]} == draw(kept)


def test_nobody_elses_conversations_play_a_part(kept: Database) -> None:
    """However many there are."""
    before = draw(kept)["1701"]
    add(kept, *(a_recording(number, NOON, consultant=f"{1000 + number}") for number in range(30, 60)))
    assert before == draw(kept)["1701"]


def test_a_topic_alone_is_drawn_from(kept: Database) -> None:
    """If it is asked for."""
    add(kept, a_recording(30, NOON, topic="doctors"))
    (only,) = draw(kept, replace(SAMPLE, topic="doctors")).values()
    assert ("1701", [id_of(30)]) == (only.consultant, [one.id for one in only.drawn])


def test_hours_are_those_of_the_service(kept: Database) -> None:
    """Noon UTC is one o'clock in the winter."""
    assert {12} == {one.hour for one in draw(kept)["1701"].drawn}


def test_a_conversation_is_found_by_an_index(tmp_path: Path) -> None:
    """SQLite says how it will look: a sample of a day costs what is in the day, however many years lie before it."""
    database = Database(f"sqlite:///{tmp_path / 'plain.db'}")
    metadata.create_all(database.engine)
    add(database, a_recording(1, NOON))
    plans: list[str] = []
    with database.reading() as connection:

        @event.listens_for(connection, "before_cursor_execute")
        def explain(_: object, cursor: object, statement: str, parameters: Any, *__: object) -> None:
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(str(row[-1]) for row in rows)

        assert 1 == len(list(samples.draw(connection, SAMPLE, BEGIN, END, NOW.date(), WARSAW)))
    database.close()
    seek = "SEARCH recordings USING COVERING INDEX ix_recordings_consultant (consultant>?)"
    within = "SEARCH recordings USING INDEX ix_recordings_consultant (consultant=? AND ended_at>? AND ended_at<?)"
    assert {seek, within} <= set(plans)
    assert [] == [step for step in plans if step.startswith("SCAN")]
