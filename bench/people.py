"""People with profiles, and the tables in which an operator would give them. Nobody of these exists."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from auth_pin import pins
from auth_pin.profiles import State

IDENTIFIERS = range(10**9, 10**10)
PINS = 10**6
HASH_BYTES = 48


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a profile."""

    identifier: str = field(repr=False)
    pin: str = field(repr=False)

    @property
    def wrong(self) -> str:
        """A PIN that is not theirs."""
        return _pin((int(self.pin) + 1) % PINS)


def made_up(number: int) -> tuple[Person, ...]:
    """So many people, always the same ones."""
    chance = random.Random(number)
    return tuple(Person(str(one), _pin(chance.randrange(PINS))) for one in chance.sample(IDENTIFIERS, number))


def write_pins(path: Path, people: tuple[Person, ...]) -> None:
    """Write a table of them, with their PINs. Raises OSError."""
    _write(path, "identifier,pin,state", (f"{one.identifier},{one.pin}" for one in people))


def write_hashes(path: Path, number: int) -> None:
    """Write a table of so many people with hashes, which are random bytes as true ones look. Raises OSError."""
    chance = random.Random(number)
    rows = (f'{one},"{pins.unpacked(os.urandom(HASH_BYTES))}"' for one in chance.sample(IDENTIFIERS, number))
    _write(path, "identifier,pin_hash,state", rows)


def _write(path: Path, heading: str, rows: Iterator[str]) -> None:
    with path.open("w", encoding="ascii") as file:
        file.write(f"{heading}\n")
        file.writelines(f"{row},{State.CONFIRMED}\n" for row in rows)


def _pin(number: int) -> str:
    return f"{number:06}"
