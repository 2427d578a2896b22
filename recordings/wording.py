"""Looking for words in transcripts, as people type them: without accents, from their beginnings. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from recordings.transcripts import Line

_WORD = re.compile(r"\w+")
# What NFD leaves whole.
_OTHERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d"})


def folded(text: str) -> tuple[str, ...]:
    """The words of a text in small letters without accents."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return tuple(_WORD.findall("".join(one for one in apart if not unicodedata.combining(one)).translate(_OTHERS)))


def found(lines: Iterable[Line], wanted: Iterable[str]) -> tuple[Line, ...]:
    """The lines in which a wanted word begins one, if each of them is somewhere; none otherwise.

    Inflected languages are looked through by the beginnings of their words.
    """
    beginnings = {word for text in wanted for word in folded(text)}
    having = [(line, _begun(folded(line.text), beginnings)) for line in lines]
    everywhere = frozenset[str]().union(*(begun for _, begun in having))
    return tuple(line for line, begun in having if begun) if beginnings and beginnings <= everywhere else ()


def _begun(words: tuple[str, ...], beginnings: set[str]) -> frozenset[str]:
    return frozenset(one for one in beginnings if any(word.startswith(one) for word in words))
