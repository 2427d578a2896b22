"""A call told line by line: the objects that `centrala call --json` prints, derived from committed turns.

The state says what happened (a level rose, a consent was given); nothing keeps a second account of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.events import (
    ConsentWithdrawn,
    Event,
    Heard,
    Keyed,
    NewPinDiffers,
    NewPinKeyed,
    NewPinRefused,
    NoInput,
    NumberFound,
    NumberRefused,
    PayerKeyed,
    PayerRefused,
    PinDelayed,
    PinRefused,
    PinVerified,
    QueueLeft,
    Reentered,
    SecretKeyed,
    SurveyDrawn,
)
from ivr.lookups import place
from ivr.prompts import DIGIT
from ivr.runner import Live
from ivr.state import (
    AtAssistantConsent,
    AtConsent,
    AtGreeting,
    AtIdentifier,
    AtNewPin,
    AtNumber,
    AtNumberChoice,
    AtOldPin,
    AtPayerChoice,
    AtPayerNumber,
    AtPin,
    AtPinAgain,
    AtSurveyQuestion,
    State,
)
from ivr.waits import Hangup, Transfer

Line = dict[str, object]


def lines(live: Live, before: State, events: tuple[Event, ...]) -> Iterator[Line]:
    """What one turn adds to the transcript: what the caller did, what followed, what is heard, what comes next."""
    for event in events:
        yield from _event(event, before, live)
    after = live.turn.state
    if after.consent is not None and before.consent is None:
        yield {"type": "consent", "purpose": "recording", "given": after.consent}
    if after.assistant is not None and before.assistant is None:
        yield {"type": "consent", "purpose": "virtual_assistant", "given": after.assistant}
    # Whose number it is, is nobody's business here.
    for prompt in [prompt for prompt in live.turn.prompts if not DIGIT.fullmatch(prompt.name)]:
        yield {"type": "prompt", "prompt": prompt.name, "text": prompt.text, "lang": prompt.lang}
    match live.turn.wait:
        case Transfer(topic, queue, level, recorded):
            yield {"type": "transfer", "topic": topic, "queue": queue, "auth_level": level, "recorded": recorded}
        case Hangup(cause):
            yield {"type": "hangup", "cause": cause}
        case _:
            pass


def _event(event: Event, before: State, live: Live) -> Iterator[Line]:
    match event:
        case Keyed() | NoInput() | SecretKeyed() if isinstance(before.position, AtIdentifier | AtPin | AtOldPin):
            length = event.length if isinstance(event, SecretKeyed) else 0
            yield {"type": "gather", "menu": gather_name(before), "digits": None, "length": length}
        case NumberFound() | NumberRefused() if isinstance(before.position, AtNumber):
            yield {"type": "gather", "menu": gather_name(before), "digits": None}
        case PayerKeyed() | PayerRefused() | NewPinKeyed() | NewPinRefused() | NewPinDiffers():
            yield {"type": "gather", "menu": gather_name(before), "digits": None}
        case Keyed(digits):
            yield {"type": "gather", "menu": gather_name(before), "digits": digits}
        case Heard(choices, confidence):
            yield {"type": "heard", "menu": gather_name(before), "choices": list(choices), "confidence": confidence}
        case NoInput():
            yield {"type": "gather", "menu": gather_name(before), "digits": ""}
        case PinVerified() | PinRefused() | PinDelayed():
            yield {"type": "auth", "level": live.turn.state.auth_level}
        case QueueLeft(outcome):
            yield {"type": "queue_left", "outcome": outcome}
        case SurveyDrawn(True):
            yield {"type": "survey", "offered": True}
        case ConsentWithdrawn():
            yield {"type": "consent_withdrawn", "purpose": "recording"}
        case Reentered():
            yield {"type": "reentered"}
        case _:
            pass


def gather_name(state: State) -> str:
    """The name of the gather that a call waits at."""
    match state.position:
        case AtIdentifier():
            return "identifier"
        case AtPin():
            return "pin"
        case AtConsent():
            return "consent"
        case AtAssistantConsent():
            return "assistant-consent"
        case AtNumber():
            return "number"
        case AtNumberChoice() | AtGreeting():
            return "callback"
        case AtOldPin():
            return "old-pin"
        case AtNewPin():
            return "new-pin"
        case AtPinAgain():
            return "new-pin-again"
        case AtPayerChoice():
            return "payer"
        case AtPayerNumber():
            return "payer-number"
        case AtSurveyQuestion(_, question):
            return question
        case position:
            return place(position)
