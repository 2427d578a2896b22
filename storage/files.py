"""Files that are there with all of their content or not at all, even after a power cut."""

from __future__ import annotations

import os
import stat
from pathlib import Path

PRIVATE = 0o600


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in place of the one that is there, whose mode it has; a new one is private.

    Raises OSError; what was there stays then.
    """
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else PRIVATE
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Have a file that others wrote outlive a power cut. Raises OSError."""
    _sync(path)


def sync_folder(folder: Path) -> None:
    """Have what was made, moved or removed in a folder outlive a power cut. Raises OSError."""
    _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
