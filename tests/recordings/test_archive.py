"""The archive: what is put is there whole, and what is destroyed is gone."""

from __future__ import annotations

import io

import pytest

from recordings.archive import SOUND, WAVEFORM, Archive
from recordings.faults import KeyMissing, RecordingFault, SealBroken
from tests.recordings.conftest import NOW

ONE, OTHER = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


def put(archive: Archive, id: str, plain: bytes, what: str = SOUND) -> int:
    """Into the archive."""
    return archive.put(id, what, io.BytesIO(plain), NOW)


def get(archive: Archive, id: str, what: str = SOUND) -> bytes:
    """Out of it."""
    return b"".join(archive.open(id, what))


def test_what_is_put_can_be_heard_and_not_read(archive: Archive) -> None:
    """Sound and waveform; who puts again replaces."""
    put(archive, ONE, b"hello")
    put(archive, ONE, b"peaks", WAVEFORM)
    size = put(archive, ONE, b"hello again")
    path = archive.path(ONE, SOUND)
    assert (b"hello again", b"peaks") == (get(archive, ONE), get(archive, ONE, WAVEFORM))
    assert b"hello" not in path.read_bytes()
    assert (size, 0o600) == (path.stat().st_size, path.stat().st_mode & 0o777)
    assert {ONE} == set(archive.ids())
    assert [] == list(archive.folder.rglob("*.new"))


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
        archive.path(id, SOUND)
