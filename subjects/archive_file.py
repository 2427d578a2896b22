"""A file that is there whole or not at all, for its owner alone, and in place of no other.

Until it is whole it has no name (O_TMPFILE): the kernel takes it back from whoever dies or fails.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EEXIST, EOPNOTSUPP
from pathlib import Path
from typing import BinaryIO

from storage.files import PRIVATE, sync_folder


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which gets its name when the block has ended well. Raises OSError, FileExistsError."""
    if os.path.lexists(path):
        raise FileExistsError(EEXIST, "it is there already; choose another name", str(path))
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.fdopen(_nameless(path.parent), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            # The folder's descriptor has Python call linkat, which follows this link to the file.
            os.link(f"/proc/self/fd/{file.fileno()}", path.name, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)
    sync_folder(path.parent)


def _nameless(folder: Path) -> int:
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR, PRIVATE)
    except OSError as error:
        if error.errno != EOPNOTSUPP:
            raise
        told = "its file system has no files without a name, which leave no half archive behind; choose another folder"
        raise OSError(EOPNOTSUPP, told, str(folder)) from None
