"""What Asterisk and a recogniser tell each other: Asterisk External Application Protocol (AEAP), JSON over WebSocket.

https://docs.asterisk.org (Asterisk External Application Protocol), `res_speech_aeap`. Asterisk sends requests and
sound, is answered, and is sent results as a request of ours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from speech.hearing import Utterance

# AGI's SPEECH RECOGNIZE sends 16-bit samples at 8 kHz, whatever was agreed.
PROTOCOL = "speech_to_text"
CODEC = "slin"
# The name under which Asterisk knows the recogniser.
ENGINE = "centrala"
GRAMMAR = "grammar"
# Set when nothing will be listened for any more: the recogniser closes the connection.
GOODBYE = "goodbye"
# What is between phrases in a result; no phrase holds it.
BETWEEN = "|"
# A result's text where something was said that is none of the phrases.
NOTHING = "-"
MOST_SECONDS = 600.0


class NotAeap(ValueError):
    """The peer says what nobody who speaks AEAP would."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request of Asterisk's: `setup`, `get` or `set`; `fields` is all of it."""

    name: str
    id: str
    fields: Mapping[str, Any]

    @property
    def params(self) -> Any:
        """What is to be set, or asked for."""
        return self.fields.get("params")

    def sets(self, name: str) -> bool:
        """Whether it sets something of that name."""
        return self.name == "set" and isinstance(self.params, dict) and name in self.params


@dataclass(frozen=True, slots=True)
class Listening:
    """What to listen for: phrases of a language, while a prompt of so many seconds is heard and afterwards."""

    lang: str
    phrases: tuple[object, ...]
    prompt: float


def read(text: str) -> Request | None:
    """A request; None for an answer to one of ours. Raises NotAeap."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAeap("not JSON") from error
    match message:
        case {"request": str(name), "id": str(number), **_rest}:
            return Request(name, number, message)
        case {"response": str()}:
            return None
        case _:
            raise NotAeap("neither a request nor a response")


def offers_our_codec(setup: Request) -> bool:
    """Whether Asterisk can send the sound that it does send."""
    codecs = setup.fields.get("codecs")
    return isinstance(codecs, list) and any(isinstance(one, dict) and one.get("name") == CODEC for one in codecs)


def listening(value: object) -> Listening:
    """What a setting of the name GRAMMAR asks for. Raises NotAeap."""
    try:
        match json.loads(str(value)):
            case {"lang": str(lang), "phrases": list(phrases), "prompt": int() | float() as prompt}:
                return Listening(lang, tuple(phrases), min(max(0.0, float(prompt)), MOST_SECONDS))
            case _:
                raise NotAeap("not a grammar")
    except (ValueError, RecursionError, OverflowError) as error:
        raise NotAeap("not a grammar") from error


def ask_for(lang: str, phrases: tuple[str, ...], prompt: float) -> str:
    """The setting of that name."""
    return json.dumps(
        {"lang": lang, "phrases": phrases, "prompt": round(prompt, 2)}, ensure_ascii=False, separators=(",", ":")
    )


def answer(request: Request, **fields: object) -> str:
    """The answer to a request."""
    return json.dumps({"response": request.name, "id": request.id, **fields}, ensure_ascii=False)


def refusal(request: Request, reason: str) -> str:
    """The answer to a request that cannot be met."""
    return answer(request, error_msg=reason)


def result(number: int, utterance: Utterance, lang: str) -> str:
    """A result, as a request of ours."""
    text = BETWEEN.join(utterance.phrases) or NOTHING
    one = {"text": text, "score": utterance.confidence, "grammar": lang, "best": 0}
    return json.dumps({"request": "set", "id": f"centrala-{number}", "params": {"results": [one]}}, ensure_ascii=False)
