"""What a night would destroy is judged without counting all that is kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recordings import catalogue
from recordings.purge import ALL, enough, foresee
from storage.database import Database
from tests.recordings.kept import DUE, ENDED, a_recording

TOTAL = 12


@given(st.integers(1, 10**6), st.integers(0, 10**8), st.floats(0, 1, exclude_min=True))
def test_counting_no_further_changes_no_verdict(due: int, others: int, share: float) -> None:
    """Whether so many are more than the share of all shows in as many as were counted."""
    total = due + others
    counted = min(total, enough(due, share))
    assert (due / total <= share) == (due / counted <= share)


def test_a_share_that_is_no_number_counts_all() -> None:
    """So that what is said of it is true."""
    assert (ALL, ALL) == (enough(1, float("nan")), enough(1, 0.0))


def test_recordings_are_counted_until_there_are_enough(database: Database) -> None:
    """Where a person looks, all of them are."""
    with database.writing() as connection:
        catalogue.store(connection, a_recording(1))
        for number in range(2, TOTAL + 1):
            catalogue.store(connection, a_recording(number, ENDED.replace(year=2025)))
    with database.reading() as connection:
        assert [TOTAL, 3, TOTAL] == [foresee(connection, DUE, share).recordings for share in (0.0, 0.5, 0.01)]
