"""Transcripts: both sides apart, sealed by the recording's key, gone with it, and none where consent has ended."""

from __future__ import annotations

import audioop
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import catalogue, consents, purge, transcripts
from recordings.audio import write_sides
from recordings.catalogue import State
from recordings.consents import Consent
from recordings.faults import KeyMissing, SealBroken
from recordings.key_store import KeyStore
from recordings.purge import Places
from recordings.transcribing import Recogniser, Said, transcribe
from recordings.transcripts import Line, Transcript, open_lines, seal_lines
from recordings.wording import folded, found
from storage.database import Database
from tests.recordings.conftest import NOW
from tests.recordings.kept import DUE, ENDED, a_recording, id_of, keep, keep_sound, places_in
from tests.recordings.sounds import RATE, silence, tone, write

BEGINNING = (datetime(2000, 1, 1, tzinfo=UTC), "")
LOUD = 1000


@dataclass(slots=True)
class Loudness:
    """An ear that tells from when until when it was loud."""

    rate: int
    at: float = 0.0
    since: float | None = None

    def hear(self, samples: bytes) -> Iterable[Said]:
        """What was loud and is over."""
        if audioop.rms(samples, 2) > LOUD:
            self.since = self.at if self.since is None else self.since
        else:
            yield from self.end()
        self.at += len(samples) / 2 / self.rate

    def end(self) -> Iterable[Said]:
        """What is still loud."""
        if self.since is not None:
            yield round(self.since, 1), round(self.at, 1), "loud"
        self.since = None


HEARING = Recogniser("loudness", Loudness)


@pytest.fixture
def places(tmp_path: Path, database: Database) -> Iterator[Places]:
    """Where recordings lie."""
    made = places_in(tmp_path / "home", database)
    yield made
    made.archive.keys.close()


def made(places: Places, number: int = 1) -> Transcript:
    """The transcript of a recording."""
    with places.database.reading() as connection:
        recording = catalogue.find(connection, id_of(number))
    assert recording is not None
    return transcribe(places.archive, places.spool, recording, HEARING, NOW)


def stored(places: Places, transcript: Transcript) -> bool:
    """Whether it may be kept, and is."""
    with places.database.writing() as connection:
        return transcripts.store(connection, transcript)


def waiting(places: Places, *, again: bool = False) -> list[str]:
    """Of which recordings a transcript is to be made."""
    with places.database.reading() as connection:
        return [one.id for one in transcripts.waiting(connection, BEGINNING, 10, again=again)]


def test_each_side_is_taken_down_by_itself(places: Places) -> None:
    """In the order in which they spoke."""
    keep_sound(places, a_recording(), tone(1) + silence(2) + tone(1), silence(1.4) + tone(1) + silence(1.6))
    expected = (
        Line(0.0, 1.0, "caller", "loud"),
        Line(1.4, 2.4, "consultant", "loud"),
        Line(3.0, 4.0, "caller", "loud"),
    )
    assert expected == open_lines(places.archive.keys, made(places))


@pytest.mark.usefixtures("ffmpeg")
@pytest.mark.parametrize("format", ["flac", "opus"])
def test_compressed_recordings_are_read_as_well(places: Places, tmp_path: Path, format: str) -> None:
    """From a file that has no name; nothing is left where plain sound may lie."""
    sides = [write(tmp_path / "r.wav", tone(1) + silence(1)), write(tmp_path / "t.wav", silence(2))]
    plain = tmp_path / "plain"
    with plain.open("w+b") as target:
        measured = write_sides([(sides[0], sides[1])], target, format)
        target.seek(0)
        places.archive.put(id_of(1), target, measured.waveform, NOW)
    with places.database.writing() as connection:
        catalogue.store(connection, a_recording(format=format))
    (line,) = open_lines(places.archive.keys, made(places))
    assert ("caller", 0.0) == (line.side, line.begin)
    assert [] == list(places.spool.iterdir())


def test_a_sound_with_one_channel_has_one_side(places: Places, tmp_path: Path) -> None:
    """An imported one: nobody knows who speaks."""
    with write(tmp_path / "mono.wav", silence(1) + tone(1, rate=RATE)).open("rb") as sound:
        places.archive.put(id_of(1), sound, b"", NOW)
    with places.database.writing() as connection:
        catalogue.store(connection, a_recording())
    assert (Line(1.0, 2.0, "both", "loud"),) == open_lines(places.archive.keys, made(places))


def test_what_cannot_be_read_is_told_and_not_tried_for_ever(places: Places) -> None:
    """Why is on record; it is tried again on demand."""
    keep(places, a_recording())
    transcript = made(places)
    assert (None, "DamagedSound: it is no WAV file") == (transcript.sealed, transcript.fault)
    assert [id_of(1)] == waiting(places)
    assert stored(places, transcript)
    assert ([], [id_of(1)]) == (waiting(places), waiting(places, again=True))


def test_what_a_recogniser_ends_over_twice_lets_others_go_on(places: Places) -> None:
    """It is begun with once more, as a machine may have been switched off; then only on demand."""
    keep_sound(places, a_recording(), tone(1), silence(1))
    for expected in ([id_of(1)], []):
        with places.database.writing() as connection:
            assert transcripts.begin(connection, id_of(1), NOW, "a model")
        assert expected == waiting(places)
    assert [id_of(1)] == waiting(places, again=True)
    assert stored(places, made(places))
    assert [] == waiting(places, again=True)


def test_a_transcript_opens_by_the_recordings_key_alone(places: Places) -> None:
    """Destroying the key destroys it, and of another recording it is none."""
    keep_sound(places, a_recording(1), tone(1), silence(1))
    keep_sound(places, a_recording(2), tone(1), silence(1))
    mine, keys = made(places, 1), places.archive.keys
    assert mine.sealed is not None
    assert b"loud" not in mine.sealed
    with pytest.raises(SealBroken):
        open_lines(keys, replace(mine, recording_id=id_of(2)))
    keys.destroy([id_of(1)])
    with pytest.raises(KeyMissing):
        open_lines(keys, mine)


def test_a_transcript_goes_with_its_recording(places: Places) -> None:
    """Nothing of it is left, and nothing of others goes."""
    for number, ended_at in ((1, ENDED), (2, NOW)):
        keep_sound(places, a_recording(number, ended_at, origin=f"import:{number}", call_id=None), tone(1), silence(1))
        assert stored(places, made(places, number))
    with places.database.writing() as connection:
        purge.decide_now(connection, [id_of(1)], DUE, "a test")
    assert 1 == purge.destroy(places, [id_of(1)], lambda: NOW, 10, purge.unwatched, purge.uncounted)
    with places.database.reading() as connection:
        assert (True, False) == tuple(transcripts.find(connection, id_of(number)) is None for number in (1, 2))
        assert () == transcripts.strays(connection)


@pytest.mark.parametrize("state", [State.PURGING, State.WITHDRAWN])
def test_of_what_is_to_go_none_is_made(places: Places, state: State) -> None:
    """Nor is one kept that was begun before, nor found that was made before."""
    keep_sound(places, a_recording(), tone(1), silence(1))
    transcript = made(places)
    assert stored(places, transcript)
    with places.database.writing() as connection:
        connection.execute(catalogue.recordings.update().values(state=state))
        assert [] == list(transcripts.among(connection))
        transcripts.remove(connection, [id_of(1)])
    assert [] == waiting(places)
    assert not stored(places, transcript)


def test_none_is_made_once_consent_was_withdrawn(places: Places) -> None:
    """Although the recording is still there; of others one is."""
    keep_sound(places, a_recording(1), tone(1), silence(1))
    keep_sound(places, a_recording(2, origin="import:2", call_id=None), tone(1), silence(1))
    transcript = made(places)
    with places.database.writing() as connection:
        consents.store(connection, Consent(id_of(1001), "consultant_call", ENDED, True, "2026-1", "pl"))
        consents.withdraw(connection, id_of(1001), NOW)
    assert [id_of(2)] == waiting(places)
    assert not stored(places, transcript)


texts = st.text(string.ascii_letters + "ąćęłńóśźżіїєґ '", max_size=30)
lines = st.builds(
    Line,
    st.floats(0, 7200, allow_nan=False),
    st.floats(0, 7200, allow_nan=False),
    st.sampled_from(["caller", "consultant"]),
    texts,
)


@given(st.lists(lines, max_size=5))
def test_words_are_found_however_they_are_typed(said: list[Line]) -> None:
    """Whatever case and accents: each line is found by the beginnings of its own words."""
    for line in said:
        for word in folded(line.text):
            assert line in found(said, [word[:3].upper()])


@given(st.lists(lines, max_size=5))
def test_all_words_must_be_there(said: list[Line]) -> None:
    """One that was not said finds nothing, whatever else was; nor does nothing."""
    everything = [line.text for line in said]
    assert () == found(said, [*everything, "qqq"])
    assert () == found(said, [])
    assert () == found(said, ["?!"])


def test_accents_and_endings_do_not_matter() -> None:
    """Polish and Ukrainian as they are spoken."""
    said = [Line(0, 1, "caller", "pytam o świadczenie łódzkie"), Line(1, 2, "caller", "про пенсію")]
    assert (said[0],) == found(said, ["SWIADCZEN", "lodz"])
    assert (said[1],) == found(said, ["пенсі"])
    assert tuple(said) == found(said, ["пенс", "swiad"])


def test_what_is_sealed_opens_as_it_was(keys: KeyStore) -> None:
    """Word by word, and never the same way twice."""
    keys.make(id_of(1), NOW)

    @given(st.lists(lines, max_size=5))
    def holds(said: list[Line]) -> None:
        sealed = seal_lines(keys, id_of(1), said)
        assert tuple(said) == open_lines(keys, Transcript(id_of(1), NOW, "a model", sealed))
        assert sealed != seal_lines(keys, id_of(1), said)

    holds()
