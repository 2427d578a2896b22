from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_pin import pins, profile_rows, tables
from auth_pin.faults import ImportFault, ProfileFault
from auth_pin.profile_rows import Row
from auth_pin.profiles import State
from auth_pin.tables import Header, Line

HEADER = profile_rows.read_header(Line(1, 0, "identifier,pin,pin_hash,state,created_at"))
HASH = pins.hashed(bytes(32), "471155")


@given(st.binary(max_size=2000))
def test_every_byte_belongs_to_one_line(raw: bytes) -> None:
    """Lines are numbered from 1 and their sizes add up to the file's."""
    found = list(tables.lines(io.BytesIO(raw)))
    assert list(range(1, len(found) + 1)) == [line.number for line in found]
    assert len(raw) == sum(line.size for line in found)
    assert len(io.BytesIO(raw).readlines()) == len(found)


@pytest.mark.parametrize("end", [b"", b"\n", b"\nnext"])
def test_a_line_without_end_is_not_held_in_memory(end: bytes) -> None:
    """It is one line, of its full size, whose text is not kept; the next line is read."""
    longest = tables.LONGEST_LINE
    for length in (longest + 1, 2 * longest, 5 * longest):
        first, *others = tables.lines(io.BytesIO(b"7" * length + end))
        assert (None, length + (1 if end else 0)) == (first.text, first.size)
        assert (["next"] if end == b"\nnext" else []) == [line.text for line in others]


def test_the_longest_line_is_read_whole() -> None:
    """The limit holds for the line with its end."""
    text = "7" * (tables.LONGEST_LINE - 1)
    assert [text] == [line.text for line in tables.lines(io.BytesIO(text.encode() + b"\n"))]


def test_columns_come_in_any_order_and_case() -> None:
    """A spreadsheet's byte-order mark, blanks and capitals do no harm; unknown columns are named."""
    (line,) = tables.lines(io.BytesIO(b"\xef\xbb\xbfState , NAME,Pin,Identifier,,office\r\n"))
    header = profile_rows.read_header(line)
    assert {"identifier": 3, "pin": 2, "state": 0} == header.places
    assert ("name", "office") == header.unknown


def test_semicolons_separate_where_there_are_no_commas() -> None:
    """Spreadsheets write them in Poland."""
    header = profile_rows.read_header(Line(1, 0, "identifier;pin;state"))
    assert Row("123456", "471155", None, State.CLOSED, None) == _read("123456;471155;closed", header)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "lacks identifier, state, pin or pin_hash"),
        ("identifier,state", "lacks pin or pin_hash"),
        ("identifier,pin", "lacks state"),
        ("identifier,pin,state,pin", "pin is there twice"),
        ('identifier,"pin,state', "quotes that do not match"),
        ("12345678,471155,confirmed", "must name the columns"),
    ],
)
def test_a_first_line_that_is_none_is_explained(text: str, fault: str) -> None:
    """What is missing is named; what was found instead may be somebody's PIN and is not."""
    with pytest.raises(ImportFault, match=fault) as refused:
        profile_rows.read_header(Line(1, 0, text))
    assert not re.search("[0-9]", str(refused.value))


def test_an_empty_file_lacks_a_first_line() -> None:
    """No line at all, or one too long to be read."""
    for line in (None, Line(1, 99999, None)):
        with pytest.raises(ImportFault, match="must name the columns"):
            profile_rows.read_header(line)


def test_a_row_holds_a_pin_or_a_hash() -> None:
    """Either way, blanks around cells are nothing."""
    assert Row("123456", "471155", None, State.CONFIRMED, None) == _read(" 123456 ,471155,,confirmed,")
    assert Row("123456", None, HASH, State.BLOCKED, None) == _read(f'123456,,"{HASH}",blocked,')


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-01", datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
        ("2026-11-23T12:00:00", datetime(2026, 11, 23, 11, 0, tzinfo=UTC)),
        ("2026-11-23T12:00:00Z", datetime(2026, 11, 23, 12, 0, tzinfo=UTC)),
        ("2026-11-23 12:00+02:00", datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
    ],
)
def test_a_moment_without_an_offset_is_polish(text: str, moment: datetime) -> None:
    """In summer and in winter; with an offset it is what it says."""
    row = _read(f"123456,471155,,closed,{text}")
    assert row is not None
    assert moment == row.created_at


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("12345,471155,,confirmed,", "an identifier is 6 to 12 digits"),
        ("123456,47115,,confirmed,", "a PIN is exactly 6 digits"),
        ("123456,,,confirmed,", "one of pin and pin_hash"),
        (f'123456,471155,"{HASH}",confirmed,', "only one"),
        ("123456,,$2b$12$abc,confirmed,", "not an Argon2id hash"),
        ("123456,471155,,Confirmed,", "state is one of unconfirmed, confirmed, suspended, blocked, closed"),
        ("123456,471155,,,", "state is one of"),
        ("123456,471155,,closed,yesterday", "created_at is not"),
        ("123456,471155,,closed,0001-01-01", "created_at is not"),
        ("123456,471155,closed", "3 cells instead of 5$"),
        (f"123456,,{HASH},closed,", "7 cells instead of 5; quote a cell that holds a separator"),
        ('123456,"471155,,closed,', "quotes that do not match"),
    ],
)
def test_a_bad_row_is_explained(text: str, fault: str) -> None:
    """The fault names the column and what belongs there."""
    with pytest.raises(ProfileFault, match=fault):
        _read(text)


def test_a_blank_line_is_no_row() -> None:
    """Nor one of separators alone."""
    for text in ("", ",,,,"):
        assert _read(text) is None


@given(st.lists(st.one_of(st.text(), st.sampled_from(["123456", "471155", "closed", HASH, '"', ""])), max_size=7))
def test_whatever_a_line_holds_is_a_row_or_a_fault(cells: list[str]) -> None:
    """Nothing else is raised, and no fault repeats a cell's digits."""
    told = ""
    try:
        told = repr(_read(",".join(cells)))
    except ProfileFault as fault:
        told = str(fault)
    assert "123456" not in told
    assert "471155" not in told


def _read(text: str, header: Header = HEADER) -> Row | None:
    return profile_rows.read_row(header, Line(2, len(text), text))
