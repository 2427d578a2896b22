"""Terms in days, months and years: when their last day is, and what is due on a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recordings.retention import Term, Unit, business_date, due_before, keep_until, parse_term

WARSAW = ZoneInfo("Europe/Warsaw")
DAY = timedelta(days=1)
terms = st.builds(Term, st.integers(1, 48), st.sampled_from(Unit))
days = st.dates(date(2001, 1, 1), date(2090, 12, 31))
around_new_year = st.builds(
    lambda year, shift: date(year, 1, 1) + timedelta(days=shift), st.integers(2051, 2090), st.integers(-3, 3)
)
around_the_end_of_february = st.builds(
    lambda year, shift: date(year, 3, 1) + timedelta(days=shift), st.integers(2051, 2090), st.integers(-3, 3)
)
edges = st.one_of(days.filter(lambda day: day.year > 2050), around_new_year, around_the_end_of_february)


@given(edges, terms)
@example(date(2028, 2, 29), Term(1, Unit.YEARS))
@example(date(2027, 2, 28), Term(3, Unit.YEARS))
@example(date(2026, 3, 31), Term(1, Unit.MONTHS))
@example(date(2026, 3, 30), Term(1, Unit.MONTHS))
@example(date(2026, 2, 28), Term(1, Unit.MONTHS))
def test_what_is_due_is_what_has_had_its_last_day(today: date, term: Term) -> None:
    """What ended on the first day that is kept has not, what ended the day before has: no day is left out."""
    first = term.first_kept(today)
    assert term.last_day(first - DAY) < today <= term.last_day(first)


@given(days, terms)
@example(date(2024, 2, 29), Term(3, Unit.YEARS))
@example(date(2026, 1, 31), Term(1, Unit.MONTHS))
def test_a_term_ends_on_the_same_date(first: date, term: Term) -> None:
    """Of the month that it ends in, or on the last of a month that has no such date; days are counted one by one."""
    last = term.last_day(first)
    if term.unit is Unit.DAYS:
        assert term.count == (last - first).days
        return
    months = term.count * (12 if term.unit is Unit.YEARS else 1)
    assert months == (last.year - first.year) * 12 + last.month - first.month
    assert last.day == first.day or (last.day < first.day and (last + DAY).day == 1)


@given(days, days, terms)
def test_what_ended_later_is_not_due_earlier(one: date, other: date, term: Term) -> None:
    """Terms keep the order of days."""
    earlier, later = sorted((one, other))
    assert term.last_day(earlier) <= term.last_day(later)
    if later.year > 2050:
        assert term.first_kept(max(earlier, date(2051, 1, 1))) <= term.first_kept(later)


@given(days, st.integers(1, 48))
def test_twelve_months_are_a_year(day: date, years: int) -> None:
    """Whatever they are counted in."""
    assert Term(years, Unit.YEARS).last_day(day) == Term(12 * years, Unit.MONTHS).last_day(day)


@given(st.integers(2001, 2050), st.integers(-3700, 3700), st.integers(1, 10))
def test_what_is_due_by_its_moment_is_what_is_due_by_its_date(year: int, seconds: int, years: int) -> None:
    """Around midnight on New Year in Warsaw, where an hour's fault would be a year's."""
    ended = datetime(year, 1, 1, tzinfo=WARSAW).astimezone(UTC) + timedelta(seconds=seconds)
    last = keep_until(ended, years, WARSAW)
    for today in (last - DAY, last, last + DAY):
        assert (last < today) == (ended < due_before(Term(years, Unit.YEARS), today, WARSAW))
    assert last == Term(years, Unit.YEARS).last_day(business_date(ended, WARSAW))


@given(terms)
def test_a_term_is_read_as_it_is_written(term: Term) -> None:
    """One has no plural."""
    assert term == parse_term(str(term))
    assert str(term).endswith("s") == (term.count > 1)


@pytest.mark.parametrize(
    "text",
    ["", "3", "years", "0 days", "-1 days", "3 weeks", "3  years", "3 years ", "1.5 years", "for ever", "01 day"],
)
def test_what_is_no_term_is_refused(text: str) -> None:
    """With an example of one."""
    with pytest.raises(ValueError, match="a term looks like"):
        parse_term(text)


@pytest.mark.parametrize(("text", "told"), [("51 years", "50 years"), ("601 months", "600 m"), ("99999 days", "18250")])
def test_nothing_is_kept_for_ever(text: str, told: str) -> None:
    """Fifty years are the longest term."""
    with pytest.raises(ValueError, match=f"a term is 1 to {told}"):
        parse_term(text)
