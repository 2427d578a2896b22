"""The address of an office by postal code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.definition import Flow
from ivr.state import AtMenu, AtPostalCode
from ivr.waits import Gather
from routing.offices import Office, Offices
from tests.callers import Caller


@pytest.fixture
def asked(flow: Flow) -> Caller:
    """A caller who is asked for a postal code."""
    return Caller(flow).keys("3")


def test_a_postal_code_leads_to_an_address_and_the_menu(asked: Caller) -> None:
    """Five digits are awaited; the answer and the menu follow one another."""
    assert (("postal-code",), Gather("offices", 5, 6)) == (asked.said, asked.wait)
    assert ("office-found", "office-address", "main-short", "main") == asked.keys("00950").said


def test_the_address_is_read_as_the_table_has_it(asked: Caller) -> None:
    """Name, street, postal code and city are filled in."""
    words = {prompt.name: prompt.text for prompt in asked.keys("00950").prompts}
    expected = "Przykład (sample): Oddział Zus w Warszawie. Adres: ulica Przykładowa 1, 00-001 Warszawa."
    assert expected == words["office-address"]


@pytest.mark.parametrize("lang", ["uk", "en"])
def test_the_address_is_read_in_the_tables_own_language(flow: Flow, lang: str) -> None:
    """Only a Polish voice reads Polish streets well; what leads up to it is in the caller's language."""
    caller = Caller(flow, lang=lang).keys("3", "00950")
    spoken = {prompt.name: prompt.lang for prompt in caller.prompts}
    assert {"office-found": lang, "office-address": "pl", "main-short": lang, "main": lang} == spoken


def test_words_of_the_table_are_never_read_as_a_template(small: Flow) -> None:
    """Braces in an office's name are only braces."""
    table = Offices(("00000",), ("99999",), (Office("{city} {0}", "{", "}", "City"),))
    flow = replace(small, offices={"office": table})
    assert "{city} {0}, {, } City" == Caller(flow).keys("3", "12345").prompts[1].text


def test_a_code_without_an_office_is_told(small: Flow) -> None:
    """And the menu goes on."""
    assert ("not-found", "welcome", "main") == Caller(small).keys("3", "60000").said


@pytest.mark.parametrize("keyed", ["1", "1234", "123456", "#", ""])
def test_a_code_of_the_wrong_length_is_asked_for_again(asked: Caller, keyed: str) -> None:
    """It has five digits."""
    caller = asked.keys(keyed)
    assert ("no-match", "postal-code") == caller.said
    assert AtPostalCode("offices") == caller.position


@pytest.mark.parametrize("keyed", ["*", "12*", "*2345"])
def test_a_star_leads_back(asked: Caller, keyed: str) -> None:
    """As the prompt says."""
    assert (AtMenu("main"), ("main-short", "main")) == (asked.keys(keyed).position, asked.said)


def test_silence_is_told_and_leads_back_after_the_last_time(asked: Caller) -> None:
    """Nobody is stuck here."""
    assert ("no-input", "postal-code") == asked.silent().said
    assert AtMenu("main") == asked.silent(2).position
