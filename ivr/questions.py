"""What is heard where a call stands: its question asked again, and what is said before that."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from ivr.definition import Authentication, Callback, Flow, Menu, Offices, Payers, PinChange
from ivr.events import OfficeFound
from ivr.lookups import (
    Said,
    asking_pin_at,
    assistant_at,
    authentication_at,
    callback_at,
    digits,
    menu_at,
    offices_at,
    payers_at,
    pin_change_at,
    question_at,
    say,
    survey_at,
)
from ivr.prompts import Prompt, ending_of
from ivr.state import (
    AfterAddress,
    AtAssistantConsent,
    AtAssistantNotice,
    AtConfirmation,
    AtConsent,
    AtDelay,
    AtGreeting,
    AtIdentifier,
    AtKnown,
    AtMenu,
    AtNewPin,
    AtNotice,
    AtNumber,
    AtNumberChoice,
    AtOldPin,
    AtPayerChoice,
    AtPayerNumber,
    AtPin,
    AtPinAgain,
    AtPostalCode,
    AtPromise,
    AtResult,
    AtSurveyOffer,
    AtSurveyQuestion,
    CallbackPosition,
    PayerPosition,
    PinPosition,
    Position,
    State,
)
from ivr.telling import delay_name


def question(flow: Flow, state: State) -> Said:
    """What is heard at the position when it is asked again; nothing where a service is waited for."""
    match state.position:
        case AtMenu() | AtConfirmation() as position:
            return _choice(flow, state, position)
        case AtIdentifier(name):
            return say(flow, state, authentication_at(flow, name).identifier)
        case AtPin(name):
            return say(flow, state, authentication_at(flow, name).pin)
        case AtPostalCode(name):
            return say(flow, state, offices_at(flow, name).postal_code)
        case AfterAddress(name):
            return say(flow, state, name)
        case AtResult(_, prompt, _):
            return say(flow, state, prompt)
        case AtDelay(name, minutes):
            return delayed(flow, state, asking_pin_at(flow, name), minutes)
        case AtNotice() | AtConsent() | AtAssistantNotice() | AtAssistantConsent() as position:
            return _consent_question(flow, state, position)
        case position if isinstance(position, CallbackPosition):
            return _callback_question(flow, state, position)
        case position if isinstance(position, PinPosition | PayerPosition):
            return _question_of_known(flow, state, position)
        case AtSurveyOffer(name):
            return say(flow, state, survey_at(flow, name).offer)
        case AtSurveyQuestion(name, asked):
            return say(flow, state, question_at(flow, name, asked).ask)
        case _:
            return ()


def delayed(flow: Flow, state: State, asking: Authentication | PinChange, minutes: int) -> Said:
    """For how long no PIN is looked at, where the file has words for that."""
    return say(flow, state, asking.failure if asking.delayed is None else delay_name(asking.delayed, minutes))


def _consent_question(
    flow: Flow, state: State, position: AtNotice | AtConsent | AtAssistantNotice | AtAssistantConsent
) -> Said:
    match position:
        case AtNotice():
            return notice(flow, state)
        case AtConsent():
            return say(flow, state, flow.recording.question)
        case AtAssistantNotice(name):
            return say(flow, state, assistant_at(flow, name).notice)
        case AtAssistantConsent(name):
            return say(flow, state, assistant_at(flow, name).consent)


def _callback_question(flow: Flow, state: State, position: CallbackPosition) -> Said:
    match position:
        case AtNumber(name):
            return say(flow, state, callback_at(flow, name).ask)
        case AtNumberChoice(name, _, spoken):
            return number_choice(flow, state, callback_at(flow, name), spoken)
        case AtPromise(name):
            return say(flow, state, callback_at(flow, name).promised)
        case AtGreeting() if flow.callbacks is not None:
            return say(flow, state, flow.callbacks.greeting)
        case _:
            return ()


def _question_of_known(flow: Flow, state: State, position: PinPosition | PayerPosition) -> Said:
    match position:
        case AtOldPin(name):
            return say(flow, state, pin_change_at(flow, name).old)
        case AtNewPin(name):
            return say(flow, state, pin_change_at(flow, name).new)
        case AtPinAgain(name):
            return say(flow, state, pin_change_at(flow, name).confirm)
        case AtKnown(name):
            return say(flow, state, authentication_at(flow, name).success)
        case AtPayerChoice(name, references):
            return payer_choice(flow, state, payers_at(flow, name), references)
        case AtPayerNumber(name):
            return say(flow, state, payers_at(flow, name).number)
        case _:
            return ()


def payer_choice(flow: Flow, state: State, payers: Payers, references: tuple[str, ...]) -> Said:
    """Whom the call can be about: function before key, and of a payer the last digits of the number."""
    offered = zip(references, payers.keys, strict=False)
    each = (
        (*say(flow, state, payers.payer), ending_of(reference, state.lang), *say(flow, state, key))
        for reference, key in offered
    )
    begin, end = say(flow, state, payers.ask, payers.own), say(flow, state, payers.others)
    return (*begin, *chain.from_iterable(each), *end)


def introduced(flow: Flow, state: State, menu: Menu) -> Said:
    """A menu for a caller who is new to it."""
    if not menu.offers:
        return say(flow, state, *menu.play, menu.name)
    return _with_languages(flow, state, menu, menu.play)


def returned_to(flow: Flow, state: State, menu: Menu) -> Said:
    """A menu for a caller who knows it: the languages are not offered again."""
    return say(flow, state, *menu.again, menu.name)


def asked_again(flow: Flow, state: State, menu: Menu) -> Said:
    """A menu for a caller who has made no choice, perhaps because of the language."""
    if not menu.offers:
        return say(flow, state, *menu.again, menu.name)
    return _with_languages(flow, state, menu, menu.again)


def _choice(flow: Flow, state: State, position: AtMenu | AtConfirmation) -> Said:
    """The menu again, or whether an option of it was meant by what was said."""
    menu = menu_at(flow, position.step)
    if isinstance(position, AtMenu):
        return asked_again(flow, state, menu)
    asking = menu.options[position.key].meant
    return () if asking is None else say(flow, state, asking)


def _with_languages(flow: Flow, state: State, menu: Menu, before: tuple[str, ...]) -> Said:
    prompts, lang = flow.prompts, state.lang
    others = [offer for offer in menu.offers if offer.lang != lang]
    return (*[prompts[name, lang] for name in before], *others, prompts[menu.name, lang])


def no_input_prompt(flow: Flow, position: Position) -> str:
    """What is heard after silence."""
    return menu_at(flow, position.step).no_input if isinstance(position, AtMenu) else flow.gathering.no_input


def no_match_prompt(flow: Flow, position: Position) -> str:
    """What is heard after a key that is no choice."""
    match position:
        case AtMenu(name):
            return menu_at(flow, name).no_match
        case AtNumber(name):
            return callback_at(flow, name).refused
        case AtPayerNumber(name):
            return payers_at(flow, name).refused
        case _:
            return flow.gathering.no_match


def number_choice(flow: Flow, state: State, callback: Callback, spoken: str) -> Said:
    """The digits that are said of a number, and what can be chosen."""
    return (*digits(flow, state, spoken), *say(flow, state, callback.choice))


def notice(flow: Flow, state: State) -> Said:
    """The recording notice; where a key is asked for, staying on the line means nothing and is not spoken of."""
    if flow.recording.ask:
        return say(flow, state, flow.recording.notice)
    return say(flow, state, flow.recording.notice, flow.recording.staying)


def address(flow: Flow, search: Offices, office: OfficeFound) -> Prompt:
    """The office's address, in the language that the table is written in: only its own voice reads it well."""
    template = flow.prompts[search.address, flow.languages[0]]
    words = template.text.format(
        name=office.name, street=office.street, postal_code=office.postal_code, city=office.city
    )
    return replace(template, text=words)
