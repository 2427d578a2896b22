"""Small disks of their own (tmpfs), which become full, or read-only, when a test says so."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SIZE = "12m"
PIECES = (1 << 20, 1 << 12)


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system that is mounted on a folder."""

    folder: Path

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._filler.open("ab", buffering=0) as file:
            for size in PIECES:
                while _is_written(file.fileno(), size):
                    pass

    def free(self) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)

    def set_read_only(self, read_only: bool) -> None:
        """As a kernel does after faults of a disk, or the other way."""
        _mount("-o", f"remount,{'ro' if read_only else 'rw'}", str(self.folder))


@contextmanager
def mounted(folder: Path) -> Iterator[Disk]:
    """A disk on a folder, made for it. Skips the test where nobody may mount."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        pytest.skip("only root mounts a disk")
    try:
        _mount("-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "disk", str(folder))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no disk can be mounted here: {error.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        # Whoever still has a file open there keeps it; the folder is free at once.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True, text=True)


def _is_written(descriptor: int, size: int) -> bool:
    try:
        os.write(descriptor, bytes(size))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True
