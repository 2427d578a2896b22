"""What recordings are called: the same thing always the same, nothing else so, and what is of one time together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from recordings.archive import folder_of
from recordings.identity import id_of, of_call, of_file, part_of
from recordings.nameless import FOLDERS

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SECONDS = st.integers(0, 10 * 366 * 86400)
CHANCE = st.uuids(version=4)
SEQS = st.integers(0, 500)


def a_call(second: int, chance: UUID) -> str:
    """The id of a call, as the dialplan makes it."""
    at = BEGIN + timedelta(seconds=second)
    return f"{int(at.timestamp()):x}-{str(chance)[9:]}"


@given(SECONDS, SECONDS, CHANCE, CHANCE, SEQS, SEQS)
def test_recordings_are_in_the_order_of_their_calls(
    one: int, other: int, chance: UUID, more: UUID, seq: int, last: int
) -> None:
    """By the second in which those came, whatever else differs."""
    ids = [id_of(of_call(a_call(one, chance), seq)), id_of(of_call(a_call(other, more), last))]
    if one != other:
        assert (one < other) == (ids[0] < ids[1])
    same = (one, str(chance)[9:], seq) == (other, str(more)[9:], last)
    assert same == (ids[0] == ids[1])


@given(SECONDS, CHANCE, SEQS)
def test_an_id_is_a_uuid_in_a_folder_of_the_archive(second: int, chance: UUID, seq: int) -> None:
    """Of a call or of a file from elsewhere, and its origin is told apart again."""
    call = a_call(second, chance)
    for origin in (of_call(call, seq), of_file(chance.hex * 2)):
        assert (str(UUID(id_of(origin))), True) == (id_of(origin), folder_of(id_of(origin)) in FOLDERS)
    assert (call, seq) == part_of(of_call(call, seq))


@given(st.text(max_size=40), SEQS)
def test_whatever_a_call_is_called_its_recording_has_an_id(call: str, seq: int) -> None:
    """Names that begin with no time give ids without one."""
    made = id_of(of_call(call, seq))
    assert (str(UUID(made)), made) == (made, id_of(of_call(call, seq)))


def test_folders_are_used_alike() -> None:
    """Ids of one day begin alike, and end by chance."""
    used = {folder_of(id_of(of_call(a_call(0, UUID(int=number)), 7))) for number in range(5000)}
    assert set(FOLDERS) == used
