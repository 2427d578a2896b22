"""What the audit calls people: always the same, until the key is destroyed, and then never again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from recordings.key_encryption import KeyEncryption
from recordings.key_store import KeyStore
from subjects.pseudonyms import Pseudonyms
from tests.recordings.conftest import FIRST_KEY, NOW

SECRET = bytes(32)
names = st.text(min_size=1, max_size=30)


@contextmanager
def pseudonyms() -> Iterator[tuple[KeyStore, Pseudonyms]]:
    """Those of a new installation."""
    with TemporaryDirectory() as folder:
        keys = KeyStore(f"sqlite:///{Path(folder) / 'keys.db'}", KeyEncryption(FIRST_KEY))
        yield keys, Pseudonyms(keys, SECRET)
        keys.close()


@given(st.lists(names, min_size=2, max_size=5, unique=True))
def test_each_person_has_one_of_their_own(people: list[str]) -> None:
    """Of 64 hexadecimal digits; asked for again it is the same."""
    with pseudonyms() as (_, made):
        found = [made.of(name, NOW) for name in people]
        assert len(people) == len(set(found))
        assert found == [made.of(name, NOW) for name in people] == [made.known(name) for name in people]
        assert {64} == {len(bytes.fromhex(one).hex()) for one in found}


def test_who_is_forgotten_is_never_known_again() -> None:
    """The same person has another pseudonym then; other people keep theirs."""
    with pseudonyms() as (_, made):
        one, other = made.of("number +48600100200", NOW), made.of("number +48601222333", NOW)
        made.destroy(["number +48600100200"])
        assert (None, False, other) == (
            made.known("number +48600100200"),
            made.has(["number +48600100200"]),
            made.known("number +48601222333"),
        )
        assert one != made.of("number +48600100200", NOW)


def test_the_key_store_names_nobody() -> None:
    """Neither a number nor an identifier's pseudonym stands in its bytes."""
    with pseudonyms() as (keys, made):
        made.of("number +48600100200", NOW)
        keys.forget_traces()
        assert b"600100200" not in Path(keys.url.removeprefix("sqlite:///")).read_bytes()


def test_keys_of_people_are_rewrapped_and_are_no_recordings() -> None:
    """A new key wraps them as well; who looks for orphans does not see them."""
    with pseudonyms() as (keys, made):
        known = made.of("number +48600100200", NOW)
        assert ({"2026": 1}, []) == (keys.wrapped_by(), list(keys.ids()))
        newer = KeyStore(keys.url, KeyEncryption({**FIRST_KEY, "2027": bytes(32)}))
        assert [1, 0] == [newer.rewrap(10), newer.rewrap(10)]
        newer.close()
        newest = KeyStore(keys.url, KeyEncryption({"2027": bytes(32)}))
        assert (known, {"2027": 1}) == (Pseudonyms(newest, SECRET).known("number +48600100200"), newest.wrapped_by())
        newest.close()
