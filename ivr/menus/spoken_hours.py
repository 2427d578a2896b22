"""Opening hours in words, so that what callers hear of them and what they are cannot differ."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from string import Formatter

from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.fields import WEEKDAYS, Weekday
from ivr.menus.phrases import HoursPhrases


def spoken(hours: schema.Hours, phrases: HoursPhrases) -> str:
    """The hours in words: "from Monday to Friday, from seven to six", a stretch of equal days at a time."""
    return ", ".join(
        part for days, spans in stretches(hours) for part in (_days(days, phrases), *_times(spans, phrases))
    )


def stretches(hours: schema.Hours) -> Iterator[tuple[list[Weekday], list[str]]]:
    """Days that follow one another with the same times, and these times; closed days are left out."""
    for spans, days in groupby(WEEKDAYS, lambda day: sorted(hours.open.get(day, []))):
        if spans:
            yield list(days), spans


def missing(hours: schema.Hours, phrases: HoursPhrases) -> Iterator[tuple[str, str]]:
    """The words that the hours need and the phrases do not have: the field, and what it lacks."""
    for days, spans in stretches(hours):
        for day in {days[0], days[-1]}:
            field = "day" if len(days) == 1 else "days"
            if day not in getattr(phrases, field):
                yield field, day
        for time in (time for span in spans for time in span.split("-")):
            if time not in phrases.times:
                yield "times", time


def wordless(file: schema.MenuFile) -> Iterator[tuple[Path, str, str]]:
    """Where words are missing for the hours that prompts tell: the place, what is missing, and what to do."""
    for lang in file.phrases.hours.keys() - set(file.languages):
        yield ("phrases", "hours", lang), f'"{lang}" is not among the languages', "add it to languages: too"
    for lang in file.languages:
        told, phrases = _told(file, lang), file.phrases.hours.get(lang)
        if told and phrases is None:
            yield ("phrases",), f"no {lang} words for opening hours", f'add "{lang}:" to hours: in phrases:'
        elif phrases is not None:
            for field, word in sorted({lack for hours in told for lack in missing(hours, phrases)}):
                hint = f'add "{word}": words to {field}:'
                yield ("phrases", "hours", lang), f'no {lang} words for "{word}" in {field}', hint


def _told(file: schema.MenuFile, lang: str) -> list[schema.Hours]:
    """The opening hours that prompts tell in a language."""
    names = {name for texts in file.prompts.values() for name in _fields(texts.get(lang, ""))}
    return [hours for name, hours in file.hours.items() if name in names]


def _fields(text: str) -> set[str | None]:
    """What is filled in in a text; nothing where its braces are wrong, which is a fault told elsewhere."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text)}
    except ValueError:
        return set()


def _days(days: list[Weekday], phrases: HoursPhrases) -> str:
    if len(days) == 1:
        return phrases.day[days[0]]
    return phrases.from_day.format(first=phrases.days[days[0]], last=phrases.days[days[-1]])


def _times(spans: list[str], phrases: HoursPhrases) -> Iterator[str]:
    for start, end in (span.split("-") for span in spans):
        yield phrases.from_time.format(start=phrases.times[start], end=phrases.times[end])
