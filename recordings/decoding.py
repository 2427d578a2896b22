"""Reading sound back: out of the archive into a file without a name, where it can be read as WAV.

The file lies where plain sound may lie (the spool's volume), and the kernel takes it back with the process.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from recordings.encoding import WAV, program
from recordings.faults import DamagedSound
from recordings.wav import Wav
from storage.files import named


@contextmanager
def decoded(pieces: Iterable[bytes], format: str, folder: Path) -> Iterator[Wav]:
    """The sound whose file comes piece by piece.

    Raises DamagedSound, OSError, what `pieces` does, and EncoderFault where there is no program for the format.
    """
    with named(folder), tempfile.TemporaryFile(dir=folder) as plain:
        for piece in pieces:
            plain.write(piece)
        plain.seek(0)
        if format == WAV:
            yield Wav(plain)
            return
        with tempfile.TemporaryFile(dir=folder) as wav:
            _decode(plain, format, wav)
            wav.seek(0)
            yield Wav(wav)


def _decode(plain: BinaryIO, format: str, wav: BinaryIO) -> None:
    source, target = (f"/dev/fd/{file.fileno()}" for file in (plain, wav))
    plain.flush()
    words = (program(format), "-nostdin", "-loglevel", "error", "-y", "-i", source, "-c:a", "pcm_s16le")
    done = subprocess.run(
        (*words, "-f", "wav", target), pass_fds=(plain.fileno(), wav.fileno()), capture_output=True, check=False
    )
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise DamagedSound(f"it is no {format} that ffmpeg reads: {told or 'it ended'}")
