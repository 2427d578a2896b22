"""Transcripts of recordings: made with consent alone, sealed, searchable, and gone with their recording."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from centrala.speech_measuring import spoken
from recordings import catalogue, consents, purge, transcripts
from recordings.consents import Consent
from recordings.faults import SealBroken
from recordings.proof import prove
from recordings.purge import Places, Step
from recordings.transcripts import Hit, Transcript, Word, decoded, encoded
from tests.cli.conftest import Run, lines
from tests.cli.keeping import opened
from tests.recordings.kept import DUE, ENDED, a_recording, at_noon, id_of, keep_sound

pytestmark = pytest.mark.usefixtures("keys")
BATCH = 10


@pytest.fixture
def home(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that makes transcripts."""
    settings = tmp_path / "settings.yaml"
    settings.write_text(json.dumps({"recordings": {"transcripts": True}}), "utf-8")
    monkeypatch.setenv("CENTRALA_SETTINGS", str(settings))
    return tmp_path / "home"


@pytest.fixture
def places(home: Path) -> Iterator[Places]:
    """One conversation that was consented to: the caller says a word, then the consultant."""
    with opened(home, **{name: os.environ[name] for name in ("CENTRALA_KEYS_URL", "CENTRALA_RECORDING_KEYS")}) as found:
        caller, consultant = spoken("pl", "emerytury", "klatt"), bytes(16000 * 3) + spoken("pl", "zasiłki", "anika")
        length = max(map(len, (caller, consultant)))
        both = (sound.ljust(length, b"\0") for sound in (caller, consultant))
        keep_sound(found, a_recording(1), *both)
        agree(found, 1)
        yield found


def agree(places: Places, number: int, *, given: bool = True) -> None:
    """The decision of the caller of that recording."""
    decision = Consent(id_of(1000 + number), "consultant_call", ENDED, given, "1", "pl")
    with places.database.writing() as connection:
        consents.store(connection, decision)


def transcribed(run: Run) -> str:
    """Transcribe whatever there is; what is said of it."""
    result = run("recordings", "transcribe", "--days", "3660")
    assert 0 == result.exit_code, result.output
    return result.stdout.strip()


def test_both_sides_are_written_down_and_found(run: Run, places: Places) -> None:
    """By whom and when; a beginning will do, and the audit tells who has read it."""
    assert ("1 transcribed", "0 transcribed") == (transcribed(run), transcribed(run))
    (hit,) = lines(run("recordings", "search", "Emeryt", "--json"))
    assert (id_of(1), "caller", "emerytury") == (hit["recording"], hit["side"], hit["words"])
    (other,) = lines(run("recordings", "search", "zasiłki", "--consultant", "1701", "--json"))
    assert ("consultant", True) == (other["side"], 3.0 <= float(other["at"]) <= 4.0)
    assert [] == lines(run("recordings", "search", "emerytury", "zasiłki", "--json"))
    assert [] == lines(run("recordings", "search", "emerytury", "--to", "2020-01-01", "--json"))
    told = [entry for entry in lines(run("audit", "list", "--json")) if entry["action"] == "transcript read"]
    assert [f"recording:{id_of(1)}"] * 2 == [entry["object"] for entry in told]


def test_no_word_lies_anywhere_in_plain(run: Run, places: Places, home: Path) -> None:
    """Neither in a database nor in a file."""
    transcribed(run)
    content = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.suffix != ".yaml")
    assert b"emerytury" not in content
    assert places.archive.transcript_path(id_of(1)).exists()


@pytest.mark.parametrize("how", ["refused", "withdrawn", "imported", "being destroyed", "switched off"])
def test_without_consent_there_is_none(
    run: Run, places: Places, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor where it is not known, nor where it ends while the recording is listened to."""
    with places.database.writing() as connection:
        match how:
            case "refused":
                consents.remove(connection, id_of(1001))
                connection.execute(consents.consents.insert(), [refusal()])
            case "withdrawn":
                consents.withdraw(connection, id_of(1001), ENDED + timedelta(days=1))
            case "imported":
                consents.remove(connection, id_of(1001))
            case "being destroyed":
                catalogue.decide(connection, [id_of(1)], "test")
            case _:
                monkeypatch.setenv("CENTRALA_SETTINGS", str(tmp_path / "none.yaml"))
                (tmp_path / "none.yaml").write_text("", "utf-8")
                assert 2 == run("recordings", "transcribe").exit_code
                return
    assert "0 transcribed" == transcribed(run)
    assert not transcripts.keep(places.database, places.archive, id_of(1), Transcript("pl", "a model", True, ()))
    assert not places.archive.transcript_path(id_of(1)).exists()


def refusal() -> dict[str, object]:
    """A row of somebody who did not agree."""
    return {
        "call_id": id_of(1001),
        "purpose": "consultant_call",
        "at": ENDED,
        "given": False,
        "wording": "1",
        "lang": "pl",
    }


def test_a_transcript_goes_with_its_recording(run: Run, places: Places) -> None:
    """By its term, as everything of it; the certificate looks for it, too."""
    transcribed(run)
    path = places.archive.transcript_path(id_of(1))
    found = {finding.subject: finding.good for finding in prove(places, id_of(1), at_noon(DUE)()).findings}
    assert (True, False) == (path.exists(), found["transcript"])
    purge.decide(places.database, DUE, BATCH, purge.unwatched)
    steps: list[Step] = []
    purge.carry_out(places, at_noon(DUE), BATCH, lambda step, _: steps.append(step), purge.uncounted)
    assert not path.exists()
    assert prove(places, id_of(1), at_noon(DUE)()).holds
    assert not transcripts.keep(places.database, places.archive, id_of(1), Transcript("pl", "a model", True, ()))


def test_a_transcript_that_was_meddled_with_is_told(run: Run, places: Places) -> None:
    """And the search goes on."""
    transcribed(run)
    path = places.archive.transcript_path(id_of(1))
    path.write_bytes(path.read_bytes()[:-1])
    result = run("recordings", "search", "emerytury")
    assert (0, "") == (result.exit_code, result.stdout)
    assert "does not open: SealBroken" in result.stderr


def test_words_are_found_one_after_another() -> None:
    """Of one side, whatever the other one says between them, with what is around them."""
    said = ["a", "b", "moja", "emerytura", "z", "dnia", "na", "dzień"]
    words = [Word("caller", float(at), text) for at, text in enumerate(said)]
    both = Transcript("pl", "m", False, (*words[:4], Word("consultant", 3.5, "tak"), *words[4:]))
    assert [Hit("caller", 2.0, "a b moja emerytura z dnia na dzień")] == list(
        transcripts.search(both, ("moja", "emeryt"))
    )
    assert [] == list(transcripts.search(both, ("emerytura", "tak")))
    assert [] == list(transcripts.search(both, ()))
    assert both == decoded(encoded(both))


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"words": 7}', b"\xff"])
def test_what_is_no_transcript_is_told(raw: bytes) -> None:
    """As what another version has sealed."""
    with pytest.raises(SealBroken):
        decoded(raw)
