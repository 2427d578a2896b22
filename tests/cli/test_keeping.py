"""`centrala recordings`: holds, withdrawn consent, certificates of deletion, and what is left over."""

from __future__ import annotations

import io
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import Result

from ivr import calls
from ivr.library import Library
from ivr.state import State
from recordings import catalogue, consents, purge, rejected, transcripts
from recordings.consents import Consent
from recordings.intake import alone
from recordings.orphans import Orphan, orphans
from recordings.purge import Places
from recordings.transcripts import Transcript
from tests.cli.conftest import Run, lines
from tests.cli.keeping import opened, recorded
from tests.menu_files import SMALL, load_text
from tests.personal_data.made import NUMBER, a_call
from tests.recordings.kept import DUE, ENDED, a_recording, at_noon, id_of, keep, left_of, put_aside, quarantined, whole

DAY = timedelta(days=1)
HOLD = ("recordings", "hold", "place", "--case", "II K 1/26", "--reason", "a complaint", "--by", "anna")


@pytest.fixture
def places(run: Run, tmp_path: Path) -> Iterator[Places]:
    """An installation with three recordings, two of one caller; commands run in it."""
    with opened(tmp_path / "home") as made:
        keep(made, a_recording(1), a_recording(2, ENDED + DAY, caller=NUMBER), a_recording(3, ENDED + DAY))
        yield made


def destroy(places: Places, number: int = 1) -> None:
    """Destroy a recording as the job does."""
    with places.database.writing() as connection:
        catalogue.decide(connection, [id_of(number)], "retention: consultant_call: 3 years")
    purge.carry_out(places, at_noon(DUE), 10, purge.unwatched, purge.uncounted)


def prove(run: Run, number: int = 1) -> Result:
    """Ask for a certificate."""
    return run("recordings", "prove", id_of(number))


def found_amiss(run: Run, number: int = 1) -> list[str]:
    """What is not as it should be after destruction."""
    proof = run("recordings", "prove", id_of(number), "--json")
    (told,) = lines(proof)
    amiss = [finding["subject"] for finding in told["findings"] if not finding["good"]]
    assert (told["destroyed"], proof.exit_code) == (not amiss, 1 if amiss else 0)
    return amiss


def test_a_certificate_is_given_for_what_was_destroyed(run: Run, places: Places) -> None:
    """It says what was destroyed, why and when, and what was looked at."""
    destroy(places)
    proof = prove(run)
    assert 0 == proof.exit_code
    assert proof.stdout.startswith(f"CERTIFICATE OF DELETION of the recording {id_of(1)}")
    for words in (
        "retention: consultant_call: 3 years",
        "2026-11-25T11:00:00",
        "unbroken, 1 tombstones",
        "bytes of the key store",
    ):
        assert words in proof.stdout
    assert "NOT" not in proof.stdout
    assert "600100200" not in proof.stdout


def test_no_certificate_for_what_is_there(run: Run, places: Places) -> None:
    """Everything that is left is named."""
    proof = prove(run)
    assert 1 == proof.exit_code
    assert proof.stdout.startswith("NOT PROVEN TO BE DESTROYED")
    expected = [
        "sound and waveform",
        "key",
        "catalogue",
        "bytes of the key store",
        "bytes of the catalogue",
        "tombstone",
    ]
    assert expected == found_amiss(run)


def test_no_certificate_for_what_never_was(run: Run, places: Places) -> None:
    """There is no tombstone; what is no id at all is said to be none."""
    assert ["tombstone"] == found_amiss(run, 77)
    refused = run("recordings", "prove", "../../etc/passwd")
    assert (2, "centrala: not the id of a recording\n") == (refused.exit_code, refused.stderr)


def test_whatever_comes_back_spoils_the_certificate(run: Run, places: Places) -> None:
    """A file out of a backup, a key, a row, a file in the spool that nobody knows."""
    destroy(places)
    path = places.archive.path(id_of(1))
    path.write_bytes(b"noise")
    assert ["sound and waveform"] == found_amiss(run)
    path.unlink()
    places.archive.keys.make(id_of(1), ENDED)
    assert ["key", "bytes of the key store"] == found_amiss(run)
    places.archive.keys.destroy([id_of(1)])
    stray = places.spool / "stray.wav"
    stray.write_bytes(b"a voice")
    assert [] == found_amiss(run)
    os.utime(stray, (ENDED.timestamp(), ENDED.timestamp()))
    assert ["spool"] == found_amiss(run)
    stray.unlink()
    with places.database.writing() as connection:
        catalogue.store(connection, a_recording(1))
        transcripts.store(connection, Transcript(id_of(1), ENDED, "a model", b"noise"))
    assert ["catalogue", "transcript", "bytes of the catalogue"] == found_amiss(run)


def test_traces_in_the_bytes_of_a_database_are_found(run: Run, places: Places, tmp_path: Path) -> None:
    """Of a row that was deleted without being overwritten."""
    keys = tmp_path / "home" / "keys" / "recording-keys.db"
    with closing(sqlite3.connect(keys)) as connection:
        connection.execute("PRAGMA secure_delete = OFF")
        connection.execute("DELETE FROM recording_keys WHERE recording_id = ?", (id_of(1),))
        connection.commit()
    destroy(places)
    assert ["bytes of the key store"] == found_amiss(run)


def test_a_broken_chain_spoils_what_stands_behind_it(run: Run, places: Places) -> None:
    """And the certificate says where it is broken."""
    for number in (1, 2, 3):
        destroy(places, number)
    with places.database.writing() as connection:
        connection.exec_driver_sql("UPDATE tombstones SET policy = 'none' WHERE number = 2")
    assert [["chain"], ["tombstone", "chain"]] == [found_amiss(run, number) for number in (1, 3)]
    assert "broken at number 2: changed" in prove(run).stdout


def test_a_hold_is_placed_listed_and_lifted(run: Run, places: Places) -> None:
    """By case, with reason and who; a case that nobody placed cannot be lifted."""
    a_call(places.database, id_of(1002), ENDED + DAY)
    placed = run(*HOLD, "--caller", NUMBER, "--until", "2090-01-31")
    assert (0, "1 held for the case II K 1/26\n") == (placed.exit_code, placed.stdout)
    (told,) = lines(run("recordings", "hold", "list", "--json"))
    assert ("II K 1/26", "a complaint", "anna", "in force", 1, "2090-01-31") == tuple(
        told[name] for name in ("case", "reason", "placed_by", "state", "recordings", "until")
    )
    lifted = run("recordings", "hold", "lift", "--case", "II K 1/26", "--by", "jan")
    assert (0, "1 lifted\n", "") == (lifted.exit_code, lifted.stdout, run("recordings", "hold", "list").stdout)
    assert "lifted" in run("recordings", "hold", "list", "--all").stdout
    again = run("recordings", "hold", "lift", "--case", "II K 1/26")
    assert (2, "centrala: there is no hold for the case II K 1/26\n") == (again.exit_code, again.stderr)


def test_a_day_is_the_services(run: Run, places: Places) -> None:
    """All of one consultant on one day."""
    day = (ENDED + DAY).date().isoformat()
    assert "2 held" in run(*HOLD, "--consultant", "1701", "--day", day).stdout
    assert 2 == run(*HOLD, "--consultant", "1702", "--day", day).exit_code


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "which recordings?"),
        (("--day", "2026-11-20"), "which recordings?"),
        (("--day", "soon", "--consultant", "1701"), '"soon" is not a day'),
        (("--until", "2020-01-01", "--consultant", "1701"), "2020-01-01 is over"),
        (("--recording", "none"), "no hold was placed"),
        (("--recording", "none", "--by", "x" * 61), "a line of 1 to 60 characters"),
    ],
)
def test_a_hold_that_would_hold_nothing_is_refused(run: Run, places: Places, words: tuple[str, ...], told: str) -> None:
    """With what is wrong."""
    refused = run(*HOLD, *words)
    assert (2, True) == (refused.exit_code, told in refused.stderr), refused.stderr
    assert "" == run("recordings", "hold", "list", "--all").stdout


def test_who_holds_what_is_being_destroyed_is_told(run: Run, places: Places) -> None:
    """By its id, and with exit code 1; the others are held."""
    with places.database.writing() as connection:
        catalogue.decide(connection, [id_of(3)], "retention: consultant_call: 3 years")
    placed = run(*HOLD, "--consultant", "1701")
    assert (1, f"{id_of(3)}: is being destroyed; no hold can keep it\n") == (placed.exit_code, placed.stderr)
    assert "2 held" in placed.stdout


def test_withdrawn_consent_destroys_at_once(run: Run, places: Places) -> None:
    """All of a call; the certificate names the decision and no person."""
    done = run("recordings", "withdraw", "--call", id_of(1001), "--yes")
    assert (0, f"{id_of(1)}  destroyed\n") == (done.exit_code, done.stdout)
    assert ([], whole(id_of(2))) == (left_of(places, id_of(1)), left_of(places, id_of(2)))
    assert "consent withdrawn on 20" in prove(run).stdout
    assert 2 == run("recordings", "withdraw", "--call", id_of(1001), "--yes").exit_code


def test_withdrawn_consent_waits_for_a_hold(run: Run, places: Places) -> None:
    """It is said so, and the recording is there until the hold has ended."""
    run(*HOLD, "--recording", id_of(1))
    done = run("recordings", "withdraw", "--recording", id_of(1), "--yes")
    assert f"{id_of(1)}  held; it will be destroyed when no hold keeps it\n" == done.stdout
    assert ["withdrawn", *whole(id_of(1))[1:]] == left_of(places, id_of(1))


def test_withdrawn_consent_reaches_the_quarantine(run: Run, places: Places) -> None:
    """By call or by its own id; what is there of other calls stays."""
    one, other, stays = (put_aside(places, number, date(2099, 1, 1)) for number in (1, 2, 3))
    done = run("recordings", "withdraw", "--call", id_of(1), "--yes")
    assert (0, f"{one}  destroyed\n") == (done.exit_code, done.stdout), done.stderr
    assert 0 == run("recordings", "withdraw", "--recording", other, "--yes").exit_code
    assert [(False, 0), (False, 0), (True, 2)] == [quarantined(places, id) for id in (one, other, stays)]
    assert 2 == run("recordings", "withdraw", "--recording", other, "--yes").exit_code


def test_what_is_not_taken_in_yet_never_is(run: Run, places: Places) -> None:
    """Told at once, and destroyed by the intake with the reason; other calls are taken in."""
    call, other = id_of(1001), id_of(1002)
    for one in (call, other):
        recorded(places, one)
    done = run("recordings", "withdraw", "--call", call, "--yes")
    told = f"{id_of(1)}  destroyed\n1 to be taken in yet: the intake destroys them instead\n"
    assert (0, told) == (done.exit_code, done.stdout)
    assert 0 == run("recordings", "withdraw", "--call", call, "--yes").exit_code, "once more changes nothing"
    assert {"taken_in": 1, "known": 2, "withdrawn": 1} == lines(run("recordings", "intake", "--json"))[0]
    assert [] == sorted(places.spool.glob(f"{call}*"))
    with places.database.reading() as connection:
        row = rejected.of_origin(connection, f"call:{call}/9")
        kept = [one.call_id for one in catalogue.everything(connection) if one.origin.endswith("/9")]
    assert row is not None
    assert ("consent withdrawn", [other]) == (row.reason, kept)
    assert 2 == run("recordings", "withdraw", "--call", call, "--yes").exit_code


def test_a_call_that_goes_on_is_told_of(run: Run, places: Places) -> None:
    """Its recording cannot be stopped from here, and what comes of it is not taken in."""
    call = id_of(1009)
    menus = load_text(SMALL)
    Library(places.database).publish(menus, ENDED)
    with places.database.writing() as connection:
        made = calls.Call(call, "asterisk", "600100200", "225601600", menus.flow.version, ENDED)
        calls.begin(connection, made, State("pl"))
    assert 2 == run("recordings", "withdraw", "--call", call, "--yes").exit_code, "nobody has agreed to anything"
    with places.database.writing() as connection:
        consents.store(connection, Consent(call, "consultant_call", ENDED, True, "2026-1", "pl"))
    done = run("recordings", "withdraw", "--call", call, "--yes")
    assert (0, True) == (done.exit_code, done.stdout.startswith("the call goes on: ")), done.stderr
    with places.database.reading() as connection:
        assert consents.withdrawn_at(connection, call) is not None


@pytest.mark.parametrize(
    "words", [(), ("--recording", "a", "--call", "b"), ("--recording", id_of(1)), ("--call", "none", "--yes")]
)
def test_nothing_is_withdrawn_by_mistake(run: Run, places: Places, words: tuple[str, ...]) -> None:
    """What is meant must be said, and meant."""
    assert 2 == run("recordings", "withdraw", *words).exit_code
    assert whole(id_of(1)) == left_of(places, id_of(1))


def test_what_belongs_to_nothing_is_told(run: Run, places: Places) -> None:
    """And nothing is done about it."""
    none = run("recordings", "orphans")
    assert (0, "") == (none.exit_code, none.stdout)
    places.archive.path(id_of(1)).unlink()
    places.archive.keys.destroy([id_of(2)])
    places.archive.put(id_of(7), io.BytesIO(b"a voice"), b"peaks", ENDED)
    stray = places.spool / "stray.wav"
    stray.write_bytes(b"a voice")
    os.utime(stray, (ENDED.timestamp(), ENDED.timestamp()))
    with places.database.writing() as connection:
        transcripts.store(connection, Transcript(id_of(3), ENDED, "a model", b"noise"))
        connection.execute(catalogue.recordings.delete().where(catalogue.recordings.c.id == id_of(3)))
    found = run("recordings", "orphans", "--json")
    assert 1 == found.exit_code
    assert [
        ("file without row", id_of(3)),
        ("file without row", id_of(7)),
        ("key without row", id_of(3)),
        ("key without row", id_of(7)),
        ("row without file", id_of(1)),
        ("row without key", id_of(2)),
        ("transcript without row", id_of(3)),
        ("spool file without call", "stray.wav"),
    ] == [(one["kind"], one["name"]) for one in lines(found)]
    assert id_of(7) in run("recordings", "orphans").stdout


def test_what_is_being_taken_in_belongs_to_something(places: Places) -> None:
    """Who looks for what does not waits until its row is there."""
    found: list[Orphan] = []
    looking = threading.Thread(target=lambda: found.extend(orphans(places, ENDED)))
    with alone(places.home):
        places.archive.put(id_of(7), io.BytesIO(b"a voice"), b"peaks", ENDED)
        looking.start()
        lock = str((places.home.path / "intake.lock").stat().st_ino)
        while not any("->" in line and f":{lock} " in line for line in Path("/proc/locks").read_text().splitlines()):
            assert looking.is_alive(), found
        with places.database.writing() as connection:
            catalogue.store(connection, a_recording(7))
    looking.join()
    assert [] == found


def test_the_last_recordings_keys_are_missed_as_well(run: Run, places: Places, tmp_path: Path) -> None:
    """Where only tombstones are left there was a database of keys, too."""
    for number in (1, 2, 3):
        destroy(places, number)
    (tmp_path / "home" / "keys" / "recording-keys.db").rename(tmp_path / "elsewhere.db")
    assert 2 == prove(run).exit_code


def test_proof_needs_the_keys_where_they_are(run: Run, places: Places, tmp_path: Path) -> None:
    """An empty database in their place would prove what is not so; a hold needs none of it."""
    (tmp_path / "home" / "keys" / "recording-keys.db").rename(tmp_path / "elsewhere.db")
    refused = prove(run)
    assert (2, True) == (refused.exit_code, "recordings' keys are missing" in refused.stderr)
    assert 0 == run(*HOLD, "--recording", id_of(1)).exit_code
