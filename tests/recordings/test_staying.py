"""`centrala recordings intake --stay`: what is over is taken in by itself, whatever fails or dies meanwhile."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

import provision
from recordings import consents, withdrawal
from recordings.identity import id_of, of_call
from storage.installation import Installation, open_installation
from tests.live.relay import Relay
from tests.recordings.conftest import FIRST_KEY, NOW
from tests.recordings.places import Place, place
from tests.recordings.staying import Staying, staying, until

CANNOT = "recordings cannot be taken in; it is tried again"
CAN_AGAIN = "recordings can be taken in again"
# Enough for the log, a key and what SQLite shares among processes (32 KiB), not for a sound (64,000 bytes).
NO_MORE_ROOM = (50_000, resource.RLIM_INFINITY)
MANY = 6


@pytest.fixture
def here(installation: Installation) -> Place:
    """A new installation: once with SQLite, once with PostgreSQL."""
    return place(installation)


@pytest.fixture
def wrapping(environment: dict[str, str]) -> dict[str, str]:
    """The environment of the process: where the keys are that tests read with."""
    keys = ",".join(f"{id}:{key.hex()}" for id, key in FIRST_KEY.items())
    address = f"sqlite:///{Path(environment['CENTRALA_HOME']) / 'keys.db'}"
    return {**environment, "CENTRALA_RECORDING_KEYS": keys, "CENTRALA_KEYS_URL": address}


def all_taken_in(here: Place, number: int = 1) -> None:
    """So many recordings are in the archive, once each, and nothing else is anywhere."""
    until(lambda: here.unsettled == (), "all taken in")
    assert (number, number, number) == (here.rows, len(here.sealed), len(here.key_ids))
    assert [] == here.plain


def test_what_is_over_is_taken_in_until_it_is_told_to_end(
    here: Place, wrapping: dict[str, str], tmp_path: Path
) -> None:
    """Also what is over later; no line of its log names a caller or a consultant."""
    here.records()
    with staying(wrapping, tmp_path / "log") as process:
        all_taken_in(here)
        here.records(consent=None, seq=5)
        all_taken_in(here, 2)
        assert 0 == process.ends()
        assert ["ready", "recordings", "recordings"] == [line["event"] for line in process.said]
        assert [] == [word for word in ("600100200", "1701") if word in process.log.read_text()]


def test_withdrawn_consent_is_carried_out(here: Place, wrapping: dict[str, str], tmp_path: Path) -> None:
    """A consultant's code has left the moment alone: what was taken in before it is destroyed, what comes later too."""
    part = here.records()
    with staying(wrapping, tmp_path / "log") as process:
        all_taken_in(here)
        with here.database.writing() as connection:
            consents.withdraw(connection, part.call_id, NOW)
        here.records(consent=None, seq=5)
        until(lambda: not here.rows and not here.unsettled, "all destroyed")
        until(lambda: process.times("consent was withdrawn"), "it is told")
        assert ([], [], []) == (here.sealed, here.key_ids, here.plain)


def test_what_a_killed_command_left_is_destroyed(here: Place, wrapping: dict[str, str], tmp_path: Path) -> None:
    """It was decided, and whoever decided died: it does not wait for the night."""
    part = here.records()
    with staying(wrapping, tmp_path / "log") as process:
        all_taken_in(here)
        withdrawal.decide(here.database, withdrawal.of_recording(id_of(of_call(part.call_id, part.seq))), NOW.date())
        until(lambda: not here.rows, "destroyed")
        until(lambda: process.times("what was to go at once is destroyed"), "it is told")
        assert ([], []) == (here.sealed, here.key_ids)


def test_killed_in_the_middle_each_conversation_is_there_once(
    here: Place, wrapping: dict[str, str], tmp_path: Path
) -> None:
    """By a kill -9 while it works, again and again, and two of them that run at once at the end."""
    for seq in range(1, MANY + 1):
        here.records(consent=True if seq == 1 else None, seq=seq)
    for number in range(1, MANY, 2):
        with staying(wrapping, tmp_path / "log") as process:
            until(lambda number=number: here.rows >= number, "some taken in")  # type: ignore[misc]
            process.dies()
    with staying(wrapping, tmp_path / "one"), staying(wrapping, tmp_path / "other"):
        all_taken_in(here, MANY)


def test_without_room_it_waits_and_loses_nothing(here: Place, wrapping: dict[str, str], tmp_path: Path) -> None:
    """Told once; once there is room it goes on by itself. (The kernel allows the process no larger files meanwhile.)"""
    with staying(wrapping, tmp_path / "log") as process:
        first = here.records(seq=3)
        all_taken_in(here)
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, NO_MORE_ROOM)
        part = here.records(consent=None)
        until(lambda: process.times(CANNOT), "the fault")
        _tries_again(here, process)
        assert (1, 2, 1) == (process.times(CANNOT), len(here.plain), here.rows)
        resource.prlimit(process.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        all_taken_in(here, 2)
        until(lambda: process.times(CAN_AGAIN), "it is told")
    assert sorted(id_of(of_call(one.call_id, one.seq)) for one in (first, part)) == sorted(here.key_ids)


def _tries_again(here: Place, process: Staying) -> None:
    """Until it has tried for another time: whoever takes a recording in touches this file."""
    lock = here.home.path / "intake.lock"
    before = lock.stat().st_mtime_ns
    until(lambda: lock.stat().st_mtime_ns > before, "another try")


def test_keys_that_are_missing_are_waited_for(here: Place, environment: dict[str, str], tmp_path: Path) -> None:
    """They are put back from the backup, and it goes on."""
    with staying(environment, tmp_path / "log"):
        here.records()
        until(lambda: here.unsettled == (), "the first one")
    folder = here.home.secrets / "recording-keys"
    folder.rename(tmp_path / "backup")
    here.records(consent=None, seq=5)
    with staying(environment, tmp_path / "log") as process:
        until(lambda: process.times(CANNOT), "the fault")
        assert 1 == len(here.unsettled)
        (tmp_path / "backup").rename(folder)
        until(lambda: here.unsettled == (), "all taken in")
    assert (2, [], 1) == (here.rows, here.plain, process.times(CANNOT))


def test_a_database_that_is_away_is_waited_for(postgresql_server: provision.Server, tmp_path: Path) -> None:
    """Told once, and nothing is done meanwhile; the processes that carry calls do the same."""
    postgresql_server.create_database("staying")
    with Relay(postgresql_server.sockets) as wire:
        environment = {"CENTRALA_HOME": str(tmp_path / "home"), "CENTRALA_DATABASE_URL": wire.url("staying")}
        opened = open_installation(environment)
        here = place(opened)
        with staying(environment, tmp_path / "log") as process:
            here.records()
            until(lambda: here.unsettled == (), "the first one")
            here.records(consent=None, seq=5)
            until(lambda: here.unsettled == (), "the second one")
            wire.cut()
            until(lambda: process.times(CANNOT), "the fault")
            wire.mend()
            here.records(consent=None, seq=6)
            until(lambda: here.unsettled == (), "all taken in")
            until(lambda: process.times(CAN_AGAIN), "it is told")
        opened.database.close()
    assert 3 == len([name for name in here.sealed if name == "sealed"])
