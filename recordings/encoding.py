"""Writing sound: WAV by ourselves, FLAC and Opus by ffmpeg, piece by piece through a pipe and never through a file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from recordings.faults import EncoderFault
from recordings.wav import WIDTH

WAV, FLAC, OPUS = FORMATS = ("wav", "flac", "opus")

Write = Callable[[bytes], object]

# Speech over a telephone needs no more; https://wiki.xiph.org/Opus_Recommended_Settings
_CODECS = {FLAC: ("-c:a", "flac", "-f", "flac"), OPUS: ("-c:a", "libopus", "-b:a", "32k", "-f", "ogg")}


def check(format: str) -> None:
    """Raises EncoderFault where sound cannot be written in that format on this machine."""
    if format != WAV:
        program(format)


@contextmanager
def written(target: BinaryIO, format: str, channels: int, rate: int) -> Iterator[Write]:
    """Take 16-bit samples for as long as the block lasts; then `target` holds the whole file. Raises EncoderFault."""
    if format == WAV:
        with wave.open(target, "wb") as file:
            file.setparams((channels, WIDTH, rate, 0, "NONE", ""))
            yield file.writeframesraw
    else:
        with _piped(target, format, channels, rate) as write:
            yield write


@contextmanager
def _piped(target: BinaryIO, format: str, channels: int, rate: int) -> Iterator[Write]:
    # The file has no name: ffmpeg goes to it by its number, and back in it to complete the header.
    path = f"/dev/fd/{target.fileno()}"
    sound = ("-f", "s16le", "-ar", str(rate), "-ac", str(channels), "-i", "pipe:0")
    words = (program(format), "-nostdin", "-loglevel", "error", "-y", *sound, *_CODECS[format], path)
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=complaints, pass_fds=(target.fileno(),))
        try:
            assert process.stdin is not None
            yield process.stdin.write
            process.stdin.close()
            failed = process.wait() != 0
        except BrokenPipeError:
            failed = True
        finally:
            process.kill()
            process.wait()
        if failed:
            complaints.seek(0)
            told = complaints.read(300).decode(errors="replace").strip().partition("\n")[0]
            raise EncoderFault(f"ffmpeg cannot write {format}: {told or 'it ended'}")


def program(format: str) -> str:
    """The program that writes and reads a format. Raises EncoderFault where it is not there."""
    found = shutil.which("ffmpeg", path=os.environ.get("PATH"))
    if found is None:
        raise EncoderFault(f"{format} is written by ffmpeg, which is not there: install it, or choose the format wav")
    return found
