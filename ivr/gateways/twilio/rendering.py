"""Turn -> TwiML. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.gateways.twilio.verbs import Dial, Gather, Hangup, Heard, Pause, Redirect, document
from ivr.turns import Turn
from ivr.waits import Gather as Keys
from ivr.waits import Hangup as End
from ivr.waits import PlayOut, Transfer

TERMINATOR = "#"
# Asterisk answers within milliseconds, or is not there.
LEG_SECONDS = 20
# Between two tries to get a document that could not be made.
RETRY_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the carrier asks next: after this turn, and after its SIP leg, whose address is `leg`."""

    on: str
    dialled: str
    leg: str


def render(turn: Turn, heard: tuple[Heard, ...], ways: Ways) -> str:
    """The document of a turn whose prompts are `heard` so."""
    match turn.wait:
        case Keys() as keys:
            # Of one key # is as good as any; of a number it is the end.
            finish = TERMINATOR if keys.max_digits > 1 else ""
            gather = Gather(heard, ways.on, keys.max_digits, keys.timeout, finish)
            return document((gather, Redirect(ways.on)))
        case PlayOut():
            return document((*heard, Redirect(ways.on)))
        case Transfer():
            return document((*heard, Dial(ways.leg, ways.dialled, LEG_SECONDS)))
        case End():
            return document((*heard, Hangup()))
        case wait:
            raise AssertionError(f"{wait} is not for a gateway")


def ending(heard: tuple[Heard, ...]) -> str:
    """A stated ending, for a call that nothing is known of."""
    return document((*heard, Hangup()))


def later(url: str) -> str:
    """The same again in a moment."""
    return document((Pause(RETRY_SECONDS), Redirect(url)))
