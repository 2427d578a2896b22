from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from auth_pin.authentication import Authenticator
from auth_pin.profiles import State
from auth_pin.verdicts import Accepted
from centrala.commands.profiles import profiles
from storage.installation import open_installation
from tests.auth_pin.conftest import KEYS, NOON
from tests.auth_pin.people import BLOCKED, EWA, STRANGER, Person

COMMAND = "from centrala.commands.profiles import profiles; profiles(prog_name='centrala profiles')"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Commands are the same over either database."""
    return f"sqlite:///{tmp_path / 'home' / 'centrala.db'}"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two good rows, and two bad ones."""
    path = tmp_path / "profiles.csv"
    good = f"{EWA.identifier},{EWA.pin},confirmed,A\n{BLOCKED.identifier},{BLOCKED.pin},blocked,B\n"
    path.write_text(f"identifier,pin,state,name\n{good}12345,{EWA.pin},confirmed,C\n{STRANGER.identifier},1,closed,D\n")
    return path


def test_an_added_person_is_listed_and_logs_in(environment: dict[str, str]) -> None:
    """The identifier is the first line of standard input, the PIN the second; masked, it is listed."""
    _run(environment, "list")
    added = _run(environment, "add", typed=f"{EWA.identifier}\n{EWA.pin}\nanything else\n")
    assert (0, "") == (added.exit_code, added.stderr)
    subject = added.stdout.split()[1]
    assert f"profile {subject} added, confirmed\n" == added.stdout

    listed = _run(environment, "list").stdout
    assert "*********917" in listed
    assert EWA.identifier not in listed
    assert EWA.identifier in _run(environment, "list", "--reveal").stdout
    assert subject == _logs_in(environment, EWA)


def test_a_profile_can_be_added_in_another_state(environment: dict[str, str]) -> None:
    """Confirmed is only the default; a state that there is not is refused."""
    _run(environment, "add", "--state", "suspended", typed=_two_lines(EWA))
    assert ["suspended"] == [profile["state"] for profile in _listed(environment)]
    assert _logs_in(environment, EWA) is None
    assert 2 == _run(environment, "add", "--state", "open", typed=_two_lines(STRANGER)).exit_code


@pytest.mark.parametrize(
    ("identifier", "typed", "message"),
    [
        ("12345", EWA.pin, "an identifier is 6 to 12 digits"),
        ("", EWA.pin, "an identifier is 6 to 12 digits"),
        ("9" * 5000, EWA.pin, "an identifier is 6 to 12 digits"),
        ("\x00\udc80", EWA.pin, "an identifier is 6 to 12 digits"),
        (EWA.identifier, "47115", "a PIN is exactly 6 digits"),
        (EWA.identifier, "", "a PIN is exactly 6 digits"),
        (EWA.identifier, "ąęść\x00\udc80", "a PIN is exactly 6 digits"),
        (EWA.identifier, "9" * 5000, "a PIN is exactly 6 digits"),
        (EWA.identifier, "123456", "this PIN is too easy to guess"),
    ],
)
def test_what_cannot_be_added_is_one_line(
    environment: dict[str, str], identifier: str, typed: str, message: str
) -> None:
    """What is wrong, on stderr, and exit code 2; nothing is added."""
    _run(environment, "list")
    refused = _run(environment, "add", typed=f"{identifier}\n{typed}")
    assert (2, "") == (refused.exit_code, refused.stdout)
    assert refused.stderr.startswith(f"centrala: {message}")
    assert 1 == refused.stderr.count("\n")
    assert [] == _listed(environment)


def test_an_identifier_on_the_command_line_is_refused(environment: dict[str, str], tmp_path: Path) -> None:
    """Others would see it there: the error says what to do and does not repeat it; nothing is read or made."""
    refused = _run(environment, "add", EWA.identifier, typed=EWA.pin)
    assert (2, "") == (refused.exit_code, refused.stdout)
    assert "run centrala profiles add alone" in refused.stderr
    assert EWA.identifier not in refused.stderr
    assert not (tmp_path / "home" / "centrala.db").exists()
    assert [] == _listed(environment)


def test_an_identifier_is_added_once(environment: dict[str, str]) -> None:
    """The second time is refused without repeating it."""
    _run(environment, "add", typed=_two_lines(EWA))
    refused = _run(environment, "add", typed=_two_lines(EWA))
    assert (2, "centrala: this identifier has a profile already\n") == (refused.exit_code, refused.stderr)


def test_a_list_as_json_is_an_object_per_line(environment: dict[str, str]) -> None:
    """Of an empty installation nothing, which is made on the way and says so on stderr."""
    empty = _run(environment, "list", "--json")
    assert "" == empty.stdout
    assert "making the database" in empty.stderr
    _run(environment, "add", typed=_two_lines(EWA))
    _run(environment, "add", typed=_two_lines(STRANGER), state=State.CLOSED)
    assert [
        {"identifier": "*********917", "state": "confirmed"},
        {"identifier": "*********308", "state": "closed"},
    ] == [{name: profile[name] for name in ("identifier", "state")} for profile in _listed(environment)]


def test_an_import_names_bad_rows_and_ends_with_1(environment: dict[str, str], table: Path) -> None:
    """The summary is on stdout; warnings, bad rows and progress are on stderr."""
    imported = _run(environment, "import", str(table))
    assert (1, "4 rows: 2 added, 0 changed, 0 unchanged, 2 bad\n") == (imported.exit_code, imported.stdout)
    told = [line for line in imported.stderr.splitlines() if line.startswith(str(table))]
    assert [
        f"{table}:1: warning: columns that are not read: name",
        f"{table}:4: an identifier is 6 to 12 digits",
        f"{table}:5: a PIN is exactly 6 digits",
    ] == told
    assert _logs_in(environment, EWA) is not None


def test_an_import_without_bad_rows_ends_with_0(environment: dict[str, str], table: Path) -> None:
    """The first time and again."""
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:3]))
    results = [_run(environment, "import", str(table)) for _ in range(2)]
    assert [0, 0] == [result.exit_code for result in results]
    assert "2 rows: 0 added, 0 changed, 2 unchanged, 0 bad\n" == results[1].stdout


def test_a_file_that_is_no_table_is_one_line(environment: dict[str, str], table: Path) -> None:
    """The file is named, and nothing of what it holds."""
    _run(environment, "list")
    table.write_text(f"{EWA.identifier},{EWA.pin},confirmed\n")
    refused = _run(environment, "import", str(table))
    last = refused.stderr.splitlines()[-1]
    assert (2, "") == (refused.exit_code, refused.stdout)
    assert last.startswith(f"centrala: {table}: the first line must name the columns")
    assert EWA.pin not in refused.stderr


@pytest.mark.parametrize("command", [("add",), ("list",), ("list", "--json")])
def test_an_installation_that_cannot_be_opened_is_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    """The home is a file: every command says so and ends with 2."""
    (tmp_path / "home").write_text("")
    refused = _run({"CENTRALA_HOME": str(tmp_path / "home")}, *command, typed=_two_lines(EWA))
    assert (2, "") == (refused.exit_code, refused.stdout)
    assert refused.stderr.startswith(f"centrala: {tmp_path / 'home'}")
    assert "Traceback" not in refused.stderr


def test_lost_keys_are_a_refusal(environment: dict[str, str]) -> None:
    """Profiles made with a key are of no use without it, and no new key takes its place."""
    _run(environment, "add", typed=_two_lines(EWA))
    key = Path(environment["CENTRALA_HOME"]) / "secrets" / "identifier.key"
    key.unlink()
    refused = _run(environment, "list")
    assert 2 == refused.exit_code
    assert "identifier.key missing" in refused.stderr
    assert not key.exists()


def test_on_a_terminal_everything_is_asked_for_twice_and_not_shown(environment: dict[str, str]) -> None:
    """A mistyped repetition is asked for again; what is typed never appears."""
    pins = [EWA.pin, STRANGER.pin, EWA.pin, EWA.pin]
    screen = _converse(environment, "add", typed=[EWA.identifier, EWA.identifier, *pins])
    asked = {"Identifier: ": 1, "Identifier again: ": 1, "PIN: ": 2, "PIN again: ": 2}
    assert asked == {prompt: screen.count(prompt) for prompt in asked}
    assert "added, confirmed" in screen
    assert [] == [typed for typed in (EWA.identifier, EWA.pin, STRANGER.pin) if typed in screen]
    assert _logs_in(environment, EWA) is not None


def test_on_a_terminal_a_bad_identifier_is_told_before_a_pin_is_asked_for(environment: dict[str, str]) -> None:
    """Nobody types a PIN twice for nothing."""
    screen = _converse(environment, "add", typed=["12345", "12345"])
    assert "an identifier is 6 to 12 digits" in screen
    assert "PIN: " not in screen


def test_on_a_terminal_bad_rows_do_not_tear_the_progress_bar(environment: dict[str, str], table: Path) -> None:
    """Each stands on a line of its own, and the bar is drawn again."""
    screen = _converse(environment, "import", str(table), typed=[])
    assert f"\r\x1b[K{table}:4: an identifier is 6 to 12 digits\r\n" in screen
    assert "100%" in screen


def _run(environment: dict[str, str], *arguments: str, typed: str = "", state: State | None = None) -> Result:
    options = ("--state", str(state)) if state else ()
    runner = CliRunner(env={"CENTRALA_DATABASE_URL": None, **environment})
    raw = typed.encode("utf-8", "surrogateescape")
    result = runner.invoke(profiles, [*arguments, *options], input=raw)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def _two_lines(person: Person) -> str:
    return f"{person.identifier}\n{person.pin}\n"


def _listed(environment: dict[str, str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in _run(environment, "list", "--json").stdout.splitlines()]


def _logs_in(environment: dict[str, str], person: Person) -> str | None:
    opened = open_installation(environment)
    authenticator = Authenticator(opened.database, KEYS, pytest.fail)
    claim = authenticator.claim(person.identifier)
    verdict = authenticator.verify(claim, person.pin, call_id="call", seq=1, at=NOON, caller="")
    opened.database.close()
    return verdict.subject if isinstance(verdict, Accepted) else None


def _converse(environment: dict[str, str], *arguments: str, typed: list[str]) -> str:
    """Run the command on a terminal of its own, answer each prompt, and return what the screen showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        env={**os.environ, **environment},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    screen, answers = "", iter(typed)
    deadline = time.monotonic() + 60
    while (shown := _read(ours, deadline)) is not None:
        screen += shown
        if screen.endswith(": ") and (answer := next(answers, None)) is not None:
            os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    assert 0 <= process.wait(timeout=60)
    return screen


def _read(terminal: int, deadline: float) -> str | None:
    """What the terminal shows next; None when the program has left it."""
    ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
    assert ready, "the command neither ends nor asks"
    try:
        return os.read(terminal, 4096).decode() or None
    except OSError:  # Linux: nobody holds the other end any more
        return None
