"""A call by the carrier on loopback, in this terminal: `python -m demo.carrier --keys "1 3 -"`.

It asks the webhooks of the service that the settings name, as Twilio would, prints what it is told to do, and keys the
words, gather by gather. SIP legs are not placed: for them Asterisk is called as by a carrier that reaches nobody.
"""

from __future__ import annotations

import click

from centrala import context
from centrala.carrier import tokens
from demo.carrier import Caller, CarriedCall, Dial, Gather, HangsUp, Line, LineError, TwimlError, Verb
from demo.carrier.twiml import Play

SILENCE = "-"


class Terminal(Caller):
    """A caller who keys words given beforehand, and hangs up after the last."""

    def __init__(self, keys: str) -> None:
        self._words = iter(keys.split())

    def meets(self, document: tuple[Verb, ...]) -> None:
        """Print it."""
        for verb in document:
            click.echo(_shown(verb))

    def keys(self, gather: Gather) -> str | None:
        """The next word."""
        word = next(self._words, None)
        if word is None:
            raise HangsUp
        click.echo(f"  > {word}")
        return None if word == SILENCE else word

    def leg(self, dial: Dial) -> str:
        """Nobody is there."""
        return "no-answer"


class NoTime:
    """What is played lasts as long as it lasts, and nobody waits for it here."""

    def wait(self, seconds: float) -> None:
        """Go on at once."""


def _shown(verb: Verb) -> str:
    match verb:
        case Gather(heard, _, most, timeout, finish):
            what = ", ".join(_shown(one) for one in heard)
            return f"Gather {most} keys, {timeout} s, ends by {finish or 'nothing'}: {what}"
        case Play(url):
            return f"Play ...{url[-16:]}"
        case Dial(sip):
            return f"Dial {sip.partition('?')[0]}"
        case _:
            return str(verb)


@click.command()
@click.option("--keys", default="", help="Words for one gather each; - is silence.")
@click.option("--from", "ani", default="+48600100200", show_default=True, help="The number that calls.")
def main(keys: str, ani: str) -> None:
    """Place a call as Twilio would."""
    settings = context.settings()
    if settings.twilio is None:
        context.fail("there is no twilio: in the settings")
    token, *_ = tokens(context.installation())
    line = Line(settings.twilio.public_url, settings.twilio.account, token)
    with context.explained(LineError, TwimlError):
        CarriedCall(line, Terminal(keys), NoTime(), ani, settings.sip.numbers[0]).run()


if __name__ == "__main__":
    main()
