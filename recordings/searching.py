"""Whether something stands in the bytes of a file, found by a process of its own.

Whoever closes a file of an SQLite database loses every lock that its process holds on that file, and another process
may then take the log away from under it (https://www.sqlite.org/howtocorrupt.html, "POSIX advisory locks canceled").
"""

from __future__ import annotations

import mmap
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

FOUND, NOT_FOUND = 10, 11


def stands_in(file: Path, texts: Iterable[str]) -> bool:
    """Whether one of the texts stands in the file. Raises OSError where it cannot be read."""
    words = (sys.executable, "-I", __file__, str(file), *texts)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode not in (FOUND, NOT_FOUND):
        raise OSError(f"{file}: cannot be searched ({(done.stderr.splitlines() or ['no reason given'])[-1]})")
    return done.returncode == FOUND


def _search(file: Path, texts: Iterable[str]) -> bool:
    if not file.stat().st_size:
        return False
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(text.encode()) >= 0 for text in texts)


if __name__ == "__main__":
    sys.exit(FOUND if _search(Path(sys.argv[1]), sys.argv[2:]) else NOT_FOUND)
