"""Many who log in at once: how many logins a process does in a second, and how much memory it takes for them.

Each measurement is a process of its own, whose threads log in one after another, each at a profile of its own:
`auth_pin` verifies as it does in a call, and counts each attempt in the database. Only the limits on guessing are wide,
as no service lets through what is measured here.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from threading import Barrier

import provision
from auth_pin import pins, tuning
from auth_pin.authentication import Authenticator
from auth_pin.limits import Bucket, Limits
from auth_pin.verdicts import Accepted
from bench import people, program
from bench.importing import import_people
from bench.people import Person
from bench.program import Cost, ProgramError
from centrala.pin_keys import open_profile_keys
from centrala.settings import read_settings
from storage.installation import open_installation

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
WIDE = Limits(*[Bucket(10**6, timedelta(seconds=1))] * 2)
HASHING_TIMES = 5


@dataclass(frozen=True, slots=True)
class Asking:
    """So many threads logged in for some seconds, so often in all; what the process cost from its start on."""

    askers: int
    database: str
    logins: int
    seconds: float
    cost: Cost

    @property
    def a_second(self) -> float:
        """Logins a second."""
        return self.logins / self.seconds


@dataclass(frozen=True, slots=True)
class Crowds:
    """Crowds of several sizes; `hashes` a second are what the machine does, as many at once as settings allow."""

    at_once: int
    hashes: float
    asking: tuple[Asking, ...]

    @property
    def memory_growth(self) -> float:
        """How many times as much memory the largest crowd of SQLite's needs as the smallest."""
        least, *_, most = sorted(
            (one for one in self.asking if one.database == SQLITE), key=lambda asking: asking.askers
        )
        return most.cost.memory / least.cost.memory


def measure(folder: Path, sizes: tuple[int, ...], seconds: float) -> Crowds:
    """Let crowds of these sizes log in: with SQLite, and the middle one with PostgreSQL.

    Raises ProgramError, ProvisionError, HomeError, OSError.
    """
    folder.mkdir()
    table = folder / "profiles.csv"
    people.write_pins(table, people.made_up(max(sizes)))
    own = {**program.outside(), "CENTRALA_HOME": str(folder / "sqlite")}
    import_people(own, table)
    asking: list[Asking] = []
    hashes: list[float] = []
    at_once = read_settings(own).authentication.hashes_at_once
    for size in sizes:
        asking.append(_asked(folder, own, SQLITE, size, seconds, sizes))
        hashes += (tuning.load_of(at_once, time.monotonic).a_second for _ in range(HASHING_TIMES))
    with provision.postgresql().server(folder / "server") as server:
        other = {**own, "CENTRALA_HOME": str(folder / "postgresql"), "CENTRALA_DATABASE_URL": server.url}
        import_people(other, table)
        asking.append(_asked(folder, other, POSTGRESQL, sizes[len(sizes) // 2], seconds, sizes))
    return Crowds(at_once, median(hashes), tuple(asking))


def _asked(
    folder: Path, environment: Mapping[str, str], database: str, size: int, seconds: float, sizes: tuple[int, ...]
) -> Asking:
    told = folder / "told.json"
    cost = program.run(
        [sys.executable, "-m", "bench.askers", str(told), f"{size}", f"{seconds}", f"{max(sizes)}"], environment
    )
    logins, taken = json.loads(told.read_text("ascii"))
    return Asking(size, database, logins, taken, cost)


def _ask(told: Path, size: int, seconds: float, known: int) -> None:
    """Log in by so many threads at once, and tell how often in how many seconds."""
    opened = open_installation(os.environ)
    pins.allow(read_settings(os.environ).authentication.hashes_at_once)
    with closing(opened.database), ThreadPoolExecutor(size) as pool:
        keys = open_profile_keys(opened, os.environ, datetime.now(UTC))
        authenticator = Authenticator(opened.database, keys, sys.exit, WIDE)
        together = Barrier(size + 1)
        asking = [
            pool.submit(_log_in, authenticator, person, seconds, together) for person in people.made_up(known)[:size]
        ]
        together.wait()
        began = time.monotonic()
        logins = sum(one.result() for one in asking)
        taken = time.monotonic() - began
    told.write_text(json.dumps((logins, taken)), "ascii")


def _log_in(authenticator: Authenticator, person: Person, seconds: float, together: Barrier) -> int:
    """One after another for so long; how often. Raises ProgramError where one is refused."""
    together.wait()
    until, done = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        done += 1
        found = authenticator.verify(
            authenticator.claim(person.identifier),
            person.pin,
            call_id=f"{person.identifier}-{done}",
            seq=1,
            at=datetime.now(UTC),
            caller=person.identifier,
        )
        if not isinstance(found, Accepted):
            raise ProgramError(f"login {done} of an asker was answered by {found}")
    return done


if __name__ == "__main__":
    _ask(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
