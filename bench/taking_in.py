"""Taking recordings in: how much sound a processor second carries, and how much memory a long conversation needs.

Each time `centrala recordings intake` takes in what lies in the spool of an installation, both sides of telephone
conversations, as a process of its own. What it takes to start is measured alone and left out.
"""

from __future__ import annotations

import array
import os
import random
import shutil
import sys
import wave
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from imageio_ffmpeg import get_ffmpeg_exe

from bench import program
from bench.program import Cost
from recordings import consents, parts
from recordings.audio import SIDE
from recordings.catalogue import Purpose
from recordings.consents import Consent
from recordings.encoding import FORMATS, WAV
from recordings.parts import RecordingPart
from storage.database import Database
from storage.home import Home
from storage.installation import open_installation

ENDED = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
TURN_SECONDS = 5
LOUD = 3000.0
PEER = "sox"
FFMPEG = "ffmpeg"


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many conversations of `typical` seconds are taken in, and how many seconds the short and the long one last.

    The memory of the last two is compared.
    """

    conversations: int
    typical: int
    short: int
    long: int


@dataclass(frozen=True, slots=True)
class Intake:
    """What it cost to take in so many seconds of sound, in each format; starting aside.

    `peer` is what sox needs to join the two sides and to tell their levels; None where there is no sox. `short` and
    `long` are the two conversations whose memory is compared.
    """

    seconds: float
    start: Cost
    formats: Mapping[str, Cost]
    peer: Cost | None
    short: Cost
    long: Cost
    lengths: Lengths = field(repr=False)

    def pace(self, format: str) -> float:
        """Seconds of sound per processor second."""
        return self.seconds / (self.formats[format].processor - self.start.processor)

    @property
    def against_peer(self) -> float | None:
        """How many times as much processor time as sox's it takes; None where there is no sox."""
        if self.peer is None:
            return None
        return (self.formats[WAV].processor - self.start.processor) / self.peer.processor

    @property
    def memory_growth(self) -> float:
        """How many times as much memory the long conversation needs as the short one."""
        return self.long.memory / self.short.memory


def measure(folder: Path, lengths: Lengths) -> Intake:
    """Take conversations in. Raises ProgramError, OSError."""
    folder.mkdir()
    outside = _with_ffmpeg(folder / "bin")
    typical = [lengths.typical] * lengths.conversations
    return Intake(
        seconds=float(sum(typical)),
        start=_taken_in(folder / "none", [], WAV, outside),
        formats={format: _taken_in(folder / format, typical, format, outside) for format in FORMATS},
        peer=_joined_by_peer(folder / "peer", typical) if shutil.which(PEER) else None,
        short=_taken_in(folder / "short", [lengths.short], WAV, outside),
        long=_taken_in(folder / "long", [lengths.long], WAV, outside),
        lengths=lengths,
    )


def _with_ffmpeg(folder: Path) -> dict[str, str]:
    """An environment in which there is one: the installed one, or that of the package imageio-ffmpeg."""
    outside = program.outside()
    if shutil.which(FFMPEG):
        return outside
    folder.mkdir()
    (folder / FFMPEG).symlink_to(get_ffmpeg_exe())
    return {**outside, "PATH": f"{folder}{os.pathsep}{outside['PATH']}"}


def _taken_in(home: Path, seconds: list[int], format: str, outside: Mapping[str, str]) -> Cost:
    environment = {"CENTRALA_HOME": str(home), "CENTRALA_SETTINGS": str(home.with_suffix(".yaml"))}
    home.with_suffix(".yaml").write_text(f"recordings:\n  format: {format}\n", "utf-8")
    opened = open_installation(environment)
    with closing(opened.database) as database:
        for number, length in enumerate(seconds):
            _record(opened.home, database, length, number)
    cost = program.run([sys.executable, "-m", "centrala", "recordings", "intake"], {**outside, **environment})
    shutil.rmtree(home)
    return cost


def _record(home: Home, database: Database, seconds: int, number: int) -> None:
    """A conversation as Asterisk leaves it: its part in the account, consent, and a file for each side."""
    call = str(uuid4())
    caller, consultant = f"{call}-r.wav", f"{call}-t.wav"
    for side, name in enumerate((caller, consultant)):
        write_side(home.recordings / name, seconds, side)
    began = ENDED - timedelta(seconds=seconds)
    with database.writing() as connection:
        parts.store(connection, RecordingPart(call, number, "1701", began, ENDED, caller, consultant))
        consents.store(connection, Consent(call, Purpose.CONSULTANT_CALL, began, True, "2026-1", "pl"))


def write_side(path: Path, seconds: int, side: int) -> None:
    """One side of a conversation in which both speak by turns; noise stands for speech."""
    chance = random.Random(side)
    spoken = array.array("h", (round(chance.gauss(0, LOUD)) for _ in range(SIDE.rate))).tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((SIDE.channels, SIDE.width, SIDE.rate, 0, "NONE", ""))
        for second in range(seconds):
            speaks = second // TURN_SECONDS % 2 == side
            file.writeframesraw(spoken if speaks else bytes(len(spoken)))


def _joined_by_peer(folder: Path, seconds: list[int]) -> Cost:
    """What sox costs that joins as many conversations, one after another, and tells their levels."""
    folder.mkdir()
    costs = []
    for length in seconds:
        sides = [folder / f"{side}.wav" for side in range(2)]
        for side, path in enumerate(sides):
            write_side(path, length, side)
        costs.append(program.run([PEER, "-M", *map(str, sides), str(folder / "both.wav"), "stats"]))
    shutil.rmtree(folder)
    return Cost(sum(c.seconds for c in costs), sum(c.processor for c in costs), max(c.memory for c in costs))
