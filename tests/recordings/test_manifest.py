"""The list of another archive: every bad row is told by what is wrong with it, and no good one is lost with it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.catalogue import Purpose
from recordings.manifest import COLUMNS, Line, ManifestFault, Row, read
from tests.recordings.conftest import NOW

WARSAW = ZoneInfo("Europe/Warsaw")
HEADER = "file,ended_at,purpose,consent,caller,topic,queue,consultant"
GOOD = "a.wav,2024-05-17T14:30,consultant_call,yes,+48 600 100 200,pensions,pensions-uk,1701"


def lines(text: str | bytes) -> list[Line]:
    """All lines of a list."""
    raw = text if isinstance(text, bytes) else text.encode()
    return list(read(io.BytesIO(raw), WARSAW, NOW))


def fault(row: str) -> str | None:
    """What is told of a row."""
    _, found = lines(f"{HEADER}\n{row}\n")
    return found.fault


def test_a_row_is_a_recording() -> None:
    """Times are those of the service where they say nothing else."""
    _, found = lines(f"{HEADER}\n{GOOD}\n")
    ended_at = datetime(2024, 5, 17, 12, 30, tzinfo=UTC)
    known = ("+48600100200", "pensions", "pensions-uk", "1701")
    assert Row("a.wav", ended_at, Purpose.CONSULTANT_CALL, True, *known) == found.row


@pytest.mark.parametrize("separator", [",", ";"])
def test_columns_come_in_any_order(separator: str) -> None:
    """With a byte order mark, in capitals, and without those that nobody knows."""
    text = "\ufeffConsent,Purpose,ENDED_AT,file\r\nno,video_visit,2024-05-17T14:30+00:00,b.wav\r\n"
    _, found = lines(text.replace(",", separator))
    at = datetime(2024, 5, 17, 14, 30, tzinfo=UTC)
    assert Row("b.wav", at, Purpose.VIDEO_VISIT, False, None, None, None, None) == found.row


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("file", "", "file: no name"),
        ("ended_at", "yesterday", "ended_at: not a time; write it like 2024-05-17T14:30"),
        ("ended_at", "2026-11-28T13:01", "ended_at: in the future"),
        ("ended_at", "1969-12-31", "ended_at: before 1970"),
        ("purpose", "marketing", "purpose: one of consultant_call, virtual_assistant, video_visit expected"),
        ("consent", "perhaps", "consent: yes or no expected"),
        ("consent", "", "consent: yes or no expected"),
        ("caller", "Anna", "caller: not a telephone number"),
        ("topic", "x" * 41, "topic: longer than 40 characters"),
        ("consultant", "x" * 41, "consultant: longer than 40 characters"),
        ("file", 'a"b', "quotes that do not match"),
        ("file", "a\0b", "a zero byte in it"),
        ("file", "a,b", "9 cells instead of 8"),
    ],
)
def test_a_bad_cell_is_told(column: str, value: str, told: str) -> None:
    """By its column; what it holds is not repeated."""
    cells = dict(zip(HEADER.split(","), GOOD.split(","), strict=True)) | {column: value}
    if told.startswith("quotes"):
        cells["file"] = '"a"b'
    assert told == fault(",".join(cells.values()))


def test_one_bad_row_spoils_no_other() -> None:
    """Not even one that is no text, or endless; blank ones mean nothing."""
    rows = [HEADER.encode(), GOOD.encode(), b"\xff\xfe", b"x" * 200_000, b"", b",,,,,,,", GOOD.encode()]
    found = lines(b"\n".join(rows))
    assert ["not in UTF-8", "longer than 65536 bytes"] == [line.fault for line in found if line.fault]
    assert [2, 7] == [line.number for line in found if line.row]
    assert len(b"\n".join(rows)) == sum(line.size for line in found)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("file,ended_at\n", "it lacks purpose, consent"),
        ("file,file,ended_at,purpose,consent\n", "the column file is there twice"),
    ],
)
def test_a_list_without_columns_is_refused(text: str, told: str) -> None:
    """As a whole: no row means anything."""
    with pytest.raises(ManifestFault, match=told):
        lines(text)


@given(st.lists(st.binary(max_size=80), max_size=10))
def test_whatever_the_rows_hold_every_line_has_its_place(rows: list[bytes]) -> None:
    """A row, a fault or nothing; and no fault repeats a cell."""
    raw = b"\n".join((HEADER.encode(), *rows))
    found = lines(raw)
    assert len(raw) == sum(line.size for line in found)
    assert [*range(1, len(found) + 1)] == [line.number for line in found]
    assert not any(line.row and line.fault for line in found)


def test_the_columns_are_those_of_the_command() -> None:
    """None has been forgotten above."""
    assert sorted(COLUMNS) == sorted(HEADER.split(","))
