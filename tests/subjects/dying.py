"""Erasing somebody in a process of its own, which may be killed."""

from __future__ import annotations

import os
import signal

from storage.installation import open_installation
from tests.auth_pin.people import EWA
from tests.subjects.story import SHARED_NUMBER, opened


def erase_and_die(environment: dict[str, str], moment: int) -> None:
    """Erase whoever has Ewa's profile and the shared telephone, and be killed at so many steps."""
    left = moment

    def watch(step: int, number: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    with opened(open_installation(environment)) as story:
        story.erases(story.held(EWA.identifier, SHARED_NUMBER), watch)
