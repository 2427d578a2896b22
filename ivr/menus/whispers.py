"""What a consultant is told of a call, in the first of the languages: a whisper for the ear, a caption for the eye."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from ivr.definition import LEVELS, NONE, SUBSTITUTE
from ivr.menus import schema
from ivr.menus.document import Path
from ivr.menus.phrases import WhisperPhrases
from ivr.prompts import Prompt

WHISPER_FIELDS = frozenset({"topic", "language", "level"})

# What every telephone can show, and nothing that means something to Asterisk.
_NOT_SHOWN = re.compile(r"[^A-Za-z0-9 .-]+")
# Letters that do not come apart into one of ASCII and an accent.
_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "Ae"})


def whispers(file: schema.MenuFile) -> Mapping[tuple[str, str, str], Prompt]:
    """What is said to a consultant by the call's topic, language and level; nothing where the file words nothing."""
    phrases = file.phrases.whisper
    return {} if phrases is None else dict(_whispers(file, phrases))


def _whispers(file: schema.MenuFile, phrases: WhisperPhrases) -> Iterator[tuple[tuple[str, str, str], Prompt]]:
    for topic in file.topics:
        for lang in file.languages:
            for level in LEVELS:
                words = phrases.phrase.format(
                    topic=_short(file, topic),
                    language=phrases.languages[lang],
                    level=phrases.levels.get(level, phrases.levels[NONE]),
                )
                yield (topic, lang, level), Prompt(f"whisper-{topic}-{lang}-{level}", file.languages[0], words)


def unspoken(file: schema.MenuFile) -> Iterator[tuple[Path, str, str]]:
    """Where words are missing for whispers, or stand for nothing: the place, what is wrong, and what to do."""
    if file.phrases.whisper is None:
        return
    for field, needed in (("languages", tuple(file.languages)), ("levels", LEVELS)):
        words: dict[str, str] = getattr(file.phrases.whisper, field)
        at: Path = ("phrases", "whisper", field)
        for name in needed:
            if name not in (*words, SUBSTITUTE):
                yield at, f'no word for "{name}" in {field}', f'add "{name}": word'
        for name in words.keys() - set(needed):
            yield (*at, name), f'"{name}" is not among the {field}', f"known: {', '.join(needed)}"


def understated(file: schema.MenuFile) -> Iterator[tuple[Path, str, str]]:
    """Menus from before this level are kept, and must be read: without its word that of no level is said."""
    if file.phrases.whisper is not None and SUBSTITUTE not in file.phrases.whisper.levels:
        message = f'no word for "{SUBSTITUTE}" in levels: consultants hear that of "{NONE}"'
        yield ("phrases", "whisper", "levels"), message, f'add "{SUBSTITUTE}": word'


def captions(file: schema.MenuFile) -> Mapping[str, str]:
    """What a telephone shows of each topic: letters of ASCII, or the topic's name where the label has none."""
    return {topic: plain(_short(file, topic)) or topic for topic in file.topics}


def plain(text: str) -> str:
    """The text in ASCII, without accents and without punctuation."""
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    letters = "".join(character for character in apart if not unicodedata.combining(character))
    return " ".join(_NOT_SHOWN.sub(" ", letters).split())


def _short(file: schema.MenuFile, topic: str) -> str:
    found = file.topics[topic]
    return found.short or found.label[file.languages[0]]
