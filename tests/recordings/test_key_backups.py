"""Backups of keys: whole, private, gone in time, and never a way back for what was destroyed."""

from __future__ import annotations

import errno
import stat
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import key_backups
from recordings.faults import RecordingFault
from recordings.key_backups import Backup, Restored
from recordings.key_encryption import KeyEncryption
from recordings.key_store import KeyStore
from recordings.searching import stands_in
from recordings.wrapped_keys import WrappedKey
from tests.recordings.conftest import FIRST_KEY, NOW

DAY = timedelta(days=1)


def none_gone(keys: object) -> frozenset[str]:
    """Nothing was destroyed on purpose."""
    return frozenset()


def a_store(path: Path, encryption: KeyEncryption | None = None) -> KeyStore:
    """A key store in that file."""
    return KeyStore(f"sqlite:///{path}", encryption or KeyEncryption(FIRST_KEY))


def test_a_backup_has_every_key(keys: KeyStore, tmp_path: Path) -> None:
    """They open in another store with the key that wraps them; the file is its owner's, and nothing lies beside it."""
    made = {id: keys.make(id, NOW) for id in ("a", "b", "c")}
    backup = key_backups.make(keys, tmp_path / "backups", NOW)
    assert Backup(tmp_path / "backups" / "recording-keys-20261128T120000Z.db", NOW) == backup
    assert ([backup.path], 0o600) == (list(backup.path.parent.iterdir()), stat.S_IMODE(backup.path.stat().st_mode))
    with closing(a_store(tmp_path / "other.db")) as other:
        assert Restored(3, 0) == key_backups.restore(backup.path, other, none_gone, none_gone)
        assert made == {id: other.key(id) for id in made}
        assert Restored(0, 0) == key_backups.restore(backup.path, other, none_gone, none_gone)
    assert [backup.path] == list(backup.path.parent.iterdir())


def test_a_key_that_was_destroyed_before_is_in_no_byte_of_it(keys: KeyStore, tmp_path: Path) -> None:
    """SQLite's own copy of a file would have its empty room as well."""
    for number in range(100):
        keys.make(f"recording-{number:03}", NOW)
    keys.destroy(["recording-050"])
    backup = key_backups.make(keys, tmp_path, NOW)
    assert (False, True) == (stands_in(backup.path, ("recording-050",)), stands_in(backup.path, ("recording-051",)))
    assert ((), (backup,)) == tuple(key_backups.having(tmp_path, f"recording-{number}") for number in ("050", "051"))


def test_what_was_destroyed_since_stays_destroyed(keys: KeyStore, tmp_path: Path) -> None:
    """The rest comes back."""
    for id in ("a", "b", "c"):
        keys.make(id, NOW)
    backup = key_backups.make(keys, tmp_path, NOW)
    keys.destroy(["a", "b"])

    def buried(page: Sequence[WrappedKey]) -> frozenset[str]:
        return frozenset({"a"} & {key.id for key in page})

    restored = key_backups.restore(backup.path, keys, buried, none_gone)
    assert (Restored(1, 1), {"b", "c"}) == (restored, set(keys.ids()))


def test_keys_of_people_are_backed_up_as_well(keys: KeyStore, tmp_path: Path) -> None:
    """Those of whoever was erased since stay destroyed: what the key was tells who that was."""
    made = {id: keys.people.make(id, NOW) for id in ("anna", "jan")}
    backup = key_backups.make(keys, tmp_path, NOW)
    keys.people.destroy(made)

    def erased(page: Sequence[WrappedKey]) -> frozenset[str]:
        return frozenset(key.id for key in page if keys.people.opened(key) == made["anna"])

    assert Restored(1, 1) == key_backups.restore(backup.path, keys, none_gone, erased)
    assert (None, made["jan"]) == (keys.people.key("anna"), keys.people.key("jan"))


def test_a_key_that_was_made_anew_is_not_overwritten(keys: KeyStore, tmp_path: Path) -> None:
    """What is there is what recordings are sealed with."""
    keys.make("a", NOW)
    backup = key_backups.make(keys, tmp_path, NOW)
    keys.destroy(["a"])
    newer = keys.make("a", NOW)
    assert (Restored(0, 0), newer) == (key_backups.restore(backup.path, keys, none_gone, none_gone), keys.key("a"))


@given(st.lists(st.integers(0, 40), unique=True, max_size=8), st.integers(0, 40))
def test_a_backup_lives_for_so_many_days(tmp_path_factory: pytest.TempPathFactory, ages: list[int], days: int) -> None:
    """Not a second longer once it is looked at, and not a second less; files that are no backups are left alone."""
    folder = tmp_path_factory.mktemp("backups")
    (folder / "recording-keys-notes.db").touch()
    for age in ages:
        (folder / f"recording-keys-{NOW - age * DAY:%Y%m%dT%H%M%SZ}.db").touch()
    over = key_backups.expire(folder, days, NOW)
    assert {NOW - age * DAY for age in ages if age > days} == {one.made_at for one in over}
    assert {NOW - age * DAY for age in ages if age <= days} == {one.made_at for one in key_backups.of_folder(folder)}
    assert (folder / "recording-keys-notes.db").exists()


def test_a_backup_that_was_not_finished_is_none(keys: KeyStore, tmp_path: Path) -> None:
    """It is overwritten by the next one of that second, or destroyed once it is a day old: it may be written."""
    keys.make("a", NOW)
    unfinished = tmp_path / "recording-keys-20261128T120000Z.db.new"
    unfinished.write_bytes(b"half of it")
    assert () == key_backups.of_folder(tmp_path)
    backup = key_backups.make(keys, tmp_path, NOW)
    assert ((backup,), False) == (key_backups.having(tmp_path, "a"), unfinished.exists())
    unfinished.write_bytes(b"half of it")
    for age, is_there in ((DAY, True), (DAY + timedelta(seconds=1), False)):
        assert () == key_backups.expire(tmp_path, 30, NOW + age)
        assert is_there == unfinished.exists()


def test_of_a_backup_that_fails_nothing_is_left(
    keys: KeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk is full half a backup would keep it so."""
    keys.make("a", NOW)

    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(key_backups, "sync_file", full)
    with pytest.raises(OSError, match="No space left"):
        key_backups.make(keys, tmp_path / "backups", NOW)
    assert [] == list((tmp_path / "backups").iterdir())


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to be taken for one" * 20])
def test_what_is_no_backup_is_said_to_be_none(keys: KeyStore, tmp_path: Path, content: bytes) -> None:
    """By its name; nothing is put back."""
    file = tmp_path / "recording-keys-20261128T120000Z.db"
    file.write_bytes(content)
    with pytest.raises(RecordingFault, match="no backup of recordings' keys that can be read"):
        key_backups.restore(file, keys, none_gone, none_gone)
    with pytest.raises(RecordingFault, match="recording-keys-20261128T120000Z"):
        key_backups.having(tmp_path, "a")
