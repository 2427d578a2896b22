"""`centrala subject`: everything on a person, exported and erased."""

from __future__ import annotations

import json
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import pytest

from storage.installation import open_installation
from tests.auth_pin.people import EWA, STRANGER
from tests.cli.conftest import Run, lines
from tests.cli.keeping import environment
from tests.cli.terminal import Terminal
from tests.subjects.story import SHARED, Story, tell

OLAS = "+48 601 222 333"


@pytest.fixture
def story(run: Run, keys: dict[str, str], tmp_path: Path) -> Iterator[Story]:
    """What happened in the installation of the commands."""
    made = open_installation({"CENTRALA_HOME": str(tmp_path / "home")})
    with closing(made.database), tell(made) as told:
        yield told


def audited(run: Run) -> list[tuple[str, str, str | None]]:
    """What the audit tells: who did what, and to whom."""
    told = lines(run("audit", "list", "--json"))
    assert 0 == run("audit", "verify").exit_code
    return [(line["actor"], line["action"], line["person"]) for line in told]


def test_a_profile_is_exported_by_its_identifier(story: Story, run: Run, tmp_path: Path) -> None:
    """Which is piped in; the archive is its owner's alone, and the audit tells of it and of each recording."""
    output = tmp_path / "ewa.zip"
    words = ("subject", "export", "--identifier", "--output", str(output), "--by", "zofia")
    done = run(*words, stdin=f"{EWA.identifier}\n")
    assert 0 == done.exit_code, done.stderr
    assert done.stdout.startswith(f"{output}: 1 profile, 1 attempts, 1 calls")
    assert 0o600 == stat.S_IMODE(output.stat().st_mode)
    with ZipFile(output) as zipped:
        assert {"README.txt", "profile.json", "recordings.json", "audit.json"} <= set(zipped.namelist())
        assert story.calls["ewa"].id == json.loads(zipped.read("calls.json"))[0]["id"]
        told = [row["action"] for row in json.loads(zipped.read("audit.json"))]
    # Two consultants had the call.
    logged_in = ["login accepted", "level raised", "level shown", "level shown"]
    assert [*logged_in, "person exported", "recording exported", "recording exported"] == told
    found = [one for one in audited(run) if one[-1] is not None]
    assert ({"zofia"}, 1) == ({actor for actor, _, _ in found}, len({person for *_, person in found}))


def test_a_number_is_exported_without_what_is_somebody_elses(story: Story, run: Run, tmp_path: Path) -> None:
    """What is still to be taken in is told, with exit code 1; and then nothing is."""
    words = ("subject", "export", "--number", SHARED, "--output")
    done = run(*words, str(tmp_path / "first.zip"))
    told = "1 conversations are still to be taken in: run centrala recordings intake, and then this again\n"
    assert (1, told) == (done.exit_code, done.stderr)
    assert 0 == run("recordings", "intake").exit_code
    done = run(*words, str(tmp_path / "second.zip"))
    assert (0, "") == (done.exit_code, done.stderr)
    with ZipFile(tmp_path / "second.zip") as zipped:
        assert 2 == len([name for name in zipped.namelist() if name.startswith("sound/")])


def test_a_file_that_is_there_is_not_written_over(story: Story, run: Run, tmp_path: Path) -> None:
    """And nothing is told to the audit, since nothing was exported."""
    (tmp_path / "there.zip").write_bytes(b"something")
    done = run("subject", "export", "--number", SHARED, "--output", str(tmp_path / "there.zip"))
    assert (2, b"something") == (done.exit_code, (tmp_path / "there.zip").read_bytes())
    assert "it is there already" in done.stderr
    assert [] == [action for _, action, _ in audited(run) if action.endswith("exported")]


@pytest.mark.parametrize(
    ("words", "stdin", "told"),
    [
        ((), "", "whose? say --identifier, --number or both"),
        (("--number", "1701"), "", "that is not a telephone number"),
        (("--number", "699888777"), "", "nothing is held on them"),
        (("--identifier",), f"{STRANGER.identifier}\n", "nothing is held on them"),
        (("--identifier",), "12\n", "an identifier is 6 to 12 digits"),
        (("--identifier", EWA.identifier), "", "an identifier is not written on the command line"),
    ],
)
@pytest.mark.parametrize("command", ["export", "erase"])
def test_whom_nobody_knows_is_told(
    story: Story, run: Run, tmp_path: Path, command: str, words: tuple[str, ...], stdin: str, told: str
) -> None:
    """And nothing is made or erased."""
    more = ("--output", str(tmp_path / "x.zip")) if command == "export" else ("--yes",)
    done = run("subject", command, *words, *more, stdin=stdin)
    assert (2, True) == (done.exit_code, told in done.stderr), done.stderr
    assert not (tmp_path / "x.zip").exists()
    assert 1 == len(lines(run("profiles", "list", "--json")))


def test_nobody_is_erased_by_mistake(story: Story, run: Run) -> None:
    """A script must say so; what would go is shown, what is another's stays and is told."""
    done = run("subject", "erase", "--number", SHARED)
    assert (2, "centrala: erasing cannot be undone; say --yes\n") == (done.exit_code, done.stderr)
    assert "1 calls from the number are of somebody who was authenticated, and stay" in done.stdout
    expected = {"calls": "2", "recordings": "1", "not taken in yet": "1", "callbacks": "1"}
    assert expected.items() <= table(done.stdout).items()
    assert 4 == len(lines(run("calls", "list", "--json")))


def table(text: str) -> dict[str, str]:
    """What stands in a table of two columns."""
    pairs = (line.rsplit("  ", 1) for line in text.splitlines() if "  " in line)
    return {name.strip(): value.strip() for name, value in pairs}


def test_whoever_is_erased_is_gone(story: Story, run: Run) -> None:
    """From every list and from exports; the audit keeps that it was done."""
    done = run("subject", "erase", "--number", OLAS, "--yes", "--by", "zofia")
    assert (0, "erased") == (done.exit_code, done.stdout.splitlines()[-1]), done.stderr
    assert story.calls["ola"].id not in run("calls", "list").stdout
    actor, action, person = audited(run)[-1]
    assert (("zofia", "person erased"), 64) == ((actor, action), len(person or ""))
    again = run("subject", "erase", "--number", OLAS, "--yes")
    assert (2, "centrala: nothing is held on them\n") == (again.exit_code, again.stderr)


def test_a_hold_is_named_and_respected(story: Story, run: Run) -> None:
    """What is held, and of which case."""
    held, _ = story.recordings_of("ewa")
    case = ("--case", "II K 1/26", "--reason", "a complaint")
    assert 0 == run("recordings", "hold", "place", *case, "--recording", held).exit_code
    done = run("subject", "erase", "--identifier", "--yes", stdin=f"{EWA.identifier}\n")
    assert "1 recordings are held for the case II K 1/26: they go when no hold keeps them" in done.stdout
    assert "1 calls stay whole with them" in done.stdout
    assert done.stdout.endswith("erased; 1 recordings are held and go when the hold has ended\n")
    assert ["held"] == [line["status"] for line in lines(run("recordings", "list", "--json")) if line["id"] == held]


def test_what_is_going_on_is_told(story: Story, run: Run) -> None:
    """With the call."""
    line = story.calls_in("now", SHARED, "1")
    done = run("subject", "erase", "--number", SHARED, "--yes")
    told = f"centrala: the call {line.id} is going on; run this again when it is over\n"
    assert (2, told) == (done.exit_code, done.stderr)


def test_an_operator_is_asked(story: Story, keys: dict[str, str], tmp_path: Path) -> None:
    """On a terminal; the identifier is typed unseen, and no is no."""
    command = (sys.executable, "-m", "centrala", "subject", "erase", "--identifier")
    for answer, code in (("n", 130), ("y", 0)):
        terminal = Terminal(command, environment(tmp_path / "home") | keys)
        terminal.wait_for("Identifier: ")
        terminal.type(f"{EWA.identifier}\n")
        terminal.wait_for("Erase all of it for ever?")
        terminal.type(f"{answer}\n")
        shown, ended = terminal.finish()
        assert (code, False) == (ended, EWA.identifier in shown), shown
    assert "erased" in shown
