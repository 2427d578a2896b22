"""One catalogue has one database of keys: what one machine destroys lives on in no other machine's."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from centrala.keeping import KEYS_URL, open_places
from recordings.faults import KeyMissing
from storage.installation import Installation, open_installation


def machine(tmp_path: Path, name: str) -> tuple[Installation, dict[str, str]]:
    """An installation on one of several machines, which share the catalogue and the secret keys."""
    environ = {"CENTRALA_HOME": str(tmp_path / name), "CENTRALA_DATABASE_URL": f"sqlite:///{tmp_path / 'shared.db'}"}
    if (tmp_path / "one").exists() and name != "one":
        shutil.copytree(tmp_path / "one" / "secrets", tmp_path / name / "secrets")
    return open_installation(environ), environ


def test_a_second_machine_does_not_make_keys_of_its_own(tmp_path: Path) -> None:
    """Nor is it let in with others; with those of the first it is."""
    first, environ = machine(tmp_path, "one")
    with open_places(first, environ) as places:
        keys = places.archive.keys.url
    second, its = machine(tmp_path, "other")
    with pytest.raises(KeyMissing, match="all machines of one catalogue share it"), open_places(second, its):
        pass
    with open_places(second, {**its, KEYS_URL: keys}) as places:
        assert keys == places.archive.keys.url


def test_keys_of_another_catalogue_are_refused(tmp_path: Path) -> None:
    """Even to look."""
    first, environ = machine(tmp_path, "one")
    stranger = {"CENTRALA_HOME": str(tmp_path / "stranger")}
    with open_places(first, environ), open_places(open_installation(stranger), stranger) as places:
        theirs = places.archive.keys.url
    for make in (True, False):
        with (
            pytest.raises(KeyMissing, match="not the keys of this catalogue's recordings"),
            open_places(first, {**environ, KEYS_URL: theirs}, make=make),
        ):
            pass


def test_keys_that_an_older_version_made_get_a_mark(tmp_path: Path) -> None:
    """And are theirs from then on, after a restart, too."""
    first, environ = machine(tmp_path, "one")
    with open_places(first, environ) as places:
        marked = places.archive.keys.mark()
    with closing(sqlite3.connect(tmp_path / "one" / "keys" / "recording-keys.db")) as connection:
        connection.execute("DROP TABLE store_marks")
        connection.commit()
    with open_places(first, environ) as places:
        assert marked == places.archive.keys.mark()
