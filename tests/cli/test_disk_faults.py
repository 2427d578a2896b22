"""A disk that is full or read-only, as the commands tell it: where and why in a line; then the same goes through."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from recordings.purge import Places
from tests.cli.conftest import ROOT
from tests.cli.keeping import environment, job, opened, table
from tests.recordings.disks import Disk, mounted
from tests.recordings.kept import DUE, a_recording, id_of, keep, left_of
from tests.recordings.places import Place

CATALOGUE, KEYS, ARCHIVE, SPOOL = "database", "keys", "archive", "recordings"
EVERYWHERE = (CATALOGUE, KEYS, ARCHIVE, SPOOL)
FULL, READ_ONLY = "full", "read-only"
TOLD = {
    FULL: ("No space left on device", "database or disk is full", "the disk is full"),
    READ_ONLY: ("Read-only file system", "attempt to write a readonly database", "unable to open database file"),
}


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation, one part of which lies on a disk of its own."""

    home: Path
    disk: Disk

    @property
    def more(self) -> dict[str, str]:
        """What its environment says besides its home."""
        return {"CENTRALA_DATABASE_URL": f"sqlite:///{self.home / CATALOGUE / 'centrala.db'}"}

    def job(self) -> subprocess.CompletedProcess[str]:
        """Run the job on the day after a recording's last one."""
        return job(self.home, "--once", "--now", f"{DUE}T03:30", "--allow-share", "1", **self.more)

    def intake(self) -> subprocess.CompletedProcess[str]:
        """Take in what lies in the spool."""
        words = [sys.executable, "-m", "centrala", "recordings", "intake"]
        env = {**environment(self.home), **self.more}
        return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    def break_disk(self, fault: str) -> None:
        """As it happens."""
        if fault == FULL:
            self.disk.fill()
        else:
            self.disk.set_read_only(True)

    def mend_disk(self) -> None:
        """Either fault."""
        self.disk.set_read_only(False)
        self.disk.free()


@pytest.fixture
def installed(tmp_path: Path, where: str) -> Iterator[Installed]:
    """An installation."""
    home = tmp_path / "home"
    (home / CATALOGUE).mkdir(parents=True)
    with mounted(home / where) as disk:
        yield Installed(home, disk)


def taken(places: Places) -> Place:
    """As the intake's tests see it."""
    return Place(places.home, places.database)


@pytest.mark.parametrize("fault", [FULL, READ_ONLY])
@pytest.mark.parametrize("where", EVERYWHERE)
def test_the_job_tells_what_keeps_it_and_finishes_later(installed: Installed, where: str, fault: str) -> None:
    """With exit code 2; to delete files, a full disk has room enough."""
    with opened(installed.home, **installed.more) as places:
        keep(places, a_recording(1))
    installed.break_disk(fault)
    first = installed.job()
    if fault == FULL and where in (ARCHIVE, SPOOL):
        assert (0, "1") == (first.returncode, table(first)["destroyed"])
    else:
        _is_told(first, where, fault)
    installed.mend_disk()
    second = installed.job()
    assert (0, "1") == (second.returncode, table(second)["destroyed"]), second.stderr
    with opened(installed.home, **installed.more) as places:
        assert [] == left_of(places, id_of(1))


@pytest.mark.parametrize("fault", [FULL, READ_ONLY])
@pytest.mark.parametrize("where", EVERYWHERE)
def test_the_intake_tells_what_keeps_it_and_finishes_later(installed: Installed, where: str, fault: str) -> None:
    """The conversation stays where Asterisk has put it until it is taken in, once."""
    with opened(installed.home, **installed.more) as places:
        part = taken(places).records()
    installed.break_disk(fault)
    _is_told(installed.intake(), where, fault)
    assert all((installed.home / SPOOL / name).exists() for name in (part.caller_file, part.agent_file))
    installed.mend_disk()
    done = installed.intake()
    assert (0, "1 taken in\n") == (done.returncode, done.stdout), done.stderr
    with opened(installed.home, **installed.more) as places:
        here = taken(places)
        assert (1, ["sealed"], [], ()) == (here.rows, here.sealed, here.plain, here.unsettled)


def _is_told(done: subprocess.CompletedProcess[str], where: str, fault: str) -> None:
    assert 2 == done.returncode
    (told,) = [line for line in done.stderr.splitlines() if "mount a tmpfs" not in line]
    assert f"/{where}" in told
    assert any(words in told for words in TOLD[fault]), told
