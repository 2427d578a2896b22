from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_pin.faults import PayerFault
from auth_pin.payer_numbers import FEWEST_SPOKEN, endings, is_nip, read

NIP = "5213017228"
digits = st.text("0123456789", min_size=6, max_size=12)


@pytest.mark.parametrize("text", [NIP, "521-301-72-28", "521 301 72 28", "012345678", "44051401359"])
def test_a_number_is_read_as_people_write_it(text: str) -> None:
    """A NIP in groups or not; a REGON and a PESEL for who has none."""
    assert text.replace("-", "").replace(" ", "") == read(text)


@pytest.mark.parametrize(
    "text", ["", "12345", "1" * 13, "521301722x", "521--301-72-28", "-521301722", "٥٢١٣٠١٧٢٢", "PL5213017228"]
)
def test_what_is_no_number_is_refused_without_repeating_it(text: str) -> None:
    """Too short, too long, not digits."""
    with pytest.raises(PayerFault) as refused:
        read(text)
    assert not text or text not in str(refused.value)


@given(st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_makes_no_nip(place: int, step: int) -> None:
    """The check digit tells of every single mistake."""
    wrong = NIP[:place] + str((int(NIP[place]) + step) % 10) + NIP[place + 1 :]
    assert (True, False) == (is_nip(NIP), is_nip(wrong))
    with pytest.raises(PayerFault, match=r"check digit"):
        read(wrong)


@given(st.lists(digits, unique=True, max_size=9))
def test_endings_tell_numbers_apart(numbers: list[str]) -> None:
    """Each is the end of its number, all are different, and none is longer than it must be."""
    found = endings(numbers)
    assert all(number.endswith(ending) for number, ending in zip(numbers, found, strict=True))
    assert len(numbers) == len(set(found))
    length = max(map(len, found), default=FEWEST_SPOKEN)
    assert length == FEWEST_SPOKEN or len({number[1 - length :] for number in numbers}) < len(numbers)


def test_mostly_three_digits_will_do() -> None:
    """And four where two payers share the last three."""
    assert ("228", "390") == endings([NIP, "9261847390"])
    assert ("7228", "1228") == endings([NIP, "901228"])
