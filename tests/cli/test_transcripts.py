"""`centrala recordings transcribe`, `transcript` and `search`: real speech, real recognition, and the audit."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit import entries
from centrala.speech_measuring import spoken
from recordings import consents, transcripts
from recordings.consents import Consent
from recordings.purge import Places
from recordings.transcripts import Line, Transcript
from tests.cli.conftest import ROOT, Run, lines
from tests.cli.keeping import environment, opened
from tests.recordings.kept import ENDED, a_recording, id_of, keep, keep_sound
from tests.recordings.sounds import silence

TRANSCRIBE = ("recordings", "transcribe", "--from", "2023-11-01")
SEARCH = ("recordings", "search", "--json")
HELD_OUT = "klatt"


@pytest.fixture
def places(run: Run, tmp_path: Path) -> Iterator[Places]:
    """An installation in which commands run."""
    with opened(tmp_path / "home") as made:
        yield made


def talk(places: Places, number: int, caller: str, consultant: str) -> None:
    """A conversation in which each side says something, one after the other."""
    asks, answers = (spoken("pl", text, HELD_OUT) for text in (caller, consultant))
    keep_sound(places, a_recording(number), asks + silence(len(answers) / 16000), silence(len(asks) / 16000) + answers)


def taken_down(places: Places, number: int, *said: Line) -> None:
    """A transcript that stands there."""
    sealed = transcripts.seal_lines(places.archive.keys, id_of(number), said)
    with places.database.writing() as connection:
        assert transcripts.store(connection, Transcript(id_of(number), ENDED, "a model", sealed))


def read(places: Places) -> list[str]:
    """The recordings of which the audit says that their transcript was read."""
    with places.database.reading() as connection:
        return [one.object for one in entries.everything(connection) if one.action == entries.Action.TRANSCRIPT_READ]


def test_what_each_side_says_is_taken_down_and_found(run: Run, places: Places) -> None:
    """By real recognition of voices that its model has never heard; the second time there is nothing to do."""
    talk(places, 1, "emerytury", "konsultant")
    talk(places, 2, "płatnicy", "zasiłki")
    assert "2 made\n" == run(*TRANSCRIBE).stdout
    assert "0 made\n" == run(*TRANSCRIBE).stdout
    found = lines(run("recordings", "transcript", id_of(1), "--json"))
    assert [("caller", "emerytury"), ("consultant", "konsultant")] == [(one["side"], one["text"]) for one in found]
    assert found[0]["end"] < found[1]["begin"]
    (hit,) = lines(run(*SEARCH, "PLATN", "zasilk"))
    assert (id_of(2), ["płatnicy", "zasiłki"]) == (hit["id"], [line["text"] for line in hit["lines"]])
    assert [f"recording:{id_of(1)}", f"recording:{id_of(2)}"] == read(places)


def test_of_conversations_without_consent_nothing_is_taken_down(run: Run, places: Places) -> None:
    """Where consent was withdrawn, not even what was taken down before is found."""
    talk(places, 1, "emerytury", "konsultant")
    taken_down(places, 1, Line(0, 1, "caller", "emerytury"))
    with places.database.writing() as connection:
        consents.store(connection, Consent(id_of(1001), "consultant_call", ENDED, True, "2026-1", "pl"))
        consents.withdraw(connection, id_of(1001), ENDED)
    assert "0 made\n" == run(*TRANSCRIBE).stdout
    assert [] == lines(run(*SEARCH, "emerytury"))
    assert [] == read(places)


def test_what_cannot_be_transcribed_is_counted_and_told(run: Run, places: Places) -> None:
    """And why, where somebody asks for it; a recording without a transcript says what to do."""
    keep(places, a_recording(1))
    without = run("recordings", "transcript", id_of(1))
    assert f"recording {id_of(1)} has no transcript; centrala recordings transcribe makes them" in without.stderr
    assert "1 failed\n" == run(*TRANSCRIBE).stdout
    assert "no transcript: DamagedSound: it is no WAV file" in run("recordings", "transcript", id_of(1)).stderr


def test_words_are_told_as_people_read_them(run: Run, places: Places) -> None:
    """When, which side, and what; search shows the lines that have a word."""
    keep_sound(places, a_recording(1), silence(1), silence(1))
    taken_down(places, 1, Line(3.2, 4, "caller", "dzień dobry"), Line(64.9, 66, "consultant", "słucham państwa"))
    told = "00:03  caller      dzień dobry\n01:04  consultant  słucham państwa\n"
    assert told == run("recordings", "transcript", id_of(1)).stdout
    found = run("recordings", "search", "sluch", "--topic", "pensions").stdout
    assert f"{ENDED.isoformat()}  {id_of(1)}  1701  pensions\n  01:04  consultant  słucham państwa\n" == found
    assert "" == run("recordings", "search", "sluch", "--consultant", "1702").stdout


@pytest.mark.parametrize("words", [("?",), ("", " "), ("--to", "2026-11-01", "emerytury"), ()])
def test_wrong_searches_are_refused(run: Run, places: Places, words: tuple[str, ...]) -> None:
    """With what would be right, and no traceback."""
    result = run(*SEARCH, *words)
    assert (2, "") == (result.exit_code, result.stdout)


def test_a_model_that_is_none_is_told(
    run: Run, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its folder, before anything is opened."""
    settings = tmp_path / "other.yaml"
    settings.write_text(json.dumps({"speech": {"transcripts": {"pl": str(tmp_path)}}}))
    monkeypatch.setenv("CENTRALA_SETTINGS", str(settings))
    result = run(*TRANSCRIBE)
    assert (2, True) == (result.exit_code, f"{tmp_path}: no am/final.mdl in it" in result.stderr)


def test_whoever_stays_takes_down_what_comes(places: Places, tmp_path: Path) -> None:
    """Until SIGTERM; each is there as soon as it is told."""
    talk(places, 1, "emerytury", "konsultant")
    words = (sys.executable, "-m", "centrala", *TRANSCRIBE, "--stay")
    process = subprocess.Popen(words, cwd=ROOT, env=environment(tmp_path / "home"), stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        told = (json.loads(line) for line in process.stderr)
        assert 1 == next(one["made"] for one in told if one["event"] == "transcripts")
        with places.database.reading() as connection:
            assert transcripts.find(connection, id_of(1)) is not None
        process.send_signal(signal.SIGTERM)
        assert 0 == process.wait(30)
    finally:
        process.kill()
        process.communicate()
