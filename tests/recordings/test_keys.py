"""Recordings' keys: each its own, wrapped by keys that no database holds, and gone when they are destroyed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

import provision
from recordings.faults import KeyMissing
from recordings.key_encryption import VARIABLE, KeyEncryption, read_keys
from recordings.key_store import KeyStore, recording_keys
from recordings.sealing import KEY_BYTES
from storage.database import Database
from storage.key_ring import make_key
from tests.recordings.conftest import FIRST_KEY, NOW

ONE, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
NEWER = {"2027": bytes(KEY_BYTES)}


def again(keys: KeyStore, **encryption: bytes) -> KeyStore:
    """The same store, opened with other keys."""
    return KeyStore(keys.url, KeyEncryption(encryption))


def test_looking_for_a_key_store_makes_none(database_url: str) -> None:
    """In a database that is there, too."""
    store = KeyStore(database_url, KeyEncryption(FIRST_KEY), make=False)
    assert [False, False] == [store.is_there(), store.is_there()]
    store.prepare()
    assert store.is_there()
    store.close()


def test_a_key_store_that_is_looked_for_is_not_made(tmp_path: Path) -> None:
    """Not even its file."""
    path = tmp_path / "none.db"
    assert not KeyStore(f"sqlite:///{path}", KeyEncryption(FIRST_KEY), make=False).is_there()
    assert not path.exists()


def test_each_recording_has_a_key_of_its_own(keys: KeyStore) -> None:
    """Made once; asked for again it is the same."""
    one, other = keys.make(ONE, NOW), keys.make(OTHER, NOW)
    assert KEY_BYTES == len(one)
    assert one != other
    assert (one, one, other) == (keys.make(ONE, NOW), keys.key(ONE), keys.key(OTHER))
    assert keys.key("33333333-3333-3333-3333-333333333333") is None


@dataclass(frozen=True, slots=True, repr=False)
class Late(KeyEncryption):
    """Keys of a process to which another one is always ahead."""

    ahead: Callable[[], bytes]

    def wrap(self, key: bytes, recording_id: str) -> tuple[str, bytes]:
        """As ever, when the other one has made its own."""
        self.ahead()
        return KeyEncryption.wrap(self, key, recording_id)


@pytest.mark.postgresql
def test_of_two_who_make_a_key_at_once_both_get_the_first(postgresql_server: provision.Server) -> None:
    """In PostgreSQL they do not wait for one another."""
    url = postgresql_server.create_database("keys_at_once")
    with (
        closing(KeyStore(url, KeyEncryption(FIRST_KEY))) as first,
        closing(KeyStore(url, Late(FIRST_KEY, lambda: first.make(ONE, NOW)))) as second,
    ):
        assert second.make(ONE, NOW) == first.key(ONE)


def test_a_destroyed_key_is_gone_from_the_files(keys: KeyStore) -> None:
    """From the database and from its log; the key of another recording stays."""
    kept = keys.make(OTHER, NOW)
    keys.make(ONE, NOW)
    wrapped = _wrapped(keys, ONE)
    assert any(wrapped in path.read_bytes() for path in _files(keys))
    keys.destroy([ONE, "33333333-3333-3333-3333-333333333333"])
    keys.forget_traces()
    assert [] == [path for path in _files(keys) if wrapped in path.read_bytes()]
    assert keys.key(ONE) is None
    assert frozenset({OTHER}) == keys.has([ONE, OTHER])
    assert kept == keys.key(OTHER)


def test_keys_are_wrapped_anew_and_the_old_one_can_be_retired(keys: KeyStore) -> None:
    """No recording is encrypted again: their keys stay what they are."""
    before = {id: keys.make(id, NOW) for id in (ONE, OTHER)}
    both = again(keys, **FIRST_KEY, **NEWER)
    assert [1, {"2026", "2027"}, 1, 0] == [both.rewrap(1), both.wrapping(), both.rewrap(1), both.rewrap(1)]
    assert ({"2027": 2}, frozenset({"2027"})) == (both.wrapped_by(), both.wrapping())
    newest = again(keys, **NEWER)
    assert before == {id: newest.key(id) for id in before}


def test_a_key_that_wraps_is_missed_by_name(keys: KeyStore) -> None:
    """Where it is not there, and where it is another one."""
    keys.make(ONE, NOW)
    with pytest.raises(KeyMissing, match="the key 2026, which wraps recordings' keys, is missing"):
        again(keys, **NEWER).key(ONE)
    with pytest.raises(KeyMissing, match="the key 2026 is not the one"):
        again(keys, **{"2026": bytes(KEY_BYTES)}).key(ONE)


def test_a_wrapped_key_opens_for_its_own_recording_alone() -> None:
    """It cannot be moved to another row."""
    encryption = KeyEncryption(FIRST_KEY)
    by, wrapped = encryption.wrap(bytes(KEY_BYTES), ONE)
    assert bytes(KEY_BYTES) == encryption.unwrap(by, wrapped, ONE)
    with pytest.raises(KeyMissing):
        encryption.unwrap(by, wrapped, OTHER)


def test_keys_come_from_files_or_from_the_environment(tmp_path: Path) -> None:
    """The newest name wraps; a file is for its owner alone."""
    assert read_keys(tmp_path / "none", {}) is None
    path = make_key(tmp_path, "2026")
    make_key(tmp_path, "2027")
    assert 0o600 == path.stat().st_mode & 0o777
    found = read_keys(tmp_path, {})
    assert found is not None
    assert ("2027", {"2026", "2027"}) == (found.current, set(found.keys))
    assert "bytes" not in repr(found)
    given = read_keys(tmp_path, {VARIABLE: f"a:{'00' * KEY_BYTES}, b:{'11' * KEY_BYTES}"})
    assert given == KeyEncryption({"a": bytes(KEY_BYTES), "b": b"\x11" * KEY_BYTES})
    with pytest.raises(FileExistsError):
        make_key(tmp_path, "2026")


@pytest.mark.parametrize(
    ("text", "told"),
    [("a:00", "a: not 32 bytes"), ("a", "a: not 32 bytes"), (f"a/b:{'00' * 32}", "no name for a key")],
)
def test_unusable_keys_are_told(tmp_path: Path, text: str, told: str) -> None:
    """By where they stand; nothing of them is repeated."""
    with pytest.raises(KeyMissing, match=told):
        read_keys(tmp_path, {VARIABLE: text})


def test_a_damaged_file_of_a_key_is_told(tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "2026.key").write_text("not hexadecimal")
    with pytest.raises(KeyMissing, match=r"2026\.key: not 32 bytes"):
        read_keys(tmp_path, {})


def _files(keys: KeyStore) -> list[Path]:
    folder = Path(keys.url.removeprefix("sqlite:///")).parent
    return [path for path in folder.iterdir() if path.name.startswith("keys.db")]


def _wrapped(keys: KeyStore, id: str) -> bytes:
    with closing(Database(keys.url)) as database, database.reading() as connection:
        c = recording_keys.c
        return bytes(connection.execute(select(c.wrapped).where(c.recording_id == id)).scalar_one())
