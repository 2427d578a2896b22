"""The table of offices: what it may look like, and what is said of one that cannot be used."""

from __future__ import annotations

import pytest

from routing.offices import Office, OfficeTableError, read_offices
from tests.menu_files import SHIPPED

HEADER = "postal_from,postal_to,name,street,postal_code,city"
WARSAW = "00-000,05-999,Oddział,Prosta 1,00-001,Warszawa"
WROCLAW = '50-000,59-999,"Inspektorat, nowy",Krzywa 2,50-001,Wrocław'


def table(*rows: str) -> bytes:
    """A table of these rows."""
    return "\n".join([HEADER, *rows, ""]).encode()


@pytest.mark.parametrize(
    ("code", "city"),
    [
        ("00000", "Warszawa"),
        ("05999", "Warszawa"),
        ("06000", None),
        ("49999", None),
        ("50000", "Wrocław"),
        ("59999", "Wrocław"),
        ("60000", None),
        ("99999", None),
    ],
)
def test_a_code_belongs_to_the_office_whose_range_holds_it(code: str, city: str | None) -> None:
    """Both ends of a range belong to it; between ranges there is no office."""
    office = read_offices(table(WARSAW, WROCLAW)).serving(code)
    assert city == (office and office.city)


@pytest.mark.parametrize("code", ["", "0000", "000000", "00-00", "0000a", "٠٠٠٠٠", "0000\n"])
def test_what_is_not_five_digits_belongs_to_no_office(code: str) -> None:
    """Whatever else it is."""
    assert None is read_offices(table(WARSAW)).serving(code)


@pytest.mark.parametrize(
    "raw",
    [
        table(WROCLAW, WARSAW),
        b"\xef\xbb\xbf" + table(WARSAW, WROCLAW),
        table(WARSAW, "", WROCLAW).replace(b"\n", b"\r\n"),
        table(WARSAW.replace("-0", "0").replace("-9", "9"), f"  {WROCLAW}"),
    ],
    ids=["any order", "a byte order mark", "Windows line ends and an empty line", "codes without hyphens"],
)
def test_tables_come_as_people_save_them(raw: bytes) -> None:
    """The offices are the same."""
    offices = read_offices(raw)
    assert Office("Inspektorat, nowy", "Krzywa 2", "50-001", "Wrocław") == offices.serving("51111")
    assert ("00000", "50000") == offices.starts


@pytest.mark.parametrize(
    ("raw", "line", "message"),
    [
        (b"", 1, f"the columns must be {HEADER}"),
        (b"a,b\n1,2\n", 1, f"the columns must be {HEADER}"),
        (table(), 1, "no office follows the names of the columns"),
        (table(WARSAW, "50-000,59-999,Inspektorat"), 3, "a row has 6 columns"),
        (table(WARSAW, f"{WROCLAW},more"), 3, "a row has 6 columns"),
        (table(WARSAW, WROCLAW.replace("Krzywa 2", " ")), 3, "street is empty"),
        (table(WARSAW.replace("00-000", "0-000")), 2, '"0-000" is not a postal code; write it as 00-123'),
        (table(WARSAW.replace("05-999", "٠٥-٩٩٩")), 2, '"٠٥-٩٩٩" is not a postal code; write it as 00-123'),
        (table(WARSAW.replace("00-000", "06-000")), 2, "postal_from comes after postal_to"),
        (table(WROCLAW, WARSAW, WARSAW.replace("00-000", "05-999")), 4,
         "the range from 05999 overlaps another one that ends at 05999"),
        (table(WARSAW, '"50-000'), 3, "not a CSV table: unexpected end of data"),
        (table(WARSAW.replace("Prosta 1", '"Prosta\n1"')), 3, "street holds a line break or a control character"),
        (table(WARSAW, WROCLAW).replace("ł".encode(), b"\xb3"), 2, "not UTF-8 text"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_refused_with_its_line(raw: bytes, line: int, message: str) -> None:
    """The line as an editor counts it, and what is wrong there."""
    with pytest.raises(OfficeTableError) as refused:
        read_offices(raw)
    assert (line, message) == (refused.value.line, str(refused.value))


def test_the_shipped_table_says_that_it_is_a_sample() -> None:
    """Every office's name says so to the caller."""
    offices = read_offices((SHIPPED.parent / "offices.csv").read_bytes()).offices
    assert [] == [office for office in offices if "sample" not in office.name]
    assert len(offices) > 10
