"""`centrala recordings`: taking in, importing, listing, hearing, and the keys that wrap."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from centrala.keeping import next_key_id
from recordings.identity import of_call, of_file
from recordings.records import held_recordings, legal_holds
from recordings.rejected import digest
from storage.database import Database
from storage.installation import open_installation
from storage.volumes import exposure
from tests.cli.conftest import ROOT, Run
from tests.recordings.places import CALL, Place, place
from tests.recordings.sounds import tone, write

NUMBER = "600100200"
COLUMNS = ("file", "ended_at", "caller", "topic", "queue", "consultant", "purpose", "consent")


@pytest.fixture
def here(tmp_path: Path, run: Run) -> Iterator[Place]:
    """The installation of the commands."""
    opened = open_installation({"CENTRALA_HOME": str(tmp_path / "home")})
    yield place(opened)
    opened.database.close()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The folder of another archive."""
    folder = tmp_path / "other archive"
    (folder / "2024").mkdir(parents=True)
    return folder


def listed(archive: Path, *rows: dict[str, str]) -> str:
    """Write the list of it; what a row does not say is as in most."""
    usual = {"ended_at": "2024-05-17T14:30", "caller": NUMBER, "topic": "pensions", "queue": "pensions"}
    usual |= {"consultant": "9999", "purpose": "consultant_call", "consent": "yes"}
    path = archive / "list.csv"
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(usual | row for row in rows)
    return str(path)


def listing(run: Run) -> list[dict[str, Any]]:
    """What `recordings list --json` tells."""
    result = run("recordings", "list", "--json")
    assert 0 == result.exit_code, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_what_is_finished_is_taken_in(here: Place, run: Run) -> None:
    """A first key is made, and said so; then nothing is left to do; where plain files lie is said each time."""
    here.records()
    first, second = run("recordings", "intake"), run("recordings", "intake", "--json")
    assert (0, "1 taken in\n") == (first.exit_code, first.stdout)
    assert "made the recording key" in first.stderr
    assert "keep a copy of it apart from the databases" in first.stderr
    exposed = exposure(here.home.recordings)
    said = f"centrala: {exposed}\n" if exposed else ""
    assert ({"taken_in": 0}, said) == (json.loads(second.stdout), second.stderr)
    (told,) = listing(run)
    assert here.row is not None
    assert (here.row.id, "kept", "2029-11-28") == (told["id"], told["status"], told["keep_until"])
    assert ["recording-keys.db"] == [path.name for path in (here.home.path / "keys").glob("*.db")]


def test_an_archive_is_imported_and_again_without_a_second_copy(archive: Path, here: Place, run: Run) -> None:
    """Mono and stereo, of unknown consultants and overdue; what was there before stays where it is."""
    write(archive / "2024" / "a.wav", tone(1))
    write(archive / "b.wav", tone(1, rate=44100), channels=2, rate=44100)
    rows = ({"file": "2024/a.wav"}, {"file": "b.wav", "ended_at": "2019-02-28T23:30", "purpose": "video_visit"})
    first = run("recordings", "import", listed(archive, *rows))
    second = run("recordings", "import", listed(archive, *rows), "--json")
    assert (0, "2 taken in, 0 bad\n") == (first.exit_code, first.stdout)
    assert (0, {"taken_in": 0, "known": 2, "bad": 0}) == (second.exit_code, json.loads(second.stdout))
    kept = {(told["keep_until"], told["purpose"], told["consultant"]) for told in listing(run)}
    assert {("2027-05-17", "consultant_call", "9999"), ("2022-02-28", "video_visit", "9999")} == kept
    assert (2, []) == (here.rows, here.plain)
    assert (archive / "b.wav").exists()


def test_an_import_that_was_broken_off_goes_on(archive: Path, here: Place, run: Run) -> None:
    """What a shorter list has brought is not brought again."""
    for name in ("a", "b"):
        write(archive / f"{name}.wav", tone(1, hertz=ord(name)))
    run("recordings", "import", listed(archive, {"file": "a.wav"}))
    result = run("recordings", "import", listed(archive, {"file": "a.wav"}, {"file": "b.wav"}))
    assert "1 taken in, 1 there already, 0 bad\n" == result.stdout
    assert 2 == here.rows


def test_bad_rows_are_named_and_the_rest_is_taken(archive: Path, here: Place, run: Run) -> None:
    """By line, without a caller's number; and the exit code tells."""
    write(archive / "a.wav", tone(1))
    (archive / f"{NUMBER}.wav").write_text("no sound")
    rows = ({"file": f"{NUMBER}.wav"}, {"file": "gone.wav"}, {"file": "a.wav", "consent": "maybe"}, {"file": "a.wav"})
    manifest = listed(archive, *rows)
    result = run("recordings", "import", manifest)
    assert [
        f"{manifest}:2: file: it is no WAV file",
        f"{manifest}:3: file: it is missing",
        f"{manifest}:4: consent: yes or no expected",
    ] == [line for line in result.stderr.splitlines() if line.startswith(manifest)]
    assert (1, "1 taken in, 3 bad\n") == (result.exit_code, result.stdout)
    assert NUMBER not in result.output
    assert 1 == here.rows


def test_without_consent_nothing_is_imported(archive: Path, here: Place, run: Run) -> None:
    """That is no fault; and what was destroyed here does not come back."""
    write(archive / "a.wav", tone(1))
    write(archive / "b.wav", tone(2))
    content = digest([archive / "b.wav"])
    assert content is not None
    run("recordings", "intake")
    here.bury(of_file(content))
    result = run("recordings", "import", listed(archive, {"file": "a.wav", "consent": "no"}, {"file": "b.wav"}))
    assert (0, "0 taken in, 1 without consent, 1 destroyed before, 0 bad\n") == (result.exit_code, result.stdout)
    assert (0, []) == (here.rows, here.sealed)


def test_a_list_without_columns_is_refused(archive: Path, here: Place, run: Run) -> None:
    """By its first line."""
    (archive / "list.csv").write_text("a.wav\n")
    result = run("recordings", "import", str(archive / "list.csv"))
    assert 1 == result.exit_code
    assert "list.csv:1: the first line must name the columns" in result.stderr


def test_every_recording_is_listed_by_how_it_stands(archive: Path, here: Place, run: Run) -> None:
    """Kept, held, quarantined, purged; with the caller's last digits alone."""
    for name in ("a", "b", "c"):
        write(archive / f"{name}.wav", tone(1, hertz=ord(name)))
    run("recordings", "import", listed(archive, *({"file": f"{name}.wav"} for name in ("a", "b", "c"))))
    kept, held, lifted = sorted(told["id"] for told in listing(run))
    hold(here.database, "one", held, until=None)
    hold(here.database, "two", lifted, until=date(2020, 1, 1))
    here.bury(of_call(CALL, 9))
    part = here.records()
    write(here.home.recordings / part.caller_file, tone(1), channels=2)
    run("recordings", "intake")

    found = {told["id"]: told for told in listing(run)}
    assert {kept: "kept", held: "held", lifted: "kept"} == {id: found[id]["status"] for id in (kept, held, lifted)}
    assert ["purged", "quarantined"] == sorted(told["status"] for id, told in found.items() if "purpose" not in told)
    assert all(told["ended_at"] and told["keep_until"] for told in found.values())
    assert "******200" == found[kept]["caller"]
    everything = run("recordings", "list").stdout
    assert 5 == len(everything.splitlines())
    assert NUMBER not in everything + json.dumps(found)
    for id in found:
        assert 0 == run("recordings", "show", id).exit_code


def test_withdrawn_consent_shows_in_how_it_stands(here: Place, run: Run) -> None:
    """Held as long as a hold keeps it; then its destruction is decided, and the next run of the job is to do it."""
    here.records()
    run("recordings", "intake")
    (told,) = listing(run)
    hold(here.database, "one", told["id"], until=None)
    run("recordings", "withdraw", "--recording", told["id"], "--yes")
    stands = [listing(run)[0]["status"]]
    run("recordings", "hold", "lift", "--case", "one")
    stands.append(listing(run)[0]["status"])
    assert ["held", "purging"] == stands
    assert "purging" == json.loads(run("recordings", "show", told["id"], "--json").stdout)["status"]


def test_one_recording_is_shown_with_its_number(here: Place, run: Run) -> None:
    """In full, since somebody has asked for this one."""
    here.records()
    run("recordings", "intake")
    (told,) = listing(run)
    shown = json.loads(run("recordings", "show", told["id"], "--json").stdout)
    assert (of_call(CALL, 4), "consultant_call: 3 years", "kept") == (
        *(shown["origin"], shown["policy"], shown["status"]),
    )
    nobody = run("recordings", "show", "nobody")
    assert (2, "centrala: there is no recording nobody; see centrala recordings list\n") == (
        *(nobody.exit_code, nobody.stderr),
    )


def test_a_recording_is_heard_through_a_pipe(archive: Path, here: Place, tmp_path: Path, run: Run) -> None:
    """Byte by byte what was sealed; nothing plain lies anywhere afterwards."""
    path = write(archive / "a.wav", tone(3))
    run("recordings", "import", listed(archive, {"file": "a.wav"}))
    (told,) = listing(run)
    words = (sys.executable, "-W", "ignore", "-m", "centrala", "recordings", "play", told["id"])
    done = subprocess.run(words, cwd=ROOT, env=os.environ, capture_output=True, check=True)
    assert path.read_bytes() == done.stdout
    assert [] == [found for found in (tmp_path / "home").rglob("*") if _holds(found, tone(3)[:1000])]


def test_what_is_gone_cannot_be_played(here: Place, run: Run) -> None:
    """Nor what never was."""
    here.bury(of_call(CALL, 9))
    (told,) = listing(run)
    result = run("recordings", "play", told["id"])
    assert 2 == result.exit_code
    assert f"recording {told['id']} cannot be played" in result.stderr


def test_a_damaged_file_is_told_and_not_played_to_its_end(here: Place, run: Run) -> None:
    """Whoever has changed it."""
    here.records()
    run("recordings", "intake")
    (told,) = listing(run)
    (path,) = here.home.archive.rglob("*.sealed")
    path.write_bytes(path.read_bytes()[:-1])
    result = run("recordings", "play", told["id"])
    assert 2 == result.exit_code
    assert "centrala: changed, cut short" in result.stderr


def test_keys_are_rotated_and_the_old_one_retired(here: Place, run: Run) -> None:
    """Twice a day, too; then the recording opens with the new key alone."""
    here.records()
    run("recordings", "intake")
    first, second = run("recordings", "keys", "rotate"), run("recordings", "keys", "rotate")
    assert (0, 0) == (first.exit_code, second.exit_code)
    told = [json.loads(line) for line in run("recordings", "keys", "list", "--json").stdout.splitlines()]
    assert [("old", 0), ("old", 0), ("current", 1)] == [(key["state"], key["wraps"]) for key in told]
    assert f"1 keys are wrapped with {told[-1]['id']} now" in second.stdout
    assert f"{told[0]['id']}, {told[1]['id']}: may be retired" in second.stdout
    for key in told[:-1]:
        (here.home.secrets / "recording-keys" / f"{key['id']}.key").unlink()
    (one,) = listing(run)
    assert 0 == run("recordings", "play", one["id"]).exit_code


def test_a_key_that_wraps_is_missed_by_name(here: Place, run: Run) -> None:
    """Nothing is taken in under another one meanwhile."""
    here.records()
    run("recordings", "intake")
    (path,) = (here.home.secrets / "recording-keys").iterdir()
    path.rename(here.home.path / "backup")
    result = run("recordings", "intake")
    assert 2 == result.exit_code
    assert f"centrala: {path.stem}: missing, but recordings' keys are wrapped with it; put it back" in result.stderr
    assert f"{path.stem:<24}         1  missing\n" == run("recordings", "keys", "list").stdout
    assert not path.exists()


def test_where_recordings_were_keys_are_missed(here: Place, run: Run) -> None:
    """A tombstone is enough to tell: nothing is made in the place of what is gone, and nothing is taken in."""
    run("recordings", "intake")
    here.bury(of_call(CALL, 9))
    part = here.records()
    keys = here.home.path / "keys" / "recording-keys.db"
    (wrapping,) = (here.home.secrets / "recording-keys").iterdir()
    wrapping.rename(here.home.path / "backup.key")
    refused = run("recordings", "intake")
    assert (2, True) == (refused.exit_code, "the keys that wrap are missing" in refused.stderr)
    (here.home.path / "backup.key").rename(wrapping)
    keys.write_bytes(b"")
    refused = run("recordings", "intake")
    assert (2, True) == (refused.exit_code, f"{keys}: recordings' keys are missing" in refused.stderr)
    assert ((part,), [], b"", [wrapping]) == (
        *(here.unsettled, here.sealed, keys.read_bytes()),
        list((here.home.secrets / "recording-keys").iterdir()),
    )


def test_keys_may_come_from_the_environment(here: Place, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then none is made; a newer one there wraps from then on."""
    here.records()
    monkeypatch.setenv("CENTRALA_RECORDING_KEYS", f"a:{'11' * 32}")
    run("recordings", "intake")
    monkeypatch.setenv("CENTRALA_RECORDING_KEYS", f"a:{'11' * 32},b:{'22' * 32}")
    assert "1 keys are wrapped with b now" in run("recordings", "keys", "rotate").stdout
    monkeypatch.setenv("CENTRALA_RECORDING_KEYS", f"b:{'22' * 32}")
    (told,) = listing(run)
    assert 0 == run("recordings", "play", told["id"]).exit_code
    assert not (here.home.secrets / "recording-keys").exists()


def test_the_keys_have_a_database_of_their_own(
    here: Place, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere, if it is so named; never the catalogue's, and its address is never repeated."""
    here.records()
    monkeypatch.setenv("CENTRALA_KEYS_URL", here.home.database_url)
    assert "a database of their own" in run("recordings", "intake").stderr
    monkeypatch.setenv("CENTRALA_KEYS_URL", "mysql://me:secret@nowhere/keys")
    refused = run("recordings", "intake")
    assert (2, True) == (refused.exit_code, "CENTRALA_KEYS_URL" in refused.stderr)
    assert "secret" not in refused.stderr.replace("secret key", "").replace("/secrets/", "")
    monkeypatch.setenv("CENTRALA_KEYS_URL", f"sqlite:///{tmp_path / 'keys.db'}")
    assert "1 taken in\n" == run("recordings", "intake").stdout
    assert (True, False) == ((tmp_path / "keys.db").exists(), (here.home.path / "keys").exists())


def test_a_format_without_its_program_is_told_beforehand(
    here: Place, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even while there is nothing to take in."""
    (tmp_path / "settings.yaml").write_text("recordings: {format: flac, years: {consultant_call: 5}}\n")
    monkeypatch.setenv("CENTRALA_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run("recordings", "intake")
    assert (2, True) == (result.exit_code, "flac is written by ffmpeg, which is not there" in result.stderr)


def test_a_new_key_comes_last_in_the_alphabet() -> None:
    """Whatever the one before is called."""
    today = date(2026, 11, 28)
    assert ["2026-11-28", "2026-11-28-02", "2026-11-28-03", "2027-02", "zebra-02"] == [
        next_key_id(today, current) for current in ("2025", "2026-11-28", "2026-11-28-02", "2027", "zebra")
    ]


def hold(database: Database, case: str, recording_id: str, until: date | None) -> None:
    """Place a legal hold on a recording."""
    values = {"id": case, "case": case, "reason": "court", "placed_by": "me", "until": until}
    with database.writing() as connection:
        connection.execute(insert(legal_holds), values | {"placed_at": datetime.now(UTC) - timedelta(days=1)})
        connection.execute(insert(held_recordings), {"hold_id": case, "recording_id": recording_id})


def _holds(path: Path, samples: bytes) -> bool:
    return path.is_file() and samples in path.read_bytes()
