"""The installation's folder, its keys and its database: made when they are not there, refused when they do not fit."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import select

import provision
from storage.database import Database
from storage.home import KEY_NAMES, Home, HomeError
from storage.installation import Installation, key_marks, open_installation
from storage.schema import MIGRATIONS, newest
from tests.menu_files import SHIPPED

ROOT = SHIPPED.parent

OPEN = """
import os
from storage.installation import open_installation
print("ready", flush=True)
input()
open_installation(os.environ).database.close()
"""

Environment = dict[str, str]


@pytest.fixture
def opened() -> Iterator[Callable[[Environment], Installation]]:
    """Opens installations, and closes them after the test."""
    made: list[Installation] = []

    def opening(environment: Environment) -> Installation:
        made.append(open_installation(environment))
        return made[-1]

    yield opening
    for installation in made:
        installation.database.close()


def mode(path: Path) -> int:
    """Who may do what with a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def test_without_settings_everything_lies_in_var() -> None:
    """In the working folder, with an SQLite file."""
    home = Home.from_environment({})
    assert Path("var").absolute() == home.path
    assert f"sqlite:///{Path('var').absolute()}/centrala.db" == home.database_url


def test_an_empty_home_is_made(environment: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    """Folders and keys that only their owner may use, said on stderr and nowhere else."""
    open_installation(environment).database.close()
    home = Home.from_environment(environment)
    folders = (home.path, home.secrets, home.prompts, home.spool, home.recordings, home.asterisk)
    assert {0o700} == {mode(folder) for folder in folders}
    assert dict.fromkeys(KEY_NAMES, 0o600) == {file.stem: mode(file) for file in home.secrets.iterdir()}
    said = capsys.readouterr()
    assert "" == said.out
    assert said.err.splitlines()[0].startswith("making the database ")
    assert [
        f"made the secret key {home.secrets / name}.key; keep a copy of it apart from the database"
        for name in KEY_NAMES
    ] == said.err.splitlines()[1:]


def test_opening_again_changes_nothing_and_says_nothing(
    environment: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    """The keys are those of the first time."""
    first = open_installation(environment)
    keys = [first.key(name) for name in KEY_NAMES]
    first.database.close()
    capsys.readouterr()
    again = open_installation(environment)
    assert keys == [again.key(name) for name in KEY_NAMES]
    assert ("", "") == capsys.readouterr()
    assert 3 == len(set(keys))
    assert {32} == {len(key) for key in keys}
    again.database.close()


def test_a_key_missing_beside_data_is_a_refusal(environment: Environment) -> None:
    """The file is named, and no new key takes its place."""
    open_installation(environment).database.close()
    missing = Home.from_environment(environment).secrets / "pin.key"
    missing.unlink()
    with pytest.raises(HomeError, match=r"secrets: pin\.key missing, but .* holds data made with it; put .* backup"):
        open_installation(environment)
    assert not missing.exists()


def test_a_new_home_for_old_data_is_a_refusal(environment: Environment, tmp_path: Path) -> None:
    """A database without its secrets folder cannot be used."""
    open_installation(environment).database.close()
    environment = {**environment, "CENTRALA_HOME": str(tmp_path / "elsewhere")}
    with pytest.raises(HomeError, match=r"identifier\.key, pin\.key, sip\.key missing"):
        open_installation(environment)
    assert [] == list((tmp_path / "elsewhere" / "secrets").iterdir())


def test_the_key_of_another_installation_is_a_refusal(environment: Environment) -> None:
    """It would make every profile's PIN wrong."""
    open_installation(environment).database.close()
    (Home.from_environment(environment).secrets / "pin.key").write_text("ab" * 32)
    with pytest.raises(HomeError, match=r"pin\.key is not the key that .* was made with$"):
        open_installation(environment)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"holds 0 bytes instead of 32; put it back from your backup$"),
        ("ab" * 31, r"holds 31 bytes instead of 32; put it back from your backup$"),
        ("no key", r"unreadable \(.*\); put it back from your backup$"),
        ("klucz: żółć", r"unreadable \(.*\); put it back from your backup$"),
    ],
)
def test_a_damaged_key_is_a_refusal(environment: Environment, content: str, message: str) -> None:
    """Whatever happened to the file."""
    open_installation(environment).database.close()
    (Home.from_environment(environment).secrets / "sip.key").write_text(content)
    with pytest.raises(HomeError, match=message):
        open_installation(environment)


def test_a_key_that_was_being_written_when_its_process_died_is_no_key(environment: Environment) -> None:
    """A half-written file does not stand in the way of the next process, which makes the key anew."""
    secrets = Home.from_environment(environment).secrets
    secrets.mkdir(parents=True)
    (secrets / "pin.key.new").write_text("ab")
    installation = open_installation(environment)
    installation.database.close()
    assert 32 == len(installation.key("pin"))
    assert {"identifier.key", "pin.key", "sip.key"} == {file.name for file in secrets.iterdir()}


def test_data_of_a_newer_version_is_a_refusal(environment: Environment) -> None:
    """Nothing is changed in it."""
    installation = open_installation(environment)
    with installation.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(HomeError, match=r"made by a newer version \(schema 9999\); install that version$"):
        open_installation(environment)
    with installation.database.reading() as connection:
        assert "9999" == connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    installation.database.close()


def test_older_data_is_migrated_and_that_is_said(environment: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    """From the first schema to the newest, with the keys kept."""
    home = Home.from_environment(environment)
    home.make_folders()
    database = Database(home.database_url)
    migrations = Config()
    migrations.set_main_option("script_location", str(MIGRATIONS))
    migrations.attributes["database"] = database
    command.upgrade(migrations, "0001")
    database.close()
    installation = open_installation(environment)
    with installation.database.reading() as connection:
        assert len(KEY_NAMES) == len(connection.execute(select(key_marks)).all())
    installation.database.close()
    assert " from 0001 to " in capsys.readouterr().err


def test_the_newest_schema_is_the_one_that_every_migration_leads_to() -> None:
    """Told by the names of files, since loading migrations takes longer than most commands."""
    migrations = Config()
    migrations.set_main_option("script_location", str(MIGRATIONS))
    assert newest() == ScriptDirectory.from_config(migrations).get_current_head()


def test_what_is_at_the_newest_schema_is_opened_without_alembic(environment: Environment) -> None:
    """It takes time and memory, of which the retention job has little."""
    open_installation(environment).database.close()
    code = (
        "import os, sys; from storage.installation import open_installation; open_installation(os.environ); "
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, check=True
    )
    assert b"False\n" == done.stdout


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "^CENTRALA_DATABASE_URL: no address of a database; write"),
        ("oracle9://host/x", "^CENTRALA_DATABASE_URL: Can't load plugin"),
        ("postgresql://user:secret@host:port/x", "^CENTRALA_DATABASE_URL: no address of a database; write"),
        ("sqlite://", "^CENTRALA_DATABASE_URL: a database in memory would be lost"),
        ("sqlite:///:memory:", "^CENTRALA_DATABASE_URL: a database in memory would be lost"),
        ("sqlite:////nowhere/at/all.db", "^sqlite:////nowhere/at/all.db: the database does not answer"),
        ("postgresql://user:secret@127.0.0.1:1/x", r"^postgresql://user:\*\*\*@127.0.0.1:1/x: the database does not"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_refusal(tmp_path: Path, url: str, message: str) -> None:
    """On one line, and without the password."""
    environment = {"CENTRALA_HOME": str(tmp_path), "CENTRALA_DATABASE_URL": url}
    with pytest.raises(HomeError, match=message) as refused:
        open_installation(environment)
    assert "secret" not in str(refused.value)
    assert 1 == len(str(refused.value).splitlines())


def damaged(home: Path) -> None:
    """A database that is none."""
    home.mkdir()
    (home / "centrala.db").write_bytes(b"not a database at all" * 1000)


def file_instead(home: Path) -> None:
    """A file where the home should be."""
    home.write_text("")


def folder_instead_of_lock(home: Path) -> None:
    """A folder where the lock should be."""
    (home / "opening.lock").mkdir(parents=True)


def folder_instead_of_key(home: Path) -> None:
    """A folder where a key is to be written."""
    (home / "secrets" / "pin.key.new").mkdir(parents=True)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (damaged, r"centrala\.db: the database cannot be used \(.*not a database"),
        (file_instead, r"home: cannot be made or entered \(File exists\); choose another with CENTRALA_HOME$"),
        (folder_instead_of_lock, r"opening\.lock: cannot be used \(Is a directory\); mend it, or choose"),
        (folder_instead_of_key, r"pin\.key\.new: cannot be used \(Is a directory\); mend it, or choose"),
    ],
)
def test_a_home_that_cannot_be_used_is_a_refusal(tmp_path: Path, prepare: Callable[[Path], None], message: str) -> None:
    """The path and the reason, on one line."""
    prepare(tmp_path / "home")
    with pytest.raises(HomeError, match=message):
        open_installation({"CENTRALA_HOME": str(tmp_path / "home")})


@pytest.mark.parametrize("name", ["a b", "100%", "what?", "c#1", "żółć", "a%20b"])
def test_the_home_may_have_any_name(tmp_path: Path, name: str, opened: Callable[[Environment], Installation]) -> None:
    """Its database lies in it, even where the name has characters that mean something in an address."""
    opened({"CENTRALA_HOME": str(tmp_path / name)})
    assert (tmp_path / name / "centrala.db").is_file()
    assert [name] == [path.name for path in tmp_path.iterdir()]


def test_two_homes_never_meet(tmp_path: Path, opened: Callable[[Environment], Installation]) -> None:
    """Each has keys and data of its own."""
    one, two = (opened({"CENTRALA_HOME": str(tmp_path / name)}) for name in ("one", "two"))
    assert not {one.key(name) for name in KEY_NAMES} & {two.key(name) for name in KEY_NAMES}
    assert one.home.database_url != two.home.database_url


def opening_together(*environments: Environment) -> list[tuple[int, str]]:
    """Open homes in processes of their own at the same moment; how each ended, and what it said on stderr."""
    processes = [
        subprocess.Popen([sys.executable, "-c", OPEN], -1, None, PIPE, PIPE, PIPE, cwd=ROOT, env=environment, text=True)
        for environment in environments
    ]
    for process in processes:
        assert process.stdout
        assert "ready\n" == process.stdout.readline()
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    return [(process.returncode, said) for process in processes for _, said in [process.communicate(timeout=60)]]


def test_processes_that_open_an_empty_home_together_all_succeed(environment: Environment) -> None:
    """One of them makes the database and the keys, the others find them."""
    ended = opening_together(*[environment] * 4)
    assert [0] * 4 == [code for code, _ in ended], ended
    said = "".join(said for _, said in ended)
    assert (1, 3) == (said.count("making the database"), said.count("made the secret key"))


@pytest.mark.postgresql
def test_homes_that_open_a_shared_database_together_all_succeed(
    postgresql_server: provision.Server, tmp_path: Path, opened: Callable[[Environment], Installation]
) -> None:
    """Nodes on several machines have copies of the keys and one database, which is migrated once."""
    secrets = opened({"CENTRALA_HOME": str(tmp_path / "one")}).home.secrets
    shutil.copytree(secrets, tmp_path / "two" / "secrets")
    url = postgresql_server.create_database("shared")
    homes = [{"CENTRALA_HOME": str(tmp_path / name), "CENTRALA_DATABASE_URL": url} for name in ("one", "two")]
    ended = opening_together(*homes * 2)
    assert [0] * 4 == [code for code, _ in ended], ended
    assert 1 == "".join(said for _, said in ended).count("making the database")
