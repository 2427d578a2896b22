"""Scores that supervisors give to recorded conversations, for correctness and for the standard of service.

A score says nothing of the caller, and stays when its recording is destroyed, as the tombstone does. It says something
of a consultant and of a supervisor, so that it has a term of its own (`personal_data`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import ColumnElement, Connection, func, insert, select

from recordings import catalogue, rejected, samples, tombstones
from recordings.catalogue import Recording, State, recordings
from recordings.faults import RecordingFault
from recordings.records import recording_scores
from recordings.retention import business_date
from recordings.score_figures import MARKS, Recorded, Scored
from recordings.serial import one_at_a_time


class NotScored(RecordingFault):
    """A score that is not taken; the text says why."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one supervisor thought of one conversation; both marks are from 1 to 5 (`score_figures.MEANINGS`).

    `number` counts the scores that this supervisor gave it: the last one counts. `drawn`: it was in a sample when it
    was scored, and not chosen by hand. The day, topic, queue and consultant are the recording's.
    """

    recording_id: str
    scored_by: str
    number: int
    scored_at: datetime
    correctness: int
    service: int
    drawn: bool
    ended_on: date
    topic: str | None
    queue: str | None
    consultant: str | None


@dataclass(frozen=True, slots=True)
class Given:
    """A score as it is given: by whom, when, and the marks."""

    by: str
    at: datetime
    correctness: int
    service: int


def give(connection: Connection, recording_id: str, given: Given, zone: tzinfo, *, again: bool = False) -> Score:
    """Score a recording that is kept; what the same supervisor gave it before stays on record and counts no more.

    Raises NotScored: the recording is not kept, or scored by them already and not to be scored `again`; ValueError for
    a mark that there is not.
    """
    if not {given.correctness, given.service} <= set(MARKS):
        raise ValueError("marks are from 1 to 5")
    # What decides on destruction waits, or has decided before.
    one_at_a_time(connection)
    recording = may_score(connection, recording_id, given.by, again=again)
    score = Score(
        recording_id,
        given.by,
        _last_number(connection, recording_id, given.by) + 1,
        given.at,
        given.correctness,
        given.service,
        samples.is_drawn(connection, recording_id),
        business_date(recording.ended_at, zone),
        recording.topic,
        recording.queue,
        recording.consultant,
    )
    connection.execute(insert(recording_scores), asdict(score))
    return score


def may_score(connection: Connection, recording_id: str, by: str, *, again: bool = False) -> Recording:
    """The recording, if it is kept and they may score it. Raises NotScored."""
    recording = _kept(connection, recording_id)
    if not again and _last_number(connection, recording_id, by):
        raise NotScored(f"{by} has scored {recording_id} already; to score it anew, say --again")
    return recording


def of_recording(connection: Connection, recording_id: str) -> tuple[Score, ...]:
    """All scores of a recording, the oldest first."""
    c = recording_scores.c
    query = select(recording_scores).where(c.recording_id == recording_id).order_by(c.scored_at, c.number)
    return tuple(Score(**row._mapping) for row in connection.execute(query))


def scored_in(connection: Connection, days: tuple[date, date] | None) -> tuple[Scored, ...]:
    """The scores that count of conversations of these days, or all: how many there are of each kind."""
    c = recording_scores.c
    kinds = (c.consultant, c.topic, c.correctness, c.service)
    query = select(*kinds, func.count()).where(_counts(), *_ended(days)).group_by(*kinds)
    return tuple(Scored(*row) for row in connection.execute(query))


def recorded_in(
    connection: Connection, days: tuple[date, date] | None, period: tuple[datetime, datetime] | None
) -> tuple[Recorded, ...]:
    """The recorded conversations of these days, or all: those in the catalogue, and those scored and destroyed since.

    `period` is from where the days begin to where they end.
    """
    c, score = recordings.c, recording_scores.c
    kept = select(c.consultant, c.topic, func.count()).group_by(c.consultant, c.topic)
    if period is not None:
        kept = kept.where(c.ended_at >= period[0], c.ended_at < period[1])
    conversations = func.count(score.recording_id.distinct())
    gone = c.id.is_(None)
    scored = (
        select(
            *(
                score.consultant,
                score.topic,
                conversations.filter(gone),
                conversations,
                conversations.filter(score.drawn),
            )
        )
        .select_from(recording_scores.outerjoin(recordings, c.id == score.recording_id))
        .where(*_ended(days))
        .group_by(score.consultant, score.topic)
    )
    return (
        *(Recorded(*row) for row in connection.execute(kept)),
        *(Recorded(*row) for row in connection.execute(scored)),
    )


def _kept(connection: Connection, recording_id: str) -> Recording:
    recording = catalogue.find(connection, recording_id)
    if recording is None:
        raise NotScored(_why_gone(connection, recording_id))
    match recording.state:
        case State.KEPT:
            return recording
        case State.WITHDRAWN:
            raise NotScored(f"{recording_id}: consent was withdrawn; it is no longer scored")
        case State.PURGING:
            raise NotScored(f"{recording_id} is being destroyed; it is no longer scored")


def _why_gone(connection: Connection, recording_id: str) -> str:
    if tombstones.find(connection, recording_id) is not None:
        return f"{recording_id} was destroyed; it is no longer scored"
    if rejected.find_quarantined(connection, recording_id) is not None:
        return f"{recording_id} is quarantined; what is damaged is not scored"
    return f"there is no recording {recording_id}; see centrala recordings list"


def _last_number(connection: Connection, recording_id: str, by: str) -> int:
    c = recording_scores.c
    query = select(func.max(c.number)).where(c.recording_id == recording_id, c.scored_by == by)
    return connection.execute(query).scalar_one() or 0


def _counts() -> ColumnElement[bool]:
    """Nothing that the same supervisor gave the same recording later is there."""
    c, later = recording_scores.c, recording_scores.alias()
    same = (later.c.recording_id == c.recording_id) & (later.c.scored_by == c.scored_by)
    return ~select(later.c.number).where(same, later.c.number > c.number).exists()


def _ended(days: tuple[date, date] | None) -> tuple[ColumnElement[bool], ...]:
    return () if days is None else (recording_scores.c.ended_on.between(*days),)
