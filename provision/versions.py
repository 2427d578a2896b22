"""Version numbers as programs print them."""

import re

from provision.errors import ProvisionError

Version = tuple[int, ...]

# A checkout ("Asterisk GIT-22-1a2b3c") tells its branch only; a certified release has its own numbering
# after the branch. What cannot be read counts as zero, that is, as too old to be relied on.
_NUMBERS = re.compile(r"(?:^|[\s/v-])(\d+(?:\.\d+)*)")


def find(text: str) -> str:
    """Return the first version number in a program's answer, such as "22.10.1".

    Raises:
        ProvisionError: there is none.
    """
    match = _NUMBERS.search(text)
    if match is None:
        raise ProvisionError(
            f"no version number in the answer {text.strip()[:200]!r}.",
            "The program may be damaged: reinstall it, or have it off PATH to use an unpacked one.",
        )
    return match[1]


def numbers(version: str) -> Version:
    """Return a version's numbers for comparison: "22.10.1" is later than "22.2"."""
    return tuple(int(part) for part in version.split("."))
