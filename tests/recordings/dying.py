"""A process that takes recordings in and is killed, without a chance to clean up, once it has reached a step."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from recordings.intake import Intake, Step
from storage.installation import open_installation
from tests.recordings.conftest import NOW
from tests.recordings.places import IMPORTED, about, place


def main(number: int, file: str | None) -> None:
    """Die after the step of that number, 0 is before the first; with `file` while that is imported."""

    def reached(step: int) -> None:
        if step == number:
            os.kill(os.getpid(), signal.SIGKILL)

    found = place(open_installation(os.environ))
    reached(0)
    with found.archive() as archive:
        intake = Intake(found.database, archive, found.home, found.rules, reached)
        if file is not None:
            intake.take_file(Path(file), IMPORTED, consent=True, at=NOW)
        for part in found.unsettled:
            intake.take_part(part, about(part), NOW)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
    raise SystemExit(f"never came to {Step(int(sys.argv[1])).name}")
