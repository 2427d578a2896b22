"""TwiML verbs of the twilio library, each with just the attributes that are used.

The library takes any attribute, misspelt ones too; here a wrong one is a type error.
Source: https://www.twilio.com/docs/voice/twiml
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from twilio.twiml import voice_response


@dataclass(frozen=True, slots=True)
class Play:
    """Sound from a URL."""

    url: str


@dataclass(frozen=True, slots=True)
class Say:
    """Words for the carrier's own voice; `language` is a BCP 47 tag, `voice` one of the carrier's names."""

    text: str
    language: str
    voice: str


@dataclass(frozen=True, slots=True)
class Gather:
    """Keys, which cut short what is heard meanwhile.

    `timeout` is seconds of silence before the first key and between keys. `finish_on_key` ends the keys early and is
    none of them; empty: every key counts. `action` is asked for even if nothing was keyed.
    """

    heard: tuple[Play | Say, ...]
    action: str
    most_digits: int
    timeout: int
    finish_on_key: str


@dataclass(frozen=True, slots=True)
class Dial:
    """The caller is joined with a SIP address, until one of both hangs up; then `action` is asked for."""

    sip: str
    action: str
    ring_seconds: int


@dataclass(frozen=True, slots=True)
class Redirect:
    """On with the document at another URL."""

    url: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Hangup:
    """The end of the call."""


Heard = Play | Say
Verb = Heard | Gather | Dial | Redirect | Pause | Hangup


def document(verbs: Iterable[Verb]) -> str:
    """The TwiML document of these verbs."""
    response = voice_response.VoiceResponse()
    for verb in verbs:
        _add(response, verb)
    return str(response)


def _add(to: voice_response.VoiceResponse, verb: Verb) -> None:
    match verb:
        case Play() | Say():
            _let_hear(to, verb)
        case Gather(heard, action, most_digits, timeout, finish_on_key):
            gather = to.gather(
                input="dtmf",
                action=action,
                method="POST",
                num_digits=most_digits,
                timeout=timeout,
                finish_on_key=finish_on_key,
                action_on_empty_result=True,
            )
            for one in heard:
                _let_hear(gather, one)
        case Dial(sip, action, ring_seconds):
            to.dial(action=action, method="POST", timeout=ring_seconds).sip(sip)
        case Redirect(url):
            to.redirect(url, method="POST")
        case Pause(seconds):
            to.pause(length=seconds)
        case Hangup():
            to.hangup()


def _let_hear(to: voice_response.VoiceResponse | voice_response.Gather, heard: Heard) -> None:
    match heard:
        case Play(url):
            to.play(url)
        case Say(text, language, voice):
            to.say(text, language=language, voice=voice)
