"""Opening hours against a formulation of their own: minutes of the week, and holidays counted from Easter."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from routing.hours import MIDNIGHT_AT_THE_END, Hours, Span, holidays_of

DAY = 24 * 60
FIXED = ((1, 1), (1, 6), (5, 1), (5, 3), (8, 15), (11, 1), (11, 11), (12, 25), (12, 26))
EASTER_MONDAY, PENTECOST, CORPUS_CHRISTI = 1, 49, 60

Week = dict[int, list[tuple[int, int]]]

minutes = st.integers(0, DAY)
spans = st.tuples(minutes, minutes).filter(lambda span: span[0] != span[1]).map(lambda span: (min(span), max(span)))
weeks = st.dictionaries(st.integers(0, 6), st.lists(spans, max_size=4))
zones = st.sampled_from(["Europe/Warsaw", "UTC", "America/St_Johns", "Pacific/Chatham", "Africa/Casablanca"])
moments = st.datetimes(datetime(2025, 1, 1), datetime(2060, 12, 31), timezones=st.just(UTC))
# Around the changes of the clock, to the second.
changes = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from([datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)]),
    st.integers(-3 * 3600, 3 * 3600),
)


def hours_of(week: Week, zone: str, country: str | None) -> Hours:
    """The week as the program has it."""
    return Hours(zone, {day: tuple(span_of(*span) for span in spans) for day, spans in week.items()}, country)


def span_of(start: int, end: int) -> Span:
    """From minute to minute of a day."""
    return Span(clock(start), MIDNIGHT_AT_THE_END if end == DAY else clock(end))


def clock(minute: int) -> time:
    """A minute of the day as a time."""
    return time(minute // 60, minute % 60)


def easter(year: int) -> date:
    """Easter Sunday, by the anonymous Gregorian algorithm (Nature, 20 April 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    shift = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * shift) // 451
    month, day = divmod(h + shift - 7 * m + 114, 31)
    return date(year, month, day + 1)


def polish_holidays(year: int) -> set[date]:
    """As the act of 18 January 1951 on days free from work has them, with the change of 2024."""
    moving = {easter(year) + timedelta(days) for days in (0, EASTER_MONDAY, PENTECOST, CORPUS_CHRISTI)}
    eve = {date(year, 12, 24)} if year >= 2025 else set()
    return {date(year, month, day) for month, day in FIXED} | moving | eve


@given(weeks, zones, moments | changes)
def test_a_moment_is_open_if_its_minute_of_the_week_is(week: Week, zone: str, moment: datetime) -> None:
    """By the clock of the hours' own zone, to the second."""
    local = moment.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    expected = any(minute in range(*span) for span in week.get(local.weekday(), []))
    assert expected is hours_of(week, zone, None).is_open(moment)


@given(weeks, moments | changes)
def test_a_holiday_closes_and_nothing_else_changes(week: Week, moment: datetime) -> None:
    """With a country's holidays, a moment is open exactly if it would be without and its day is none of them."""
    day = moment.astimezone(ZoneInfo("Europe/Warsaw")).date()
    expected = hours_of(week, "Europe/Warsaw", None).is_open(moment) and day not in polish_holidays(day.year)
    assert expected is hours_of(week, "Europe/Warsaw", "PL").is_open(moment)


@given(st.integers(2019, 2080))
def test_polish_holidays_are_those_of_the_law(year: int) -> None:
    """Christmas Eve since 2025, and four that move with Easter."""
    assert sorted(polish_holidays(year)) == list(holidays_of("PL", year))
