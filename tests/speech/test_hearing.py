"""What a result of libvosk means."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.grammar import UNKNOWN, make_grammar
from speech.hearing import NEAR_MISS, Utterance, understood

GRAMMAR = make_grammar(["inny temat", "inny", "tak", "emerytury"], lambda word: True)


def result(*words: tuple[str, float]) -> str:
    """A result with these words, each with its confidence, half a second apart."""
    told = [
        {"word": word, "conf": conf, "start": 0.5 * at, "end": 0.5 * at + 0.4} for at, (word, conf) in enumerate(words)
    ]
    return json.dumps({"result": told, "text": " ".join(word for word, _ in words)})


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ([("tak", 0.97)], (("tak",), 97)),
        ([("inny", 0.9), ("temat", 0.8)], (("inny temat",), 80)),
        ([("inny", 0.9)], (("inny",), 90)),
        ([("tak", 1.0), (UNKNOWN, 1.0)], (("tak",), NEAR_MISS)),
        ([("tak", 0.4), (UNKNOWN, 1.0)], (("tak",), 40)),
        ([("tak", 1.0), ("emerytury", 0.9)], (("tak", "emerytury"), 90)),
        ([("tak", 1.0), ("tak", 0.9)], (("tak",), 90)),
        ([("temat", 1.0)], ((), 0)),
        ([(UNKNOWN, 1.0)], ((), 0)),
    ],
)
def test_phrases_are_found_among_words(said: list[tuple[str, float]], meant: tuple[tuple[str, ...], int]) -> None:
    """The longest first; words around a phrase make it a near miss, which is asked about."""
    assert Utterance(*meant, began=0.0) == understood(GRAMMAR, result(*said))


def test_a_word_that_nobody_says_so_slowly_is_none() -> None:
    """A tone that lasts is heard as some word or other."""
    told = {"word": "tak", "conf": 1.0, "start": 0.2, "end": 1.2}
    assert Utterance((), 0, 0.2) == understood(GRAMMAR, json.dumps({"result": [told]}))


@pytest.mark.parametrize("text", ['{"text": ""}', "{}", "", "[]", '{"result": [{}]}', '{"result": 7}', "null"])
def test_silence_and_nonsense_are_nothing(text: str) -> None:
    """No utterance, and no error."""
    assert understood(GRAMMAR, text) is None


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_whatever_libvosk_says_nothing_is_raised(text: str) -> None:
    """It may be of another version."""
    understood(GRAMMAR, text)


@given(st.lists(st.tuples(st.sampled_from(["tak", "inny", "temat", UNKNOWN]), st.floats(-1, 2)), min_size=1))
def test_confidence_is_a_percentage(said: list[tuple[str, float]]) -> None:
    """Of phrases of the grammar alone."""
    heard = understood(GRAMMAR, result(*said))
    assert heard is not None
    assert 0 <= heard.confidence <= 100
    assert set(heard.phrases) <= {"tak", "inny", "inny temat"}
