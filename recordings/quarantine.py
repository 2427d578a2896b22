"""Ending what has lain in the quarantine for its time: its files are destroyed, and why it lay there stays on record.

Each machine has a quarantine of its own and clears it by the rows, whoever has ended them; the rows are ended once, by
the run of the day. What a killed run leaves is found again by the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from recordings import rejected
from recordings.intake import alone
from recordings.purge import Places, Step, Watch
from storage.files import sync_folder


@dataclass(frozen=True, slots=True)
class Stuck:
    """A file that could not be destroyed, and why. `origin` is where what it holds came from.

    What it is called may be somebody's number, and is told nowhere: `find FOLDER -inum INODE` finds it.
    """

    path: Path
    error: OSError
    origin: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"

    @property
    def place(self) -> str:
        """Its folder, and the number of its inode there."""
        return f"{self.path.parent}, {_inode(self.path)}"

    @property
    def reason(self) -> str:
        """Why it could not be destroyed."""
        return self.error.strerror or type(self.error).__name__


def _inode(path: Path) -> str:
    try:
        return f"inode {path.lstat().st_ino}"
    except OSError:
        return "a file"


def clear(places: Places, today: date, watch: Watch) -> tuple[Stuck, ...]:
    """Destroy the files on this machine whose last day is over: those that could not be. Raises OSError.

    Whoever puts something aside has its row before its files: where there is something to destroy, it waits for them.
    """
    if not _over(places, today):
        return ()
    with alone(places.home):
        stuck = tuple(one for origin, file in _over(places, today) if (one := _destroyed(file, origin, watch)))
        sync_folder(places.home.quarantine)
    return stuck


def _destroyed(file: Path, origin: str, watch: Watch) -> Stuck | None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        return Stuck(file, error, origin)
    watch(Step.QUARANTINE_CLEARED, 1)
    return None


def _over(places: Places, today: date) -> tuple[tuple[str, Path], ...]:
    with places.database.reading() as connection:
        rows = rejected.over(connection, today)
    files = ((one.origin, file) for one in rows for file in rejected.files_of(places.home.quarantine, one.id))
    return tuple(files)
