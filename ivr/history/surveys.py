"""What is on record of surveys, summed up where it is kept."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, distinct, func, select

from ivr.calls import TERMINAL, calls
from routing.reporting.days import Period
from routing.reporting.surveys import Answered, Asked
from routing.surveys import survey_answers, survey_offers

_offer, _answer = survey_offers.c, survey_answers.c
_OFFERS = survey_offers.join(calls, (calls.c.id == _offer.call_id) & (calls.c.gateway != TERMINAL))
_WITH_ANSWERS = _OFFERS.outerjoin(survey_answers, _answer.call_id == _offer.call_id)


def asked_in(connection: Connection, period: Period | None) -> tuple[Asked, ...]:
    """Those whom a survey was offered to in a period, or ever, by group of callers and topic."""
    offered, took_part = func.count(distinct(_offer.call_id)), func.count(distinct(_answer.call_id))
    query = select(_offer.callers, _offer.topic, offered, took_part).select_from(_WITH_ANSWERS)
    rows = connection.execute(query.where(*_in(period)).group_by(_offer.callers, _offer.topic))
    return tuple(Asked(*row) for row in rows)


def answers_in(connection: Connection, period: Period | None) -> tuple[Answered, ...]:
    """Their answers, by question."""
    by = (_answer.callers, _answer.topic, _answer.question)
    satisfied = func.count().filter(_answer.satisfied)
    query = select(*by, func.count(), satisfied).select_from(
        _OFFERS.join(survey_answers, _answer.call_id == _offer.call_id)
    )
    return tuple(Answered(*row) for row in connection.execute(query.where(*_in(period)).group_by(*by)))


def _in(period: Period | None) -> tuple[ColumnElement[bool], ...]:
    return () if period is None else (_offer.at >= period.start, _offer.at < period.end)
