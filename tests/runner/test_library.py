"""Menu versions: kept for as long as a call may name them, in every process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from ivr.library import Library, UnknownVersion, menu_versions
from ivr.menus.loading import Loaded
from storage.database import Database
from tests.menu_files import OFFICES, SMALL, edited, load_text
from tests.runner.conftest import MONDAY


def _kept(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(menu_versions)).scalar_one())


def test_nothing_is_current_before_anything_is_published(database: Database) -> None:
    """A library of a new installation says so instead of serving nothing."""
    with pytest.raises(UnknownVersion):
        _ = Library(database).current
    with pytest.raises(UnknownVersion):
        Library(database).flow("no such version")


def test_another_process_reads_a_version_back_whole(database: Database, shipped: Loaded) -> None:
    """The file and its tables, as they were, whatever became of them since."""
    Library(database).publish(shipped, MONDAY)
    found = Library(database).flow(shipped.flow.version)

    assert shipped.flow == found
    assert found.offices == shipped.flow.offices


def test_the_table_is_part_of_the_version(database: Database) -> None:
    """Another table of offices is another version, and both are kept."""
    old = load_text(SMALL)
    new = load_text(SMALL, {"offices.csv": OFFICES.replace(b"Prosta 1", b"Nowa 7")})
    library = Library(database)
    for loaded in (old, new):
        library.publish(loaded, MONDAY)

    assert (2, new.flow) == (_kept(database), library.current)
    assert old.flow == Library(database).flow(old.flow.version)


def test_publishing_again_keeps_one(database: Database) -> None:
    """The same file is the same version, and going back to it makes it current again."""
    one, two = load_text(SMALL), load_text(edited(SMALL, ("timeout: 5", "timeout: 7")))
    library = Library(database)
    for loaded in (one, two, one):
        library.publish(loaded, MONDAY)

    assert (2, one.flow) == (_kept(database), library.current)


def test_processes_may_publish_the_same_file_at_once(database: Database) -> None:
    """Eight nodes see the changed file at the same moment: it is kept once, and current in each."""
    loaded = load_text(SMALL)
    libraries = [Library(database) for _ in range(8)]
    with ThreadPoolExecutor(len(libraries)) as pool:
        list(pool.map(lambda library: library.publish(loaded, MONDAY), libraries))

    assert 1 == _kept(database)
    assert {loaded.flow.version} == {library.current.version for library in libraries}
