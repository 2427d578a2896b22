"""Opening hours at the edges: weekdays, holidays, midnight and the changes of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.definition import Flow
from routing.hours import Hours, Span, holidays_of, is_holiday, known_country
from tests.menu_files import SMALL, edited, load_text

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.fixture
def consultants(flow: Flow) -> Hours:
    """The hours that are shipped: Monday to Friday, 7:00 to 18:00, closed on Polish holidays."""
    return flow.hours["consultants"]


def local(text: str) -> datetime:
    """A moment by Warsaw's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T06:59:59.999999", False),
        ("2026-11-23T07:00", True),
        ("2026-11-23T17:59:59.999999", True),
        ("2026-11-23T18:00", False),
        ("2026-11-27T12:00", True),
        ("2026-11-28T12:00", False),
        ("2026-11-29T12:00", False),
    ],
)
def test_consultants_work_on_working_days_from_seven_to_eighteen(
    consultants: Hours, moment: str, expected: bool
) -> None:
    """The first moment belongs to the hours, the last does not; Saturday and Sunday are closed."""
    assert expected is consultants.is_open(local(moment))


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-01",
        "2026-01-06",
        "2026-04-06",
        "2026-05-01",
        "2026-06-04",
        "2026-11-11",
        "2026-12-24",
        "2026-12-25",
        "2027-03-29",
    ],
)
def test_consultants_are_off_on_public_holidays(consultants: Hours, day: str) -> None:
    """Fixed ones, those that move with Easter, and Christmas Eve."""
    assert local(day).weekday() < 5
    assert not consultants.is_open(local(f"{day}T12:00"))


def test_christmas_eve_is_free_since_2025(consultants: Hours) -> None:
    """In 2024 it still was a working day."""
    assert consultants.is_open(local("2024-12-24T12:00"))
    assert not consultants.is_open(local("2025-12-24T12:00"))


def test_the_clock_of_the_caller_does_not_matter(consultants: Hours) -> None:
    """The same moment, told by another clock, is open or closed alike."""
    moment = local("2026-11-23T07:00")
    for zone in ("UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati"):
        assert consultants.is_open(moment.astimezone(ZoneInfo(zone)))
        assert not consultants.is_open((moment - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)))


def test_opening_follows_the_change_of_the_clock(consultants: Hours) -> None:
    """Seven o'clock is an hour earlier in universal time once summer time has begun."""
    assert [False, True] == [consultants.is_open(datetime(2026, 3, 27, hour, tzinfo=UTC)) for hour in (5, 6)]
    assert [True, True] == [consultants.is_open(datetime(2026, 3, 30, hour, tzinfo=UTC)) for hour in (5, 6)]
    assert [True, True] == [consultants.is_open(datetime(2026, 10, 23, hour, tzinfo=UTC)) for hour in (5, 6)]
    assert [False, True] == [consultants.is_open(datetime(2026, 10, 26, hour, tzinfo=UTC)) for hour in (5, 6)]


def open_minutes(hours: Hours, begin: datetime) -> int:
    """How many minutes of the 24 hours after `begin` are open."""
    return sum(hours.is_open(begin + timedelta(minutes=minute)) for minute in range(24 * 60))


SUNDAYS_FROM_TWO_TO_THREE = Hours("Europe/Warsaw", {6: (Span(time(2), time(3)),)})


def test_an_hour_that_happens_twice_is_open_twice() -> None:
    """When the clock goes back, 2:30 comes two times."""
    assert 120 == open_minutes(SUNDAYS_FROM_TWO_TO_THREE, datetime(2026, 10, 24, 22, tzinfo=UTC))


def test_an_hour_that_is_left_out_is_never_open() -> None:
    """When the clock goes forward, there is no 2:30."""
    assert 0 == open_minutes(SUNDAYS_FROM_TWO_TO_THREE, datetime(2026, 3, 28, 23, tzinfo=UTC))
    assert 60 == open_minutes(SUNDAYS_FROM_TWO_TO_THREE, datetime(2026, 3, 21, 23, tzinfo=UTC))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-22", 24)])
def test_a_day_on_which_clocks_change_is_open_in_its_hours(day: str, hours: int) -> None:
    """From seven to eighteen is eleven hours on each, and a whole day has as many as it has."""
    begin = local(f"{day}T00:00").astimezone(UTC)
    daytime, whole = (
        Hours("Europe/Warsaw", {6: (span,)}) for span in (Span(time(7), time(18)), Span(time(0), time.max))
    )
    minutes = [begin + timedelta(minutes=minute) for minute in range(25 * 60)]
    assert [11 * 60, hours * 60] == [sum(map(one.is_open, minutes)) for one in (daytime, whole)]
    assert [False, True] == [daytime.is_open(local(f"{day}T{moment}")) for moment in ("06:59:59", "07:00")]


def test_hours_to_midnight_last_to_its_very_moment() -> None:
    """24:00 is the end of the day, not 23:59."""
    evenings = load_text(edited(SMALL, ("07:00-18:00", "20:00-24:00"))).flow.hours["daytime"]
    assert evenings.is_open(local("2026-11-23T23:59:59.999999"))
    assert not evenings.is_open(local("2026-11-24T00:00"))
    assert not evenings.is_open(local("2026-11-23T00:00"))


def test_a_whole_day_has_no_gap() -> None:
    """00:00-24:00 is open at every minute of its day, and of no other."""
    mondays = load_text(edited(SMALL, ("07:00-18:00", "00:00-24:00"))).flow.hours["daytime"]
    assert 24 * 60 == open_minutes(mondays, local("2026-11-23T00:00"))
    assert 0 == open_minutes(mondays, local("2026-11-24T00:00"))


def test_a_day_may_have_a_break() -> None:
    """Two spans, in any order of the file."""
    text = edited(SMALL, ('"07:00-18:00"', '"13:00-18:00", "07:00-12:00"'))
    hours = load_text(text).flow.hours["daytime"]
    moments = ("06:59", "07:00", "11:59", "12:00", "12:59", "13:00", "17:59", "18:00")
    assert [moment for moment in moments if hours.is_open(local(f"2026-11-23T{moment}"))] == [
        "07:00",
        "11:59",
        "13:00",
        "17:59",
    ]


def test_without_a_country_no_day_is_a_holiday() -> None:
    """Hours that name none are open at Christmas."""
    text = edited(SMALL, ("{mon:", "{fri:"), (", holidays: PL", ""))
    assert load_text(text).flow.hours["daytime"].is_open(local("2026-12-25T12:00"))


def test_holidays_are_told_in_order() -> None:
    """Poland has fourteen of them since 2025."""
    told = holidays_of("PL", 2026)
    assert 14 == len(told)
    assert sorted(told) == list(told)
    assert all(is_holiday("PL", day) for day in told)
    assert not is_holiday("PL", date(2026, 11, 12))


def test_countries_without_a_calendar_are_known_as_such() -> None:
    """A menu file that names one is refused."""
    assert [True, True, False, False] == [known_country(country) for country in ("PL", "UA", "XX", "")]
