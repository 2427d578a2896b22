"""The Debian mirror's address, taken from the machine's own apt sources.

Asterisk comes from Debian unstable, which the machine's sources seldom list. The mirror they name for the
machine's own release carries unstable too. (Index targets: apt-get(8), `indextargets`.)
"""

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from provision.errors import ProvisionError

VARIABLE = "CENTRALA_DEBIAN_MIRROR"

_FIELDS = ("REPO_URI", "RELEASE", "COMPONENT", "ORIGIN", "LABEL")
_FORMAT = "\t".join(f"$({field})" for field in _FIELDS)
_ADDRESS = re.compile(r"[a-z][a-z0-9+]*:/\S+")


@dataclass(frozen=True, slots=True)
class Target:
    """One package index of one apt source; origin and label are known once the index was fetched."""

    address: str
    release: str
    component: str
    origin: str
    label: str


def address() -> str:
    """Return the mirror's address, without a slash at its end.

    Raises:
        ProvisionError: neither $CENTRALA_DEBIAN_MIRROR nor the machine's sources name one.
    """
    given = os.environ.get(VARIABLE)
    if given is not None:
        return _checked(given)
    # Lists that were never fetched are told only if asked so; those that were tell their origin.
    found = choose(parse_targets(_index_targets())) or choose(parse_targets(_index_targets("--no-release-info")))
    if found is None:
        raise ProvisionError(
            "this machine's apt sources name no Debian mirror, so there is nowhere to get Asterisk from.",
            f"Set {VARIABLE} to one (as in a Debian sources.list), or install Asterisk 22.1 or newer.",
        )
    return found


def parse_targets(text: str) -> list[Target]:
    """Read what `apt-get indextargets` prints in this module's format."""
    rows = (line.split("\t") for line in text.splitlines())
    return [Target(*row) for row in rows if len(row) == len(_FIELDS)]


def choose(targets: Iterable[Target]) -> str | None:
    """Return the address most likely to be a full Debian mirror; None when none looks like one."""
    known = [target for target in targets if target.component == "main"]
    updates = {target.address for target in known if target.release.endswith(("-updates", "-backports"))}
    ranked = [(_likeness(target, target.address in updates), target.address) for target in known]
    best = max(ranked, key=lambda pair: pair[0], default=(0, ""))
    return best[1].rstrip("/") if best[0] > 0 else None


def _likeness(target: Target, has_updates: bool) -> int:
    """Say how much a source looks like Debian's archive, above zero where it may be one.

    An index once fetched names its origin. Before that only the address speaks, and many vendors' ends in
    /debian too; but only the archive has a release's -updates.
    """
    path = target.address.rstrip("/").removesuffix(".list")
    if target.address.startswith("cdrom:") or "security" in target.address:
        return 0
    if (target.origin, target.label) == ("Debian", "Debian"):
        return 8
    if target.origin and not target.origin.startswith("$("):
        return 0
    named = 2 if path.endswith("/debian") else int("debian" in path)
    return named and named + 4 * has_updates


def _checked(given: str) -> str:
    if _ADDRESS.fullmatch(given) is None:
        raise ProvisionError(
            f"{VARIABLE} is {given!r}, which is no address of a Debian mirror.",
            "Write it as in a sources.list: scheme, host and path, without the release's name.",
        )
    return given.rstrip("/")


def _index_targets(*options: str) -> str:
    command = ["apt-get", "indextargets", *options, "--format", _FORMAT, "Created-By: Packages"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError as error:
        raise no_apt() from error
    except subprocess.CalledProcessError as error:
        raise ProvisionError(
            f"apt cannot read this machine's package sources: {error.stderr.strip()}",
            f"Mend the file that apt names, or set {VARIABLE}.",
        ) from error


def no_apt() -> ProvisionError:
    """Return the error for a machine without apt."""
    return ProvisionError(
        "this machine has no apt, so programs cannot be fetched from Debian.",
        "Install Asterisk 22.1 or newer, SIPp, espeak-ng and PostgreSQL yourself and have them on PATH.",
    )
