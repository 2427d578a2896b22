"""The process that stays to take recordings in, as an operator runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 120.0
POLL_SECONDS = 0.05


class Staying:
    """One such process, and what it logs."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        words = (sys.executable, "-W", "ignore", "-m", "centrala", "recordings", "intake", "--stay")
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                words, env={**os.environ, **environment}, stdout=output, stderr=output, process_group=0
            )

    @property
    def said(self) -> list[dict[str, Any]]:
        """The lines of its log; what it says before is no JSON."""
        lines = self.log.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def times(self, event: str) -> int:
        """How often it has logged that."""
        return sum(line["event"] == event for line in self.said)

    def ends(self) -> int:
        """Its exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def dies(self) -> None:
        """Killed without a chance to clean up."""
        self.process.kill()
        self.process.wait(PATIENCE)


@contextmanager
def staying(environment: Mapping[str, str], log: Path) -> Iterator[Staying]:
    """Run one; nothing of it is left."""
    one = Staying(environment, log)
    try:
        yield one
    finally:
        one.dies()


def until(condition: Callable[[], object], what: str) -> None:
    """Poll until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: never"
        time.sleep(POLL_SECONDS)
