"""What hashing costs on a machine, and what is worth it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auth_pin import tuning
from auth_pin.tuning import Load

loads = st.lists(
    st.builds(Load, st.integers(1, 64), st.floats(0.1, 1000)),
    min_size=1,
    max_size=8,
    unique_by=lambda load: load.at_once,
)


@given(loads)
def test_what_is_recommended_does_nearly_the_most(measured: list[Load]) -> None:
    """And nothing that takes fewer at once does."""
    best = tuning.recommended(measured)
    enough = tuning.ENOUGH * max(load.a_second for load in measured)
    (chosen,) = (load for load in measured if load.at_once == best)
    assert chosen.a_second >= enough
    assert [] == [load for load in measured if load.at_once < best and load.a_second >= enough]


def test_more_at_once_that_bring_nothing_are_not_recommended() -> None:
    """Two processors are as good as eight hashes on them."""
    assert 2 == tuning.recommended([Load(1, 40.0), Load(2, 75.0), Load(4, 78.0), Load(8, 74.0)])


def test_time_is_taken_of_the_hash_alone() -> None:
    """The median of five, by whatever clock there is; a hash that was disturbed does not count."""
    moments = iter([0.0, 1.0, 10.0, 12.0, 20.0, 50.0, 60.0, 63.0, 70.0, 71.5])
    assert 2.0 == tuning.seconds_of(1, lambda: next(moments))


def test_a_load_is_hashes_over_seconds() -> None:
    """Five for each at once."""
    moments = iter([100.0, 104.0])
    assert Load(2, 2.5) == tuning.load_of(2, lambda: next(moments))
