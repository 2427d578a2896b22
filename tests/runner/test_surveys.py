"""Surveys in the account: who was asked, what was answered, and that neither is kept twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, replace
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from ivr.calls import TERMINAL
from ivr.history.surveys import answers_in, asked_in
from ivr.library import Library
from ivr.menus.loading import Loaded
from ivr.runner import Arrival, Conversation, Runner, hang_up
from ivr.state import AtSurveyQuestion
from routing import surveys
from routing.reporting.days import period_of
from routing.reporting.surveys import Answered, Asked
from routing.surveys import is_drawn, survey_answers, survey_offers
from storage.database import Database
from tests.menu_files import SMALL, SURVEY, edited, load_text
from tests.runner.conftest import MONDAY, Clock, Line, MakeRunner

WARSAW = ZoneInfo("Europe/Warsaw")
EVERYBODY = ("share: 20", "share: 100")
CALLERS = ("{queue: help,", "{queue: help, callers: doctors,")


@pytest.fixture(scope="session")
def service() -> Loaded:
    """The small service, which asks everybody after a conversation."""
    return load_text(edited(SMALL, *SURVEY, EVERYBODY, CALLERS))


class AtTerminal(Line):
    """Somebody who tries the service out."""

    @property
    def arrival(self) -> Arrival:
        """A call of `centrala call`."""
        return replace(super().arrival, gateway=TERMINAL)


@pytest.fixture
def offered(line: Line, runner: Runner, clock: Clock) -> Line:
    """A caller whose conversation is over, and who hears the offer."""
    return talked(line, runner, clock)


def talked(line: Line, runner: Runner, clock: Clock) -> Line:
    """The caller talks to a consultant, who hangs up."""
    line.arrives(runner)
    line.keys(runner, "2")
    line.hears_out(runner)
    clock.wait(minutes=1)
    stay = Conversation("answered", agent="11", answered_at=clock(), turn=line.now.seq, queue="help")
    clock.wait(minutes=2)
    line.live = runner.back_from_queue(line.arrival, stay)
    return line


def kept(database: Database) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Everything that is kept of surveys: offers, and answers in their order."""
    with database.reading() as connection:
        offers = [tuple(row) for row in connection.execute(select(survey_offers))]
        answers = connection.execute(select(survey_answers).order_by(survey_answers.c.at, survey_answers.c.question))
        return offers, [tuple(row) for row in answers]


def test_an_offer_and_answers_are_kept(offered: Line, runner: Runner, clock: Clock, database: Database) -> None:
    """With the topic, its callers and the language; the consultant is not among it."""
    at = clock()
    offered.keys(runner, "1")
    clock.wait(seconds=5)
    offered.keys(runner, "2", "1")
    about = ("help", "doctors", "pl")
    first = (offered.id, "good", *about, clock(), "2", True)
    second = (offered.id, "polite", *about, clock(), "1", False)
    assert ([(offered.id, *about, at)], [first, second]) == kept(database)
    assert (["sorry", "sorry", "farewell"], "completed") == (offered.said, offered.row.cause)


def test_who_declines_has_been_asked(offered: Line, runner: Runner, database: Database) -> None:
    """The offer is on record, and nothing else."""
    offered.keys(runner, "-")
    offers, answers = kept(database)
    assert (1, []) == (len(offers), answers)


def test_what_was_answered_before_hanging_up_stays(offered: Line, runner: Runner, database: Database) -> None:
    """A wrong key before it is no answer."""
    offered.keys(runner, "1", "9", "1")
    hang_up(runner, offered.now)
    assert [("good", "1")] == [(row[1], row[6]) for row in kept(database)[1]]
    assert ("survey", "caller") == (offered.row.ended_where, offered.row.cause)


def test_another_process_takes_the_survey_over(
    offered: Line, runner: Runner, other: Runner, database: Database
) -> None:
    """The same question again; the offer and the first answer count once."""
    offered.keys(runner, "1", "2")
    offered.arrives(other)
    assert (AtSurveyQuestion("survey", "polite"), ["code"]) == (offered.position, offered.said)
    offered.keys(other, "3")
    offers, answers = kept(database)
    assert (1, ["good", "polite"]) == (len(offers), [row[1] for row in answers])


def test_an_answer_that_is_told_twice_stays_as_it_was(database: Database) -> None:
    """By its call and question; an offer by its call."""
    answer = surveys.Answer("a", "good", "help", "doctors", "pl", MONDAY, "5", True)
    offer = surveys.Offer("a", "help", "doctors", "pl", MONDAY)
    later = MONDAY + timedelta(seconds=1)
    with database.writing() as connection:
        for at, key in ((MONDAY, "5"), (later, "1")):
            surveys.offered(connection, surveys.Offer("a", "help", "doctors", "pl", at))
            surveys.answered(
                connection, surveys.Answer("a", "good", "help", "doctors", "pl", at, key, satisfied=key == "5")
            )
    assert ([astuple(offer)], [astuple(answer)]) == kept(database)


def test_surveys_are_summed_up_by_the_day_of_their_offer(
    line: Line, runner: Runner, clock: Clock, database: Database
) -> None:
    """Two callers that day, one of whom answers, and another one a week later; a terminal's call is no caller's."""
    talked(line, runner, clock).keys(runner, "1", "2", "3")
    talked(Line(database), runner, clock).keys(runner, "7")
    talked(AtTerminal(database), runner, clock).keys(runner, "1", "2", "3")
    clock.wait(days=7)
    talked(Line(database), runner, clock).keys(runner, "1", "1", "-")
    monday = date(2026, 11, 23)
    day, both = (period_of(monday, last, WARSAW) for last in (monday, date(2026, 11, 30)))
    good, polite = ("doctors", "help", "good"), ("doctors", "help", "polite")
    with database.reading() as connection:
        assert (Asked("doctors", "help", 2, 1),) == asked_in(connection, day)
        assert {Answered(*good, 1, 1), Answered(*polite, 1, 1)} == {*answers_in(connection, day)}
        assert (Asked("doctors", "help", 3, 2),) == asked_in(connection, both) == asked_in(connection, None)
        assert {Answered(*good, 2, 1), Answered(*polite, 1, 1)} == {*answers_in(connection, both)}


# The draw


def call_ids(many: int) -> Iterator[str]:
    """So many calls."""
    return (str(UUID(int=number)) for number in range(many))


def test_the_draw_is_a_share_of_the_calls() -> None:
    """About so many percent, of 0 none and of 100 all; a greater share holds a smaller one."""
    drawn = {share: {call for call in call_ids(10_000) if is_drawn(call, share)} for share in (0, 5, 20, 100)}
    assert (0, 10_000) == (len(drawn[0]), len(drawn[100]))
    assert 400 < len(drawn[5]) < 600
    assert 1_800 < len(drawn[20]) < 2_200
    assert drawn[5] < drawn[20]


def test_a_runner_draws_by_the_calls_own_id(
    make_runner: MakeRunner, library: Library, clock: Clock, database: Database
) -> None:
    """Whichever process carries it: those who are drawn are those who hear the offer."""
    library.publish(load_text(edited(SMALL, *SURVEY, ("share: 20", "share: 50"))), MONDAY)
    lines = [Line(database, id=call) for call in call_ids(12)]
    for number, line in enumerate(lines):
        talked(line, make_runner(f"node-{number % 2}"), clock)
    heard = [line.said == ["sorry"] for line in lines]
    assert [is_drawn(line.id, 50) for line in lines] == heard
    assert {True, False} == set(heard)
