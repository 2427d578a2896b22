"""Scores: given by supervisors to what is kept, on record longer than the recording, and not for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from recordings import catalogue, purge, samples, scores
from recordings.catalogue import State
from recordings.purge import Places, uncounted, unwatched
from recordings.records import recording_scores
from recordings.samples import Sample
from recordings.score_figures import Recorded, Scored
from recordings.scores import Given, NotScored, Score
from recordings.serial import one_at_a_time
from storage.database import Database
from tests.recordings.conftest import NOW
from tests.recordings.kept import DUE, ENDED, WARSAW, a_recording, at_noon, id_of, keep, places_in, put_aside

GOOD = Given("anna", NOW, 4, 5)


@pytest.fixture
def places(tmp_path: Path, database: Database) -> Iterator[Places]:
    """Where two recordings lie, of two consultants."""
    made = places_in(tmp_path, database)
    keep(made, a_recording(1), a_recording(2, consultant="1702", topic="doctors"))
    yield made
    made.archive.keys.close()


def score(places: Places, number: int = 1, given: Given = GOOD, *, again: bool = False) -> Score:
    """Score a recording."""
    with places.database.writing() as connection:
        return scores.give(connection, id_of(number), given, WARSAW, again=again)


def on_record(places: Places, number: int = 1) -> list[tuple[str, int, int]]:
    """All scores of a recording: by whom, the how manieth, and for correctness."""
    with places.database.reading() as connection:
        found = scores.of_recording(connection, id_of(number))
    return [(one.scored_by, one.number, one.correctness) for one in found]


def figures(places: Places, days: tuple[date, date] | None = None) -> tuple[set[Scored], Recorded]:
    """The scores that count, and the conversations of the first consultant."""
    period = days and (at_midnight(days[0]), at_midnight(days[1] + timedelta(days=1)))
    with places.database.reading() as connection:
        scored = scores.scored_in(connection, days)
        recorded = [one for one in scores.recorded_in(connection, days, period) if one.consultant == "1701"]
    summed = [sum(getattr(one, name) for one in recorded) for name in ("conversations", "scored", "drawn")]
    return set(scored), Recorded("1701", "pensions", *summed)


def at_midnight(day: date) -> datetime:
    """Where a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=WARSAW)


def somebody_waits(places: Places) -> bool:
    """Whether somebody waits for a lock in PostgreSQL; SQLite has one writer at a time anyway."""
    if places.database.engine.dialect.name == "sqlite":
        return True
    with places.database.reading() as connection:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(connection.exec_driver_sql(waiting).scalar_one())


def sample(places: Places, *numbers: int, drawn_at: datetime = NOW) -> Sample:
    """Put a sample of these on record."""
    made = Sample("s" * 36, drawn_at, "anna", ENDED.date(), ENDED.date(), None, 3, 30, "17")
    with places.database.writing() as connection:
        samples.store(connection, made, [id_of(number) for number in numbers])
    return made


def test_a_score_has_what_the_recording_says_but_no_caller(places: Places) -> None:
    """Topic, queue, consultant, and the day alone."""
    expected = Score(id_of(1), "anna", 1, NOW, 4, 5, False, ENDED.date(), "pensions", "pensions", "1701")
    assert expected == score(places)
    with places.database.reading() as connection:
        assert (expected,) == scores.of_recording(connection, id_of(1))


def test_whoever_scores_again_must_say_so_and_both_stay_on_record(places: Places) -> None:
    """The last one counts; another supervisor's counts beside it."""
    score(places)
    with pytest.raises(NotScored, match=r"anna has scored .* already"):
        score(places, given=replace(GOOD, correctness=1))
    score(places, given=replace(GOOD, correctness=2), again=True)
    score(places, given=replace(GOOD, by="jan", correctness=3))
    assert {("anna", 1, 4), ("anna", 2, 2), ("jan", 1, 3)} == set(on_record(places))
    expected = {Scored("1701", "pensions", 2, 5, 1), Scored("1701", "pensions", 3, 5, 1)}
    assert (expected, Recorded("1701", "pensions", 1, 1, 0)) == figures(places)


@pytest.mark.parametrize("mark", [0, 6, -1])
def test_there_are_marks_from_1_to_5(places: Places, mark: int) -> None:
    """Before the database would say so, which does as well."""
    with pytest.raises(ValueError, match="from 1 to 5"):
        score(places, given=replace(GOOD, service=mark))
    made = replace(score(places), number=9, service=mark)
    with pytest.raises(IntegrityError), places.database.writing() as connection:
        connection.execute(recording_scores.insert(), {name: getattr(made, name) for name in made.__slots__})


def test_what_is_not_kept_is_not_scored(places: Places) -> None:
    """Being destroyed, destroyed, withdrawn, quarantined, or never there."""
    keep(places, a_recording(3, state=State.WITHDRAWN), a_recording(4, state=State.PURGING))
    damaged = put_aside(places, 5, DUE)
    with places.database.writing() as connection:
        catalogue.decide(connection, [id_of(1)], "retention")
    purge.carry_out(places, at_noon(DUE), 10, unwatched, uncounted)
    keep(places, a_recording(6, state=State.PURGING))
    expected = {
        id_of(1): "was destroyed",
        id_of(3): "consent was withdrawn",
        id_of(6): "is being destroyed",
        damaged: "is quarantined",
        "nobody": "there is no recording nobody",
    }
    for id, why in expected.items():
        with pytest.raises(NotScored, match=why), places.database.writing() as connection:
            scores.give(connection, id, GOOD, WARSAW)


def test_a_score_outlives_its_recording(places: Places) -> None:
    """It counts as one conversation before and after."""
    score(places)
    before = figures(places, (ENDED.date(), ENDED.date()))
    with places.database.writing() as connection:
        catalogue.decide(connection, [id_of(1)], "retention")
    purge.carry_out(places, at_noon(DUE), 10, unwatched, uncounted)
    assert before == figures(places, (ENDED.date(), ENDED.date()))
    assert ({Scored("1701", "pensions", 4, 5, 1)}, Recorded("1701", "pensions", 1, 1, 0)) == before


def test_a_score_and_the_decision_to_destroy_take_turns(places: Places) -> None:
    """Both at the same moment: the score is taken whole before it, or refused after it."""
    ready, told = threading.Barrier(2), []

    def scores_it() -> None:
        ready.wait()
        try:
            score(places)
            told.append("scored")
        except NotScored as error:
            told.append(str(error))

    for number in range(10, 20):
        keep(places, a_recording(number, call_id=None))
    scorer = threading.Thread(target=scores_it)
    scorer.start()
    ready.wait()
    purge.decide(places.database, DUE, 3, unwatched)
    scorer.join()
    expected = ["scored"] if on_record(places) else [f"{id_of(1)} is being destroyed; it is no longer scored"]
    assert expected == told


def test_nothing_is_scored_while_destruction_is_being_decided(places: Places) -> None:
    """The score waits for the decision, and is refused."""
    refused: list[str] = []

    def scores_it() -> None:
        with pytest.raises(NotScored) as error:
            score(places)
        refused.append(str(error.value))

    with places.database.writing() as connection:
        one_at_a_time(connection)
        scorer = threading.Thread(target=scores_it)
        scorer.start()
        catalogue.decide(connection, [id_of(1)], "retention")
        while scorer.is_alive() and not somebody_waits(places):
            pass
        assert scorer.is_alive()
    scorer.join()
    assert [f"{id_of(1)} is being destroyed; it is no longer scored"] == refused


def test_days_are_those_of_the_conversations(places: Places) -> None:
    """Not of the scores."""
    score(places)
    assert (set(), Recorded("1701", "pensions", 0)) == figures(places, (NOW.date(), NOW.date()))
    assert 1 == len(figures(places, (ENDED.date(), ENDED.date()))[0])


def test_a_score_knows_whether_the_lot_fell_on_the_conversation(places: Places) -> None:
    """Or somebody chose it."""
    made = sample(places, 1)
    assert (True, False) == (score(places, 1).drawn, score(places, 2).drawn)
    assert Recorded("1701", "pensions", 1, 1, 1) == figures(places)[1]
    with places.database.reading() as connection:
        assert ((made, 1),) == samples.of_days(connection, (ENDED.date(), ENDED.date()))
        assert () == samples.of_days(connection, (NOW.date(), NOW.date()))


def test_scores_and_samples_expire_the_oldest_first(places: Places) -> None:
    """So many at a time, and nothing that was given since."""
    sample(places, 1, 2, drawn_at=NOW - timedelta(days=9))
    for number, days in ((1, 9), (2, 8)):
        score(places, number, replace(GOOD, at=NOW - timedelta(days=days)))
    score(places, 1, replace(GOOD, by="jan"))
    with places.database.writing() as connection:
        removed = [scores.expire(connection, NOW, 1) for _ in range(3)]
    assert [2, 1, 0] == removed
    assert ([("jan", 1, 4)], []) == (on_record(places, 1), on_record(places, 2))
    with places.database.reading() as connection:
        assert () == samples.of_days(connection, None)
        assert not samples.is_drawn(connection, id_of(1))
