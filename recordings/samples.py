"""Samples of conversations that were drawn to be scored, each on record with how it was drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Connection, Select, func, insert, select

from recordings.catalogue import State, is_due, recordings
from recordings.records import recording_samples, recording_scores, sampled_recordings
from recordings.sampling import Candidate, Share, share


@dataclass(frozen=True, slots=True)
class Sample:
    """How a sample is drawn: `each` of every consultant, of conversations of so many seconds at least.

    They ended on a day from `first_day` to `last_day`; of one topic, or of all.
    """

    id: str
    drawn_at: datetime
    drawn_by: str
    first_day: date
    last_day: date
    topic: str | None
    each: int
    shortest: int
    seed: str


def draw(
    connection: Connection, sample: Sample, begin: datetime, end: datetime, today: date, zone: tzinfo
) -> Iterator[Share]:
    """The share of each consultant, one after another; `begin` and `end` are where the sample's days do.

    What is kept by a hold beyond its last day is not drawn: it is there for its case alone.
    """
    for consultant in _consultants(connection):
        query = _unscored(sample, begin, end, today).where(recordings.c.consultant == consultant)
        rows = connection.execute(query)
        candidates = (Candidate(row.id, row.topic, row.ended_at.astimezone(zone).hour) for row in rows)
        found = share(consultant, candidates, sample.each, sample.seed)
        if found.conversations:
            yield found


def store(connection: Connection, sample: Sample, drawn: Iterable[str]) -> None:
    """Put a sample on record, with the ids of what was drawn."""
    connection.execute(insert(recording_samples), asdict(sample))
    rows = [{"sample_id": sample.id, "recording_id": id} for id in drawn]
    if rows:
        connection.execute(insert(sampled_recordings), rows)


def of_days(connection: Connection, days: tuple[date, date] | None) -> tuple[tuple[Sample, int], ...]:
    """The samples of conversations of these days, or all, the oldest first, with how many were drawn."""
    c, drawn = recording_samples.c, sampled_recordings.c
    number = select(func.count()).where(drawn.sample_id == c.id).scalar_subquery().label("number")
    query = select(recording_samples, number).order_by(c.drawn_at, c.id)
    if days is not None:
        query = query.where(c.first_day <= days[1], c.last_day >= days[0])
    rows = (dict(row._mapping) for row in connection.execute(query))
    return tuple((Sample(**row), number) for row in rows for number in [row.pop("number")])


def is_drawn(connection: Connection, recording_id: str) -> bool:
    """Whether a recording is in any sample."""
    found = select(sampled_recordings.c.sample_id).where(sampled_recordings.c.recording_id == recording_id).limit(1)
    return connection.execute(found).one_or_none() is not None


def expire(connection: Connection, before: datetime, most: int) -> int:
    """Remove samples that were drawn before then, with what was drawn, at most so many: how many."""
    c = recording_samples.c
    over = select(c.id).where(c.drawn_at < before).order_by(c.drawn_at, c.id).limit(most)
    ids = list(connection.execute(over).scalars())
    connection.execute(sampled_recordings.delete().where(sampled_recordings.c.sample_id.in_(ids)))
    connection.execute(recording_samples.delete().where(c.id.in_(ids)))
    return len(ids)


def _consultants(connection: Connection) -> Iterator[str]:
    """Everybody who has recordings, each found by a step in the index: to read all rows would take minutes."""
    c = recordings.c
    last: str | None = ""
    while (
        last := connection.execute(select(func.min(c.consultant)).where(c.consultant > last)).scalar_one()
    ) is not None:
        yield last


def _unscored(sample: Sample, begin: datetime, end: datetime, today: date) -> Select[tuple[str, str | None, datetime]]:
    c = recordings.c
    scored = select(recording_scores.c.recording_id).where(recording_scores.c.recording_id == c.id).exists()
    query = select(c.id, c.topic, c.ended_at).where(
        c.ended_at >= begin,
        c.ended_at < end,
        c.state == State.KEPT,
        ~is_due(today),
        c.duration_ms >= sample.shortest * 1000,
        ~scored,
    )
    return query if sample.topic is None else query.where(c.topic == sample.topic)
