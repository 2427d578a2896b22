"""A program that is run once, and what it cost: read from the kernel when it has ended, its children included.

It is started by a process of its own that does nothing else: the kernel counts the memory of whoever starts a program
as the program's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
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
    with tempfile.NamedTemporaryFile() as told:
        starter = (sys.executable, "-I", "-S", __file__, told.name, *words)
        done = subprocess.run(
            starter,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            last = done.stdout.decode(errors="replace").strip().rpartition("\n")[2]
            raise ProgramError(f"{words[0]} ended with {done.returncode}: {last}")
        return Cost(*json.load(told))


def outside() -> dict[str, str]:
    """The environment without whatever names an installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CENTRALA_")}


def _start(told: str, words: list[str]) -> int:
    began = time.monotonic()
    pid = os.posix_spawnp(words[0], words, os.environ)
    _, status, used = os.wait4(pid, 0)
    seconds = time.monotonic() - began
    with open(told, "w", encoding="ascii") as file:
        json.dump((seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024), file)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(_start(sys.argv[1], sys.argv[2:]))
