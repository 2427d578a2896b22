"""The folder that holds everything fetched, and the lock that lets one process at a time fill it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from provision.errors import ProvisionError
from provision.progress import step

VARIABLE = "CENTRALA_CACHE"
PATIENCE = 1800.0
"""Seconds to wait for another process that fills the cache: a slow line needs minutes for 200 MB."""

_PROJECT = Path(__file__).resolve().parent.parent
# The loader's library path splits at colons and semicolons, and apt's configuration quotes with ".
_UNUSABLE = ':;"\n'


def folder() -> Path:
    """Return the cache folder, made if missing: $CENTRALA_CACHE, else the project's or the user's.

    Raises:
        ProvisionError: the folder's name cannot be used, or it cannot be made.
    """
    path = Path(os.environ.get(VARIABLE) or _usual()).absolute()
    if any(character in _UNUSABLE for character in str(path)):
        raise ProvisionError(
            f"the cache folder's name {str(path)!r} holds a colon, a semicolon or a quote.",
            f"Set {VARIABLE} to a folder without them: libraries cannot be loaded from there.",
        )
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(path, error) from error
    return path


def _usual() -> Path:
    """Return the project's `.cache`; installed from a wheel the program has no project, and the user's cache serves."""
    if (_PROJECT / "pyproject.toml").is_file():
        return _PROJECT / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "centrala"


def unusable(path: Path, error: OSError) -> ProvisionError:
    """Return the error for people that says why the cache at `path` cannot be used."""
    return ProvisionError(
        f"the cache folder {path} cannot be used: {error.strerror or error}.",
        f"Free some space or mend its permissions, or set {VARIABLE} to another folder.",
    )


@contextmanager
def alone(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the cache for this process; the kernel lets go of it however the process ends.

    Children started with `close_fds=False` hold it too. So where this process is killed while one of them still
    writes to the cache, the next process waits until that has ended.

    Args:
        path: the cache folder.
        patience: seconds to wait for another holder.

    Raises:
        ProvisionError: another process held it all that time.
    """
    with (path / "lock").open("w") as lock:
        if not _taken(lock):
            step("another process is filling the cache, waiting for it")
            _wait(lock, path, time.monotonic() + patience)
        os.set_inheritable(lock.fileno(), True)
        yield


def _wait(lock: IO[str], path: Path, deadline: float) -> None:
    while not _taken(lock):
        if time.monotonic() > deadline:
            raise ProvisionError(
                f"another process has held the cache {path} for too long.",
                f"See who does with `fuser {path / 'lock'}`, end it and try again.",
            )
        time.sleep(0.1)


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
