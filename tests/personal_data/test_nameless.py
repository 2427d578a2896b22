"""Files of recordings that nothing names go after their term; what is named, or may be written to, does not."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from recordings import catalogue, nameless, parts
from recordings.archive import NEW, SEALED
from recordings.nameless import FOLDERS, NIGHTS, Found, Night
from recordings.parts import RecordingPart
from recordings.purge import Places, Step, unwatched
from recordings.records import rejected_recordings
from recordings.retention import Term, Unit, parse_term
from tests.personal_data.made import NIGHT, TODAY, at_the_end_of, days
from tests.recordings.kept import PLAIN, WARSAW, a_recording, id_of, keep, put_aside

TERM = parse_term("30 days")
OVER = at_the_end_of(TERM.first_kept(TODAY) - days(1))
KEPT = OVER + timedelta(microseconds=1)
TONIGHT = Night(TERM, TODAY, WARSAW)


def in_turn(number: int, folder: int = 0) -> str:
    """The id of a recording of which the archive's folder is looked at tonight."""
    return named_in(TONIGHT.folders[folder], number)


def named_in(folder: str, number: int) -> str:
    """The id of the recording of that number in a folder of the archive."""
    return id_of(number << 8)[:-2] + folder


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

    due = nameless.find(places, TONIGHT).due
    done = nameless.destroy(places, due, TONIGHT, lambda: NIGHT, watch, count)  # type: ignore[arg-type]
    return tuple(str(one) for one in done)


def reasons(places: Places) -> list[tuple[str, str | None]]:
    """Why files were destroyed, and the SHA-256 of what they held."""
    c = rejected_recordings.c
    with places.database.reading() as connection:
        rows = connection.execute(select(c.reason, c.sha256).where(c.origin.startswith("orphan:")).order_by(c.reason))
        return [(row.reason, row.sha256) for row in rows]


def test_what_nothing_names_goes_on_the_day_after_its_last(places: Places) -> None:
    """In the spool, in the archive without a key, in the quarantine; why is on record, what it was called is not."""
    keep(places, a_recording(1))
    files = [
        lies(places.spool / "48600123987.wav", OVER),
        lies(places.archive.path(in_turn(9)), OVER),
        lies(Path(f"{places.archive.path(in_turn(8))}{NEW}"), OVER),
        lies(places.home.quarantine / f"{id_of(8)}.a-caller.wav", OVER),
    ]
    younger = [lies(places.spool / "b.wav", KEPT), lies(places.archive.path(in_turn(7)), KEPT)]
    counted: list[int] = []
    assert () == destroy(places, counted)
    assert ([False] * 4, [True] * 2) == ([file.exists() for file in files], [file.exists() for file in younger])
    assert 4 == len(counted)
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
        places.archive.path(id_of(1)),
        *places.home.quarantine.glob(f"{aside}*"),
    ]
    for file in files:
        lies(file, OVER)
    assert () == destroy(places)
    assert [] == [file.name for file in files if not file.exists()]


def test_an_archive_of_which_nothing_is_known_is_left_alone(places: Places) -> None:
    """Its catalogue may be lost for a moment, and is another's."""
    file = lies(places.archive.path(in_turn(9)), OVER)
    assert () == destroy(places)
    assert file.exists()


def test_what_has_its_key_is_left_alone_and_counted(places: Places) -> None:
    """As after a catalogue was put back from an old backup: the sound can still be heard, and its row found."""
    keep(places, a_recording(1), *(a_recording(number, id=in_turn(number)) for number in (2, 3)))
    files = [lies(places.archive.path(in_turn(number)), OVER) for number in (2, 3)]
    with places.database.writing() as connection:
        catalogue.remove(connection, [in_turn(2), in_turn(3)])
    places.archive.keys.destroy([in_turn(3)])
    found = nameless.find(places, TONIGHT)
    assert ((files[1],), 1, 1) == (found.due, found.archived_due, found.with_keys)
    assert () == destroy(places)
    assert [True, False] == [file.exists() for file in files]


def test_each_folder_of_the_archive_has_its_turn(places: Places) -> None:
    """Once in sixteen days, wherever they begin."""
    for first in (TODAY, date(2027, 12, 24)):
        nights = [Night(TERM, first + days(number), WARSAW).folders for number in range(NIGHTS)]
        assert list(FOLDERS) == sorted(name for folders in nights for name in folders)
    keep(places, a_recording(1))
    files = {lies(places.archive.path(named_in(name, 9)), OVER) for name in FOLDERS}
    tonight = nameless.find(places, TONIGHT)
    assert ({path for path in files if path.parent.name in TONIGHT.folders}, 16) == (set(tonight.due), tonight.archived)
    assert files == set(nameless.find(places, TONIGHT, FOLDERS).due)


@pytest.fixture
def touched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files in the archive that are asked when they were last written, as it goes on."""
    asked: list[str] = []
    real = os.stat

    def stat(path: str, *more: object, **named: object) -> os.stat_result:
        if str(path).endswith(SEALED):
            asked.append(str(path))
        return real(path, *more, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", stat)
    return asked


def test_a_look_costs_by_what_nothing_names(places: Places, touched: list[str]) -> None:
    """What has a row is not even touched, and a thousand times as many files take no more memory."""
    ids = [in_turn(number) for number in range(1, 6001)]
    with places.database.writing() as connection:
        for number, id in enumerate(ids, 1):
            catalogue.store(connection, a_recording(number, id=id, call_id=None))
    _lie(places, ids[:1500])
    nobodys = lies(places.archive.path(in_turn(9999)), OVER)
    # What is made once, as statements are, is no part of either.
    nameless.find(places, TONIGHT)
    few = _memory(lambda: nameless.find(places, TONIGHT))
    _lie(places, ids[1500:])
    touched.clear()
    many = _memory(lambda: nameless.find(places, TONIGHT))
    assert many < 1.3 * few, (few, many)
    assert {str(nobodys)} == set(touched)
    assert Found((nobodys,), 0, len(ids) + 1, 1, 0) == nameless.find(places, TONIGHT)


def _lie(places: Places, ids: list[str]) -> None:
    for id in ids:
        path = places.archive.path(id)
        path.parent.mkdir(exist_ok=True)
        path.touch()


def _memory(look: Callable[[], object]) -> int:
    """How many bytes it takes at most: the least of some times, as what else goes on in the process takes some too."""
    look()
    return min(_peak(look) for _ in range(3))


def _peak(look: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        look()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("moment", ["_written", "_record", "_notes"])
def test_what_goes_meanwhile_was_not_there(places: Places, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Before it is asked how old it is, before it is put on record, and a note before it is read: nothing is told."""
    keep(places, a_recording(1))
    mine, other = lies(places.spool / "goes.wav", OVER), lies(places.spool / "stays.wav", OVER)
    note = places.home.spool / "call.note"
    note.write_text("1|2|3|4,ANSWERED,1701,1,another,pensions,1|end")
    real, read = getattr(nameless, moment), Path.read_text

    def gone_first(*given: object) -> object:
        if mine in given:
            mine.unlink(missing_ok=True)
        return real(*given)

    def gone_unread(path: Path, *given: str) -> str:
        path.unlink()
        return read(path, *given)

    if moment == "_notes":
        monkeypatch.setattr(Path, "read_text", gone_unread)
    else:
        monkeypatch.setattr(nameless, moment, gone_first)
    counted: list[int] = []
    assert () == destroy(places, counted)
    expected = 2 if moment == "_notes" else 1
    assert (expected, False, False) == (len(counted), mine.exists(), other.exists())


def test_what_was_taken_in_meanwhile_stays(places: Places) -> None:
    """Who takes a recording in is waited for, and then looked for again."""
    keep(places, a_recording(2))
    file = lies(places.archive.path(in_turn(1)), OVER)
    found = nameless.find(places, TONIGHT)
    keep(places, a_recording(1, id=in_turn(1)))
    lies(file, OVER)
    assert () == nameless.destroy(places, found.due, TONIGHT, lambda: NIGHT, unwatched, lambda _: None)
    assert ((file,), (), True) == (found.due, nameless.find(places, TONIGHT).due, file.exists())


def test_what_cannot_be_destroyed_is_told_and_the_rest_goes(places: Places) -> None:
    """And is destroyed by a later run, counted once."""
    folder = places.archive.path(in_turn(9)).parent
    keep(places, a_recording(1))
    stuck, goes = lies(folder / f"{in_turn(9)}{SEALED}", OVER), lies(places.spool / "a.wav", OVER)
    counted: list[int] = []

    def disturb(step: Step, number: int) -> None:
        if step is Step.ORPHAN_RECORDED and len(counted) == 2:
            stuck.unlink()
            (stuck / "in the way").mkdir(parents=True)

    told = destroy(places, counted, disturb)
    assert (1, True, False) == (
        len(told),
        told[0].startswith(f"{folder}, inode {stuck.stat().st_ino}: "),
        goes.exists(),
    )
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
