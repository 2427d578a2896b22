"""`centrala retention`: which terms are in force, and how another one comes into force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result

from audit import entries
from centrala import context
from recordings import catalogue
from recordings.purge import Places
from tests.cli.conftest import Run, lines
from tests.cli.keeping import job, opened, table
from tests.personal_data.made import NIGHT, a_call
from tests.recordings.kept import DUE, a_recording, keep, put_aside

Say = Callable[[str], Path]
WHY = ("--reason", "a new law", "--by", "anna")


@pytest.fixture
def places(run: Run, tmp_path: Path) -> Iterator[Places]:
    """An installation; commands run in it."""
    with opened(tmp_path / "home") as made:
        yield made


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Write settings that commands go by from then on."""

    def say(text: str) -> Path:
        path = tmp_path / "settings.yaml"
        path.write_text(text, "utf-8")
        monkeypatch.setenv("CENTRALA_SETTINGS", str(path))
        return path

    return say


def terms(run: Run) -> dict[str, tuple[str | None, str | None]]:
    """Of each class the term in force, and what the settings say where that is something else."""
    return {line["class"]: (line["in_force"], line["settings"]) for line in lines(run("retention", "terms", "--json"))}


def decide(run: Run, kind: str, *words: str) -> Result:
    """Decide as Anna does."""
    return run("retention", "decide", kind, *WHY, "--yes", *words)


def test_what_is_in_force_is_shown(run: Run, places: Places, say: Say) -> None:
    """Nothing before the first use; then the settings, and what differs from them later."""
    assert (None, "3 years") == terms(run)["calls"]
    run("recordings", "intake")
    assert {None} == {waiting for _, waiting in terms(run).values()}
    say("retention: {keep: {calls: 18 months}}\nrecordings: {years: {video_visit: 1}}\n")
    shown = terms(run)
    assert [("3 years", "18 months"), ("3 years", "1 year")] == [shown["calls"], shown["recording.video_visit"]]
    assert ("30 days", None) == shown["orphans"]
    (header, *rows) = run("retention", "terms").stdout.splitlines()
    assert (["class", "in_force"], 16) == (header.split()[:2], len(rows))
    assert "as first set" in rows[0]


def test_a_decision_says_what_it_does_and_is_on_record(run: Run, places: Places, say: Say) -> None:
    """How many are due at once, or are kept longer; who decided and why; and in the audit."""
    for number in range(3):
        a_call(places.database, f"call {number}", context.now() - timedelta(days=500 + 500 * number))
    run("recordings", "intake")
    say("retention: {keep: {calls: 1 year}}\n")
    done = decide(run, "calls")
    assert 0 == done.exit_code, done.stderr
    assert [
        "calls: 3 years in force, 1 year in settings.yaml",
        "due at once: 2",
        "kept longer: 0",
        "calls: 1 year is in force",
    ] == done.stdout.splitlines()
    assert ("1 year", None) == terms(run)["calls"]
    with places.database.reading() as connection:
        (entry,) = entries.everything(connection)
    assert ("anna", "term decided", "term:calls", "3 years -> 1 year: a new law") == (
        *(entry.actor, entry.action, entry.object, entry.details),
    )
    say("retention: {keep: {calls: 9 years}}\n")
    assert "kept longer: 3" in decide(run, "calls").stdout
    assert "calls: 9 years is in force already, and settings.yaml says so\n" == decide(run, "calls").stdout


def test_without_a_yes_nothing_is_decided(run: Run, places: Places, say: Say) -> None:
    """Where nobody can be asked."""
    run("recordings", "intake")
    say("retention: {keep: {calls: 1 year}}\n")
    refused = run("retention", "decide", "calls", *WHY)
    assert (2, "centrala: nothing was decided: what goes cannot be brought back; say --yes\n") == (
        *(refused.exit_code, refused.stderr),
    )
    assert ("3 years", "1 year") == terms(run)["calls"]


def test_recordings_keep_what_was_promised_unless_that_was_decided_too(run: Run, places: Places, say: Say) -> None:
    """It is told how many there are of either."""
    keep(places, a_recording(1), a_recording(2, context.now() - timedelta(days=100)))
    run("recordings", "intake")
    say("recordings: {years: {consultant_call: 1}}\n")
    done = decide(run, "recording.consultant_call")
    assert "2 that are kept keep their last day (--also-kept gives them a new one)" in done.stdout
    assert ["consultant_call: 3 years"] * 2 == policies(places)
    also = decide(run, "recording.consultant_call", "--also-kept")
    assert (0, True) == (also.exit_code, "2 have a new last day" in also.stdout)
    assert ["consultant_call: 1 year"] * 2 == policies(places)


def policies(places: Places) -> list[str]:
    """The terms that the recordings were promised."""
    with places.database.reading() as connection:
        return [one.policy for one in catalogue.everything(connection)]


def test_what_is_taken_in_goes_by_the_term_in_force(run: Run, places: Places, say: Say) -> None:
    """And it is said on stderr that the settings wait."""
    assert "" == run("recordings", "intake").stderr
    say("recordings: {years: {consultant_call: 9}}\n")
    told = run("recordings", "intake").stderr
    assert told.startswith("centrala: recording.consultant_call: 3 years in force, settings.yaml says 9 years; nothing")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("calls", "--also-kept"), "--also-kept is for quarantine, recording.consultant_call"),
        (("sounds",), "'sounds' is not one of"),
        (("calls", "--reason", " "), "a line of 1 to 200 characters is wanted"),
    ],
)
def test_wrong_words_end_it_with_2(run: Run, places: Places, words: tuple[str, ...], told: str) -> None:
    """With what is wrong about them."""
    done = run("retention", "decide", "--reason", "why", *words)
    assert (2, True) == (done.exit_code, told in done.stderr), done.stderr


def test_the_job_goes_by_what_is_on_record_and_says_so(say: Say, tmp_path: Path) -> None:
    """In its closing table and in a dry run, which writes nothing."""
    home = tmp_path / "home"
    with opened(home) as places:
        for number in range(2):
            a_call(places.database, f"call {number}", NIGHT - timedelta(days=500 + 800 * number))
    job(home, "--once", "--now", "2020-01-01T03:30")
    settings = say("retention: {keep: {calls: 1 year}}\n")
    night = ("--once", "--now", f"{NIGHT:%Y-%m-%dT%H:%M}")
    before = {path: path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}
    foreseen = table(job(home, *night, "--dry-run", CENTRALA_SETTINGS=str(settings)))
    assert before == {path: path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}
    done = table(job(home, *night, CENTRALA_SETTINGS=str(settings)))
    assert ("1", "1") == (foreseen["calls due"], done["calls gone"])
    assert ("2", "2") == (foreseen["turns due"], done["turns gone"])
    assert ["3 years in force, settings.yaml: 1 year"] * 2 == [told["undecided calls"] for told in (foreseen, done)]


def test_a_file_that_stays_is_named_and_ends_the_job_with_4(places: Places, tmp_path: Path) -> None:
    """All else is done."""
    a_call(places.database, "over", NIGHT - timedelta(days=1200))
    id = put_aside(places, 1, DUE - timedelta(days=1))
    file = sorted(places.home.quarantine.glob(f"{id}*"))[0]
    file.unlink()
    (file / "in the way").mkdir(parents=True)
    done = job(tmp_path / "home", "--once", "--now", f"{DUE}T03:30")
    assert (4, True) == (done.returncode, str(file) in done.stderr)
    assert ("1", "1", "ended") == tuple(table(done)[name] for name in ("could not be destroyed", "calls gone", "run"))
