"""States are never changed: others are made of them, by a `replace` of their own."""

from __future__ import annotations

import dataclasses
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.state import State, replace

FIELDS = [field.name for field in dataclasses.fields(State)]


@given(st.from_type(State), st.from_type(State), st.sets(st.sampled_from(FIELDS)))
def test_a_state_is_made_of_another_as_of_any_dataclass(state: State, other: State, names: set[str]) -> None:
    """Whichever fields are given: the result equals, hashes and reads the same, and is no part of the first."""
    changes = {name: getattr(other, name) for name in names}
    before = dataclasses.replace(state)
    expected = dataclasses.replace(state, **changes)
    replaced = replace(state, **changes)
    assert expected == replaced
    assert (hash(expected), repr(expected)) == (hash(replaced), repr(replaced))
    assert before == state


def test_what_is_no_field_is_refused() -> None:
    """A name that is wrong is not kept unseen."""
    with pytest.raises(TypeError, match=r"^no fields of a state: language$"):
        replace(State("pl"), language="en")  # type: ignore[call-arg]


def test_a_state_that_was_made_of_another_stays_as_it_is() -> None:
    """Frozen, as the first one is."""
    replaced = replace(State("pl"), lang="en")
    with pytest.raises(FrozenInstanceError):
        replaced.lang = "uk"  # type: ignore[misc]
