"""The public keys that Debian signs its package indexes with."""

import shutil
from pathlib import Path

from provision import checksums, tree
from provision.apt import Apt, Wish
from provision.errors import ProvisionError
from provision.progress import Bar

_PACKAGE = Wish("debian-archive-keyring", with_dependencies=False)
_NAMES = ("debian-archive-keyring.gpg", "debian-archive-keyring.pgp")
_FOLDER = Path("usr/share/keyrings")


def path(apt: Apt, folder: Path) -> Path:
    """Return the keyring: the installed one, else one that `apt` vouches for, unpacked under `folder`.

    Raises:
        ProvisionError: neither is to be had.
    """
    return _in(Path("/")) or _in(folder / "root") or _fetched(apt, folder)


def _in(root: Path) -> Path | None:
    found = (root / _FOLDER / name for name in _NAMES)
    return next((keys for keys in found if keys.is_file()), None)


def _fetched(apt: Apt, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    with Bar("getting Debian's keys from this machine's own package sources") as bar:
        apt.update()
        expected = {offer.file: offer.sha256 for offer in apt.offers(_PACKAGE)}
        apt.download(_PACKAGE, folder, bar.to)
    if checksums.damaged(folder, expected):
        raise _unavailable()
    tree.unpack([folder / name for name in expected], folder / "unfinished", bar.to)
    (folder / "unfinished").rename(folder / "root")
    keys = _in(folder / "root")
    if keys is None:
        raise _unavailable()
    return keys


def _unavailable() -> ProvisionError:
    return ProvisionError(
        "the keys that Debian signs its packages with cannot be had from this machine's package sources.",
        "Install the package debian-archive-keyring.",
    )
