"""Importing profiles by `centrala profiles import`, as a process of its own: how long it takes, and how much memory.

Each table goes into an installation of its own, twice: what is known already should cost no more than what is new.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from auth_pin.profiles import profiles
from bench import people, program
from bench.program import Cost, ProgramError
from storage.installation import open_installation


@dataclass(frozen=True, slots=True)
class Tables:
    """How many rows the tables have: two of hashes, the memory for which is compared, and one of plain PINs."""

    few: int
    many: int
    pins: int


@dataclass(frozen=True, slots=True)
class Import:
    """What a table of so many rows cost, and once more when all of it was known."""

    rows: int
    first: Cost
    again: Cost

    @property
    def a_second(self) -> float:
        """Rows a second, the first time."""
        return self.rows / self.first.seconds

    @property
    def again_a_second(self) -> float:
        """Rows a second when all of them were known."""
        return self.rows / self.again.seconds

    @property
    def repeated(self) -> float:
        """How many times as long it took when all of it was known."""
        return self.again.seconds / self.first.seconds


@dataclass(frozen=True, slots=True)
class Importing:
    """All imports."""

    few: Import
    many: Import
    pins: Import

    @property
    def memory_growth(self) -> float:
        """How many times as much memory the larger table of hashes needs as the smaller one."""
        return self.many.first.memory / self.few.first.memory


def measure(folder: Path, tables: Tables, say: Callable[[str], None]) -> Importing:
    """Import the tables. Raises ProgramError, OSError, HomeError."""
    folder.mkdir()

    def hashed(rows: int) -> Import:
        say(f"{rows:,} profiles are imported ...")
        return _imported(folder, rows, lambda table: people.write_hashes(table, rows))

    def plain(rows: int) -> Import:
        return _imported(folder, rows, lambda table: people.write_pins(table, people.made_up(rows)))

    return Importing(hashed(tables.few), hashed(tables.many), plain(tables.pins))


def import_people(environment: Mapping[str, str], table: Path) -> Cost:
    """Import a table into the installation that the environment names. Raises ProgramError."""
    return program.run([sys.executable, "-m", "centrala", "profiles", "import", str(table)], environment)


def _imported(folder: Path, rows: int, write: Callable[[Path], None]) -> Import:
    table = folder / "profiles.csv"
    write(table)
    with _new_home(folder / "home") as environment:
        costs = import_people(environment, table), import_people(environment, table)
        with closing(open_installation(environment).database) as database, database.reading() as connection:
            found = connection.execute(select(func.count()).select_from(profiles)).scalar_one()
    if found != rows:
        raise ProgramError(f"{found} profiles are there, of {rows}")
    return Import(rows, *costs)


@contextmanager
def _new_home(folder: Path) -> Iterator[Mapping[str, str]]:
    """The environment of a new installation, which is removed at the end."""
    environment = {**program.outside(), "CENTRALA_HOME": str(folder)}
    open_installation(environment).database.close()
    yield environment
    shutil.rmtree(folder)
