"""What a turn adds to the account of surveys: that one was offered, and what was answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from ivr.definition import Flow
from ivr.events import Event, Keyed, SurveyDrawn
from ivr.lookups import question_at
from ivr.state import AtSurveyQuestion, State
from routing import surveys


def keep(
    connection: Connection, call_id: str, flow: Flow, before: State, events: tuple[Event, ...], at: datetime
) -> None:
    """Keep what the events of a turn, which met the call in the state `before`, say of a survey."""
    topic = before.topic or ""
    about = (topic, flow.callers.get(topic, ""), before.lang, at)
    match before.position, events[0]:
        case AtSurveyQuestion(name, asked), Keyed(key):
            question = question_at(flow, name, asked)
            if key in question.keys:
                answer = surveys.Answer(call_id, asked, *about, key, key in question.satisfied)
                surveys.answered(connection, answer)
        case _ if SurveyDrawn(True) in events:
            surveys.offered(connection, surveys.Offer(call_id, *about))
