"""Silence and wrong keys: the same gather again, and what follows the last try."""

from __future__ import annotations

from ivr.definition import Flow
from ivr.flow.walking import end_survey, go, leave_login, payer_told, pin_told, to_queue
from ivr.lookups import authentication_at, callback_at, menu_at, offices_at, payers_at, pin_change_at, place, say
from ivr.questions import no_input_prompt, no_match_prompt, question
from ivr.state import (
    AfterAddress,
    AtConsent,
    AtGreeting,
    AtIdentifier,
    AtMenu,
    AtNewPin,
    AtNumber,
    AtNumberChoice,
    AtOldPin,
    AtPayerChoice,
    AtPayerNumber,
    AtPin,
    AtPinAgain,
    AtPostalCode,
    AtSurveyQuestion,
    State,
    replace,
)
from ivr.turns import Turn
from ivr.waiting import wait_at


def no_input(flow: Flow, state: State) -> Turn:
    """Silence at a gather."""
    if state.no_inputs + 1 >= flow.gathering.tries:
        return _give_up(flow, state)
    return ask(flow, replace(state, no_inputs=state.no_inputs + 1), no_input_prompt(flow, state.position))


def no_match(flow: Flow, state: State, told: str | None = None) -> Turn:
    """What is no choice; `told` is the prompt that says why, if there is more to say than that."""
    if state.no_matches + 1 >= flow.gathering.tries:
        return _give_up(flow, state)
    said = told or no_match_prompt(flow, state.position)
    return ask(flow, replace(state, no_matches=state.no_matches + 1), said)


def _give_up(flow: Flow, state: State) -> Turn:
    """After the last try: on to a person or a stated ending, never a bare hang-up."""
    match state.position:
        case AtMenu(name):
            return go(flow, state, menu_at(flow, name).exhausted, ())
        case AtIdentifier(name) | AtPin(name):
            return leave_login(flow, state, name, authentication_at(flow, name).failure)
        case AtOldPin(name) | AtNewPin(name) | AtPinAgain(name):
            return pin_told(flow, state, name, pin_change_at(flow, name).failure)
        case AtPayerChoice(name) | AtPayerNumber(name):
            return payer_told(flow, state, name, payers_at(flow, name).unchosen)
        case AtPostalCode(name) | AfterAddress(name):
            return go(flow, state, offices_at(flow, name).then, ())
        case AtNumber(name) | AtNumberChoice(name):
            return go(flow, state, callback_at(flow, name).otherwise, ())
        case AtGreeting() if flow.callbacks is not None:
            return go(flow, state, flow.callbacks.unmet, ())
        case AtConsent(name):
            return not_recorded(flow, state, name)
        case AtSurveyQuestion(name):
            return end_survey(flow, state, name)
        case _:
            raise AssertionError(f"no tries are counted at {place(state.position)}")


def ask(flow: Flow, state: State, *before: str) -> Turn:
    """The same gather again, after the prompts `before`."""
    return Turn(state, say(flow, state, *before) + question(flow, state), wait_at(flow, state))


def not_recorded(flow: Flow, state: State, name: str) -> Turn:
    """Refusing, and not answering, lead to the same queue unrecorded: only a free decision is consent."""
    return to_queue(flow, replace(state, consent=False), name, say(flow, state, flow.recording.refused))
