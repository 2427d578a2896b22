"""Files of recordings that nothing names go after their term; what is named, or may be written to, does not."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from recordings import nameless, parts
from recordings.archive import SOUND, WAVEFORM
from recordings.parts import RecordingPart
from recordings.purge import Places, Step, unwatched
from recordings.records import rejected_recordings
from recordings.retention import Term, Unit, parse_term
from tests.personal_data.made import NIGHT, TODAY, at_the_end_of, days
from tests.recordings.kept import PLAIN, WARSAW, a_recording, id_of, keep, put_aside

TERM = parse_term("30 days")
OVER = at_the_end_of(TERM.first_kept(TODAY) - days(1))
KEPT = OVER + timedelta(microseconds=1)


def lies(path: Path, since: datetime) -> Path:
    """A file that was last written then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(PLAIN)
    os.utime(path, (since.timestamp(), since.timestamp()))
    return path


def destroy(places: Places, counted: list[int] | None = None, watch: object = unwatched) -> tuple[str, ...]:
    """Run over them: what could not be destroyed."""

    def count(_: Connection) -> None:
        if counted is not None:
            counted.append(1)

    done = nameless.destroy(places, TERM, TODAY, WARSAW, lambda: NIGHT, watch, count)  # type: ignore[arg-type]
    return tuple(str(one) for one in done)


def reasons(places: Places) -> list[tuple[str, str | None]]:
    """Why files were destroyed, and the SHA-256 of what they held."""
    c = rejected_recordings.c
    with places.database.reading() as connection:
        rows = connection.execute(select(c.reason, c.sha256).where(c.origin.startswith("orphan:")).order_by(c.reason))
        return [(row.reason, row.sha256) for row in rows]


def test_what_nothing_names_goes_on_the_day_after_its_last(places: Places) -> None:
    """In the spool, in the archive with its key, in the quarantine; why is on record, what it was called is not."""
    keep(places, a_recording(1))
    places.archive.keys.make(id_of(9), NIGHT)
    files = [
        lies(places.spool / "48600123987.wav", OVER),
        lies(places.archive.path(id_of(9), SOUND), OVER),
        lies(places.archive.path(id_of(9), f"{WAVEFORM}.new"), OVER),
        lies(places.home.quarantine / f"{id_of(8)}.a-caller.wav", OVER),
    ]
    younger = [lies(places.spool / "b.wav", KEPT), lies(places.archive.path(id_of(7), SOUND), KEPT)]
    counted: list[int] = []
    assert () == destroy(places, counted)
    assert ([False] * 4, [True] * 2) == ([file.exists() for file in files], [file.exists() for file in younger])
    assert (4, frozenset()) == (len(counted), places.archive.keys.has([id_of(9)]))
    folders = ("archive", "archive", "quarantine", "recordings")
    expected = [(f"nothing named it in {folder} (orphans: 30 days)", sha256(PLAIN).hexdigest()) for folder in folders]
    assert expected == reasons(places)


def test_what_a_row_or_a_note_names_stays(places: Places) -> None:
    """A part, settled or not; the catalogue; why it is in the quarantine; a note that nobody has taken in yet."""
    keep(places, a_recording(1))
    aside = put_aside(places, 2, TODAY + days(900))
    part = RecordingPart("call", 1, "1701", NIGHT, NIGHT, "c.wav", "d.wav")
    with places.database.writing() as connection:
        parts.store(connection, part)
    (places.home.spool / "call.note").write_text("1|2|3|4,ANSWERED,1701,1,late-recording,pensions,1|end")
    names = ("c.wav", "d.wav", "late-recording-caller.wav", "late-recording-agent.wav")
    files = [
        *(places.spool / name for name in (*names, f"{id_of(1)}-r.wav")),
        *(places.archive.path(id_of(1), what) for what in (SOUND, WAVEFORM)),
        *places.home.quarantine.glob(f"{aside}*"),
    ]
    for file in files:
        lies(file, OVER)
    assert () == destroy(places)
    assert [] == [file.name for file in files if not file.exists()]


def test_an_archive_of_which_nothing_is_known_is_left_alone(places: Places) -> None:
    """Its catalogue may be lost for a moment, and is another's."""
    file = lies(places.archive.path(id_of(9), SOUND), OVER)
    assert () == destroy(places)
    assert file.exists()


def test_what_was_taken_in_meanwhile_stays(places: Places) -> None:
    """Who takes a recording in is waited for, and then looked for again."""
    keep(places, a_recording(2))
    file = lies(places.archive.path(id_of(1), SOUND), OVER)
    found = nameless.find(places, TERM, TODAY, WARSAW)
    keep(places, a_recording(1))
    lies(file, OVER)
    assert ((file,), ()) == (found.due, nameless.find(places, TERM, TODAY, WARSAW).due)


def test_what_cannot_be_destroyed_is_named_and_the_rest_goes(places: Places) -> None:
    """And is destroyed by a later run, counted once."""
    folder = places.archive.path(id_of(9), SOUND).parent
    keep(places, a_recording(1))
    stuck, goes = lies(folder / f"{id_of(9)}.sound", OVER), lies(places.spool / "a.wav", OVER)
    counted: list[int] = []

    def disturb(step: Step, number: int) -> None:
        if step is Step.ORPHAN_RECORDED and len(counted) == 2:
            stuck.unlink()
            (stuck / "in the way").mkdir(parents=True)

    told = destroy(places, counted, disturb)
    assert (1, True, False) == (len(told), told[0].startswith(f"{stuck}: "), goes.exists())
    (stuck / "in the way").rmdir()
    stuck.rmdir()
    lies(stuck, OVER)
    assert () == destroy(places, counted)
    assert (2, False) == (len(counted), stuck.exists())


class _Killed(Exception):
    pass


@pytest.mark.parametrize("at", [Step.ORPHAN_RECORDED, Step.ORPHAN_DESTROYED])
def test_a_killed_run_leaves_the_rest_to_the_next(places: Places, at: Step) -> None:
    """Each file is counted once."""
    files = [lies(places.spool / name, OVER) for name in ("a.wav", "b.wav")]
    counted: list[int] = []

    def die(step: Step, number: int) -> None:
        if step is at:
            raise _Killed

    with pytest.raises(_Killed):
        destroy(places, counted, die)
    destroy(places, counted)
    assert ([False, False], 2) == ([file.exists() for file in files], len(counted))


def test_a_file_that_may_still_be_written_is_younger_than_any_term() -> None:
    """The shortest term leaves it a whole day, whenever it was last written."""
    shortest = Term(1, Unit.DAYS)
    assert NIGHT - at_the_end_of(shortest.first_kept(TODAY) - days(1)) > days(1)
