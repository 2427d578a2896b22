"""Opening hours in words: whoever hears them can write them down again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.menus.fields import WEEKDAYS, Weekday
from ivr.menus.phrases import HoursPhrases
from ivr.menus.schema import Hours
from ivr.menus.spoken_hours import missing, spoken
from tests.menu_files import SHIPPED, SMALL, edited, load_text

TIMES = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 30)] + ["24:00"]
PLAIN = HoursPhrases(
    from_day="{first}>{last}",
    from_time="{start}-{end}",
    days={day: day for day in WEEKDAYS},
    day={day: day for day in WEEKDAYS},
    times={time: time for time in TIMES},
)
Week = dict[Weekday, list[str]]

spans = st.lists(st.sampled_from(TIMES), max_size=4, unique=True).map(
    lambda times: [f"{start}-{end}" for start, end in zip(sorted(times)[::2], sorted(times)[1::2], strict=False)]
)
weeks = st.dictionaries(st.sampled_from(WEEKDAYS), spans, min_size=1)
few_words = st.builds(
    HoursPhrases,
    from_day=st.just("{first} {last}"),
    from_time=st.just("{start} {end}"),
    days=st.dictionaries(st.sampled_from(WEEKDAYS), st.just("day")),
    day=st.dictionaries(st.sampled_from(WEEKDAYS), st.just("day")),
    times=st.dictionaries(st.sampled_from(TIMES), st.just("time")),
)


def written_down(words: str) -> Week:
    """The week that the words tell."""
    week: Week = {}
    days: tuple[Weekday, ...] = ()
    for part in filter(None, words.split(", ")):
        if "-" in part:
            for day in days:
                week.setdefault(day, []).append(part)
        else:
            places = [[*WEEKDAYS].index(day) for day in WEEKDAYS if day in part.split(">")]
            days = WEEKDAYS[places[0] : places[-1] + 1]
    return week


@given(weeks)
def test_the_words_tell_the_hours(week: Week) -> None:
    """Every day and every time, and nothing else."""
    assert {day: times for day, times in week.items() if times} == written_down(spoken(Hours(open=week), PLAIN))


@given(weeks, few_words)
def test_hours_have_words_or_it_is_known_which_are_missing(week: Week, phrases: HoursPhrases) -> None:
    """Nothing but a missing word ever keeps hours from being told, and once it is added, they are."""
    hours = Hours(open=week)
    added = phrases.model_dump()
    for field, word in missing(hours, phrases):
        added[field][word] = "word"
    mended = HoursPhrases(**added)
    assert [] == list(missing(hours, mended))
    assert bool(spoken(hours, mended)) == any(week.values())


def test_who_changes_the_hours_changes_what_is_told() -> None:
    """One edit is enough: a Friday that ends at three is told in every language."""
    text = edited(SHIPPED.read_text("utf-8"), ('      fri: ["07:00-18:00"]', '      fri: ["07:00-15:00"]'))
    flow = load_text(text, {"offices.csv": (SHIPPED.parent / "offices.csv").read_bytes()}).flow
    expected = {
        "pl": "od poniedziałku do czwartku, od siódmej do osiemnastej, w piątek, od siódmej do piętnastej",
        "uk": "від понеділка до четверга, від сьомої до вісімнадцятої години, у п’ятницю, від сьомої до п’ятнадцятої",
        "en": "from Monday to Thursday, from seven in the morning to six in the evening, on Friday, from seven",
    }
    for lang, words in expected.items():
        assert words in flow.prompts["closed-hours", lang].text


def test_braces_that_are_meant_tell_no_hours() -> None:
    """{{daytime}} is heard as {daytime}, and no words for hours are needed."""
    text = edited(SMALL, ("pl: Witamy.", 'pl: "Witamy {{daytime}}."'))
    assert "Witamy {daytime}." == load_text(text).flow.prompts["welcome", "pl"].text
