"""Promises: what callers who wait are told about it, on a real Asterisk, and whether it was so.

Waits are told in whole minutes, so conversations of seconds would prove nothing: here they take a minute on average,
exponentially distributed (as varied as telephone conversations are, and the model's own case). Nothing is scaled: of
30 consultants one becomes free every two seconds, so callers wait from seconds to minutes, as in a larger centre.

First all consultants are given a caller, then callers come as fast as they are served, for as long as three
conversations take: before that only short ones are over, and estimates would be made from those. Then, for a while,
they come six times as fast. Of these is counted whoever was told on the way to the queue and then answered, as
`centrala queues` counts. All of them wait for the same conversations, so that one run is not as much as it seems.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from bench.centre import NUMBER, PROMISED, PROMISED_AGENTS, PROMISED_KEY, centre
from bench.distribution import consultants, placing
from bench.load import LoadError
from routing import waiting
from routing.estimates import Estimate
from routing.visits import queue_visits
from routing.waiting import wait_estimates
from storage.database import Database
from storage.home import Home

TALKS = 'distribution="exponential" mean="60000"'
# How many callers, at which pace in SIPp's words, and seconds until the next ones.
CALLERS = ((PROMISED_AGENTS, "-r 4", 8.0), (95, "-r 1 -rp 2000", 190.0), (120, "-r 3", 40.0))
LAST_ANSWER_SECONDS = 400.0


@dataclass(frozen=True, slots=True)
class Promise:
    """What a caller was told, in minutes (`high` None: no end), and the seconds until the answer."""

    low: int
    high: int | None
    waited: float

    @property
    def kept(self) -> bool:
        """Whether it was so."""
        return Estimate(1, self.low, self.high).holds(self.waited)


@dataclass(frozen=True, slots=True)
class Promises:
    """All that were counted."""

    made: tuple[Promise, ...]

    @property
    def kept_share(self) -> float | None:
        """Percent of callers who were answered within what they were told."""
        return 100 * sum(one.kept for one in self.made) / len(self.made) if self.made else None

    @property
    def ranges(self) -> dict[str, int]:
        """How many were told each range, the shortest first."""
        told = sorted((one.low, one.high or 0) for one in self.made)
        return {f"{low}-{high or '...'}": told.count((low, high)) for low, high in dict.fromkeys(told)}


def measure(folder: Path) -> Promises:
    """Have callers wait, tell them, and see. Raises StationError, AsteriskError, LoadError, ProvisionError."""
    with ExitStack() as stack:
        station = stack.enter_context(centre(folder))
        stack.enter_context(consultants(station, folder / "agents", TALKS, sound=True))
        for number, (count, pace, seconds) in enumerate(CALLERS):
            since = datetime.now(UTC)
            keys = [PROMISED_KEY] * count
            stack.enter_context(placing(station, NUMBER, keys, folder / f"callers-{number}", pace, sound=True))
            time.sleep(seconds)
        database = Database(Home.from_environment(station.environment).database_url)
        _until_all_are_answered(database)
        return Promises(counted(database, since))


def _until_all_are_answered(database: Database) -> None:
    deadline = time.monotonic() + LAST_ANSWER_SECONDS
    while time.monotonic() < deadline:
        with database.reading() as connection:
            if not waiting.waiting(connection, PROMISED):
                return
        time.sleep(1)
    raise LoadError("callers who were to be answered still wait")


def counted(database: Database, since: datetime) -> tuple[Promise, ...]:
    """The promises that were made from then on and proved right or wrong by an answer, in order."""
    visit, told = queue_visits.c, wait_estimates.c
    same = (visit.call_id == told.call_id) & (visit.seq == told.seq)
    query = (
        select(told.at, told.low, told.high, visit.answered_at)
        .join_from(wait_estimates, queue_visits, same)
        .where(told.number == 0, told.at >= since, visit.queue == PROMISED, visit.answered_at.is_not(None))
        .order_by(told.at)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return tuple(Promise(row.low, row.high, (row.answered_at - row.at).total_seconds()) for row in rows)
