"""The whole job in a process of its own, which is killed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from personal_data import job
from personal_data.job import Done, Service
from personal_data.kinds import Terms
from recordings.purge import Places, Watch, unwatched
from recordings.runs import Limits
from storage.database import Database
from tests.personal_data.made import DEFAULTS
from tests.recordings.kept import WARSAW, at_noon, places_in
from tests.recordings.processes import dying

ALL = Limits(share=1.0, batch=2)


def once(
    places: Places, today: date, settings: Terms = DEFAULTS, limits: Limits = ALL, watch: Watch = unwatched
) -> Done:
    """Run the job."""
    service = Service(settings, WARSAW, lambda _: frozenset())
    return job.once(places, service, today, "here", at_noon(today), limits, watch)


def run_and_die(url: str, folder: Path, today: date, moment: int) -> None:
    """Run the job, and be killed at so many steps."""
    once(places_in(folder, Database(url)), today, watch=dying(moment))
