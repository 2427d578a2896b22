"""What may stand in menus.yaml under phrases: how options, hours, waits and whispers are put into words."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ivr.menus.fields import Count, Key, Text, Time, Translations, Weekday


class Model(BaseModel):
    """A part of the file: a field that nobody knows is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class HoursPhrases(Model):
    """How opening hours are put into words in one language.

    `from_day` holds `{first}` and `{last}`, which are words of `days`; `from_time` holds `{start}` and `{end}`, which
    are words of `times`; `day` are words for a day that stands alone.
    """

    from_day: Text
    from_time: Text
    days: dict[Weekday, Text] = {}
    day: dict[Weekday, Text] = {}
    times: dict[Time, Text] = {}


class WhisperPhrases(Model):
    """What a consultant hears before a caller, in the service's first language.

    `phrase` holds `{topic}`, `{language}` and `{level}`, which are the topic's `short` and words of the other two.
    """

    phrase: Text
    languages: dict[str, Text]
    levels: dict[str, Text]


class WaitingPhrases(Model):
    """How a place in a queue and a wait are put into words in one language.

    `place` holds `{place}`, which is a word of `places`; `far` is said of places beyond them. `wait` holds `{range}`:
    `below_a_minute`, `up_to` with `{high}`, `between` with `{low}` and `{high}` (words of `minutes`), or one of `over`,
    which are for waits that nobody can tell the end of.
    """

    place: Text
    places: dict[Count, Text]
    far: Text
    wait: Text
    below_a_minute: Text
    up_to: Text
    between: Text
    minutes: dict[Count, Text]
    over: dict[Count, Text]


class Phrases(Model):
    """How an option is put into words: `{label}` and `{key}` are filled in; how opening hours are, by language.

    `whisper` is for consultants; without it they hear nothing before a caller. `waiting` is what waiting callers are
    told, by language; without it they are told nothing.
    """

    option: Translations
    keys: dict[str, dict[Key, Text]]
    hours: dict[str, HoursPhrases] = {}
    whisper: WhisperPhrases | None = None
    waiting: dict[str, WaitingPhrases] = {}
