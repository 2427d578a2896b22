"""A call told line by line."""

from __future__ import annotations

import pytest

from ivr.definition import Flow
from ivr.events import (
    CallbackSought,
    Event,
    HoursChecked,
    HungUp,
    Keyed,
    ManyPayers,
    NoInput,
    PayerKeyed,
    PayersFound,
    PinDelayed,
    PinRefused,
    PinVerified,
    Played,
    QueueLeft,
    Reentered,
    SecretKeyed,
    Started,
    SurveyDrawn,
)
from ivr.flow import start, step
from ivr.runner import Live
from ivr.transcript import Line, lines
from ivr.turns import Turn
from ivr.waits import PlayOut


def told(flow: Flow, *happenings: Event | tuple[Event, ...]) -> list[Line]:
    """The lines of the last turn; several events together are one turn, as services answer within one."""
    state, last = start(flow), list[Line]()
    for number, happening in enumerate(happenings):
        events = happening if isinstance(happening, tuple) else (happening,)
        turn = Turn(state, (), PlayOut())
        for event in events:
            stepped = step(flow, turn.state, event)
            assert isinstance(stepped, Turn)
            turn = stepped
        last = list(lines(Live("call", flow, number, turn), state, events))
        state = turn.state
    return last


def prompt(flow: Flow, name: str, lang: str = "pl") -> Line:
    """The line of a prompt."""
    return {"type": "prompt", "prompt": name, "text": flow.prompts[name, lang].text, "lang": lang}


BEGIN = (Started(), CallbackSought(False))
TO_DOCTORS = (BEGIN, (Keyed("0"), HoursChecked(True)), Keyed("6"))


def test_a_call_begins_with_what_is_heard(flow: Flow) -> None:
    """Name, words and language of each prompt."""
    heard = [("welcome", "uk"), ("main-en", "en"), ("main-pl", "pl"), ("main", "uk")]
    assert [prompt(flow, name, lang) for name, lang in heard] == told(flow, (Started("uk"), CallbackSought(False)))


def test_a_key_is_told_with_its_menu(flow: Flow) -> None:
    """And then what it led to."""
    expected = [
        {"type": "gather", "menu": "main", "digits": "1"},
        prompt(flow, "choose-information"),
        prompt(flow, "information"),
    ]
    assert expected == told(flow, BEGIN, Keyed("1"))


def test_silence_is_told_as_no_digits(flow: Flow) -> None:
    """An empty text, which no key gives."""
    assert {"type": "gather", "menu": "main", "digits": ""} == told(flow, BEGIN, NoInput())[0]


def test_a_secret_is_told_by_its_length(flow: Flow) -> None:
    """Of the identifier and of the PIN."""
    identifier, pin = SecretKeyed(8, "claim"), SecretKeyed(6)
    expected = {"type": "gather", "menu": "identifier", "digits": None, "length": 8}
    assert expected == told(flow, BEGIN, Keyed("2"), identifier)[0]
    expected = {"type": "gather", "menu": "pin", "digits": None, "length": 6}
    assert expected == told(flow, BEGIN, Keyed("2"), identifier, (pin, PinRefused()))[0]


@pytest.mark.parametrize(
    ("verdict", "level"), [(PinVerified("profile"), "full"), (PinRefused(), "none"), (PinDelayed(30), "none")]
)
def test_a_verdict_is_told_as_the_level_that_holds_now(flow: Flow, verdict: Event, level: str) -> None:
    """And nothing of whose profile it is."""
    told_lines = told(flow, BEGIN, Keyed("2"), SecretKeyed(8, "claim"), (SecretKeyed(6), verdict))
    assert {"type": "auth", "level": level} == told_lines[1]
    assert "profile" not in str(told_lines)


def test_whom_a_call_is_about_is_told_by_the_key_alone(flow: Flow) -> None:
    """Of a number that is keyed not even its length, and of nobody a reference."""
    login = (BEGIN, Keyed("2"), SecretKeyed(8, "claim"), (SecretKeyed(6), PinVerified("profile")))
    chosen = told(flow, *login, (Played(), PayersFound(("payer-a",))), Keyed("2"))
    assert {"type": "gather", "menu": "payer", "digits": "2"} == chosen[0]
    keyed = told(flow, *login, (Played(), ManyPayers()), PayerKeyed("payer-a"))
    assert {"type": "gather", "menu": "payer-number", "digits": None} == keyed[0]
    assert "payer-a" not in str(chosen + keyed)


def test_consent_and_transfer_are_told(flow: Flow) -> None:
    """Consent before what it permits."""
    transfer: Line = {
        "type": "transfer",
        "topic": "doctors",
        "queue": "benefits",
        "auth_level": "none",
        "recorded": True,
    }
    consent: Line = {"type": "consent", "purpose": "recording", "given": True}
    assert [consent, prompt(flow, "connecting"), transfer] == told(flow, *TO_DOCTORS, Played())


def test_a_refusal_is_told_as_consent_not_given(flow: Flow, asking: Flow) -> None:
    """With the key that said so."""
    told_lines = told(asking, *TO_DOCTORS, Played(), Keyed("2"))
    assert {"type": "gather", "menu": "consent", "digits": "2"} == told_lines[0]
    assert {"type": "consent", "purpose": "recording", "given": False} == told_lines[1]
    assert told_lines[-1]["recorded"] is False


def test_consent_is_told_once(flow: Flow) -> None:
    """A later transfer of the same call has none to tell."""
    again = told(flow, *TO_DOCTORS, Played(), QueueLeft("timeout"), Keyed("0"), Keyed("1"))
    assert [] == [line for line in again if line["type"] == "consent"]


def test_the_way_back_from_a_queue_is_told(flow: Flow) -> None:
    """And the ending with its cause."""
    expected = [
        {"type": "queue_left", "outcome": "answered"},
        prompt(flow, "goodbye"),
        {"type": "hangup", "cause": "completed"},
    ]
    assert expected == told(flow, *TO_DOCTORS, Played(), (QueueLeft("answered"), SurveyDrawn(False)))


def test_a_survey_is_told_by_its_questions(flow: Flow) -> None:
    """That it was offered, and then each key beside its question's name."""
    offered = (*TO_DOCTORS, Played(), (QueueLeft("answered"), SurveyDrawn(True)))
    assert [{"type": "survey", "offered": True}, prompt(flow, "survey-offer")] == told(flow, *offered)[1:]
    expected = {"type": "gather", "menu": "satisfaction", "digits": "4"}
    assert expected == told(flow, *offered, Keyed("1"), Keyed("4"))[0]


def test_a_takeover_and_a_hang_up_are_told(flow: Flow) -> None:
    """The first with what is heard again, the second with who ended the call."""
    assert {"type": "reentered"} == told(flow, BEGIN, Reentered())[0]
    assert [{"type": "hangup", "cause": "caller"}] == told(flow, BEGIN, HungUp())
