"""What callers key that stands in no row: the flow learns it without its digits, and memory holds it while needed."""

from __future__ import annotations

from datetime import datetime

from ivr.events import Event, Keyed, NewPinDiffers, NewPinKeyed, NewPinRefused, PinStored, SecretKeyed
from ivr.flow import GIVE_UP
from ivr.live import Live
from ivr.lookups import pin_change_at
from ivr.payers import Payers
from ivr.promises import Promises
from ivr.services import Authenticator, event_of
from ivr.state import AtIdentifier, AtNewPin, AtNumber, AtPayerNumber, AtPinAgain, State
from ivr.waits import Gather, StorePin, VerifyOldPin, VerifyPin

TOO_SHORT = "length"


class Secrets:
    """What a runner does with them."""

    def __init__(self, authenticator: Authenticator, promises: Promises, payers: Payers) -> None:
        self._authenticator = authenticator
        self._promises = promises
        self._payers = payers

    def mask(self, live: Live, event: Event) -> tuple[Event, str | None]:
        """The event as the flow may see it, and the PIN, if it was one."""
        wait, position = live.turn.wait, live.turn.state.position
        if not (isinstance(event, Keyed) and isinstance(wait, Gather) and wait.secret):
            return event, None
        if GIVE_UP in event.digits:
            return Keyed(GIVE_UP), None
        match position:
            case AtNewPin(name):
                return self._new_pin(event.digits, pin_change_at(live.flow, name).pin_digits), event.digits
            case AtPinAgain():
                return NewPinKeyed() if event.digits == live.kept else NewPinDiffers(), event.digits
            case _ if not event.digits.isdecimal():
                return SecretKeyed(0), None
            case AtNumber():
                return self._promises.number(event.digits), None
            case AtPayerNumber():
                return self._payers.keyed(live.turn.state, event.digits), None
            case AtIdentifier():
                return SecretKeyed(len(event.digits), self._authenticator.claim(event.digits)), None
            case _:
                return SecretKeyed(len(event.digits)), event.digits

    def _new_pin(self, pin: str, digits: int) -> Event:
        reason = self._authenticator.weakness(pin, digits)
        return NewPinKeyed() if reason is None else NewPinRefused(reason)

    def answer(self, live: Live, wait: VerifyPin | VerifyOldPin | StorePin, pin: str | None, at: datetime) -> Event:
        """What comes of a PIN that was keyed in this turn."""
        assert pin is not None, "a PIN is verified and stored in the turn that it was keyed in"
        state, authenticator = live.turn.state, self._authenticator
        match wait:
            case VerifyPin(claim):
                seq = state.pin_tries + 1
                return event_of(authenticator.verify(claim, pin, call_id=live.call_id, seq=seq, at=at, caller=live.ani))
            case VerifyOldPin(subject):
                # After those of the login, the last of which was right.
                seq = state.pin_tries + 1 + state.old_pins + 1
                return event_of(
                    authenticator.verify_again(subject, pin, call_id=live.call_id, seq=seq, at=at, caller=live.ani)
                )
            case StorePin(subject):
                return PinStored(authenticator.change(subject, pin))


def kept(live: Live, after: State, pin: str | None) -> str | None:
    """The new PIN, for as long as it is asked for again; whoever takes the call over asks for both anew."""
    if not isinstance(after.position, AtPinAgain):
        return None
    return live.kept if isinstance(live.turn.state.position, AtPinAgain) else pin
