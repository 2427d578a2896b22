"""The people of the tests. Digits that occur nowhere else, so that they can be searched for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    identifier: str
    pin: str


EWA = Person("730518264917", "471155")
UNCONFIRMED = Person("730518264918", "582266")
SUSPENDED = Person("730518264919", "693377")
BLOCKED = Person("730518264920", "704488")
CLOSED = Person("730518264921", "815599")
STRANGER = Person("940286157308", "926600")

UNUSABLE = (UNCONFIRMED, SUSPENDED, BLOCKED, CLOSED)
EVERYBODY = (EWA, *UNUSABLE, STRANGER)
