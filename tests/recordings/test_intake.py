"""A finished recording is taken in once, sealed; what may not be kept is destroyed, what cannot be is put aside."""

from __future__ import annotations

import audioop
import io
import json
import subprocess
import threading
import wave
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from centrala.archiving import rules
from centrala.settings import Recordings
from personal_data import decisions, last_days
from personal_data.decisions import Decision
from personal_data.kinds import Kind
from recordings import rejected
from recordings.catalogue import Purpose
from recordings.faults import EncoderFault
from recordings.identity import id_of, of_call
from recordings.intake import Fate, Intake, Step, Terms
from recordings.purge import unwatched
from recordings.rejected import files_of
from recordings.retention import parse_term
from storage.installation import Installation
from tests.personal_data.made import DEFAULTS
from tests.recordings.conftest import NOW
from tests.recordings.places import CALL, CALLER, CONSULTANT, ENDED, WARSAW, Place, about, age, place
from tests.recordings.sounds import HOSTILE, header, tone, write

ORIGIN = of_call(CALL, 4)


@pytest.fixture
def here(installation: Installation) -> Place:
    """A new installation: once with SQLite, once with PostgreSQL."""
    return place(installation)


def test_a_conversation_is_taken_in_once(here: Place) -> None:
    """Its sound can be heard, its row tells all of it, and the plain files are gone."""
    part = here.records()
    assert Fate.TAKEN_IN == here.takes(part)

    row, sound = here.row, here.sound()
    assert row is not None
    assert (id_of(ORIGIN), ORIGIN, CALL) == (row.id, row.origin, row.call_id)
    assert ("pensions", "pensions-uk", "1701", "full", "600100200") == (
        *(row.topic, row.queue, row.consultant, row.level, row.caller),
    )
    assert (ENDED, NOW, 2000) == (row.ended_at, row.taken_in_at, row.duration_ms)
    assert (date(2029, 11, 28), "consultant_call: 3 years") == (row.keep_until, row.policy)
    assert ("wav", sha256(sound).hexdigest()) == (row.format, row.sha256)
    assert row.size == next(here.home.archive.rglob("*.sealed")).stat().st_size
    assert (["sealed"], [], []) == (here.sealed, here.plain, list(here.unsettled))
    assert list(Step) == here.reached


def test_its_sound_is_what_was_said(here: Place) -> None:
    """The caller left, the consultant right; and its waveform is as long."""
    here.takes(here.records())
    with wave.open(io.BytesIO(here.sound())) as file:
        both = file.readframes(file.getnframes())
    assert CONSULTANT == audioop.tomono(both, 2, 0, 1)
    assert CALLER == audioop.tomono(both, 2, 1, 0)[: len(CALLER)]
    assert 2000 == json.loads(here.waveform())["duration_ms"]


@pytest.mark.usefixtures("ffmpeg")
@pytest.mark.parametrize(("format", "begins"), [("flac", b"fLaC"), ("opus", b"OggS")])
def test_it_is_kept_in_the_format_that_was_chosen(here: Place, tmp_path: Path, format: str, begins: bytes) -> None:
    """Both sides can be heard in it, each on its own channel; FLAC has every sample."""
    here.rules = replace(here.rules, format=format)
    assert Fate.TAKEN_IN == here.takes(here.records())
    sound, row = here.sound(), here.row
    assert row is not None
    assert (format, sha256(sound).hexdigest(), begins) == (row.format, row.sha256, sound[:4])
    kept, back = tmp_path / "kept", tmp_path / "back.wav"
    kept.write_bytes(sound)
    subprocess.run(("ffmpeg", "-nostdin", "-loglevel", "error", "-i", kept, "-ar", "8000", back), check=True)
    with wave.open(str(back)) as file:
        both = file.readframes(file.getnframes())
    left, right = audioop.tomono(both, 2, 1, 0), audioop.tomono(both, 2, 0, 1)
    assert format == "opus" or (CALLER, CONSULTANT) == (left[: len(CALLER)], right)
    # The caller falls silent after 1.5 seconds of the 2, the consultant does not.
    end = slice(-2 * 8000 * 3 // 10, -2 * 8000 // 10)
    assert audioop.rms(left[end], 2) * 10 < audioop.rms(right[end], 2)


def test_taken_in_again_it_is_there_already(here: Place) -> None:
    """Even where its plain files have come back."""
    part = here.records()
    here.takes(part)
    before = here.row
    write(here.home.recordings / part.caller_file, tone(1))
    assert Fate.KNOWN == here.takes(part, NOW + timedelta(days=1))
    assert (before, 1, []) == (here.row, here.rows, here.plain)


@pytest.mark.parametrize("consent", [False, None])
def test_without_consent_nothing_is_kept(here: Place, consent: bool | None) -> None:
    """Whether it was refused or never given: the files are destroyed, and a row says why."""
    part = here.records(consent=consent)
    assert Fate.REFUSED == here.takes(part)
    told = here.rejected
    assert told is not None
    assert ("no consent to the recording", False, None) == (told.reason, told.quarantined, told.keep_until)
    assert (0, [], [], [], ()) == (here.rows, here.plain, here.sealed, here.quarantined, here.unsettled)
    assert Fate.REFUSED == here.takes(part)


@pytest.mark.parametrize(("content", "told"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_damaged_is_put_aside(here: Place, content: bytes, told: str) -> None:
    """Both files, for thirty days, with the reason."""
    part = here.records()
    (here.home.recordings / part.agent_file).write_bytes(content)
    age(here.home.recordings / part.agent_file, NOW - timedelta(hours=1))
    assert Fate.QUARANTINED == here.takes(part)
    row = here.rejected
    assert row is not None
    assert row.reason.startswith(f"4-a.wav: {told}")
    assert (True, ENDED, date(2026, 12, 28)) == (row.quarantined, row.ended_at, row.keep_until)
    assert (sha256(write(here.home.path / "x", CALLER).read_bytes() + content).hexdigest()) == row.sha256
    assert (["4-a.wav", "4-caller.wav"], 0, [], [], ()) == (
        *(here.quarantined, here.rows, here.plain, here.sealed, here.unsettled),
    )
    assert 2 == len(files_of(here.home.quarantine, id_of(ORIGIN)))
    assert Fate.QUARANTINED == here.takes(part)


def test_half_a_conversation_is_damaged(here: Place) -> None:
    """What one side said is put aside."""
    part = here.records()
    (here.home.recordings / part.caller_file).unlink()
    assert Fate.QUARANTINED == here.takes(part)
    assert here.rejected is not None
    assert ("4-caller.wav: it is missing", ["4-a.wav"]) == (here.rejected.reason, here.quarantined)


def test_files_that_lie_elsewhere_are_not_judged(here: Place) -> None:
    """Another machine's Asterisk has them, and that machine takes them in."""
    part = here.records()
    for path in here.home.recordings.iterdir():
        path.rename(here.home.path / path.name)
    assert Fate.ABSENT == here.takes(part)
    assert ((part,), None, None) == (here.unsettled, here.row, here.rejected)


def test_a_file_that_is_being_written_is_waited_for(here: Place) -> None:
    """Its header is empty until Asterisk closes it; if that died, what there is is taken in a minute later."""
    part = here.records()
    path = here.home.recordings / part.agent_file
    path.write_bytes(header(0) + CONSULTANT)
    age(path, NOW - timedelta(seconds=59))
    assert Fate.UNFINISHED == here.takes(part)
    assert (["4-a.wav", "4-caller.wav"], (part,), []) == (here.plain, here.unsettled, here.reached)
    assert Fate.TAKEN_IN == here.takes(part, NOW + timedelta(seconds=1))
    assert here.row is not None
    assert 2000 == here.row.duration_ms


def test_what_was_destroyed_is_never_taken_in_again(here: Place) -> None:
    """Its tombstone stands; the files that have come back go the same way."""
    part = here.records()
    here.bury(ORIGIN)
    assert Fate.DESTROYED == here.takes(part)
    assert (0, [], [], ()) == (here.rows, here.plain, here.sealed, here.unsettled)


def test_what_has_left_the_quarantine_does_not_come_back(here: Place) -> None:
    """Neither into it nor into the archive: it is on record as destroyed."""
    part = here.records()
    write(here.home.recordings / part.caller_file, tone(1), channels=2)
    here.takes(part)
    for path in here.home.quarantine.iterdir():
        path.rename(here.home.recordings / path.name.partition(".")[2])
    with here.database.writing() as connection:
        assert 0 == rejected.end(connection, date(2026, 12, 28))
        assert 1 == rejected.end(connection, date(2026, 12, 29))
    assert Fate.DESTROYED == here.takes(part)
    assert ([], [], 0) == (here.plain, here.quarantined, here.rows)


@pytest.mark.parametrize("name", ["../secret.wav", "/etc/passwd", "a/b.wav", "x\0.wav", "..", ".", ""])
def test_a_name_that_leads_elsewhere_is_not_followed(here: Place, name: str) -> None:
    """Whatever lies there stays."""
    secret = write(here.home.path / "secret.wav", tone(1))
    part = replace(here.records(), caller_file=name)
    assert Fate.QUARANTINED == here.takes(part)
    assert here.rejected is not None
    assert "its files have names that lead elsewhere" == here.rejected.reason
    assert secret.exists()
    assert here.home.recordings.exists()
    assert (0, []) == (here.rows, here.quarantined)


def test_a_missing_program_is_no_fault_of_the_recording(
    here: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is decided, and nothing is lost: it is taken in once ffmpeg is there, or another format is chosen."""
    part = here.records()
    here.rules = replace(here.rules, format="opus")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EncoderFault, match="install it, or choose the format wav"):
        here.takes(part)
    assert (["4-a.wav", "4-caller.wav"], (part,), 0, []) == (here.plain, here.unsettled, here.rows, here.sealed)
    here.rules = replace(here.rules, format="wav")
    assert Fate.TAKEN_IN == here.takes(part)


def test_two_processes_at_once_take_it_in_once(here: Place) -> None:
    """One finds it done."""
    part = here.records()
    fates: list[Fate] = []
    threads = [threading.Thread(target=lambda: fates.append(here.takes(part))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [Fate.TAKEN_IN] + [Fate.KNOWN] * 3 == sorted(fates)
    assert (1, ["sealed"], []) == (here.rows, here.sealed, here.plain)
    assert here.row is not None
    assert sha256(here.sound()).hexdigest() == here.row.sha256


def test_years_are_those_of_the_purpose(here: Place) -> None:
    """By the calendar in Warsaw, in which the new year had begun when the conversation ended."""
    part = replace(here.records(), ended_at=ENDED.replace(year=2025, month=12, day=31, hour=23, minute=30))
    here.rules = replace(here.rules, terms=lambda _: Terms(dict.fromkeys(Purpose, 5)))
    here.takes(part)
    assert here.row is not None
    assert (date(2031, 1, 1), "consultant_call: 5 years") == (here.row.keep_until, here.row.policy)


def test_a_term_that_is_decided_meanwhile_is_in_force(here: Place) -> None:
    """Though the intake had its rules, and had sealed the sound: nothing else would give it that last day."""
    taken, damaged = here.records(), here.records(consent=None, seq=5)
    write(here.home.recordings / damaged.caller_file, tone(1), channels=2)
    here.rules = rules(Recordings(), DEFAULTS)

    def decide(step: Step) -> None:
        if step is Step.SEALED:
            with here.database.writing() as connection:
                for kind, term in ((Kind.CONSULTANT_CALL, "1 year"), (Kind.QUARANTINE, "7 days")):
                    decided = Decision(kind, parse_term(term), NOW, "anna", "a new law", also_kept=True)
                    decisions.decide(connection, decided)
            assert 0 == last_days.follow(here.database, WARSAW, 10, NOW, unwatched)

    here.at_step = decide
    assert [Fate.TAKEN_IN, Fate.QUARANTINED] == [here.takes(part) for part in (taken, damaged)]
    assert here.row is not None
    assert ("consultant_call: 1 year", ENDED.astimezone(WARSAW).date().replace(year=ENDED.year + 1)) == (
        *(here.row.policy, here.row.keep_until),
    )
    with here.database.reading() as connection:
        (aside,) = rejected.quarantined(connection)
    assert NOW.astimezone(WARSAW).date() + timedelta(days=7) == aside.keep_until


def test_a_callers_name_of_any_length_is_kept(here: Place) -> None:
    """A telephone network may send anything."""
    part = here.records()
    with here.archive() as archive:
        intake = Intake(here.database, archive, here.home, here.rules)
        assert Fate.TAKEN_IN == intake.take_part(part, replace(about(part), caller="9" * 80), NOW)
    assert here.row is not None
    assert "9" * 40 == here.row.caller
