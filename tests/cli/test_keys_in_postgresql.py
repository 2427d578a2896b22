"""Recordings' keys in PostgreSQL: the whole life of a recording, and what can be proven of a server's files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url

import provision
from recordings.identity import id_of, of_call
from storage.installation import open_installation
from tests.cli.conftest import Run
from tests.cli.keeping import job, table
from tests.conftest import new_postgresql_server
from tests.recordings.places import CALL, Place, place

pytestmark = pytest.mark.postgresql

ID = id_of(of_call(CALL, 4))
AFTER = date(2029, 11, 29)
KEEPER = "keeper"
SEGMENTS = 4
_numbers = count(1)


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[provision.Server]:
    """A server that nobody else writes to: what is in its log is of these tests."""
    with new_postgresql_server(tmp_path_factory.mktemp("keys")) as server:
        yield server


@pytest.fixture
def server(own_server: provision.Server) -> Iterator[Engine]:
    """An empty database, as its administrator sees it."""
    engine = create_engine(own_server.create_database(f"keys_{next(_numbers)}"), isolation_level="AUTOCOMMIT")
    yield engine
    does(engine, "ALTER SYSTEM RESET wal_recycle", "ALTER SYSTEM RESET min_wal_size", "SELECT pg_reload_conf()")
    engine.dispose()


@pytest.fixture
def here(run: Run, tmp_path: Path) -> Iterator[Place]:
    """The installation of the commands."""
    with closing((opened := open_installation({"CENTRALA_HOME": str(tmp_path / "home")})).database):
        yield place(opened)


def does(server: Engine, *statements: str) -> None:
    """Have the server do it."""
    with server.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def life(here: Place, run: Run) -> None:
    """A recording is taken in, heard, its key wrapped anew, heard again, and destroyed on its day."""
    here.records()
    assert "1 taken in\n" == run("recordings", "intake").stdout
    heard = run("recordings", "play", ID).stdout_bytes
    assert b"RIFF" == heard[:4]
    assert 0 == run("recordings", "keys", "rotate").exit_code
    assert heard == run("recordings", "play", ID).stdout_bytes
    assert "the key is there" in run("recordings", "prove", ID).stdout
    keys = os.environ["CENTRALA_KEYS_URL"]
    done = job(here.home.path, "--once", "--now", f"{AFTER}T03:30", "--allow-share", "1", CENTRALA_KEYS_URL=keys)
    assert 0 == done.returncode, done.stderr
    assert "1" == table(done)["destroyed"]
    assert 2 == run("recordings", "play", ID).exit_code


def test_what_is_said_of_a_server_that_does_not_show_its_files_is_by_query(
    here: Place, run: Run, server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a role that may do no more than it must; the certificate says so."""
    does(server, f"CREATE ROLE {KEEPER} LOGIN", f"GRANT CREATE ON SCHEMA public TO {KEEPER}")
    monkeypatch.setenv("CENTRALA_KEYS_URL", _address(server, KEEPER))
    life(here, run)
    proof = run("recordings", "prove", ID)
    assert (0, True) == (proof.exit_code, proof.stdout.startswith("CERTIFICATE OF DELETION"))
    assert "not looked at: PostgreSQL's own; what is said of rows is by query alone" in proof.stdout
    does(server, f"DROP OWNED BY {KEEPER}", f"DROP ROLE {KEEPER}")


def test_what_is_left_in_a_servers_files_is_found_until_they_are_written_anew(
    here: Place, run: Run, server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write-ahead log has the row for some time; without recycling it goes with the next segments."""
    monkeypatch.setenv("CENTRALA_KEYS_URL", _address(server))
    life(here, run)
    does(server, "CHECKPOINT")
    proof = run("recordings", "prove", ID)
    assert (1, True) == (proof.exit_code, "pg_wal" in proof.stdout), proof.stdout

    does(server, "VACUUM FULL recording_keys", "ALTER SYSTEM SET wal_recycle = off")
    does(server, "ALTER SYSTEM SET min_wal_size = '32MB'", "SELECT pg_reload_conf()")
    for number in range(SEGMENTS):
        does(server, f"CREATE TABLE another_{number} (id integer)", "SELECT pg_switch_wal()", "CHECKPOINT")
    proof = run("recordings", "prove", ID)
    assert (0, True) == (proof.exit_code, "nothing of it" in proof.stdout), proof.stdout


def _address(server: Engine, role: str | None = None) -> str:
    url = make_url(server.url)
    return url.set(username=role or url.username).render_as_string(hide_password=False)
