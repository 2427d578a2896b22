"""A known and an unknown identifier, each with a wrong PIN: whether the time until they are refused tells them apart.

Time passes between the tries, told and not waited for, so that every one is let through.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auth_pin.authentication import Authenticator
from auth_pin.verdicts import Refused
from bench import people, program
from bench.figures import percentile
from bench.importing import import_people
from bench.people import Person
from bench.program import ProgramError
from centrala.pin_keys import open_profile_keys
from storage.installation import open_installation

BEGAN = datetime(2026, 11, 23, tzinfo=UTC)
BETWEEN = timedelta(hours=2)
PEOPLE = 20


@dataclass(frozen=True, slots=True)
class Refusals:
    """Milliseconds until each wrong PIN was refused."""

    known: tuple[float, ...]
    unknown: tuple[float, ...]

    @property
    def apart(self) -> float:
        """How many times as long the slower kind takes as the other one, in the median."""
        medians = sorted(percentile(kind, 50) for kind in (self.known, self.unknown))
        return medians[1] / medians[0]


def measure(folder: Path, tries: int) -> Refusals:
    """So many tries at each kind of identifier, in an order by chance. Raises ProgramError, HomeError, OSError."""
    folder.mkdir()
    known, unknown = (people.made_up(PEOPLE + more) for more in (0, 1))
    environment = {**program.outside(), "CENTRALA_HOME": str(folder / "home")}
    people.write_pins(folder / "profiles.csv", known)
    import_people(environment, folder / "profiles.csv")
    opened = open_installation(environment)
    with closing(opened.database):
        authenticator = Authenticator(opened.database, open_profile_keys(opened, environment, BEGAN), _unexpected)
        return _timed(authenticator, {"known": known, "unknown": unknown}, tries)


def _timed(authenticator: Authenticator, kinds: Mapping[str, tuple[Person, ...]], tries: int) -> Refusals:
    chance = random.Random(tries)
    order = chance.sample([*kinds] * tries, len(kinds) * tries)
    waits: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number, kind in enumerate(order):
        waits[kind].append(1000 * _refused(authenticator, chance.choice(kinds[kind]), number))
    return Refusals(*(tuple(waits[kind]) for kind in kinds))


def _refused(authenticator: Authenticator, person: Person, number: int) -> float:
    """Seconds until a wrong PIN is refused. Raises ProgramError: it was not looked at."""
    claim, at = authenticator.claim(person.identifier), BEGAN + number * BETWEEN
    began = time.perf_counter()
    found = authenticator.verify(claim, person.wrong, call_id=f"{number}", seq=1, at=at, caller="600100200")
    taken = time.perf_counter() - began
    if found != Refused():
        raise ProgramError(f"a wrong PIN was answered by {found}")
    return taken


def _unexpected(reason: str) -> None:
    raise ProgramError(reason)
