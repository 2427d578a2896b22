from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import ProvisionError, versions

PARTS = st.lists(st.integers(0, 99), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("22.10.1", "Asterisk 22.10.1+dfsg+~cs6.17.60671434-1\n"),
        ("20.6.0", "Asterisk 20.6.0~dfsg+~cs6.13.40431414-2build5"),
        ("22.8", "Asterisk certified/22.8-cert1"),
        ("22", "Asterisk GIT-22-1a2b3c4d"),
        ("3.6.1", "\n SIPp v3.6.1-SCTP-PCAP-RTPSTREAM.\n"),
        ("1.51", "eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/espeak-ng-data"),
        ("15.20", "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"),
        ("23.0.1", "pip-23.0.1-py3-none-any.whl"),
    ],
)
def test_programs_tell_their_versions(expected: str, answer: str) -> None:
    """The number is found in each program's own way of telling it."""
    assert expected == versions.find(answer)


def test_an_answer_without_a_version_is_told() -> None:
    """What a program said instead is quoted."""
    with pytest.raises(ProvisionError, match="Segmentation fault"):
        versions.find("Segmentation fault")


def test_numbers_are_compared_as_numbers() -> None:
    """22.10 is later than 22.2, and 22.1 later than 22."""
    ordered = [versions.numbers(text) for text in ("16.28.0", "20.6.0", "22", "22.0.1", "22.1", "22.1.0", "22.10.1")]
    assert all(earlier < later for earlier, later in pairwise(ordered))


@given(PARTS)
def test_a_version_survives_being_printed(parts: list[int]) -> None:
    """Reading a printed version gives its numbers."""
    assert tuple(parts) == versions.numbers(versions.find("Program " + ".".join(map(str, parts))))
