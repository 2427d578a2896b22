"""Recording the virtual assistant: by Asterisk, on the caller's channel, exactly while the call's turns say so.

`MixMonitor` writes what the caller says (`r`) and what they hear (`t`) into files of their own. It is stopped here
before the first turn that is not recorded is carried out, and by the dialplan wherever a session has ended, however it
has: of a process that died nothing goes on recording.
"""

from __future__ import annotations

from pathlib import Path

import structlog
from asterisk.agi import AGIAppError, AGIHangup

from ivr.consenting import is_recorded
from ivr.gateways.agi.protocol import SafeAGI
from ivr.runner import Live, Runner

log = structlog.get_logger()


class Recorder:
    """Records one call into files in `folder`; nowhere without one."""

    def __init__(self, agi: SafeAGI, runner: Runner, folder: Path | None) -> None:
        self._agi = agi
        self._runner = runner
        self._folder = folder
        self._records = False

    def follow(self, live: Live) -> None:
        """Record the turn that is to be carried out now, or do not."""
        if is_recorded(live.turn.wait) == self._records:
            return
        if self._records:
            self._agi.ask("EXEC StopMixMonitor", "")
            self._records = False
        elif self._folder is not None:
            self._begin(live, self._folder)

    def _begin(self, live: Live, folder: Path) -> None:
        """Record in files that are named after the turn: no other begins with it."""
        caller, other = (f"{live.call_id}_a{live.seq}-{side}.wav" for side in ("caller", "agent"))
        try:
            self._agi.ask("EXEC MixMonitor", f",r({folder / caller})t({folder / other})")
        except AGIHangup:
            raise
        except AGIAppError:
            log.error("the virtual assistant cannot be recorded")
            return
        self._records = True
        self._runner.note_recording(live, caller, other)
