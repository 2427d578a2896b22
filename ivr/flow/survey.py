"""The survey: drawn, offered, answered key by key."""

from __future__ import annotations

from itertools import pairwise

from ivr.definition import Flow
from ivr.events import Event, Keyed, NoInput, SurveyDrawn
from ivr.flow.tries import ask, no_match
from ivr.flow.walking import end_survey, go
from ivr.lookups import place, question_at, survey_at
from ivr.state import AtSurveyDraw, AtSurveyOffer, AtSurveyQuestion, State, replace
from ivr.turns import Ignored, Turn

ACCEPT = "1"


def surveying(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whatever happens in a survey. Nobody is pressed: silence leads on, and so does any other key at the offer."""
    match state.position, event:
        case AtSurveyDraw(name), SurveyDrawn(asked):
            drawn = replace(state, drawn=True)
            if asked:
                return ask(flow, replace(drawn, position=AtSurveyOffer(name), no_inputs=0, no_matches=0))
            return go(flow, drawn, survey_at(flow, name).then, ())
        case AtSurveyOffer(name), Keyed(digits) if digits == ACCEPT:
            return _at_question(flow, state, name, survey_at(flow, name).questions[0].name)
        case AtSurveyOffer(name), Keyed() | NoInput():
            return go(flow, state, survey_at(flow, name).then, ())
        case AtSurveyQuestion(name, question), Keyed(digits) if digits in question_at(flow, name, question).keys:
            following = _following(flow, name, question)
            return _at_question(flow, state, name, following) if following else end_survey(flow, state, name)
        case AtSurveyQuestion(), Keyed():
            return no_match(flow, state)
        case AtSurveyQuestion(name), NoInput():
            return end_survey(flow, state, name)
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")


def _at_question(flow: Flow, state: State, name: str, question: str) -> Turn:
    return ask(flow, replace(state, position=AtSurveyQuestion(name, question), no_inputs=0, no_matches=0))


def _following(flow: Flow, name: str, question: str) -> str | None:
    """The question after this one."""
    names = (one.name for one in survey_at(flow, name).questions)
    return dict(pairwise(names)).get(question)
