"""How much of a class may go at once: never too much by a wrong clock, never stopped by what falls due by itself."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from math import nan

from hypothesis import example, given
from hypothesis import strategies as st

from personal_data.forecast import FORTNIGHT, Foreseen
from personal_data.kinds import Kind
from recordings.retention import Term, Unit
from recordings.runs import TooMany

TODAY = date(2026, 11, 25)
terms = st.builds(Term, st.integers(1, 50), st.sampled_from(Unit))


def stops(due: int, number: int, term: Term, allowed: float = 0.05) -> bool:
    """Whether so many due of so many stop a run."""
    try:
        Foreseen(Kind.CALLS, due, 0, number).check(term, allowed, TODAY)
    except TooMany:
        return True
    return False


@given(terms, st.integers(0, 1000), st.floats(0.01, 1))
@example(Term(20, Unit.DAYS), 129, 0.5)
def test_what_falls_due_in_a_fortnight_never_stops_it(term: Term, a_day: int, allowed: float) -> None:
    """Where each day brings as much as it takes."""
    length = (TODAY - term.first_kept(TODAY)).days
    assert not stops(min(FORTNIGHT, length) * a_day, max(length, FORTNIGHT) * a_day, term, allowed)


@given(st.integers(21, 100_000), st.integers(1, 100_000), st.integers(1, 50))
def test_of_what_is_kept_for_years_no_more_than_the_share_goes(number: int, due: int, years: int) -> None:
    """Of more than twenty."""
    due = min(due, number)
    most = number * max(Fraction(1, 20), Fraction(FORTNIGHT, years * 365 + years // 4))
    assert stops(due, number, Term(years, Unit.YEARS)) == (due > most)


@given(st.integers(1, 20), terms)
def test_a_share_says_nothing_of_a_handful(number: int, term: Term) -> None:
    """Of twenty, five percent are one."""
    assert not stops(number, number, term)


def test_a_share_that_is_no_number_allows_nothing() -> None:
    """NaN is a number to Python."""
    assert stops(1, 100, Term(3, Unit.YEARS), nan)
