"""The turn log's JSON: everything of the vocabulary comes back as it was, and nothing else comes back."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.codec import CodecError, decode, encode
from ivr.events import Event, HoursChecked, Keyed, SecretKeyed
from ivr.prompts import Prompt
from ivr.state import State
from ivr.waits import Wait

# mypy sees in a union no type of its own.
vocabulary: st.SearchStrategy[object] = st.one_of(
    *(st.from_type(kind) for kind in (Event, Wait, State, Prompt)),  # type: ignore[arg-type]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text() | st.just("type"), values),
)


@given(vocabulary)
def test_what_is_written_is_read_back(value: object) -> None:
    """Equal, and of the same class."""
    again = decode(encode(value))
    assert value == again
    assert type(value) is type(again)


@given(st.lists(vocabulary).map(tuple))
def test_several_values_are_read_back_in_order(values: tuple[object, ...]) -> None:
    """A turn can have several events."""
    assert values == decode(encode(values))


@given(vocabulary)
def test_equal_values_are_written_equally(value: object) -> None:
    """So that the database can tell a repeated turn."""
    # What is remembered of equal values would hide a difference.
    written = encode.__wrapped__(value)
    assert written == encode.__wrapped__(decode(written))


def test_a_truth_is_no_number() -> None:
    """What is remembered of a count never stands for a yes: each is written as its own kind."""
    assert '{"type":"HoursChecked","open":true}' == encode(HoursChecked(True))
    assert '{"type":"SecretKeyed","length":1,"claim":null}' == encode(SecretKeyed(1))
    state = json.loads(encode(State("pl", no_inputs=1, pin_tries=0, admitted=True, consent=False)))
    kinds = [type(state[name]) for name in ("no_inputs", "pin_tries", "admitted", "consent")]
    assert [int, int, bool, bool] == kinds


def test_a_set_is_written_in_order() -> None:
    """However Python keeps it."""
    names = frozenset({"topics", "main", "information"})
    assert ["information", "main", "topics"] == json.loads(encode(State("pl", heard=names)))["heard"]


@given(st.text() | json_values.map(json.dumps))
def test_what_is_not_of_the_vocabulary_is_refused(text: str) -> None:
    """Plain values aside, which are parts of it, only a CodecError ever comes."""
    try:
        value = decode(text)
    except CodecError:
        return
    assert isinstance(value, str | int | float | tuple | None)


@given(vocabulary, st.data())
def test_a_damaged_row_is_refused_or_another_value(value: object, data: st.DataObject) -> None:
    """Whichever character is lost, nothing but a CodecError is raised."""
    text = encode(value)
    at = data.draw(st.integers(0, max(0, len(text) - 1)))
    with suppress(CodecError):
        decode(text[:at] + text[at + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[{}]",
        '{"type":"Path"}',
        '{"type":["Keyed"]}',
        '{"type":"Keyed"}',
        '{"type":"Keyed","digits":"1","more":2}',
        '{"type":"State","lang":"pl"}',
        '{"type":"State","lang":"pl","heard":5}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:40] or "empty",
)
def test_rows_that_no_version_wrote_are_refused(text: str) -> None:
    """Foreign classes, missing and further fields, damage of any kind."""
    with pytest.raises(CodecError, match=r"^not of the vocabulary"):
        decode(text)


def test_the_log_is_readable() -> None:
    """Whoever debugs a call reads rows as they are."""
    assert '{"type":"Keyed","digits":"1"}' == encode(Keyed("1"))
    assert '{"type":"Prompt","name":"a","lang":"pl","text":"Cześć"}' == encode(Prompt("a", "pl", "Cześć"))
