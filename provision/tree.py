"""Unpacking packages into a folder, and telling cheaply whether that folder is still as it was unpacked."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from provision.errors import ProvisionError

_STAMP = ".unpacked.json"

Inventory = dict[str, tuple[int, int]]
"""Size in bytes and time of change in whole seconds, by path inside the folder."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of unpacked packages and the version of the program in it."""

    root: Path
    version: str


def unpack(packages: Sequence[Path], root: Path, progress: Callable[[float], None]) -> None:
    """Unpack Debian packages into the new folder `root`; nothing in them is run.

    Raises:
        ProvisionError: a package cannot be unpacked.
    """
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(lambda package: _unpack_one(package, root), packages), start=1):
            progress(done / len(packages))


def _unpack_one(package: Path, root: Path) -> None:
    command = ["dpkg-deb", "--extract", str(package), str(root)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, close_fds=False)
    if answer.returncode != 0:
        raise ProvisionError(
            f"{package} cannot be unpacked: {answer.stderr.strip()}",
            "See that the disk is not full, delete that file and try again.",
        )


def publish(unfinished: Path, root: Path, origin: str, version: str) -> None:
    """Stamp an unpacked folder and put it in the place of `root` in one move.

    Programs that run from the old folder keep their open files.
    """
    stamp = {"origin": origin, "version": version, "files": inventory(unfinished)}
    (unfinished / _STAMP).write_text(json.dumps(stamp))
    outdated = root.with_name(root.name + ".outdated")
    shutil.rmtree(outdated, ignore_errors=True)
    if root.exists():
        root.rename(outdated)
    unfinished.rename(root)
    shutil.rmtree(outdated, ignore_errors=True)


def intact(root: Path, origin: str) -> Tree | None:
    """Return the folder if it was unpacked from `origin` and no file of it was lost or changed since.

    Sizes and times are compared, not contents: that takes milliseconds. Files added since do not matter.
    """
    try:
        stamp = json.loads((root / _STAMP).read_text())
        unchanged = all(_entry(root / path) == tuple(entry) for path, entry in stamp["files"].items())
        return Tree(root, str(stamp["version"])) if unchanged and stamp["origin"] == origin else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def inventory(root: Path) -> Inventory:
    """List the files and links under `root`."""
    return {str(path.relative_to(root)): _entry(path) for path in _files(root)}


def _files(root: Path) -> Iterator[Path]:
    for folder, subfolders, files in os.walk(root):
        links = [name for name in subfolders if os.path.islink(os.path.join(folder, name))]
        yield from (Path(folder, name) for name in [*files, *links])


def _entry(path: Path) -> tuple[int, int]:
    status = os.lstat(path)
    return status.st_size, int(status.st_mtime)
