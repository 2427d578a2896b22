"""The archive: a sealed file for each recording, in folders by the last two characters of its id."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from recordings.faults import KeyMissing, RecordingFault
from recordings.key_store import KeyStore
from recordings.sealing import seal, unseal
from storage.files import named, sync_folder

SOUND, WAVEFORM = "sound", "waveform"
NEW = ".new"
"""Ends the name of a file that is not whole yet."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Archive:
    """Sealed files under a folder. What is put is there whole or not at all, even after a power cut."""

    def __init__(self, folder: Path, keys: KeyStore) -> None:
        self.folder = folder
        self.keys = keys

    def put(self, recording_id: str, what: str, plain: BinaryIO, at: datetime) -> int:
        """Seal `what` (SOUND or WAVEFORM) of a recording, in place of what is there: how many bytes it takes.

        Raises OSError, KeyMissing.
        """
        path = self.path(recording_id, what)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(self.folder)
        new = _new(path)
        key = self.keys.make(recording_id, at)
        with named(new), os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            size = seal(plain, file, key, path.name)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
        return size

    def open(self, recording_id: str, what: str) -> Iterator[bytes]:
        """What was put there, piece by piece. Raises SealBroken, KeyMissing, RecordingFault, OSError."""
        path = self.path(recording_id, what)
        key = self.keys.key(recording_id)
        if key is None:
            raise KeyMissing(f"recording {recording_id} has no key")
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise RecordingFault(f"{path}: missing") from None
        with file:
            yield from unseal(file, key, path.name)

    def destroy(self, recording_id: str) -> None:
        """Destroy the files of a recording, until `sync` for all but a power cut; missing ones are no fault.

        Raises OSError.
        """
        for name in self._names(recording_id):
            try:
                os.unlink(name)
            except FileNotFoundError:
                continue

    def sync(self, recording_ids: Iterable[str]) -> None:
        """Have it outlive a power cut that files of these recordings were destroyed. Raises OSError.

        The disk writes down at once what was done in all folders, so that after the first one the others cost little.
        """
        for name in sorted(set(map(folder_of, recording_ids))):
            with suppress(FileNotFoundError):
                sync_folder(self.folder / name)

    def files(self, recording_id: str) -> tuple[Path, ...]:
        """All files that there may be of a recording."""
        return tuple(map(Path, self._names(recording_id)))

    def path(self, recording_id: str, what: str) -> Path:
        """Where a file of a recording lies. Raises ValueError for what is no id: it may come from a person."""
        return Path(f"{self._stem(recording_id)}.{what}")

    def _names(self, recording_id: str) -> tuple[str, ...]:
        stem = self._stem(recording_id)
        return tuple(f"{stem}.{what}{new}" for what in (SOUND, WAVEFORM) for new in ("", NEW))

    def _stem(self, recording_id: str) -> str:
        # As text: for thousands of them pathlib takes longer than the disk.
        if not _ID.fullmatch(recording_id):
            raise ValueError("not the id of a recording")
        return f"{self.folder}/{folder_of(recording_id)}/{recording_id}"

    def ids(self) -> Iterator[str]:
        """Of every file in the archive, the recording it belongs to; some come more than once."""
        for path in sorted(self.folder.glob("??/*.*")):
            yield path.name.partition(".")[0]


def folder_of(recording_id: str) -> str:
    """The folder of a recording in the archive: ids begin with a time, and end by chance."""
    return recording_id[-2:]


def _new(path: Path) -> Path:
    return path.with_name(f"{path.name}{NEW}")
