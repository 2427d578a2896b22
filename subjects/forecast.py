"""What would go if a person were erased, and what a legal hold would keep. Only reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from ivr.calls import calls
from recordings import catalogue, holds
from recordings.records import rejected_recordings
from routing.callbacks import callbacks
from subjects.decision import waiting_parts
from subjects.holdings import Holdings, count


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many rows of each table, recordings, and recorded parts that are not taken in or are put aside would go.

    `held` is how many recordings a hold keeps, by case; one may be under several. `kept` counts each once, and
    `kept_calls` the calls that stay whole with them. `others` are calls from the number that are somebody else's, and
    stay.
    """

    rows: Mapping[str, int]
    recordings: int
    waiting: int
    aside: int
    kept: int
    kept_calls: int
    held: Mapping[str, int]
    others: int

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to erase."""
        return not any(self.rows.values()) and not (self.recordings or self.waiting or self.aside)


def forecast(connection: Connection, held: Holdings, today: date) -> Forecast:
    """What would go on that day."""
    rows = {table.name: count(connection, table, where) for table, where in held.rows(today)}
    elsewhere = count(connection, callbacks, held.callbacks_to_them)
    ids = [one.id for one in catalogue.everything(connection, held.recordings)]
    kept = holds.held(connection, ids, today)
    cases = Counter(
        case
        for id in sorted(kept)
        for case in {hold.case for hold in holds.of_recording(connection, id) if hold.in_force(today)}
    )
    return Forecast(
        rows=rows | {"callbacks": rows["callbacks"] + elsewhere},
        recordings=len(ids),
        waiting=len(waiting_parts(connection, held)),
        aside=count(connection, rejected_recordings, held.quarantined),
        kept=len(kept),
        kept_calls=count(connection, calls, held.held_calls(today)),
        held=dict(sorted(cases.items())),
        others=count(connection, calls, held.others),
    )
