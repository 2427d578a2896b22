"""Lists of SHA-256 checksums in the form that `sha256sum --check` reads.

Two such lists matter. `packages.lock`, committed, holds the packages that this project was verified with.
Each program's folder in the cache holds another: what was downloaded for it. A Debian file name carries
name, version and architecture (`sip-tester_1%3a3.6.1-1_amd64.deb`), so it is key enough.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

Checksums = Mapping[str, str]
"""Lower-case hexadecimal SHA-256 by file name."""

_LINE = re.compile(r"([0-9a-f]{64}) [ *]([^/\s]+)")


def parse(text: str) -> dict[str, str]:
    """Read a list; blank lines and lines that begin with # are comments.

    Raises:
        ValueError: a line is neither a checksum nor a comment; the message gives its number.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            raise ValueError(f"line {number} is not a SHA-256 checksum and a file name")
        found[match[2]] = match[1]
    return found


def render(checksums: Checksums) -> str:
    """Write a list, sorted by file name."""
    return "".join(f"{checksums[name]}  {name}\n" for name in sorted(checksums))


def read(path: Path) -> dict[str, str]:
    """Read a list from a file; a missing or damaged one is an empty list, which vouches for nothing."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(folder: Path, expected: Checksums) -> list[str]:
    """Name the files of `expected` that are missing from `folder` or differ from their checksums."""
    return [name for name, checksum in expected.items() if not _holds(folder / name, checksum)]


def _holds(path: Path, checksum: str) -> bool:
    return path.is_file() and of(path) == checksum


def contradictions(offered: Checksums, pinned: Checksums) -> list[str]:
    """Name the files that are pinned and offered with another checksum."""
    return [name for name, checksum in offered.items() if pinned.get(name, checksum) != checksum]


def unpinned(offered: Checksums, pinned: Iterable[str]) -> list[str]:
    """Name the files that are offered but not pinned."""
    return sorted(set(offered) - set(pinned))
