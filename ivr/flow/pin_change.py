"""Another PIN, keyed by whoever has logged in: the old one, the new one, the new one again."""

from __future__ import annotations

from ivr.definition import Flow
from ivr.events import (
    Event,
    Keyed,
    NewPinDiffers,
    NewPinKeyed,
    NewPinRefused,
    NoInput,
    PinDelayed,
    PinRefused,
    PinStored,
    PinVerified,
    SecretKeyed,
)
from ivr.flow.authentication import GIVE_UP
from ivr.flow.tries import no_input, no_match
from ivr.flow.walking import pin_told, turn
from ivr.lookups import pin_change_at, place, say
from ivr.questions import delayed
from ivr.state import AtDelay, AtNewPin, AtOldPin, AtOldPinCheck, AtPinAgain, AtPinStoring, State, replace
from ivr.telling import delay
from ivr.turns import Ignored, Turn


def changing_pin(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    """Whatever happens in a change of the PIN."""
    match state.position, event:
        case AtOldPin() | AtNewPin() | AtPinAgain(), NoInput():
            return no_input(flow, state)
        case ((AtOldPin(name) | AtNewPin(name) | AtPinAgain(name)), Keyed(digits)) if GIVE_UP in digits:
            return pin_told(flow, state, name, pin_change_at(flow, name).failure)
        case AtOldPin() | AtNewPin() | AtPinAgain(), Keyed():
            return no_match(flow, state)
        case AtOldPinCheck(name), PinVerified() | PinRefused() | PinDelayed():
            return _checked(flow, replace(state, old_pins=state.old_pins + 1), name, event)
        case AtOldPin(name), SecretKeyed(length):
            if length != pin_change_at(flow, name).pin_digits:
                return no_match(flow, state)
            return turn(flow, state, AtOldPinCheck(name), ())
        case AtPinStoring(name), PinStored(stored):
            change = pin_change_at(flow, name)
            return pin_told(flow, state, name, change.changed if stored else change.failure)
        case _:
            return _new_pin(flow, state, event)


def _checked(flow: Flow, state: State, name: str, event: PinVerified | PinRefused | PinDelayed) -> Turn:
    """One try: whoever errs begins again, and the limits of the login count on."""
    change = pin_change_at(flow, name)
    match event:
        case PinVerified():
            return turn(flow, state, AtNewPin(name), say(flow, state, change.new))
        case PinRefused():
            return pin_told(flow, state, name, change.wrong)
        case PinDelayed(seconds):
            minutes = delay(seconds)
            return turn(flow, state, AtDelay(name, minutes), delayed(flow, state, change, minutes))


def _new_pin(flow: Flow, state: State, event: Event) -> Turn | Ignored:
    match state.position, event:
        case AtNewPin(name), NewPinKeyed():
            return turn(flow, state, AtPinAgain(name), say(flow, state, pin_change_at(flow, name).confirm))
        case AtNewPin(name), NewPinRefused(reason):
            return no_match(flow, state, pin_change_at(flow, name).refusals.get(reason))
        case AtPinAgain(name), NewPinKeyed():
            return turn(flow, state, AtPinStoring(name), ())
        case AtPinAgain(name), NewPinDiffers():
            change = pin_change_at(flow, name)
            return turn(flow, state, AtNewPin(name), say(flow, state, change.differs, change.new))
        case position, _:
            return Ignored(f"{type(event).__name__} at {place(position)}")
