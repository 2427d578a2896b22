"""Terms are those on record: settings that change decide nothing by themselves, for no class and in no direction."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from audit import entries
from personal_data import decisions, last_days
from personal_data.decisions import Decision
from personal_data.kinds import Kind, Terms
from personal_data.records import retention_terms
from recordings import catalogue, purge, rejected, withdrawal
from recordings.catalogue import Recording, State
from recordings.purge import Places, Step
from recordings.retention import Term, Unit, parse_term
from storage.database import Database
from tests.personal_data.made import DEFAULTS, NIGHT, TODAY, change
from tests.recordings.kept import ENDED, LAST_DAY, WARSAW, a_recording, id_of, keep, put_aside


def with_(kind: Kind, term: str) -> Terms:
    """The default settings, but for one class."""
    return dict(DEFAULTS) | {kind: parse_term(term)}


def decide(database: Database, kind: Kind, term: str, *, also_kept: bool = False) -> None:
    """Somebody decides."""
    with database.writing() as connection:
        decision = Decision(kind, parse_term(term), NIGHT, "anna", "a new law", also_kept)
        decisions.decide(connection, decision)


def follow(database: Database, watch: purge.Watch = purge.unwatched) -> int:
    """Carry decisions out."""
    return last_days.follow(database, WARSAW, 2, NIGHT, watch)


def kept(places: Places, *numbers: int) -> list[Recording]:
    """The rows of recordings."""
    with places.database.reading() as connection:
        found = [catalogue.find(connection, id_of(number)) for number in numbers]
    return [one for one in found if one]


def test_the_first_use_puts_the_settings_on_record(database: Database) -> None:
    """As they are; who comes later finds them, whatever the settings say by then."""
    assert DEFAULTS == decisions.settled(database, DEFAULTS, NIGHT)
    changed = with_(Kind.CALLS, "1 year")
    assert DEFAULTS == decisions.settled(database, changed, NIGHT)
    with database.reading() as connection:
        assert DEFAULTS == decisions.terms(connection, changed)
        found = decisions.in_force(connection)
    assert {("settings.yaml", "as first set", False)} == {
        (one.decided_by, one.reason, one.also_kept) for one in found.values()
    }


def test_where_nothing_is_on_record_looking_writes_nothing(database: Database) -> None:
    """A dry run goes by the settings."""
    with database.reading() as connection:
        assert DEFAULTS == decisions.terms(connection, DEFAULTS)
        assert 0 == connection.execute(select(func.count()).select_from(retention_terms)).scalar()


def test_processes_that_come_first_together_put_it_on_record_once(database: Database) -> None:
    """Each class has one row."""
    start = threading.Barrier(4)

    def first() -> None:
        start.wait()
        decisions.settled(database, DEFAULTS, NIGHT)

    threads = [threading.Thread(target=first) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert len(Kind) == connection.execute(select(func.count()).select_from(retention_terms)).scalar()


def test_a_decision_is_in_force_and_in_the_audit(database: Database) -> None:
    """The newest one; those before it stay on record."""
    decisions.settled(database, DEFAULTS, NIGHT)
    decide(database, Kind.CALLS, "1 year")
    decide(database, Kind.CALLS, "18 months")
    wanted = with_(Kind.TURNS, "1 day")
    in_force = decisions.settled(database, wanted, NIGHT)
    assert Term(18, Unit.MONTHS) == in_force[Kind.CALLS]
    undecided = decisions.undecided(in_force, wanted)
    assert [(Kind.CALLS, "18 months", "3 years"), (Kind.TURNS, "1 year", "1 day")] == [
        (one.kind, str(one.in_force), str(one.wanted)) for one in undecided
    ]
    with database.reading() as connection:
        assert len(Kind) + 2 == connection.execute(select(func.count()).select_from(retention_terms)).scalar()
        written = [(one.actor, one.object, one.details) for one in entries.everything(connection)]
    assert [
        ("anna", "term:calls", "3 years -> 1 year: a new law"),
        ("anna", "term:calls", "1 year -> 18 months: a new law"),
    ] == written


@given(st.dictionaries(st.sampled_from(Kind), st.builds(Term, st.integers(1, 50), st.sampled_from(Unit))))
def test_what_is_undecided_is_what_differs(changed: Terms) -> None:
    """No more and no less."""
    wanted = dict(DEFAULTS) | dict(changed)
    told = {one.kind: one.wanted for one in decisions.undecided(DEFAULTS, wanted)}
    assert told == {kind: term for kind, term in wanted.items() if term != DEFAULTS[kind]}


def test_what_was_promised_stands_unless_it_is_decided_otherwise(places: Places) -> None:
    """A term for recordings is for new ones; for those that are kept only where that was said."""
    keep(places, a_recording(1))
    decisions.settled(places.database, DEFAULTS, NIGHT)
    decide(places.database, Kind.CONSULTANT_CALL, "5 years")
    assert 0 == follow(places.database)
    (before,) = kept(places, 1)
    assert (LAST_DAY, "consultant_call: 3 years") == (before.keep_until, before.policy)
    decide(places.database, Kind.CONSULTANT_CALL, "5 years", also_kept=True)
    assert (1, 0) == (follow(places.database), follow(places.database))
    (after,) = kept(places, 1)
    assert replace(before, keep_until=date(2028, 11, 24), policy="consultant_call: 5 years") == after


def test_other_purposes_and_what_is_being_destroyed_keep_their_last_day(places: Places) -> None:
    """A decision is about one class."""
    keep(places, a_recording(1, purpose="video_visit", policy="video_visit: 3 years"), a_recording(2), a_recording(3))
    change(places.database, catalogue.recordings, id_of(1002), state="purging")
    decide(places.database, Kind.CONSULTANT_CALL, "1 year", also_kept=True)
    assert 1 == follow(places.database)
    assert [LAST_DAY, LAST_DAY, date(2024, 11, 24)] == [one.keep_until for one in kept(places, 1, 2, 3)]
    assert State.PURGING is kept(places, 2)[0].state


class _Killed(Exception):
    pass


@pytest.mark.parametrize("moment", range(1, 5))
def test_new_last_days_that_were_broken_off_are_given_by_who_comes_next(places: Places, moment: int) -> None:
    """After every batch; each is given once, and what was promised by another term is left by none."""
    keep(places, *(a_recording(number, ENDED + timedelta(days=number)) for number in range(1, 6)))
    decide(places.database, Kind.CONSULTANT_CALL, "1 year", also_kept=True)
    steps: list[int] = []

    def watch(step: Step, number: int) -> None:
        steps.append(number)
        if len(steps) == moment:
            raise _Killed

    with pytest.raises(_Killed):
        follow(places.database, watch)
    assert 5 == sum(steps) + follow(places.database)
    assert {date(2024, 11, 24 + number) for number in range(1, 6)} == {
        one.keep_until for one in kept(places, *range(1, 6))
    }
    assert 0 == follow(places.database)


def test_the_quarantine_has_a_new_last_day_only_where_it_was_said(places: Places) -> None:
    """Counted from when it came there."""
    id = put_aside(places, 1, TODAY)
    decide(places.database, Kind.QUARANTINE, "10 days")
    follow(places.database)
    decide(places.database, Kind.QUARANTINE, "10 days", also_kept=True)
    with places.database.reading() as connection:
        before = rejected.find_quarantined(connection, id)
    follow(places.database)
    with places.database.reading() as connection:
        after = rejected.find_quarantined(connection, id)
    assert before is not None
    assert after is not None
    assert (TODAY, (ENDED + timedelta(days=10)).date()) == (before.keep_until, after.keep_until)


def test_what_consent_was_withdrawn_for_keeps_the_last_day_that_this_gave_it(places: Places) -> None:
    """A longer term of the quarantine does not bring it back; what has that last day already is not counted."""
    ids = [put_aside(places, number, TODAY + timedelta(days=number)) for number in (1, 2, 3)]
    term = f"{(TODAY - ENDED.date()).days + 2} days"
    withdrawal.decide(places.database, withdrawal.of_recording(ids[0]), TODAY)
    decide(places.database, Kind.QUARANTINE, term, also_kept=True)
    with places.database.reading() as connection:
        assert 1 == last_days.affected(connection, Kind.QUARANTINE, parse_term(term), TODAY, WARSAW)
    assert (1, 0) == (follow(places.database), follow(places.database))
    with places.database.reading() as connection:
        found = [rejected.find_quarantined(connection, id) for id in ids]
        assert 0 == last_days.affected(connection, Kind.QUARANTINE, parse_term(term), TODAY, WARSAW)
    assert [TODAY - timedelta(days=1), *[TODAY + timedelta(days=2)] * 2] == [one.keep_until for one in found if one]
