"""Writing the list of pinned packages, from what the cache holds and this machine has verified."""

from provision import cache, checksums, packages

_HEAD = """\
# SHA-256 checksums of the Debian packages that this project was verified with (amd64). Where the mirror still
# offers these versions, they must match. Remade from the cache by `make pin`, after all tests have passed.
"""


def pin() -> str:
    """Pin everything in the cache; return a sentence about it."""
    found: dict[str, str] = {}
    for path in packages.kept(cache.folder()):
        found |= checksums.read(path)
    packages.PINNED.write_text(_HEAD + checksums.render(found))
    return f"{packages.PINNED}: {len(found)} packages pinned"
