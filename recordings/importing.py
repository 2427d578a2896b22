"""Taking the recordings of another archive in, row by row of its list; an import that was broken off is run again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import file_digest
from pathlib import Path
from typing import BinaryIO

from recordings.faults import DamagedSound
from recordings.identity import of_file
from recordings.intake import Conversation, Fate, Intake
from recordings.manifest import Row, read
from recordings.wav import open_file


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told while an import runs: of each bad row, by line and fault, and of bytes of the list done with."""

    bad_row: Callable[[int, str], None]
    progress: Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows there were, by what became of them; the bad ones apart."""

    fates: Mapping[Fate, int]
    bad: int


def import_recordings(
    intake: Intake, source: BinaryIO, folder: Path, zone: tzinfo, now: Callable[[], datetime], listeners: Listeners
) -> Summary:
    """Take in what a list names; files are relative to `folder` and stay there.

    Raises ManifestFault: the first line is not one; EncoderFault, KeyMissing, OSError. What was taken in stays so.
    """
    fates: Counter[Fate] = Counter()
    bad = 0
    for line in read(source, zone, now()):
        fault = line.fault
        if line.row is not None:
            try:
                fates[_take(intake, line.row, folder / line.row.file, now())] += 1
            except DamagedSound as damage:
                fault = f"file: {damage}"
        if fault is not None:
            bad += 1
            listeners.bad_row(line.number, fault)
        listeners.progress(line.size)
    return Summary(fates, bad)


def _take(intake: Intake, row: Row, path: Path, at: datetime) -> Fate:
    about = Conversation(
        origin=of_file(_content(path)),
        call_id=None,
        purpose=row.purpose,
        topic=row.topic,
        queue=row.queue,
        consultant=row.consultant,
        level=None,
        caller=row.caller,
        ended_at=row.ended_at,
    )
    return intake.take_file(path, about, consent=row.consent, at=at)


def _content(path: Path) -> str:
    """SHA-256 of what the file holds."""
    try:
        with open_file(path) as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DamagedSound(f"it cannot be read ({error.strerror})") from None
