"""`centrala recordings play`: from the archive through a pipe, never by way of the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

import click

from audit.entries import Action
from centrala.auditing import auditing
from centrala.context import explained, fail, installation, today
from centrala.keeping import open_archive
from recordings.archive import Archive
from recordings.catalogue import Recording
from recordings.encoding import WAV
from recordings.faults import RecordingFault
from recordings.overview import Status, find
from recordings.wav import later
from storage.installation import Installation

ELSEWHERE = "on a machine with a loudspeaker: ssh THIS centrala recordings play {id} | ffplay -nodisp -autoexit -"


@dataclass(frozen=True, slots=True)
class Player:
    """A program that plays what comes through a pipe: `later` is how it begins later than the sound does."""

    words: tuple[str, ...]
    later: tuple[str, ...] = ()
    wav_alone: bool = False

    def command(self, format: str, begin: float) -> list[str]:
        """What is run; WAV comes with its beginning cut off already."""
        words = (*self.words, *(self.later if begin and format != WAV else ()))
        return [word.format(format=format, begin=f"{begin:g}") for word in words]


# SoX, ALSA's player and ffmpeg's.
PLAYERS = (
    Player(("play", "-q", "-t", "{format}", "-"), ("trim", "{begin}")),
    Player(("aplay", "-q", "-"), wav_alone=True),
    Player(("ffplay", "-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"), ("-af", "atrim=start={begin}")),
)


@click.command("play")
@click.argument("recording_id", metavar="ID")
@click.option("--from", "begin", metavar="SECONDS", type=click.FloatRange(min=0), default=0, help="Begin there.")
def play(recording_id: str, begin: float) -> None:
    """Play one recording: on the loudspeaker, or to standard output where that is no terminal.

    It is decrypted piece by piece, through a pipe, and never written to the disk. The audit tells who heard it,
    and who tried to hear what cannot be. play (SoX), aplay and ffplay are looked for, in this order.
    To hear it on your own machine:

    \b
      ssh SERVER centrala recordings play ID | ffplay -nodisp -autoexit -
    """
    opened = installation()
    recording = playable(opened, recording_id)
    if begin * 1000 >= recording.duration_ms and begin:
        length = f"{recording.duration_ms / 1000:g}"
        raise click.BadParameter(f"the recording is over after {length} seconds", param_hint="--from")
    played(opened, recording, begin)


def playable(opened: Installation, recording_id: str) -> Recording:
    """The recording of that id. Raises Failure where there is none, or none that may be heard."""
    with opened.database.reading() as connection:
        entry = find(connection, recording_id, today())
    if entry is None or entry.recording is None or entry.status is Status.PURGING:
        _refused(opened, recording_id, str(entry.status) if entry else "there is none")
    if entry is None:
        fail(f"there is no recording {recording_id}; see centrala recordings list")
    if entry.recording is None or entry.status is Status.PURGING:
        fail(f"recording {recording_id} cannot be played: see centrala recordings show {recording_id}")
    return entry.recording


def played(opened: Installation, recording: Recording, begin: float = 0) -> None:
    """Play a recording, or write it to standard output where that is no terminal.

    Raises Failure where it does not open, or nothing plays it; OSError.
    """
    with explained(RecordingFault), open_archive(opened, os.environ, today()) as archive:
        if sys.stdout.isatty():
            command = _player(recording).command(recording.format, begin)
            _play(command, _opened(opened, archive, recording, begin), recording.id)
            return
        if begin and recording.format != WAV:
            fail(f"only wav can begin later in a pipe, and this is {recording.format}; ffplay has -ss {begin:g}")
        for piece in _opened(opened, archive, recording, begin):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def _opened(opened: Installation, archive: Archive, recording: Recording, begin: float) -> Iterator[bytes]:
    """Its sound, a first piece of which opens. The audit is told before it is heard, or of why it does not open."""
    pieces = _pieces(archive, recording, begin)
    try:
        first = next(pieces, b"")
    except RecordingFault as fault:
        _refused(opened, recording.id, f"it does not open: {type(fault).__name__}")
        raise
    with auditing(opened) as auditor:
        auditor.tell(Action.RECORDING_PLAYED, recording.id)
    return chain((first,), pieces)


def _refused(opened: Installation, recording_id: str, why: str) -> None:
    with auditing(opened) as auditor:
        auditor.tell(Action.RECORDING_REFUSED, recording_id, why)


def _pieces(archive: Archive, recording: Recording, begin: float) -> Iterator[bytes]:
    pieces = archive.sound(recording.id)
    return later(pieces, begin) if begin and recording.format == WAV else pieces


def _player(recording: Recording) -> Player:
    for player in PLAYERS:
        if shutil.which(player.words[0]) and (recording.format == WAV or not player.wav_alone):
            return player
    return fail(f"no player is here (play, aplay or ffplay); install one, or hear it {_elsewhere(recording.id)}")


def _play(command: list[str], pieces: Iterator[bytes], id: str) -> None:
    """Have a player play it. Whoever goes away in mid-sound (Ctrl-C, a broken seal) takes the player along."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=complaints)
        assert process.stdin is not None
        try:
            # Who has heard enough closes the player, and the pipe with it.
            with suppress(BrokenPipeError):
                for piece in pieces:
                    process.stdin.write(piece)
                process.stdin.close()
            failed = process.wait() != 0
        finally:
            process.kill()
            with suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()
        if failed:
            fail(f"{command[0]} did not play it ({_said(complaints)}); hear it {_elsewhere(id)}")


def _said(complaints: BinaryIO) -> str:
    """The last thing that a player said: libraries talk before it does."""
    complaints.seek(0)
    lines = complaints.read(100_000).decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it ended without a word")


def _elsewhere(id: str) -> str:
    return ELSEWHERE.format(id=id)
