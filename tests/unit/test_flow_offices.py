"""The address of an office by postal code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.definition import Flow
from ivr.state import AtMenu, AtPostalCode
from ivr.waits import Gather, PlayOut
from routing.offices import Office, Offices
from tests.callers import Caller


@pytest.fixture
def asked(flow: Flow) -> Caller:
    """A caller who is asked for a postal code."""
    return Caller(flow).keys("3")


@pytest.fixture
def told(asked: Caller) -> Caller:
    """A caller who has heard the address of an office, and what can be done then."""
    return asked.keys("00950").listens()


def test_a_postal_code_leads_to_an_address_that_no_key_cuts_short(asked: Caller) -> None:
    """Five digits are awaited; a late key, such as a `#` after the code, is dropped and loses nothing."""
    assert (("postal-code",), Gather("offices", 5, 6)) == (asked.said, asked.wait)
    asked.keys("00950")
    assert (("office-found", "office-address"), PlayOut()) == (asked.said, asked.wait)


def test_after_the_address_its_key_is_offered(told: Caller) -> None:
    """Function first, then key, as in every menu."""
    assert (("offices",), Gather("offices", 1, 6)) == (told.said, told.wait)
    assert told.prompts[0].text.startswith("Adres jeszcze raz: naciśnij dziewięć.")


def test_the_address_is_heard_again_as_often_as_it_is_asked_for(told: Caller) -> None:
    """9 says it again, and it is offered again."""
    for _ in range(5):
        assert ("office-found", "office-address") == told.keys("9").said
        assert ("offices",) == told.listens().said


@pytest.mark.parametrize(("key", "where"), [("*", AtMenu("main")), ("0", AtMenu("topics"))])
def test_after_the_address_keys_lead_on(told: Caller, key: str, where: AtMenu) -> None:
    """Back to the menu before, and to a consultant."""
    assert where == told.keys(key).position


def test_who_keys_nothing_after_the_address_goes_on(told: Caller) -> None:
    """Nobody is told that a key is missing: none was needed."""
    assert (("main-short", "main"), AtMenu("main")) == (told.silent().said, told.position)


@pytest.mark.parametrize("stray", ["#", "5", "00"])
def test_a_stray_key_after_the_address_loses_nothing(told: Caller, stray: str) -> None:
    """It is told, and the address can still be heard again; after the third the call goes on."""
    assert ("no-match", "offices") == told.keys(stray).said
    assert ("office-found", "office-address") == told.keys("9").said
    assert AtMenu("main") == told.listens().keys(stray, stray, stray).position


def test_another_process_says_the_address_again(asked: Caller) -> None:
    """Whoever is taken over hears it from its beginning."""
    asked.keys("00950")
    assert (("office-found", "office-address"), PlayOut()) == (asked.taken_over().said, asked.wait)
    assert ("offices",) == asked.listens().taken_over().said


def test_without_options_the_address_leads_on(small: Flow) -> None:
    """A file may leave them out."""
    caller = Caller(small).keys("3", "00001")
    assert (("found", "address"), PlayOut()) == (caller.said, caller.wait)
    assert ("welcome", "main") == caller.listens().said


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
    assert {"office-found": lang, "office-address": "pl"} == spoken
    assert [lang] == [prompt.lang for prompt in caller.listens().prompts]


def test_words_of_the_table_are_never_read_as_a_template(small: Flow) -> None:
    """Braces in an office's name are only braces."""
    table = Offices(("00000",), ("99999",), (Office("{city} {0}", "{", "}", "City"),))
    flow = replace(small, offices={"office": table})
    assert "{city} {0}, {, } City" == Caller(flow).keys("3", "12345").prompts[1].text


def test_a_code_without_an_office_is_told(small: Flow) -> None:
    """A late key does not lose that either; the menu goes on."""
    caller = Caller(small).keys("3", "60000")
    assert (("not-found",), PlayOut()) == (caller.said, caller.wait)
    assert ("welcome", "main") == caller.listens().said


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
