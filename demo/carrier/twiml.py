"""TwiML as the carrier reads it: documented verbs with documented attributes, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element


class TwimlError(ValueError):
    """A document that the carrier would not understand, or would take for another."""


@dataclass(frozen=True, slots=True)
class Play:
    """Sound."""

    url: str


@dataclass(frozen=True, slots=True)
class Say:
    """Words."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Gather:
    """Keys."""

    heard: tuple[Play | Say, ...]
    action: str
    num_digits: int
    timeout: int
    finish_on_key: str
    on_empty: bool


@dataclass(frozen=True, slots=True)
class Dial:
    """A SIP leg, by its address."""

    sip: str
    action: str
    timeout: int


@dataclass(frozen=True, slots=True)
class Redirect:
    """Another document."""

    url: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Hangup:
    """The end."""


Verb = Play | Say | Gather | Dial | Redirect | Pause | Hangup
# Of each verb the attributes that may stand there.
ATTRIBUTES = {
    "Play": set[str](),
    "Say": {"language", "voice"},
    "Gather": {"input", "action", "method", "numDigits", "timeout", "finishOnKey", "actionOnEmptyResult"},
    "Dial": {"action", "method", "timeout"},
    "Sip": set[str](),
    "Redirect": {"method"},
    "Pause": {"length"},
    "Hangup": set[str](),
}
MOST_SIP_CHARACTERS = 1024


def read(document: bytes) -> tuple[Verb, ...]:
    """The verbs of a document. Raises TwimlError."""
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        raise TwimlError(f"no XML: {error}") from error
    if root.tag != "Response":
        raise TwimlError(f"{root.tag} is no document")
    return tuple(_verb(one) for one in root)


def _verb(one: Element) -> Verb:
    given = _attributes(one)
    match one.tag:
        case "Play" | "Say":
            return _heard(one)
        case "Gather":
            return _gather(one, given)
        case "Dial":
            return _dial(one, given)
        case "Redirect":
            return Redirect(_url(one.text))
        case "Pause":
            return Pause(int(given.get("length", "1")))
        case "Hangup":
            return Hangup()
        case _:
            raise TwimlError(f"{one.tag} is no verb")


def _attributes(one: Element) -> dict[str, str]:
    unknown = one.attrib.keys() - ATTRIBUTES.get(one.tag, set())
    if unknown:
        raise TwimlError(f"{one.tag} has no {', '.join(sorted(unknown))}")
    if one.get("method", "POST") != "POST":
        raise TwimlError("webhooks are POST only")
    return dict(one.attrib)


def _heard(one: Element) -> Play | Say:
    given = _attributes(one)
    if one.tag == "Play":
        return Play(_url(one.text))
    if one.tag == "Say" and one.text:
        return Say(one.text, given.get("language", "en-US"))
    raise TwimlError(f"{one.tag} cannot be heard")


def _gather(one: Element, given: dict[str, str]) -> Gather:
    finish = given.get("finishOnKey", "#")
    if len(finish) > 1 or finish not in "0123456789#*":
        raise TwimlError("error 13310: finishOnKey")
    if given.get("input", "dtmf") != "dtmf":
        raise TwimlError("the carrier's speech recognition is not to be used")
    return Gather(
        tuple(map(_heard, _children(one, "Play", "Say"))),
        _url(given.get("action")),
        int(given["numDigits"]),
        int(given.get("timeout", "5")),
        finish,
        given.get("actionOnEmptyResult") == "true",
    )


def _dial(one: Element, given: dict[str, str]) -> Dial:
    (sip,) = _children(one, "Sip")
    _attributes(sip)
    address = sip.text or ""
    if not address.startswith("sip:") or len(address.partition("?")[2]) > MOST_SIP_CHARACTERS:
        raise TwimlError("error 13224: the address of a leg")
    return Dial(address, _url(given.get("action")), int(given.get("timeout", "30")))


def _children(one: Element, *tags: str) -> Iterator[Element]:
    for child in one:
        if child.tag not in tags:
            raise TwimlError(f"{child.tag} may not stand in {one.tag}")
        yield child


def _url(text: str | None) -> str:
    if not text or urlsplit(text).scheme not in ("http", "https"):
        raise TwimlError("error 11100: no URL")
    return text
