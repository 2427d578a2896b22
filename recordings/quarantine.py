"""Ending what has lain in the quarantine for its time: its files are destroyed, and why it lay there stays on record.

Each machine has a quarantine of its own and clears it by the rows, whoever has ended them; the rows are ended once, by
the run of the day. What a killed run leaves is found again by the next.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from recordings import rejected
from recordings.intake import alone
from recordings.purge import Places, Step, Watch
from storage.files import sync_folder


def clear(places: Places, today: date, watch: Watch) -> None:
    """Destroy the files on this machine whose last day is over. Raises OSError.

    Whoever puts something aside has its row before its files: where there is something to destroy, it waits for them.
    """
    if not _over(places, today):
        return
    with alone(places.home):
        for file in _over(places, today):
            file.unlink(missing_ok=True)
            watch(Step.QUARANTINE_CLEARED, 1)
        sync_folder(places.home.quarantine)


def _over(places: Places, today: date) -> tuple[Path, ...]:
    with places.database.reading() as connection:
        rows = rejected.over(connection, today)
    return tuple(file for one in rows for file in rejected.files_of(places.home.quarantine, one.id))
