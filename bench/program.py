"""A program that is run once, and what it cost: read from the kernel when it has ended, its children included."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class ProgramError(Exception):
    """A program that is measured failed; nothing can be told of it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock and of the processor, and the most memory that it had at once, in bytes."""

    seconds: float
    processor: float
    memory: int


def run(words: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run a program to its end. Raises ProgramError where it fails, with what it said last; OSError."""
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise ProgramError(f"{words[0]} ended with {process.returncode}: {last}")
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def outside() -> dict[str, str]:
    """The environment without whatever names an installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CENTRALA_")}
