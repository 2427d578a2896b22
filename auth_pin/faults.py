"""What can be wrong with identifiers, PINs and profiles, in words for people.

No message holds a digit that somebody keyed or typed: messages end up on screens and in logs.
"""

from __future__ import annotations


class ProfileFault(Exception):
    """Something that a person can put right; `str()` says what is wrong and what to do."""


class IdentifierFault(ProfileFault):
    """Not an identifier."""


class PinFault(ProfileFault):
    """Not a PIN, or one that anybody would guess."""


class ProfileExists(ProfileFault):
    """The identifier has a profile already."""


class ProfileUnreadable(ProfileFault):
    """A stored identifier cannot be read."""


class ImportFault(ProfileFault):
    """A table, or a row of it, cannot be understood."""


class PayerFault(ProfileFault):
    """Not a payer's number."""


class NoProfile(ProfileFault):
    """The identifier has no profile."""


class PinKeyMissing(ProfileFault):
    """A key that seals PINs is needed and is not there, or is another one."""


class PinUnreadable(ProfileFault):
    """A stored PIN does not open: damaged, moved from another profile, or never sealed."""


class KeyInUse(ProfileFault):
    """A key that cannot be retired."""
