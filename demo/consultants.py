"""Consultants' phones for the demonstration: they register, answer, and say good day."""

from __future__ import annotations

from collections.abc import Iterable

from demo.phone import Answer, Exchange, IncomingCall, Phone, sounds
from ivr.prompts import Prompt
from routing.asterisk.plan import phone_password

GREETING = Prompt("demo-greeting", "pl", "Dzień dobry, konsultant Zus. To jest rozmowa pokazowa. W czym mogę pomóc?")
RING_SECONDS = 1.5


class RegistrationError(RuntimeError):
    """A consultant's phone was refused."""


def register(
    exchange: Exchange, extensions: Iterable[str], sip: tuple[str, int], key: bytes, voice: str
) -> list[Phone]:
    """Register a phone per extension; each answers after ringing and plays the sound file `voice`."""

    def answer(call: IncomingCall) -> Answer:
        call.play(sounds.wav(voice))
        return Answer(after=RING_SECONDS)

    phones = []
    for extension in extensions:
        phone = Phone(exchange, extension, sip, password=phone_password(key, extension), when_called=answer)
        if (status := phone.register()) != 200:
            raise RegistrationError(f"the phone {extension} was refused with {status}")
        phones.append(phone)
    return phones
