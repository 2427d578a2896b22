from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth_pin import identifiers
from auth_pin.faults import IdentifierFault, ProfileUnreadable
from auth_pin.identifier_seal import IdentifierSeal

keys = st.binary(min_size=32, max_size=32)
well_formed = st.text("0123456789", min_size=6, max_size=12)
malformed = st.text().filter(lambda text: not re.fullmatch(r"[0-9]{6,12}", text))
subjects = st.text("0123456789abcdef", min_size=32, max_size=32)


def test_a_claim_is_hmac_sha256_under_the_key() -> None:
    """Anybody with the key can compute a claim by the standard (here by OpenSSL)."""
    expected = "b2be66f797c511bd2a34dfb060838661a6882b3f98f54af9cd34a6c66ae8afe4"
    assert expected == identifiers.claim(bytes(range(32)), "12345678")


@given(keys, well_formed, well_formed)
def test_claims_tell_identifiers_apart(key: bytes, one: str, other: str) -> None:
    """The same identifier has the same claim, another has another; leading zeros count."""
    assert (one == other) == (identifiers.claim(key, one) == identifiers.claim(key, other))


@given(keys, keys, well_formed)
def test_a_claim_belongs_to_its_key(key: bytes, other: bytes, identifier: str) -> None:
    """Another installation has another claim for the same identifier."""
    assert (key == other) == (identifiers.claim(key, identifier) == identifiers.claim(other, identifier))


@given(keys, malformed)
def test_only_six_to_twelve_digits_are_an_identifier(key: bytes, text: str) -> None:
    """Anything else is refused in words that do not repeat it."""
    with pytest.raises(IdentifierFault) as refused:
        identifiers.claim(key, text)
    assert "an identifier is 6 to 12 digits" == str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "12345", "1234567890123", "１２３４５６７８", "12345678\n", " 12345678", "1234-5678"]
)
def test_what_looks_like_an_identifier_and_is_none(text: str) -> None:
    """Too short, too long, digits of other scripts, blanks and dashes."""
    with pytest.raises(IdentifierFault):
        identifiers.check(text)


@given(keys, st.text(st.characters(codec=None)))
def test_a_pseudonym_exists_for_whatever_was_keyed(key: bytes, keyed: str) -> None:
    """Nothing that arrives from a telephone can raise."""
    assert re.fullmatch("[0-9a-f]{64}", identifiers.pseudonym(key, keyed))


@given(well_formed)
def test_a_masked_identifier_shows_three_digits(identifier: str) -> None:
    """Enough to find one's way in a list, too few to use."""
    shown = identifiers.masked(identifier)
    assert identifier[-3:] == shown.lstrip("*")
    assert len(identifier) == len(shown)


@given(keys, well_formed, subjects)
def test_a_sealed_identifier_opens_again(key: bytes, identifier: str, subject: str) -> None:
    """The operator can read what was stored; its length on disk tells nothing."""
    sealed = IdentifierSeal(key).close(identifier, subject)
    assert identifier == IdentifierSeal(key).open(sealed, subject)
    assert len(IdentifierSeal(key).close("123456", subject)) == len(sealed)
    assert identifier.encode() not in sealed


@given(well_formed, subjects, subjects)
def test_a_sealed_identifier_belongs_to_its_profile(identifier: str, subject: str, other: str) -> None:
    """Moved to another row, it does not open, and the fault names the row only."""
    if subject == other:
        return
    seal = IdentifierSeal(bytes(32))
    with pytest.raises(ProfileUnreadable) as refused:
        seal.open(seal.close(identifier, subject), other)
    assert other in str(refused.value)


@given(well_formed, subjects, st.data())
def test_a_damaged_identifier_does_not_open(identifier: str, subject: str, data: st.DataObject) -> None:
    """One changed bit anywhere, a cut, or another key: ProfileUnreadable, never a wrong identifier."""
    seal = IdentifierSeal(bytes(32))
    sealed = seal.close(identifier, subject)
    place = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
    for damaged, opener in ((changed, seal), (sealed[:place], seal), (sealed, IdentifierSeal(bytes(31) + b"\1"))):
        with pytest.raises(ProfileUnreadable):
            opener.open(damaged, subject)
