"""What comes of an attempt to authenticate. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accepted:
    """The PIN belongs to the claimed identifier, and its profile may be used; `subject` is the profile's pseudonym."""

    subject: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Unknown identifier, wrong PIN or unusable profile: nobody learns which."""


@dataclass(frozen=True, slots=True)
class Delayed:
    """The PIN was not looked at: too many were tried. `seconds` until one is, at least 1."""

    seconds: int


Verdict = Accepted | Refused | Delayed
