"""What stands around a command may be broken: a line for people and exit code 2, never a traceback."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ivr.events import Event
from ivr.runner import Live
from ivr.state import State
from tests.cli.conftest import ROOT, Run, lines
from tests.cli.terminal import Terminal

# The package's attribute of that name is the command.
SCREEN = importlib.import_module("centrala.commands.call")._Screen

Words = tuple[str, ...]
CENTRALA = (sys.executable, "-m", "centrala")
CALL = ("call", "--at", "2026-11-23T10:00")
NO_FILE = "No such file or directory; name the menu file, or start centrala in the folder that holds it"


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a process of its own."""
    return {**os.environ, "CENTRALA_HOME": str(home), **more}


def centrala(home: Path, words: Sequence[str], redirected: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, with the shell's redirections behind it."""
    line = ["sh", "-c", f'"$@" {redirected}', "sh", *CENTRALA, *words]
    done = subprocess.run(
        line, cwd=ROOT, env=environment(home, **more), input="", capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def home(tmp_path: Path, run: Run) -> Path:
    """A home that one call was made in."""
    assert 0 == run(*CALL, "--keys", "0 1").exit_code
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("words", "locale"),
    [
        (("calls", "list"), "C"),
        (("check", "settings.yaml"), "C.UTF-8"),
        (("--help",), "C.UTF-8"),
        ((*CALL, "--json"), "C"),
    ],
)
def test_output_that_cannot_be_written_is_an_error(home: Path, words: Words, locale: str) -> None:
    """A full disk under standard output: one line on stderr."""
    done = centrala(home, words, "> /dev/full", LC_ALL=locale)
    assert 2 == done.returncode
    assert done.stderr.startswith("centrala: standard output")
    assert done.stderr.endswith("No space left on device\n")


def test_a_call_whose_output_nobody_reads_any_more_is_hung_up(home: Path) -> None:
    """Nothing is said of it, and the call has an end."""
    assert (141, b"") == _with_a_closed_pipe(home, (*CALL, "--keys", "0 1"))
    listed = [json.loads(line) for line in centrala(home, ("calls", "list", "--json")).stdout.splitlines()]
    assert {"completed", "caller"} == {call["cause"] for call in listed}


@pytest.mark.parametrize("words", [("--help",), ("calls", "list", "--help"), ("calls", "list"), (*CALL, "--json")])
def test_output_that_nobody_reads_is_no_fault_of_a_file(home: Path, words: Words) -> None:
    """A pipe that is closed has an exit code of its own, which the help names."""
    assert (141, b"") == _with_a_closed_pipe(home, words)


def _with_a_closed_pipe(home: Path, words: Words) -> tuple[int, bytes]:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [*CENTRALA, *words], cwd=ROOT, env=environment(home), stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    return done.returncode, done.stderr


@pytest.mark.parametrize("turn", [1, 2])
def test_an_interruption_before_a_turn_is_shown_hangs_up(run: Run, monkeypatch: pytest.MonkeyPatch, turn: int) -> None:
    """Ctrl-C between the commit and what is printed of it, the very first turn included: the call has an end."""
    shown = SCREEN.observe
    turns = iter(range(1, 100))

    def interrupted(screen: Any, live: Live, before: State, events: tuple[Event, ...]) -> None:
        if next(turns) == turn:
            raise KeyboardInterrupt
        shown(screen, live, before, events)

    monkeypatch.setattr(SCREEN, "observe", interrupted)
    assert {"type": "hangup", "cause": "caller"} == lines(run(*CALL, "--keys", "0 1", "--json"))[-1]
    assert ["caller"] == [row["cause"] for row in lines(run("calls", "list", "--json"))]


@pytest.mark.parametrize("redirected", [">&-", "<&- >&- 2>&-"])
def test_closed_streams_harm_nothing(home: Path, redirected: str) -> None:
    """No file that a command opens takes the place of a closed stream."""
    assert 0 == centrala(home, CALL, redirected).returncode
    assert 2 == len(centrala(home, ("calls", "list", "--json")).stdout.splitlines())


@pytest.mark.parametrize("typed", [b"abc1\n", b"1\n\xff\xfe\n", b"\0" * 100_000])
def test_what_is_not_on_a_telephone_ends_a_piped_call(home: Path, typed: bytes) -> None:
    """The caller is hung up, and what was typed is not repeated."""
    done = subprocess.run(
        [*CENTRALA, *CALL, "--json"], cwd=ROOT, env=environment(home), input=typed, capture_output=True, check=False
    )
    assert (2, b"centrala: a line of standard input is not on a telephone; keys are 0-9, * and #\n") == (
        done.returncode,
        done.stderr,
    )
    assert {"type": "hangup", "cause": "caller"} == json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("number", ["\udcff", "a\nb", "6" * 33, "600 100 200"])
def test_a_callers_number_is_digits(run: Run, number: str) -> None:
    """What no telephone sends is refused before the call."""
    refused = run("call", "--from", number, "--keys", "0")
    assert 2 == refused.exit_code
    assert "a number is digits" in refused.stderr


def test_a_call_of_no_possible_name_is_unknown(run: Run) -> None:
    """Bytes that are no text, too."""
    refused = run("calls", "show", "x\udcff")
    assert 2 == refused.exit_code
    assert "there is no call" in refused.stderr


@pytest.mark.parametrize("words", [("check", "FILE"), ("call", "--menus", "FILE"), ("serve", "--menus", "FILE")])
def test_a_menu_file_that_is_not_there_is_no_fault_in_it(run: Run, tmp_path: Path, words: Words) -> None:
    """Exit code 2 and what to do; a file that is there and holds rubbish has faults, and exit code 1."""
    path = tmp_path / "menus.yaml"
    named = [str(path) if word == "FILE" else word for word in words]
    missing = run(*named)
    expected = f"centrala: {path}: cannot be read: {NO_FILE}"
    assert (2, "", expected) == (missing.exit_code, missing.stdout, missing.stderr.splitlines()[-1])
    path.write_bytes(b"\0" * 2_000_000)
    rubbish = run(*named)
    assert 1 == rubbish.exit_code
    assert f"{path}:1:1: the file is larger" in rubbish.output


def test_a_check_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    """A file is checked where nothing may be written: no home is made for it."""
    assert 0 == run("check").exit_code
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("words", [("calls", "list", "--json"), (*CALL, "--keys", "0"), ("profiles", "list")])
def test_a_damaged_database_is_named(run: Run, home: Path, words: Words) -> None:
    """A table is gone: which database, what is wrong, and nothing of SQL."""
    with closing(sqlite3.connect(home / "centrala.db")) as connection:
        for table in ("calls", "profiles"):
            connection.execute(f"DROP TABLE {table}")
    told = run(*words)
    assert (2, "") == (told.exit_code, told.stdout)
    assert told.stderr.startswith(f"centrala: sqlite:///{home}/centrala.db: the database cannot be used: no such table")
    assert 1 == len(told.stderr.splitlines())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:geheim@127.0.0.1:1/db",
        "postgresql://someone:gehe@geheim@127.0.0.1:1/db",
        "postgresql://someone:geheim/db",
        "postgresql://someone:x@y/geheim@127.0.0.1:1/db",
        "postgresql:///db?password=geheim&host=127.0.0.1&port=1",
        "someone:geheim@127.0.0.1",
        "unknown://someone:geheim@127.0.0.1/db",
    ],
)
def test_no_password_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Neither a good one of a server that is down nor a part of one that spoils the address."""
    monkeypatch.setenv("CENTRALA_DATABASE_URL", url)
    told = run("calls", "list")
    assert (2, "") == (told.exit_code, told.stdout)
    assert 1 == len(told.stderr.splitlines())
    assert "geheim" not in told.stderr


def test_the_working_folder_may_be_gone(tmp_path: Path) -> None:
    """Relative names mean nothing then."""
    folder = tmp_path / "gone"
    folder.mkdir()
    line = f'cd "{folder}" && rmdir "{folder}" && "{sys.executable}" -m centrala calls list'
    code = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", line], env=code, capture_output=True, text=True, check=False)
    expected = "centrala: the folder that this was started in is gone; change to another one\n"
    assert (2, expected) == (done.returncode, done.stderr)


@pytest.mark.parametrize(("words", "asked"), [(("profiles", "add"), "Identifier: "), (CALL, "hangs up")])
@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_ctrl_c_and_ctrl_d_leave_in_order(home: Path, words: Words, asked: str, key: str) -> None:
    """A question is left with 130; a call is hung up, which is a good end of it."""
    terminal = Terminal([*CENTRALA, *words], environment(home))
    terminal.wait_for(asked if words[0] == "profiles" else "Powtórzenie")
    screen, code = terminal.leave_by(key)
    assert "Traceback" not in screen
    assert (130 if words[0] == "profiles" else 0) == code


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_window_that_is_closed_hangs_up(run: Run, home: Path, number: signal.Signals) -> None:
    """The call has an end, as when Ctrl-C is pressed."""
    terminal = Terminal([*CENTRALA, *CALL], environment(home))
    terminal.wait_for("Powtórzenie")
    terminal.process.send_signal(number)
    terminal.finish()
    assert "caller" in {call["cause"] for call in lines(run("calls", "list", "--json"))}


def test_ctrl_c_while_the_program_is_loading_ends_it_silently(home: Path) -> None:
    """At whatever moment of the first second: no traceback of imports."""
    command = ["env", "--default-signal=INT", sys.executable, "-v", "-m", "centrala", "calls", "list"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment(home), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any("import 'sqlalchemy" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    assert "Traceback" not in process.communicate()[1]
    assert -signal.SIGINT == process.returncode


def test_a_folder_of_recordings_that_is_not_there_is_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else callers would hear the machine's voice and nobody know why."""
    (tmp_path / "settings.yaml").write_text("prompts: {recorded: nowhere}\n")
    monkeypatch.setenv("CENTRALA_SETTINGS", str(tmp_path / "settings.yaml"))
    told = run("prompts", "build")
    expected = "centrala: nowhere: no such folder; mend prompts: recorded: in the settings"
    assert (2, expected) == (told.exit_code, told.stderr.splitlines()[-1])
