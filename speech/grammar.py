"""What is listened for, made fit for libvosk. Pure.

libvosk ends its process over a grammar that is empty or no list, and drops words that its model lacks in silence. So a
grammar is made here and nowhere else, from phrases whose every word is known, and with a place for everything else.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

UNKNOWN = "[unk]"
MOST_PHRASES = 200
MOST_WORDS = 8
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ`´", "'"))

Words = tuple[str, ...]
Known = Callable[[str], bool]


def words_of(text: str) -> Words:
    """The words of a phrase as models spell them: small letters, composed, with plain apostrophes."""
    return tuple(unicodedata.normalize("NFC", text).translate(_APOSTROPHES).lower().split())


def is_phrase(text: str) -> bool:
    """Whether a text is words and nothing else: letters, with apostrophes and hyphens inside."""
    return 0 < len(words_of(text)) <= MOST_WORDS and all(map(_WORD.fullmatch, words_of(text)))


@dataclass(frozen=True, slots=True)
class Grammar:
    """Phrases to listen for, each known to the model; `strange` are those that were left out."""

    phrases: tuple[Words, ...]
    strange: int = 0

    @property
    def text(self) -> str:
        """The grammar as libvosk takes it: a JSON list with something in it, and `[unk]` always."""
        return json.dumps([*map(" ".join, self.phrases), UNKNOWN], ensure_ascii=False)


def make_grammar(phrases: Iterable[object], known: Known) -> Grammar:
    """The grammar of those phrases that a model knows whole; what is no phrase is left out like an unknown one."""
    given = list(phrases)
    usable = [
        words_of(phrase)
        for phrase in given[:MOST_PHRASES]
        if isinstance(phrase, str) and is_phrase(phrase) and all(map(known, words_of(phrase)))
    ]
    return Grammar(tuple(dict.fromkeys(usable)), len(given) - len(usable))
