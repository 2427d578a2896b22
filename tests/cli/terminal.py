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
AGAIN_SECONDS = 3.0


class Terminal:
    """Runs a command on a pseudo-terminal; what it shows is read until something is seen or it ends."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ours, theirs = pty.openpty()
        self._screen = b""
        # The terminal is the process's own, so that Ctrl-C reaches it, and is heeded whoever started these tests.
        self.process = subprocess.Popen(
            ["env", "--default-signal=INT", "setsid", "--ctty", *command],
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

    def leave_by(self, key: str) -> tuple[str, int]:
        """Press a key until the command has ended, as people do: all that was shown, and the exit code.

        A Ctrl-C that comes after a prompt and before readline's first look at the keyboard is heeded at the next key.
        """
        deadline = time.monotonic() + PATIENCE
        self.type(key)
        while not (shows := self._shows_within(AGAIN_SECONDS)) or self._read():
            if not shows:
                assert time.monotonic() < deadline, "the command does not end"
                self.type(key)
        return self._ended()

    def finish(self) -> tuple[str, int]:
        """Read until the command has ended: all that was shown, and the exit code."""
        while self._read():
            pass
        return self._ended()

    def _ended(self) -> tuple[str, int]:
        os.close(self._ours)
        return self._screen.decode(errors="replace"), self.process.wait(PATIENCE)

    def _read(self) -> bool:
        assert self._shows_within(PATIENCE), "the command neither ends nor shows anything"
        try:
            shown = os.read(self._ours, 4096)
        except OSError:  # Linux: nobody holds the other end any more
            return False
        self._screen += shown
        return bool(shown)

    def _shows_within(self, seconds: float) -> bool:
        """Whether there is something to read, the command's end included."""
        return bool(select.select([self._ours], [], [], seconds)[0])
