"""A command on a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time
from collections.abc import Mapping, Sequence

from tests.cli.conftest import ROOT

PATIENCE = 60.0


class Terminal:
    """Runs a command on a pseudo-terminal; what it shows is read until something is seen or it ends."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self._screen = b""
        # The terminal is the process's own, so that Ctrl-C reaches it.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            cwd=ROOT,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)

    def wait_for(self, text: str) -> None:
        """Read until `text` has been shown."""
        while text.encode() not in self._screen:
            assert self._read(), self._screen.decode(errors="replace")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._ours, keys.encode())

    def finish(self) -> tuple[str, int]:
        """Read until the command has ended: all that was shown, and the exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self._screen.decode(errors="replace"), self.process.wait(PATIENCE)

    def _read(self) -> bool:
        deadline = time.monotonic() + PATIENCE
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, "the command neither ends nor shows anything"
        try:
            shown = os.read(self._ours, 4096)
        except OSError:  # Linux: nobody holds the other end any more
            return False
        self._screen += shown
        return bool(shown)
