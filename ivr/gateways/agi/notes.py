"""Notes that the dialplan left about calls that no IVR process could be told of, taken in once one runs again.

A note is a line `time|stage|QUEUESTATUS|agent|answered|recording|ANI|DNIS|queue|end` in a file named after the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import structlog

from ivr.calls import Superseded
from ivr.gateways.agi.session import CALL_ID, conversation, printable
from ivr.runner import Arrival, Conversation, Runner

FIELDS = 10

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Note:
    """What the dialplan knew of a call when it ended."""

    arrival: Arrival
    at: datetime
    conversation: Conversation | None


def take_in(folder: Path, runner: Runner) -> int:
    """Bring the database up to date with every finished note, and delete it; how many there were."""
    taken = 0
    for path in sorted(folder.glob("*.note")):
        note = read(path)
        if note is None:
            continue
        try:
            runner.note_end(note.arrival, note.conversation, note.at)
        except Superseded:
            # Another process was quicker: it deletes the note, or we do on the next round.
            continue
        path.unlink(missing_ok=True)
        taken += 1
    return taken


def read(path: Path) -> Note | None:
    """The note in a file, or None if it is not (yet) whole."""
    try:
        fields = path.read_text("utf-8", "replace").strip().split("|")
    except FileNotFoundError:
        return None
    if len(fields) != FIELDS or fields[-1] != "end" or not CALL_ID.fullmatch(path.stem) or not fields[0].isdecimal():
        log.warning("a note about a call is not whole", file=path.name)
        return None
    at, stage, outcome, agent, answered, recording, ani, dnis, queue, _ = fields
    arrival = Arrival(path.stem, "asterisk", printable(unquote(ani)), printable(dnis))
    was_queued = stage in ("left", "static")
    told = conversation(outcome, agent, answered, recording, queue) if was_queued else None
    return Note(arrival, datetime.fromtimestamp(int(at), UTC), told)
