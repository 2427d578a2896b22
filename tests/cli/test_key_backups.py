"""`centrala recordings keys backup` and `restore`: neither backup brings a destroyed recording back."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from recordings import catalogue, key_backups, purge, runs
from recordings.purge import Places
from tests.cli.conftest import ROOT, Run, lines
from tests.cli.keeping import JOB, environment, job, opened, table
from tests.recordings.kept import DUE, a_recording, at_noon, id_of, keep


@pytest.fixture
def places(run: Run, tmp_path: Path) -> Iterator[Places]:
    """An installation with two recordings; commands run in it."""
    with opened(tmp_path / "home") as made:
        keep(made, a_recording(1), a_recording(2))
        yield made


def destroy(places: Places) -> None:
    """Destroy the first recording as the job does."""
    with places.database.writing() as connection:
        catalogue.decide(connection, [id_of(1)], "retention: consultant_call: 3 years")
    purge.carry_out(places, at_noon(DUE), 10, purge.unwatched, purge.uncounted)


def back_up(run: Run, folder: Path) -> Path:
    """Back the keys up: where they are."""
    assert 0 == run("recordings", "keys", "backup", str(folder)).exit_code
    (backup,) = folder.iterdir()
    return backup


def test_a_backup_of_the_catalogue_does_not_bring_it_back(run: Run, places: Places, tmp_path: Path) -> None:
    """Nor one of the archive beside it: without its key it is noise."""
    kept, home = tmp_path / "kept", places.home
    kept.mkdir()
    purge.forget_rows(places.database)
    shutil.copy(home.path / "centrala.db", kept)
    shutil.copytree(home.archive, kept / "archive")
    destroy(places)
    places.database.close()
    for file in home.path.glob("centrala.db*"):
        file.unlink()
    shutil.copy(kept / "centrala.db", home.path)
    shutil.copytree(kept / "archive", home.archive, dirs_exist_ok=True)
    assert "kept" == lines(run("recordings", "list", "--json"))[0]["status"]
    played = run("recordings", "play", id_of(1))
    assert (2, "", True) == (played.exit_code, played.stdout, "has no key" in played.stderr)


def test_lost_keys_are_put_back_but_for_those_of_destroyed_recordings(run: Run, places: Places, tmp_path: Path) -> None:
    """Even where all of their database is gone."""
    backup = back_up(run, tmp_path / "backups")
    destroy(places)
    places.archive.keys.close()
    shutil.rmtree(places.home.path / "keys")
    assert "recordings' keys are missing" in run("recordings", "play", id_of(2)).stderr
    restored = run("recordings", "keys", "restore", str(backup))
    assert (0, "1 keys put back; 1 of what is not kept left out\n") == (restored.exit_code, restored.stdout)
    assert 0 == run("recordings", "play", id_of(2)).exit_code
    assert 0 == run("recordings", "prove", id_of(1)).exit_code


def test_keys_that_the_catalogue_does_not_keep_are_not_put_back(run: Run, places: Places, tmp_path: Path) -> None:
    """What never came into it has no tombstone; what is being destroyed has none yet."""
    places.archive.keys.make(id_of(9), at_noon(DUE)())
    backup = back_up(run, tmp_path / "backups")
    with places.database.writing() as connection:
        catalogue.decide(connection, [id_of(1)], "retention: consultant_call: 3 years")
    places.archive.keys.destroy([id_of(number) for number in (1, 2, 9)])
    restored = run("recordings", "keys", "restore", str(backup))
    assert (0, "1 keys put back; 2 of what is not kept left out\n") == (restored.exit_code, restored.stdout)
    assert [id_of(2)] == list(places.archive.keys.ids())


def test_nothing_is_proven_while_a_backup_has_its_key(
    run: Run, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The certificate names the backup; once that is gone it is given."""
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"recordings: {{key_backups: {{folder: {tmp_path / 'backups'}}}}}\n")
    monkeypatch.setenv("CENTRALA_SETTINGS", str(settings))
    assert 0 == run("recordings", "keys", "backup").exit_code
    destroy(places)
    proof = run("recordings", "prove", id_of(1))
    (backup,) = (tmp_path / "backups").iterdir()
    assert (1, True) == (proof.exit_code, f"the key is in {backup.name} until they expire" in proof.stdout)
    backup.unlink()
    proof = run("recordings", "prove", id_of(1))
    assert (0, True) == (proof.exit_code, "the key is in none of 0" in proof.stdout)


@pytest.fixture
def copying(tmp_path: Path) -> dict[str, str]:
    """Settings that have keys copied, with an old copy there."""
    settings, backups = tmp_path / "settings.yaml", tmp_path / "backups"
    settings.write_text(f"recordings: {{key_backups: {{folder: {backups}, days: 3}}}}\n")
    backups.mkdir()
    (backups / "recording-keys-20200101T000000Z.db").touch()
    return {"CENTRALA_SETTINGS": str(settings)}


def test_the_job_copies_keys_each_night_and_destroys_old_copies(
    places: Places, tmp_path: Path, copying: dict[str, str]
) -> None:
    """Once what was due has gone; the table says where to."""
    done = job(places.home.path, "--once", "--now", f"{DUE}", "--allow-share", "1", **copying)
    (backup,) = (tmp_path / "backups").iterdir()
    assert (0, str(backup)) == (done.returncode, table(done)["keys copied to"])
    assert () == key_backups.having(tmp_path / "backups", id_of(1))


@pytest.mark.parametrize(("share", "code"), [("0.01", 1), ("1", 75)])
def test_old_copies_go_whatever_stops_the_run(
    places: Places, tmp_path: Path, copying: dict[str, str], share: str, code: int
) -> None:
    """Too many, or another process runs it: what is in an old copy could still be heard. No new one is made."""
    with runs.alone(places.database):
        done = job(places.home.path, "--once", "--now", f"{DUE}", "--allow-share", share, **copying)
    assert (code, []) == (done.returncode, list((tmp_path / "backups").iterdir()))


def test_a_copy_that_fails_is_told_by_itself(places: Places, tmp_path: Path, copying: dict[str, str]) -> None:
    """The run was done and its table is printed; the exit code is the copy's own."""
    shutil.rmtree(tmp_path / "backups")
    (tmp_path / "backups").write_text("in the way")
    done = job(places.home.path, "--once", "--now", f"{DUE}", "--allow-share", "1", **copying)
    assert (6, "ended", "2", "-") == (
        done.returncode,
        *(table(done)[name] for name in ("run", "destroyed", "keys copied to")),
    )
    assert ["centrala: recordings' keys could not be copied"] == [
        line.partition(": [")[0] for line in done.stderr.splitlines()
    ]


def test_the_job_that_stays_tells_it_by_itself(places: Places, tmp_path: Path, copying: dict[str, str]) -> None:
    """Behind the line that says that it has run."""
    shutil.rmtree(tmp_path / "backups")
    (tmp_path / "backups").write_text("in the way")
    settings = Path(copying["CENTRALA_SETTINGS"])
    settings.write_text(settings.read_text() + "retention: {allow_share: 1.0}\n")
    process = subprocess.Popen(
        JOB, env=environment(places.home.path) | copying, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stderr is not None
    try:
        events = (json.loads(line)["event"] for line in process.stderr)
        assert ["the retention job waits", "the retention job has run", "recordings' keys could not be copied"] == [
            *islice(events, 3)
        ]
    finally:
        process.send_signal(signal.SIGTERM)
    assert 0 == process.wait(60)


def test_where_to_is_asked(run: Run, places: Places, tmp_path: Path) -> None:
    """Where neither the command nor the settings say it; what is no backup is refused."""
    assert (2, True) == (
        (told := run("recordings", "keys", "backup")).exit_code,
        "where to? Name a FOLDER" in told.stderr,
    )
    (tmp_path / "x.db").write_text("x")
    assert "no backup of recordings' keys" in run("recordings", "keys", "restore", str(tmp_path / "x.db")).stderr
