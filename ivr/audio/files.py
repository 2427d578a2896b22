"""Writing files that other processes read."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_shared(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file all at once: whoever looks sees all of it or none. Several may write the same. Raises OSError."""
    unfinished = path.with_name(f".{path.stem}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb") as raw:
            write(raw)
            raw.flush()
            # Nothing looks into a cached file again, so it must not come out of a power cut half-written.
            os.fsync(raw.fileno())
        unfinished.replace(path)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
