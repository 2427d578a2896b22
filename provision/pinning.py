"""Writing the list of pinned packages, from what the cache holds and this machine has verified."""

from provision import cache, checksums, packages

_HEAD = """\
# SHA-256 checksums of the Debian packages (amd64) that this project was verified with: those of unstable for
# Asterisk, those of Debian 12 and 13 for the rest. Where a mirror still offers these versions, they must match.
# `make pin` adds what the cache holds, to be run after all tests have passed; outdated lines may be deleted.
"""


def pin() -> str:
    """Add everything in the cache to the pinned packages; return a sentence about it."""
    pinned = checksums.read(packages.PINNED)
    found = dict(pinned)
    for path in packages.kept(cache.folder()):
        found |= checksums.read(path)
    packages.PINNED.write_text(_HEAD + checksums.render(found))
    return f"{packages.PINNED}: {len(found)} packages pinned, {len(found) - len(pinned)} of them new"
