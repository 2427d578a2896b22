"""A disk that is full from any step on: nothing is lost or half done, and with room again the same goes through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from shutil import copy

import pytest
from sqlalchemy.exc import OperationalError

from recordings import intake, purge, runs, tombstones
from recordings.archive import Archive
from recordings.faults import KeysUnusable
from recordings.intake import Fate, Intake
from recordings.key_encryption import KeyEncryption
from recordings.key_store import KeyStore
from recordings.parts import RecordingPart
from recordings.purge import Places, Watch
from recordings.runs import Run
from storage.database import Database
from storage.home import Home
from storage.installation import open_installation
from tests.recordings.conftest import FIRST_KEY, NOW
from tests.recordings.disks import Disk, mounted
from tests.recordings.kept import DUE, ENDED, a_recording, at_noon, id_of, keep, left_of, whole
from tests.recordings.places import Place, about
from tests.recordings.processes import ALL

CATALOGUE, KEYS, ARCHIVE, SPOOL = "database", "keys", "archive", "recordings"
EVERYWHERE = (CATALOGUE, KEYS, ARCHIVE, SPOOL)
BEFORE = 0
DUE_ONES = (1, 2, 3)
FULL = (OperationalError, KeysUnusable, OSError)

# The last step after which the intake still writes there.
LAST_WRITES = {
    CATALOGUE: intake.Step.FILES_GONE,
    KEYS: intake.Step.BUILT,
    ARCHIVE: intake.Step.BUILT,
    SPOOL: BEFORE,
}
# The last step after which the job surely does; to destroy files needs no room.
LAST_WRITES_OF_THE_JOB = {CATALOGUE: purge.Step.SPOOL_SYNCED, KEYS: purge.Step.KEYS_DESTROYED, ARCHIVE: -1, SPOOL: -1}
STEPS_OF_A_PURGE = tuple(step for step in purge.Step if step is not purge.Step.QUARANTINE_CLEARED)


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation of which each part lies in a folder of its own, one of them on a small disk."""

    disk: Disk
    places: Places

    @property
    def place(self) -> Place:
        """As the intake's tests see it."""
        return Place(self.places.home, self.places.database, keys=f"{KEYS}/recording-keys.db")

    def forget_connections(self) -> None:
        """As a new process begins."""
        self.places.database.close()
        self.places.archive.keys.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a new installation."""
    home = tmp_path_factory.mktemp("empty")
    open_installation({"CENTRALA_HOME": str(home)}).database.close()
    return home / "centrala.db"


@pytest.fixture
def installed(tmp_path: Path, empty: Path, where: str) -> Iterator[Installed]:
    """An installation with a small disk somewhere."""
    folder = tmp_path / "home"
    for name in (CATALOGUE, KEYS):
        (folder / name).mkdir(parents=True)
    with ExitStack() as stack:
        disk = stack.enter_context(mounted(folder / where))
        copy(empty, folder / CATALOGUE)
        home = Home(folder, f"sqlite:///{folder / CATALOGUE / empty.name}")
        home.make_folders()
        keys = KeyStore(f"sqlite:///{folder / KEYS / 'recording-keys.db'}", KeyEncryption(FIRST_KEY))
        made = Installed(disk, Places(Database(home.database_url), Archive(home.archive, keys), home))
        stack.callback(made.forget_connections)
        yield made


@pytest.mark.parametrize("step", [BEFORE, *intake.Step], ids=lambda step: step.name if step else "BEFORE")
@pytest.mark.parametrize("where", EVERYWHERE)
def test_what_a_full_disk_keeps_out_is_taken_in_later(installed: Installed, where: str, step: int) -> None:
    """Either it was taken in or all of it lies in the spool; with room again there is one conversation, sealed."""
    here = installed.place
    part = here.records()
    failed = _fails(lambda reached: _take_in(here, part, reached), installed.disk, step)
    assert failed == (step <= LAST_WRITES[where])
    assert here.row is not None or {part.caller_file, part.agent_file} <= set(here.plain)

    installed.disk.free()
    for waiting in here.unsettled:
        assert here.takes(waiting) in (Fate.TAKEN_IN, Fate.KNOWN)
    assert (1, ["sealed"], [], ()) == (here.rows, here.sealed, here.plain, here.unsettled)
    assert here.row is not None
    assert here.row.sha256 == sha256(here.sound()).hexdigest()


@pytest.mark.parametrize("step", [BEFORE, *STEPS_OF_A_PURGE], ids=lambda step: step.name if step else "BEFORE")
@pytest.mark.parametrize("where", EVERYWHERE)
def test_what_a_full_disk_keeps_from_going_goes_later(installed: Installed, where: str, step: int) -> None:
    """What is not due stays whole; whatever is left of what is due has a row to find it by."""
    places = installed.places
    keep(places, *(a_recording(number) for number in DUE_ONES), a_recording(4, ENDED.replace(year=2025)))
    failed = _fails(lambda reached: _run(places, lambda now, _: reached(now)), installed.disk, step)
    # Behind that the catalogue's log, which was written back, may have left some room.
    assert failed == (step <= LAST_WRITES_OF_THE_JOB[where]) or (where == CATALOGUE and step > purge.Step.SPOOL_SYNCED)
    assert whole(id_of(4)) == left_of(places, id_of(4))
    for left in (left_of(places, id_of(number)) for number in DUE_ONES):
        assert not left or left[0] in ("kept", "purging")

    installed.disk.free()
    assert 3 == _run(places, purge.unwatched).purged
    assert [[], [], []] == [left_of(places, id_of(number)) for number in DUE_ONES]
    with places.database.reading() as connection:
        chain = tombstones.verify(connection, runs.heads(connection))
    assert (True, 3) == (chain.whole, chain.head.number)


def _fails(doing: Callable[[Callable[[int], None]], object], disk: Disk, step: int) -> bool:
    """Whether something fails for want of room when the disk is full from that step on."""

    def reached(now: int) -> None:
        if now == step:
            disk.fill()

    reached(BEFORE)
    told = ""
    try:
        doing(reached)
    except FULL as fault:
        told = str(fault)
    assert not told or any(words in told for words in ("No space left on device", "database or disk is full"))
    return bool(told)


def _take_in(here: Place, part: RecordingPart, reached: Callable[[int], None]) -> None:
    with here.archive() as archive:
        Intake(here.database, archive, here.home, here.rules, reached).take_part(part, about(part), NOW)


def _run(places: Places, watch: Watch) -> Run:
    return runs.once(places, DUE, "here", at_noon(DUE), ALL, watch)
