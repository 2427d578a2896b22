"""The table of offices against a search of its own, and against any bytes at all."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from routing.offices import COLUMNS, OfficeTableError, read_offices

Range = tuple[int, int]


def into_ranges(ends: set[int]) -> list[Range]:
    """Ranges without overlap, from an even number of their ends."""
    ordered = sorted(ends)
    return list(zip(ordered[::2], ordered[1::2], strict=False))


ranges = st.sets(st.integers(0, 99_999), min_size=2, max_size=40).map(into_ranges)


def written(rows: list[Range]) -> bytes:
    """A table whose offices are named by their ranges."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(
        (f"{start:05}", f"{end:05}", f"{start}-{end}", "Prosta 1", "00-001", "Miasto") for start, end in rows
    )
    return text.getvalue().encode()


@given(ranges.flatmap(st.permutations), st.integers(0, 99_999))
def test_the_office_of_a_code_is_the_one_that_a_reader_of_the_table_would_find(rows: list[Range], code: int) -> None:
    """Whatever the order of the rows."""
    expected = next((f"{start}-{end}" for start, end in rows if start <= code <= end), None)
    office = read_offices(written(rows)).serving(f"{code:05}")
    assert expected == (office and office.name)


@given(st.binary() | st.text().map(str.encode) | st.binary().map(lambda raw: written([(0, 9)]) + raw))
def test_any_bytes_are_a_table_or_refused(raw: bytes) -> None:
    """Nothing but an OfficeTableError is ever raised."""
    with suppress(OfficeTableError):
        read_offices(raw)
