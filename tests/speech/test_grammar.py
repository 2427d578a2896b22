"""What reaches libvosk: never anything that ends its process, whatever was asked for."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from speech.grammar import UNKNOWN, is_phrase, make_grammar, words_of
from speech.messages import NotAeap, ask_for, listening

KNOWN = frozenset({"emerytury", "renty", "inny", "temat", "п'ять"})
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
)
phrases = st.lists(anything | st.sampled_from([*KNOWN, "inny temat", "pogoda", "[unk]", "", " ", '"]', "[]"]))


@given(phrases)
def test_a_grammar_is_a_list_of_known_phrases_and_a_place_for_the_rest(given_phrases: list[object]) -> None:
    """Never empty, never anything but text, no word that the model lacks."""
    grammar = json.loads(make_grammar(given_phrases, KNOWN.__contains__).text)
    assert isinstance(grammar, list)
    assert UNKNOWN == grammar[-1]
    assert all(isinstance(one, str) for one in grammar)
    assert {word for one in grammar[:-1] for word in one.split()} <= KNOWN


@given(anything)
def test_a_setting_that_is_no_grammar_is_refused(value: object) -> None:
    """Whatever JSON it is."""
    try:
        asked = listening(json.dumps(value))
    except NotAeap:
        return
    assert isinstance(value, dict)
    assert 0 <= asked.prompt


@given(st.text())
def test_no_text_as_a_setting_raises_anything_else(text: str) -> None:
    """Nor does what is no JSON."""
    try:
        listening(text)
    except NotAeap:
        return


@given(st.lists(st.text(), max_size=5).map(tuple), st.floats(0, 100))
def test_what_is_asked_for_comes_through(asked: tuple[str, ...], prompt: float) -> None:
    """Quotes, controls and all; the prompt to a hundredth."""
    understood = listening(ask_for("pl", asked, prompt))
    assert ("pl", asked) == (understood.lang, understood.phrases)
    assert abs(prompt - understood.prompt) <= 0.01


def test_spelling_is_the_models() -> None:
    """Small letters, plain apostrophes; numbers and signs are no words."""
    assert ("п'ять", "сім'я") == words_of("П’ять  СІМʼЯ")
    assert is_phrase("e-składka")
    assert not any(map(is_phrase, ("", "24", "a b c d e f g h i", "tak!", "-", "[unk]")))


def test_unknown_words_are_counted() -> None:
    """An operator hears of them."""
    grammar = make_grammar(["Emerytury", "inny temat", "pogoda", 7], KNOWN.__contains__)
    assert ((("emerytury",), ("inny", "temat")), 2) == (grammar.phrases, grammar.strange)
