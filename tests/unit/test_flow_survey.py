"""The survey after a conversation: drawn, offered, answered, and left by whoever wants to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.definition import Flow, Survey
from ivr.events import QueueLeft
from ivr.flow import step
from ivr.state import AtMenu, AtSurveyDraw, AtSurveyOffer, AtSurveyQuestion, Ended, InQueue
from ivr.turns import Turn
from ivr.waits import DrawSurvey, Gather, Transfer
from tests.callers import Caller

COMPLETED = Ended("goodbye", "completed")


def talked(flow: Flow, *, drawn: bool = True) -> Caller:
    """A caller whose consultant has hung up."""
    return Caller(flow, drawn=drawn).keys("0", "6").listens().returns("answered")


def test_a_share_of_the_callers_is_drawn(flow: Flow) -> None:
    """By a service that is told the share; the flow knows no chance."""
    back = step(flow, Caller(flow).keys("0", "6").listens().state, QueueLeft("answered"))
    assert isinstance(back, Turn)
    assert (DrawSurvey(20), AtSurveyDraw("survey"), False) == (back.wait, back.state.position, back.state.drawn)
    caller = talked(flow)
    assert (("survey-offer",), AtSurveyOffer("survey"), True) == (caller.said, caller.position, caller.state.drawn)


def test_whoever_is_not_drawn_is_thanked_at_once(flow: Flow) -> None:
    """As if there were no survey."""
    caller = talked(flow, drawn=False)
    assert (("goodbye",), COMPLETED) == (caller.said, caller.position)


def test_two_questions_and_thanks(flow: Flow) -> None:
    """Each is answered by one key, and named by its gather."""
    caller = talked(flow).keys("1")
    assert (("survey-satisfaction",), Gather("satisfaction", 1, 6)) == (caller.said, caller.wait)
    caller.keys("5")
    assert (("survey-politeness",), Gather("politeness", 1, 6)) == (caller.said, caller.wait)
    caller.keys("3")
    assert (("survey-thanks", "goodbye"), COMPLETED) == (caller.said, caller.position)


@pytest.mark.parametrize("key", "234567890*#")
def test_every_other_key_declines(flow: Flow, key: str) -> None:
    """Nobody is asked twice whether they want to be asked."""
    caller = talked(flow).keys(key)
    assert (("goodbye",), COMPLETED) == (caller.said, caller.position)


def test_silence_declines(flow: Flow) -> None:
    """At once, without nagging."""
    assert ("goodbye",) == talked(flow).silent().said


def test_silence_at_a_question_ends_the_survey(flow: Flow) -> None:
    """With thanks, at either question."""
    assert ("survey-thanks", "goodbye") == talked(flow).keys("1").silent().said
    assert ("survey-thanks", "goodbye") == talked(flow).keys("1", "4").silent().said


def test_a_wrong_key_asks_again_within_the_tries(flow: Flow) -> None:
    """With the words for a wrong key; tries are counted for each question anew."""
    caller = talked(flow).keys("1", "9", "0")
    assert ("no-match", "survey-satisfaction") == caller.said
    caller.keys("1", "9", "9")
    assert AtSurveyQuestion("survey", "politeness") == caller.position
    assert ("survey-thanks", "goodbye") == caller.keys("9").said


def test_a_call_is_drawn_once(flow: Flow) -> None:
    """Whoever talks to two consultants in a call is asked after the first conversation at most."""
    survey = flow.steps["survey"]
    assert isinstance(survey, Survey)
    further = replace(survey, then="topics")
    again = Caller(replace(flow, steps={**flow.steps, "survey": further}), drawn=True)
    again.keys("0", "6").listens().returns("answered").keys("1", "5", "5", "2")
    assert isinstance(again.wait, Transfer)
    again.returns("answered")
    assert (AtMenu("topics"), ("choose-topic", "topics")) == (again.position, again.said)


def test_a_caller_who_is_sent_on_is_asked_after_the_last_conversation(flow: Flow) -> None:
    """Being handed to another topic is no end."""
    caller = Caller(flow, drawn=True).keys("0", "2").listens().sent_on("doctors")
    assert InQueue("to-doctors") == caller.position
    assert ("survey-offer",) == caller.returns("answered").said


def test_whoever_was_not_answered_is_asked_nothing(flow: Flow) -> None:
    """There was no conversation to speak of."""
    caller = Caller(flow, drawn=True).keys("0", "6").listens().returns("timeout").silent(3)
    assert ("call-later", "goodbye") == caller.said


def test_hanging_up_in_a_survey_ends_the_call_there(flow: Flow) -> None:
    """Its row says where."""
    assert Ended("survey", "caller") == talked(flow).keys("1").hangs_up().position


def test_each_topic_counts_with_a_group_of_callers(flow: Flow) -> None:
    """Those whose satisfaction the service publishes; a topic that names none is one of its own."""
    groups = {"pensions": "beneficiaries", "benefits": "beneficiaries", "technical": "technical"}
    groups |= {name: name for name in ("doctors", "payers", "insured")}
    assert groups == flow.callers
