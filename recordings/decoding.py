"""Reading kept sound piece by piece: WAV by ourselves, FLAC and Opus by ffmpeg, through pipes and through no file."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress

from recordings.encoding import WAV
from recordings.faults import EncoderFault
from recordings.wav import WIDTH, Format, heard

_RATE, _CHANNELS = 8000, 2
_PIECE_BYTES = 64 * 1024


def sound_of(pieces: Iterator[bytes], format: str) -> tuple[Format, Iterator[bytes]]:
    """The form of a sound in one of the kept formats, and its 16-bit samples. Raises DamagedSound, EncoderFault."""
    if format == WAV:
        return heard(pieces)
    program = shutil.which("ffmpeg")
    if program is None:
        raise EncoderFault(f"{format} is read by ffmpeg, which is not there: install it")
    return Format(_CHANNELS, _RATE, WIDTH), _through(program, pieces)


def _through(program: str, pieces: Iterator[bytes]) -> Iterator[bytes]:
    words = ("-nostdin", "-loglevel", "quiet", "-i", "pipe:0", "-f", "s16le", "-ar", str(_RATE), "-ac", str(_CHANNELS))
    command = [program, *words, "pipe:1"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        target = process.stdin

        def feed() -> None:
            # It ends at a sound that is damaged: so does what is read of it.
            with suppress(OSError):
                for piece in pieces:
                    target.write(piece)
            with suppress(OSError):
                target.close()

        feeding = threading.Thread(target=feed, daemon=True)
        feeding.start()
        while piece := process.stdout.read(_PIECE_BYTES):
            yield piece
        feeding.join()
