"""The archive: a sealed file for each recording, in folders by the last two characters of its id."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from recordings.faults import KeyMissing, RecordingFault, SealBroken
from recordings.key_store import KeyStore
from recordings.sealing import seal, unseal
from storage.files import named, sync_folder

SEALED = ".sealed"
"""Ends the name of a recording's file."""
TRANSCRIPT = ".transcript"
"""Ends the name of the file with the words of a recording, if there is one."""
NEW = ".new"
"""Ends the name of a file that is not whole yet."""

_LENGTH_BYTES = 4

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Archive:
    """Sealed files under a folder. What is put is there whole or not at all, even after a power cut."""

    def __init__(self, folder: Path, keys: KeyStore) -> None:
        self.folder = folder
        self.keys = keys

    def put(self, recording_id: str, sound: BinaryIO, waveform: bytes, at: datetime) -> int:
        """Seal a recording, in place of what is there: how many bytes it takes. Raises OSError, KeyMissing.

        Both are in one file: a disk takes as long to let go of a short one as of a long one.
        """
        path = self.path(recording_id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(self.folder)
        new = _new(path)
        key = self.keys.make(recording_id, at)
        plain = _Joined(len(waveform).to_bytes(_LENGTH_BYTES) + waveform, sound)
        with named(new), os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            size = seal(plain, file, key, path.name)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
        return size

    def waveform(self, recording_id: str) -> bytes:
        """The waveform that was put there. Raises SealBroken, KeyMissing, RecordingFault, OSError."""
        with closing(self._plain(recording_id)) as plain:
            return _first(plain)[0]

    def sound(self, recording_id: str) -> Iterator[bytes]:
        """The sound, piece by piece. Raises SealBroken, KeyMissing, RecordingFault, OSError."""
        with closing(self._plain(recording_id)) as plain:
            _, begun = _first(plain)
            yield begun
            yield from plain

    def put_transcript(self, recording_id: str, text: bytes) -> None:
        """Seal a transcript under the key of its recording, with which it goes.

        Raises KeyMissing, OSError, FileExistsError: there is one.
        """
        path = self.transcript_path(recording_id)
        key = self._key(recording_id)
        # Without a name until it is whole: there is nothing to sweep.
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with named(path), os.fdopen(os.open(path.parent, os.O_TMPFILE | os.O_RDWR, 0o600), "w+b") as file:
                seal(io.BytesIO(text), file, key, path.name)
                file.flush()
                os.fsync(file.fileno())
                # The folder's descriptor has Python call linkat, which follows this link to the file.
                os.link(f"/proc/self/fd/{file.fileno()}", path.name, dst_dir_fd=folder, follow_symlinks=True)
        finally:
            os.close(folder)
        sync_folder(path.parent)

    def transcript(self, recording_id: str) -> bytes | None:
        """The transcript of a recording, or None. Raises SealBroken, KeyMissing, OSError."""
        path = self.transcript_path(recording_id)
        if not path.exists():
            return None
        key = self._key(recording_id)
        with path.open("rb") as file:
            return b"".join(unseal(file, key, path.name))

    def _key(self, recording_id: str) -> bytes:
        key = self.keys.key(recording_id)
        if key is None:
            raise KeyMissing(f"recording {recording_id} has no key")
        return key

    def _plain(self, recording_id: str) -> Generator[bytes]:
        path = self.path(recording_id)
        key = self._key(recording_id)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise RecordingFault(f"{path}: missing") from None
        with file:
            yield from unseal(file, key, path.name)

    def destroy(self, recording_id: str) -> None:
        """Destroy the file of a recording, until `sync` for all but a power cut; a missing one is no fault.

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
        """The files that there may be of a recording: its own, one that was never whole, and its transcript."""
        return tuple(map(Path, self._names(recording_id)))

    def path(self, recording_id: str) -> Path:
        """Where the file of a recording lies. Raises ValueError for what is no id: it may come from a person."""
        return Path(self._names(recording_id)[0])

    def transcript_path(self, recording_id: str) -> Path:
        """Where the transcript of a recording lies. Raises ValueError for what is no id."""
        return Path(self._names(recording_id)[2])

    def _names(self, recording_id: str) -> tuple[str, str, str]:
        # As text: for thousands of them pathlib takes longer than the disk.
        if not _ID.fullmatch(recording_id):
            raise ValueError("not the id of a recording")
        stem = f"{self.folder}/{folder_of(recording_id)}/{recording_id}"
        return f"{stem}{SEALED}", f"{stem}{SEALED}{NEW}", f"{stem}{TRANSCRIPT}"

    def ids(self) -> Iterator[str]:
        """Of every file in the archive, the recording it belongs to; some come more than once."""
        for path in sorted(self.folder.glob("??/*.*")):
            yield path.name.partition(".")[0]


def folder_of(recording_id: str) -> str:
    """The folder of a recording in the archive: ids begin with a time, and end by chance."""
    return recording_id[-2:]


def _new(path: Path) -> Path:
    return path.with_name(f"{path.name}{NEW}")


@dataclass(slots=True)
class _Joined:
    """One text after another, to be read once."""

    first: bytes
    rest: BinaryIO

    def read(self, size: int) -> bytes:
        """Some bytes, so many at most; none at the end."""
        some, self.first = self.first[:size], self.first[size:]
        return some or self.rest.read(size)


def _first(plain: Iterator[bytes]) -> tuple[bytes, bytes]:
    """The waveform, and what of the sound came with it."""
    begun = b""
    for piece in plain:
        begun += piece
        end = _LENGTH_BYTES + int.from_bytes(begun[:_LENGTH_BYTES])
        if len(begun) >= max(end, _LENGTH_BYTES):
            return begun[_LENGTH_BYTES:end], begun[end:]
    raise SealBroken("sealed in a way that this version does not know")
