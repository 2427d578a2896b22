"""What waiting callers are told, in words: every place and every range, in every language, in its own forms."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.definition import LEAVING, OFFERING, Flow
from ivr.telling import is_offered, news, place_name, range_name
from routing.estimates import MOST_PLACES, Estimate, ranges
from tests.menu_files import SHIPPED, edited, faults_of

SAID = [
    ("pl", (0, 1), "Przewidywany czas oczekiwania: mniej niż minutę."),
    ("pl", (0, 2), "Przewidywany czas oczekiwania: do dwóch minut."),
    ("pl", (1, 2), "Przewidywany czas oczekiwania: od jednej do dwóch minut."),
    ("pl", (5, 10), "Przewidywany czas oczekiwania: od pięciu do dziesięciu minut."),
    ("pl", (30, 45), "Przewidywany czas oczekiwania: od trzydziestu do czterdziestu pięciu minut."),
    ("pl", (60, None), "Przewidywany czas oczekiwania: ponad godzinę."),
    ("pl", (0, None), "Przewidywany czas oczekiwania: teraz trudny do określenia."),
    ("uk", (1, 5), "Орієнтовний час очікування: від однієї до п’яти хвилин."),
    ("uk", (30, None), "Орієнтовний час очікування: понад пів години."),
    ("en", (0, 1), "The expected wait is less than a minute."),
    ("en", (10, 15), "The expected wait is from ten to fifteen minutes."),
]


@pytest.mark.parametrize(("lang", "span", "words"), SAID)
def test_a_range_is_said_whole(flow: Flow, lang: str, span: tuple[int, int | None], words: str) -> None:
    """Inflected as the language needs it."""
    assert words == flow.prompts[range_name(*span), lang].text


@pytest.mark.parametrize("lang", ["pl", "uk", "en"])
def test_everything_that_can_be_told_has_words(flow: Flow, lang: str) -> None:
    """Every place, those far behind, every range; no two alike and no brace left over."""
    names = [*map(place_name, range(1, MOST_PLACES + 2)), *(range_name(*span) for span in ranges())]
    texts = [flow.prompts[name, lang].text for name in names]
    assert len(texts) == len(set(texts))
    assert not [text for text in texts if "{" in text or "None" in text]


def test_at_first_everything_is_told(flow: Flow) -> None:
    """Place, wait, and the key that leaves the queue; then only what is better."""
    first, better = Estimate(3, 5, 10), Estimate(2, 5, 10)
    assert ["place-3", "wait-5-10", LEAVING] == [prompt.name for prompt in news(flow, "pl", None, first)]
    assert ["place-2"] == [prompt.name for prompt in news(flow, "pl", first, better)]
    assert ["place-1", "wait-0-2"] == [prompt.name for prompt in news(flow, "pl", better, Estimate(1, 0, 2))]
    assert () == news(flow, "pl", first, first)
    assert () == news(flow, "pl", first, Estimate(3, 10, 20))


CASES = [
    ('        "45": czterdziestu pięciu\n', "", "no pl words for 45 in minutes"),
    ('        "20": двадцяте\n', "", "no uk words for 20 in places"),
    ('        "60": more than an hour\n', "", "no en words for 60 in over"),
    ('"від {low} до {high} хвилин"', '"від {low} хвилин"', "this phrase holds {low} and {high}"),
    ('"The expected wait is {range}."', '"The expected wait is {minutes}."', "{minutes} cannot be filled in here"),
    ('      far: "Your', '      fra: "Your', 'unknown field "fra"'),
    (
        "  call-later:\n    pl: Kons",
        "  place-3: {pl: a, uk: b, en: c}\n  call-later:\n    pl: Kons",
        '"place-3" is the name of',
    ),
    ('  leaving:\n    key: "*"', '  leaving:\n    key: "12"', "a key is one of"),
]


@pytest.mark.parametrize(("text", "instead", "fault"), CASES)
def test_what_is_missing_is_told(text: str, instead: str, fault: str) -> None:
    """The check tells it, not a caller's silence."""
    assert any(fault in told for told in faults_of(edited(SHIPPED.read_text("utf-8"), (text, instead))))


def test_a_callback_is_offered_to_who_waits_long(flow: Flow) -> None:
    """Who has waited so long, is told to wait so long, or whose wait nobody can tell; beside everything else."""
    assert flow.callbacks is not None
    after = flow.callbacks.after
    assert [False, True] == [is_offered(flow, "pensions", Estimate(1, 0, 1), waited) for waited in (after - 1, after)]
    assert [False, True, True] == [
        is_offered(flow, "pensions", Estimate(1, *span), 0) for span in ((3, 10), (5, 10), (0, None))
    ]
    told = news(flow, "pl", None, Estimate(9, 5, 10), offer=True)
    assert ["place-9", "wait-5-10", LEAVING, OFFERING] == [prompt.name for prompt in told]
    assert [OFFERING] == [prompt.name for prompt in news(flow, "pl", Estimate(1, 0, 1), Estimate(1, 0, 1), offer=True)]
    assert not is_offered(replace(flow, callbacks=None), "pensions", Estimate(1, 60, None), 9999)
