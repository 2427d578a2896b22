"""A day of guessing PINs, simulated: how many guesses the limits let through, at each identifier and in all.

The time is told to `auth_pin.admission`, which counts in a true database as it does in a call, try by try. No PIN is
hashed: a guess is let through before its PIN is looked at, and all of them are taken for wrong.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auth_pin import admission, buckets, identifiers
from auth_pin.attempts import Attempt
from auth_pin.limits import Limits
from bench import program
from storage.database import Database
from storage.installation import open_installation

BEGAN = datetime(2026, 11, 23, tzinfo=UTC)
HOUR, DAY = 3600.0, 86400.0
TRY_SECONDS = 15.0
"""What it takes to key an identifier and a PIN."""
FIRST_IDENTIFIER, FIRST_NUMBER = 10**9, 500_000_000


@dataclass(frozen=True, slots=True)
class Attack:
    """Calls with up to so many `tries` each, by turns from so many numbers and at so many identifiers.

    They begin at random within so many seconds; those of a `patient` attacker at an identifier one after another, as
    soon as the wait is over that the one before was told. The owner of each identifier logs in `owners` times.
    """

    what: str
    calls: int
    numbers: int
    identifiers: int
    tries: int = 3
    seconds: float = DAY
    patient: bool = False
    owners: int = 0


@dataclass(frozen=True, slots=True)
class Guesses:
    """What came of an attack: guesses that were made, those let through, and the most of these at one identifier."""

    attack: Attack
    made: int
    let_through: int
    most: int

    @property
    def mean(self) -> float:
        """Guesses let through at an identifier, on average."""
        return self.let_through / self.attack.identifiers


@dataclass(frozen=True, slots=True, order=True)
class Try:
    """A PIN is keyed: in which second, in which call, for which time in it. Calls of owners come after all others."""

    at: float
    call: int
    number: int = 0


def measure(folder: Path, attacks: tuple[Attack, ...], say: Callable[[str], None]) -> tuple[Guesses, ...]:
    """Try these attacks, each on a service of its own. Raises HomeError, OSError."""
    folder.mkdir()
    return tuple(_measured(folder / f"{number}", attack, say) for number, attack in enumerate(attacks))


def _measured(home: Path, attack: Attack, say: Callable[[str], None]) -> Guesses:
    opened = open_installation({**program.outside(), "CENTRALA_HOME": str(home)})
    with closing(opened.database):
        found = simulated(opened.database, opened.key("identifier"), attack)
    say(f"  {attack.what}: {found.let_through:,} of {found.made:,} guesses let through, {found.most} at one identifier")
    return found


def simulated(database: Database, key: bytes, attack: Attack) -> Guesses:
    """Have the limits decide on each try, in the order of time."""
    due, made, through = list(_first(attack, random.Random(attack.what))), 0, Counter[int]()
    heapq.heapify(due)
    while due and due[0].at < DAY:
        one = heapq.heappop(due)
        wait = _told(database, key, attack, one)
        if not _is_owner(attack, one):
            made += 1
            through[one.call % attack.identifiers] += not wait
        if after := _next(attack, one, wait):
            heapq.heappush(due, after)
    return Guesses(attack, made, through.total(), max(through.values(), default=0))


def _first(attack: Attack, chance: random.Random) -> Iterator[Try]:
    """The first try of each call, those of patient attackers' later calls aside."""
    for call in range(attack.identifiers if attack.patient else attack.calls):
        yield Try(chance.uniform(0, attack.seconds), call)
    for owner in range(attack.owners * attack.identifiers):
        yield Try(chance.uniform(0, DAY), attack.calls + owner)


def _next(attack: Attack, one: Try, wait: int) -> Try | None:
    """What follows from a try and what it was told; refused, whoever is in a hurry gives up the call."""
    if _is_owner(attack, one):
        return Try(one.at + wait, one.call, one.number + 1) if wait else None
    if not wait and one.number + 1 < attack.tries:
        return Try(one.at + TRY_SECONDS, one.call, one.number + 1)
    if attack.patient and one.call + attack.identifiers < attack.calls:
        return Try(one.at + max(wait, TRY_SECONDS), one.call + attack.identifiers)
    return None


def _told(database: Database, key: bytes, attack: Attack, one: Try) -> int:
    """Let a try through (0) and say how it ended, or the seconds that it must wait."""
    owner = (one.call - attack.calls) % attack.identifiers if _is_owner(attack, one) else None
    identifier = one.call % attack.identifiers if owner is None else owner
    caller = one.call % attack.numbers if owner is None else attack.numbers + owner
    claim = identifiers.pseudonym(key, f"{FIRST_IDENTIFIER + identifier}")
    attempt = Attempt(f"{one.call}", one.number, claim, BEGAN + timedelta(seconds=one.at))
    with database.writing() as connection:
        name = buckets.caller_name(key, f"{FIRST_NUMBER + caller}")
        wait = admission.admit(connection, Limits(), attempt, name)
    if not wait:
        with database.writing() as connection:
            admission.finish(connection, attempt, right=owner is not None)
    return wait


def _is_owner(attack: Attack, one: Try) -> bool:
    return one.call >= attack.calls
