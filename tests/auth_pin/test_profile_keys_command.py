"""`centrala profiles keys`, `set-pin`, `set-state` and `tune`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from audit import entries
from auth_pin import pin_sealing, pins, profiles, sealing_key
from auth_pin.authentication import Authenticator
from auth_pin.identifiers import claim
from auth_pin.verdicts import Accepted
from centrala import pin_keys
from centrala.pin_keys import next_id, open_profile_keys
from centrala.program import centrala
from storage.installation import open_installation
from tests.auth_pin.conftest import KEYS, NOON
from tests.auth_pin.people import BLOCKED, EWA, STRANGER, Person

Run = Callable[..., Result]
PEOPLE = (EWA, BLOCKED, STRANGER)
TWICE = f"{EWA.identifier}\n{EWA.pin}\n"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Commands are the same over either database."""
    return f"sqlite:///{tmp_path / 'home' / 'centrala.db'}"


@pytest.fixture
def home(environment: dict[str, str]) -> dict[str, str]:
    """An installation that makes its own keys, with three profiles."""
    del environment["CENTRALA_PIN_KEYS"]
    for person in PEOPLE:
        assert 0 == _run(environment, "add", typed=f"{person.identifier}\n{person.pin}\n").exit_code
    return environment


def test_the_first_key_is_made_and_said_so(environment: dict[str, str]) -> None:
    """A file for its owner alone."""
    del environment["CENTRALA_PIN_KEYS"]
    added = _run(environment, "add", typed=f"{EWA.identifier}\n{EWA.pin}\n")
    (key,) = _files(environment)
    assert f"made the key {key}, which seals PINs" in added.stderr
    assert 0o600 == key.stat().st_mode & 0o777
    assert [{"id": key.stem, "seals": 1, "state": "current"}] == _listed(environment)


def test_a_new_key_seals_everything_and_the_old_one_goes(home: dict[str, str]) -> None:
    """The audit knows both; everybody logs in as before."""
    (old,) = _files(home)
    rotated = _run(home, "keys", "rotate")
    (new,) = set(_files(home)) - {old}
    assert f"3 PINs are sealed with {new.stem} now\n{old.stem}: may be retired" in rotated.stdout
    assert [("old", 0), ("current", 3)] == [(one["state"], one["seals"]) for one in _listed(home)]
    assert 0 == _run(home, "keys", "retire", old.stem).exit_code
    assert [new] == _files(home)
    assert [True] * 3 == [_logs_in(home, person) for person in PEOPLE]
    assert [("keys rotated", f"pin key:{new.stem}"), ("key retired", f"pin key:{old.stem}")] == _audit(home)


def test_a_key_that_seals_something_stays(home: dict[str, str]) -> None:
    """So does the present one; what is no key is told."""
    (old,) = _files(home)
    refused = _run(home, "keys", "retire", old.stem)
    assert (2, f"centrala: the key {old.stem} seals PINs now; run centrala profiles keys rotate first\n") == (
        refused.exit_code,
        refused.stderr,
    )
    assert "there is no key none" in _run(home, "keys", "retire", "none").stderr
    assert [old] == _files(home)
    assert [] == _audit(home)


@pytest.mark.parametrize("step", range(4))
def test_a_rotation_that_was_killed_is_run_again(
    home: dict[str, str], monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Before the new key seals, and after each portion: one new key, and everything sealed by it."""
    (old,) = _files(home)
    monkeypatch.setattr(pin_keys, "BATCH", 1)
    steps = iter(range(step))

    def dying(wrapped: Any) -> Any:
        def die(*words: Any) -> Any:
            if next(steps, None) is None:
                raise KeyboardInterrupt
            return wrapped(*words)

        return die

    with monkeypatch.context() as killed:
        killed.setattr("auth_pin.sealing_key.change", dying(sealing_key.change))
        killed.setattr("auth_pin.pin_sealing.seal_anew", dying(pin_sealing.seal_anew))
        assert 0 != _run(home, "keys", "rotate").exit_code
    assert [True] * 3 == [_logs_in(home, person) for person in PEOPLE]
    assert 0 == _run(home, "keys", "rotate").exit_code
    (new,) = set(_files(home)) - {old}
    assert [(old.stem, 0), (new.stem, 3)] == [(one["id"], one["seals"]) for one in _listed(home)]
    assert [("keys rotated", f"pin key:{new.stem}")] == _audit(home)


def test_keys_of_the_environment_are_made_elsewhere(environment: dict[str, str]) -> None:
    """One whose name comes behind the others is the next; where there is none that is told."""
    _run(environment, "add", typed=f"{EWA.identifier}\n{EWA.pin}\n")
    refused = _run(environment, "keys", "rotate")
    assert 2 == refused.exit_code
    assert "CENTRALA_PIN_KEYS: add a key there whose name comes behind 2026" in refused.stderr
    environment["CENTRALA_PIN_KEYS"] += f",2027:{bytes(32).hex()}"
    assert "1 PINs are sealed with 2027 now" in _run(environment, "keys", "rotate").stdout
    assert "take 2026 out of it" in _run(environment, "keys", "retire", "2026").stderr


def test_without_a_key_nothing_begins(home: dict[str, str]) -> None:
    """Which one is missing and where to put it; no new one takes its place."""
    (key,) = _files(home)
    content = key.read_bytes()
    key.unlink()
    for words in (("add",), ("keys", "rotate"), ("set-pin",)):
        refused = _run(home, *words, typed=f"{EWA.identifier}\n{EWA.pin}\n")
        assert 2 == refused.exit_code
        assert f"centrala: {key.stem}: missing, but PINs in" in refused.stderr
        assert f"into {key.parent} or CENTRALA_PIN_KEYS" in refused.stderr
    assert [{"id": key.stem, "seals": 3, "state": "missing"}] == _listed(home)
    key.write_bytes(bytes(32).hex().encode())
    assert f"{key.stem} is not the key of that name" in _run(home, "add", typed=TWICE).stderr
    key.write_bytes(content[:9])
    assert "not 32 bytes in hexadecimal" in _run(home, "add", typed=TWICE).stderr
    key.write_bytes(content)
    assert _logs_in(home, EWA)


def test_another_machine_makes_no_key_of_its_own(home: dict[str, str], tmp_path: Path) -> None:
    """It shares the database; the key is on the first one."""
    (key,) = _files(home)
    secrets = tmp_path / "other" / "secrets"
    secrets.mkdir(parents=True)
    for name in ("identifier", "pin", "sip"):
        (secrets / f"{name}.key").write_bytes((key.parent.parent / f"{name}.key").read_bytes())
    other = {**home, "CENTRALA_HOME": str(tmp_path / "other")}
    assert f"{key.stem}: missing" in _run(other, "add", typed=TWICE).stderr
    assert [] == _files(other)


def test_what_an_older_version_had_stored_is_sealed_at_once(home: dict[str, str]) -> None:
    """Nothing of a hash is left in the database's files."""
    hashes = _unseal(home)
    assert any(hashes[0] in content for content in _contents(home))
    opened = _run(home, "add", typed=TWICE)
    assert "sealed 3 PINs that an older version had stored" in opened.stderr
    assert [] == [one for one in hashes for content in _contents(home) if one in content]
    assert [True] * 3 == [_logs_in(home, person) for person in PEOPLE]


def test_a_pin_is_set_and_the_audit_tells_of_it(home: dict[str, str]) -> None:
    """By a pseudonym: neither identifier nor PIN stands there."""
    done = _run(home, "set-pin", "--by", "maria", typed=f"{EWA.identifier}\n902817\n")
    assert 0 == done.exit_code, done.stderr
    assert done.stdout.endswith(": PIN set\n")
    assert not _logs_in(home, EWA)
    assert _logs_in(home, Person(EWA.identifier, "902817"))
    (told,) = _entries(home)
    assert ("maria", "PIN set", "profile", "") == (told.actor, told.action, told.object, told.details)
    assert told.person is not None
    assert claim(KEYS.identifier, EWA.identifier) != told.person


def test_a_state_is_set_and_the_audit_tells_of_it(home: dict[str, str]) -> None:
    """A suspended profile logs in no more, and again when it is confirmed."""
    assert 0 == _run(home, "set-state", "suspended", typed=f"{EWA.identifier}\n").exit_code
    assert not _logs_in(home, EWA)
    assert 0 == _run(home, "set-state", "confirmed", typed=f"{EWA.identifier}\n").exit_code
    assert _logs_in(home, EWA)
    assert [("profile state set", "suspended"), ("profile state set", "confirmed")] == [
        (told.action, told.details) for told in _entries(home)
    ]
    assert 1 == len({told.person for told in _entries(home)})


@pytest.mark.parametrize(
    ("words", "typed", "message"),
    [
        (("set-pin",), "12345\n", "an identifier is 6 to 12 digits"),
        (("set-pin",), "99999999\n902817\n", "no profile has this identifier"),
        (("set-pin",), f"{EWA.identifier}\n310785\n", "this PIN is too easy to guess"),
        (("set-pin",), f"{EWA.identifier}\n90281\n", "a PIN is exactly 6 digits"),
        (("set-pin", EWA.identifier), "", "an identifier is not written on the command line"),
        (("set-state", "closed"), "99999999\n", "no profile has this identifier"),
        (("set-state", "closed", EWA.identifier), "", "an identifier is not written on the command line"),
    ],
)
def test_what_cannot_be_set_is_one_line(home: dict[str, str], words: tuple[str, ...], typed: str, message: str) -> None:
    """It repeats no digit; nothing is set and nothing told."""
    refused = _run(home, *words, typed=typed)
    assert (2, "") == (refused.exit_code, refused.stdout)
    assert refused.stderr.startswith(f"centrala: {message}")
    assert EWA.identifier not in refused.stderr
    assert _logs_in(home, EWA)
    assert [] == _audit(home)


def test_pins_have_as_many_digits_as_the_settings_say(environment: dict[str, str], tmp_path: Path) -> None:
    """For one profile and for a table; menus that ask for another number are refused with a place."""
    settings = tmp_path / "settings.yaml"
    settings.write_text("authentication:\n  pin_digits: 8\n")
    environment["CENTRALA_SETTINGS"] = str(settings)
    refused = _run(environment, "add", typed=f"{EWA.identifier}\n{EWA.pin}\n")
    assert refused.stderr.endswith("centrala: a PIN is exactly 8 digits\n")
    assert 0 == _run(environment, "add", typed=f"{EWA.identifier}\n47115590\n").exit_code
    table = tmp_path / "table.csv"
    table.write_text(f"identifier,pin,state\n{BLOCKED.identifier},{BLOCKED.pin},blocked\n")
    assert f"{table}:2: a PIN is exactly 8 digits" in _run(environment, "import", str(table)).stderr
    checked = _centrala(environment, "check")
    assert 1 == checked.exit_code
    assert "a PIN of 6 digits, but the settings say authentication: pin_digits: 8 (say the same" in checked.stdout
    assert [f"menus.yaml:{_line_of('    pin_digits: 6')}:17:"] == [checked.stdout.split(" ")[0]]


def test_a_machine_is_measured(environment: dict[str, str]) -> None:
    """What a hash takes, what that allows, and why the cost is not to be chosen."""
    told = _run(environment, "tune").stdout
    assert {"t=1", "t=2", "t=3", "t=4"} <= set(told.split())
    assert "logins a second" in told
    assert "t=2 is used, and fixed" in told
    assert "authentication: hashes_at_once:" in told


def test_ids_of_keys_come_one_behind_the_other() -> None:
    """Also behind a name that somebody chose."""
    first = next_id(NOON, "")
    assert first.startswith("2026-11-23-110000-")
    assert "zzz" < next_id(NOON, "zzz")
    assert 40 >= len(next_id(NOON, "z" * 40))


def _line_of(text: str) -> int:
    return Path("menus.yaml").read_text("utf-8").splitlines().index(text) + 1


def _run(environment: dict[str, str], *words: str, typed: str = "") -> Result:
    return _centrala(environment, "profiles", *words, typed=typed)


def _centrala(environment: dict[str, str], *words: str, typed: str = "") -> Result:
    umask = os.umask(0o022)
    try:
        runner = CliRunner(env={"CENTRALA_PIN_KEYS": None, "CENTRALA_SETTINGS": None, **environment})
        return runner.invoke(centrala, words, input=typed)
    finally:
        os.umask(umask)


def _files(environment: dict[str, str]) -> list[Path]:
    return sorted((Path(environment["CENTRALA_HOME"]) / "secrets" / "pin-keys").glob("*"))


def _listed(environment: dict[str, str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _run(environment, "keys", "list", "--json").stdout.splitlines()]


def _logs_in(environment: dict[str, str], person: Person) -> bool:
    opened = open_installation(environment)
    with closing(opened.database) as database:
        authenticator = Authenticator(database, open_profile_keys(opened, environment, NOON), pytest.fail)
        mine = authenticator.claim(person.identifier)
        found = authenticator.verify(mine, person.pin, call_id="call", seq=1, at=NOON, caller="")
        return isinstance(found, Accepted)


def _entries(environment: dict[str, str]) -> list[entries.Written]:
    with closing(open_installation(environment).database) as database, database.reading() as connection:
        return [one for one in entries.everything(connection) if not one.action.startswith("login")]


def _audit(environment: dict[str, str]) -> list[tuple[str, str]]:
    return [(told.action, told.object) for told in _entries(environment)]


def _unseal(environment: dict[str, str]) -> list[bytes]:
    """Store all PINs as an older version did, in an installation that none has been sealed in: their hashes."""
    hashes = {person: pins.hashed(KEYS.pin, person.pin) for person in PEOPLE}
    with closing(open_installation(environment).database) as database, database.writing() as connection:
        for person, pin_hash in hashes.items():
            mine = profiles.profiles.c.claim == claim(KEYS.identifier, person.identifier)
            connection.execute(update(profiles.profiles).where(mine).values(pin_hash=pin_hash, pin_sealed_by=None))
        connection.exec_driver_sql("DELETE FROM key_marks WHERE name = 'pins-sealed'")
        assert 3 == len(connection.execute(select(profiles.profiles)).all())
    return [pin_hash.encode() for pin_hash in hashes.values()]


def _contents(environment: dict[str, str]) -> list[bytes]:
    home = Path(environment["CENTRALA_HOME"])
    return [path.read_bytes() for path in home.rglob("*") if path.is_file() and path.parent.name == "home"]
