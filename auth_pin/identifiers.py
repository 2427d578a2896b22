"""Identifiers: digits that name a person's profile, and the pseudonym that stands for them everywhere.

There are few enough identifiers to try them all, so a plain hash would hide nothing; a keyed one does as long as the
key stays outside the database.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from auth_pin.faults import IdentifierFault

FEWEST_DIGITS = 6
MOST_DIGITS = 12
SHOWN_DIGITS = 3

_IDENTIFIER = re.compile(rf"[0-9]{{{FEWEST_DIGITS},{MOST_DIGITS}}}")


def check(identifier: str) -> None:
    """Raise IdentifierFault unless it is 6 to 12 digits."""
    if not _IDENTIFIER.fullmatch(identifier):
        raise IdentifierFault(f"an identifier is {FEWEST_DIGITS} to {MOST_DIGITS} digits")


def claim(key: bytes, identifier: str) -> str:
    """The pseudonym of an identifier. Raises IdentifierFault."""
    check(identifier)
    return pseudonym(key, identifier)


def pseudonym(key: bytes, keyed: str) -> str:
    """The pseudonym of whatever was keyed as an identifier: HMAC-SHA256 (RFC 2104), 64 hexadecimal digits."""
    return hmac.new(key, keyed.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def masked(identifier: str) -> str:
    """The identifier with all but its last three digits hidden."""
    return "*" * (len(identifier) - SHOWN_DIGITS) + identifier[-SHOWN_DIGITS:]
