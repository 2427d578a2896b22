"""What was said, from what the recogniser says of it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from speech.grammar import UNKNOWN, Grammar, Words

# The most that counts where something else was said around a phrase, in percent: enough to ask whether it was meant.
NEAR_MISS = 60
# Nobody says a word so slowly, in seconds: a tone that lasts is no word.
LONGEST_LETTER, LONGEST_REST = 0.2, 0.1


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said: the phrases in it, how sure that is (percent), and when it began (seconds of sound).

    Without phrases it was something else.
    """

    phrases: tuple[str, ...]
    confidence: int
    began: float


def understood(grammar: Grammar, result: str) -> Utterance | None:
    """What a result of libvosk means; None where nothing was said, or nothing that can be read."""
    words = _words(result)
    if not words:
        return None
    began = min(word.start for word in words)
    phrases: list[str] = []
    confidence, others, place = 100, 0, 0
    while place < len(words):
        found = _phrase_at(grammar, words, place)
        if found is None:
            others, place = others + 1, place + 1
            continue
        confidence = min(confidence, *(word.confidence for word in words[place : place + len(found)]))
        phrases.append(" ".join(found))
        place += len(found)
    if not phrases:
        return Utterance((), 0, began)
    return Utterance(tuple(dict.fromkeys(phrases)), min(confidence, NEAR_MISS) if others else confidence, began)


def spoken_words(result: str) -> list[tuple[float, str]]:
    """The words of a result of libvosk, each with the second in which it begins; what it does not know is left out."""
    return [(word.start, word.text) for word in _words(result) if word.text != UNKNOWN]


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    confidence: int
    start: float
    end: float

    @property
    def is_drawn_out(self) -> bool:
        """Whether it lasts longer than a word can."""
        return self.end - self.start > LONGEST_LETTER * len(self.text) + LONGEST_REST


def _words(result: str) -> list[_Word]:
    try:
        found = json.loads(result).get("result", [])
        return [
            _Word(
                str(one["word"]),
                round(100 * min(1.0, max(0.0, float(one["conf"])))),
                float(one["start"]),
                float(one["end"]),
            )
            for one in found
        ]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _phrase_at(grammar: Grammar, words: list[_Word], place: int) -> Words | None:
    """The longest phrase that begins here."""
    here = tuple(UNKNOWN if word.is_drawn_out else word.text for word in words[place:])
    fitting = (phrase for phrase in grammar.phrases if here[: len(phrase)] == phrase)
    return max(fitting, key=len, default=None)
