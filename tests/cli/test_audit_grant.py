"""`centrala audit grant`: the service's own role of PostgreSQL, which can only add to the audit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import ProgrammingError

import provision
from storage.installation import open_installation
from tests.cli.conftest import Run
from tests.recordings.places import CALL, place

ROLE = "answering"
APPEND_ONLY = ("audit_entries", "audit_trimmings", "audit_heads", "tombstones")
_numbers = count(1)


@pytest.fixture
def owner(postgresql_server: provision.Server) -> Iterator[Engine]:
    """An empty database, as the owner of its tables sees it, and a role that may do nothing yet."""
    engine = create_engine(postgresql_server.create_database(f"granted_{next(_numbers)}"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {ROLE} LOGIN")
    yield engine
    with engine.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {ROLE}")
        connection.exec_driver_sql(f"DROP ROLE {ROLE}")
    engine.dispose()


@pytest.fixture
def granted(owner: Engine, run: Run, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The database's address for the service, whose role has been let in; commands work as that role."""
    monkeypatch.setenv("CENTRALA_DATABASE_URL", owner.url.render_as_string(hide_password=False))
    done = run("audit", "grant", ROLE)
    assert (0, f"{ROLE} uses all tables, and only adds to audit_entries and tombstones\n") == (
        done.exit_code,
        done.stdout,
    )
    url = make_url(owner.url).set(username=ROLE).render_as_string(hide_password=False)
    monkeypatch.setenv("CENTRALA_DATABASE_URL", url)
    return url


@pytest.mark.postgresql
def test_the_service_does_all_that_it_does(granted: str, run: Run, tmp_path: Path) -> None:
    """A profile, a recording taken in, its consent withdrawn, and with that its row, destroyed; all of it audited."""
    assert 0 == run("profiles", "add", stdin="10000001\n471155\n").exit_code
    home = {"CENTRALA_HOME": str(tmp_path / "home"), "CENTRALA_DATABASE_URL": granted}
    with closing((opened := open_installation(home)).database):
        place(opened).records()
    assert "1 taken in\n" == run("recordings", "intake").stdout
    withdrawn = run("recordings", "withdraw", "--call", CALL, "--by", "anna", "--yes")
    assert (0, "") == (withdrawn.exit_code, withdrawn.stderr)
    assert "consent withdrawn" in run("audit", "list").stdout
    assert 0 == run("audit", "verify").exit_code


@pytest.mark.postgresql
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET hash = 'x'",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {}",
    ],
)
def test_the_service_cannot_change_what_only_grows(granted: str, statement: str, table: str) -> None:
    """Not even by taking its triggers away: that is for the owner."""
    engine = create_engine(granted)
    with engine.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.exec_driver_sql(statement.format(table))
    engine.dispose()


@pytest.mark.postgresql
def test_an_owner_is_no_role_for_the_service(owner: Engine, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is one that is not there; it is said what to do."""
    monkeypatch.setenv("CENTRALA_DATABASE_URL", owner.url.render_as_string(hide_password=False))
    mighty, unknown = run("audit", "grant", str(owner.url.username)), run("audit", "grant", "nobody-here")
    assert (2, 2) == (mighty.exit_code, unknown.exit_code)
    assert "give the service a role of its own" in mighty.stderr
    assert 'role "nobody-here" does not exist; make it with CREATE ROLE' in unknown.stderr


@pytest.mark.postgresql
def test_only_the_owner_grants(granted: str, run: Run) -> None:
    """The service's role gives nothing to anybody."""
    refused = run("audit", "grant", ROLE)
    assert 2 == refused.exit_code
    assert "only the owner of the tables can do that" in refused.stderr


def test_sqlite_has_no_roles(run: Run) -> None:
    """It is said what keeps the audit there."""
    refused = run("audit", "grant", ROLE)
    assert (2, True) == (refused.exit_code, "SQLite has no roles" in refused.stderr)
