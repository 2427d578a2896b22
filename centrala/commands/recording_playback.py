"""Playing a recording: from the archive through a pipe, never by way of the disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

from centrala.context import fail
from recordings.archive import SOUND, Archive
from recordings.catalogue import Recording
from recordings.encoding import WAV

# SoX, ALSA's player and ffmpeg's; ALSA's knows no compressed format.
PLAYERS: tuple[tuple[str, ...], ...] = (
    ("play", "-q", "-t", "{format}", "-"),
    ("aplay", "-q", "-"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"),
)


def opening(archive: Archive, recording: Recording) -> Iterator[bytes]:
    """The sound of a recording, of which a first piece has been opened. Raises RecordingFault, OSError."""
    pieces = archive.open(recording.id, SOUND)
    return chain((next(pieces),), pieces)


def play_out(pieces: Iterator[bytes], format: str) -> None:
    """Play sound, or write it to standard output where that is no terminal. Raises RecordingFault, OSError."""
    if not sys.stdout.isatty():
        output = sys.stdout.buffer
        for piece in pieces:
            output.write(piece)
        output.flush()
        return
    # Who has heard enough closes the player, and the pipe with it.
    with suppress(BrokenPipeError), subprocess.Popen(_player(format), stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for piece in pieces:
            process.stdin.write(piece)


def _player(format: str) -> list[str]:
    usable = (words for words in PLAYERS if format == WAV or words[0] != "aplay")
    for words in usable:
        if program := shutil.which(words[0]):
            return [program, *(word.format(format=format) for word in words[1:])]
    return fail("no player is there (play, aplay or ffplay); or write it on: centrala recordings play ID | ...")
