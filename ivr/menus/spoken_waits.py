"""What waiting callers are told in words: every place and every range that can be, in each language's own forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.definition import LEAVING, OFFERING
from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.phrases import WaitingPhrases
from ivr.telling import place_name, range_name
from routing.estimates import BOUNDS, MOST_PLACES, OPEN_ENDED, ranges

PLACES = tuple(range(1, MOST_PLACES + 2))
NAMES = frozenset({*map(place_name, PLACES), *(range_name(low, high) for low, high in ranges())})

# What each phrase is filled in with.
FIELDS: Mapping[str, frozenset[str]] = {
    "place": frozenset({"place"}),
    "wait": frozenset({"range"}),
    "up_to": frozenset({"high"}),
    "between": frozenset({"low", "high"}),
    **dict.fromkeys(("far", "below_a_minute"), frozenset[str]()),
}
# The words that each table must hold.
WORDS: Mapping[str, tuple[str, ...]] = {
    "places": tuple(str(place) for place in range(1, MOST_PLACES + 1)),
    "minutes": tuple(str(bound) for bound in BOUNDS[1:]),
    "over": tuple(str(low) for low in OPEN_ENDED),
}


def spoken_waits(phrases: WaitingPhrases) -> Iterator[tuple[str, str]]:
    """The name and the words of everything that can be told."""
    for place in PLACES:
        word = phrases.places.get(str(place))
        yield place_name(place), phrases.place.format(place=word) if word else phrases.far
    for low, high in ranges():
        yield range_name(low, high), phrases.wait.format(range=_range(phrases, low, high))


def _range(phrases: WaitingPhrases, low: int, high: int | None) -> str:
    match low, high:
        case _, None:
            return phrases.over[str(low)]
        case 0, 1:
            return phrases.below_a_minute
        case 0, _:
            return phrases.up_to.format(high=phrases.minutes[str(high)])
        case _:
            return phrases.between.format(low=phrases.minutes[str(low)], high=phrases.minutes[str(high)])


def up_to(phrases: WaitingPhrases, minutes: int) -> str:
    """At most so many minutes, which are among BOUNDS, in words."""
    return _range(phrases, 0, minutes)


def _taken_names(file: schema.MenuFile) -> Iterator[tuple[Path, str, str]]:
    told = {LEAVING} if file.queueing.leaving else set[str]()
    told |= {OFFERING} if file.callbacks else set[str]()
    told |= NAMES if file.phrases.waiting else frozenset()
    for section, named in (("prompts", file.prompts), ("steps", file.steps)):
        for name in sorted(told.intersection(named)):
            yield (section, name), f'"{name}" is the name of what waiting callers are told', "choose another name"


def incomplete(file: schema.MenuFile) -> Iterator[tuple[Path, str, str]]:
    """What is wrong with what waiting callers are told: the place, what is wrong or missing, and what to do.

    A file may do without any of it.
    """
    found = file.phrases.waiting
    yield from _taken_names(file)
    for lang in found.keys() - set(file.languages):
        yield ("phrases", "waiting", lang), f'"{lang}" is not among the languages', "add it to languages: too"
    for lang in file.languages:
        if found and lang not in found:
            yield ("phrases", "waiting"), f"no {lang} words for waiting callers", f'add "{lang}:" here'
        for table, words in WORDS.items() if lang in found else ():
            lacking = [word for word in words if word not in getattr(found[lang], table)]
            if lacking:
                path: Path = ("phrases", "waiting", lang, table)
                yield path, f"no {lang} words for {', '.join(lacking)} in {table}", f'add "{lacking[0]}": words'
