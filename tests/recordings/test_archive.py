"""The archive: what is put is there whole, and what is destroyed is gone."""

from __future__ import annotations

import io

import pytest

from recordings.archive import Archive
from recordings.faults import KeyMissing, RecordingFault, SealBroken
from recordings.sealing import PIECE_BYTES, seal
from tests.recordings.conftest import NOW

ONE, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def put(archive: Archive, id: str, plain: bytes, waveform: bytes = b"peaks") -> int:
    """Into the archive."""
    return archive.put(id, io.BytesIO(plain), waveform, NOW)


def get(archive: Archive, id: str) -> bytes:
    """Out of it."""
    return b"".join(archive.sound(id))


def test_what_is_put_can_be_heard_and_not_read(archive: Archive) -> None:
    """Sound and waveform; who puts again replaces."""
    put(archive, ONE, b"hello")
    size = put(archive, ONE, b"hello again")
    path = archive.path(ONE)
    assert (b"hello again", b"peaks") == (get(archive, ONE), archive.waveform(ONE))
    assert b"hello" not in path.read_bytes()
    assert (size, 0o600) == (path.stat().st_size, path.stat().st_mode & 0o777)
    assert {ONE} == set(archive.ids())
    assert [] == list(archive.folder.rglob("*.new"))


@pytest.mark.parametrize("length", [0, 1, PIECE_BYTES - 4, PIECE_BYTES, 3 * PIECE_BYTES])
@pytest.mark.parametrize("sound", [b"", b"hello", b"hello" * PIECE_BYTES])
def test_sound_and_waveform_are_told_apart(archive: Archive, sound: bytes, length: int) -> None:
    """However long they are; both lie in one file."""
    peaks = bytes(number % 251 for number in range(length))
    put(archive, ONE, sound, peaks)
    assert (sound, peaks) == (get(archive, ONE), archive.waveform(ONE))
    assert 1 == len(list(archive.folder.rglob("*.*")))


@pytest.mark.parametrize("plain", [b"", b"\0\0", b"\0\0\0\5peak"])
def test_what_another_version_sealed_is_told(archive: Archive, plain: bytes) -> None:
    """It opens, and does not hold what it should."""
    path = archive.path(ONE)
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        seal(io.BytesIO(plain), file, archive.keys.make(ONE, NOW), path.name)
    for opened in (archive.sound, archive.waveform):
        with pytest.raises(SealBroken, match="this version"):
            list(opened(ONE))


def test_what_is_destroyed_is_gone_and_may_be_destroyed_again(archive: Archive) -> None:
    """Files that were never finished as well."""
    put(archive, ONE, b"hello")
    put(archive, OTHER, b"bye")
    for path in archive.files(ONE):
        path.write_bytes(b"left over")
    archive.destroy(ONE)
    archive.destroy(ONE)
    archive.destroy("33333333-3333-3333-3333-333333333333")
    assert {OTHER} == set(archive.ids())


def test_without_its_key_a_file_is_noise(archive: Archive) -> None:
    """Whatever copies there are of it."""
    put(archive, ONE, b"hello")
    archive.keys.destroy([ONE])
    with pytest.raises(KeyMissing, match=f"recording {ONE} has no key"):
        get(archive, ONE)
    archive.keys.make(ONE, NOW)
    with pytest.raises(SealBroken):
        get(archive, ONE)


def test_a_file_that_is_missing_is_told(archive: Archive) -> None:
    """By its path."""
    archive.keys.make(ONE, NOW)
    with pytest.raises(RecordingFault, match="missing"):
        get(archive, ONE)


@pytest.mark.parametrize("id", ["", "..", "../../etc/passwd", ONE.upper() + "x", "1111"])
def test_what_is_no_id_leads_nowhere(archive: Archive, id: str) -> None:
    """It may come from a person."""
    with pytest.raises(ValueError, match="not the id"):
        archive.path(id)
