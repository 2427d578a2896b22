"""Phrases that callers say, and what they mean where a call waits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ivr.definition import Flow
from ivr.events import Heard
from ivr.waits import Gather
from speech.grammar import words_of

# Somebody who types has said exactly that.
CERTAIN = 100


def normal(text: str) -> str:
    """A phrase as recognisers spell it: small letters, composed, plain apostrophes, single spaces."""
    return " ".join(words_of(text))


def phrases_at(flow: Flow, gather: Gather) -> Mapping[str, str]:
    """The phrases that may be said at a gather, each with the key that it stands for."""
    if flow.speech is None or not gather.spoken:
        return {}
    return flow.speech.grammars.get((gather.name, gather.spoken), {})


def meaning(flow: Flow, gather: Gather, said: Iterable[str], confidence: int) -> Heard:
    """What phrases mean that were heard at a gather, most of all what none of its phrases is."""
    known = phrases_at(flow, gather)
    keys = [known.get(normal(phrase)) for phrase in said]
    if not keys or None in keys:
        return Heard((), 0)
    return Heard(tuple(dict.fromkeys(key for key in keys if key is not None)), max(0, min(CERTAIN, confidence)))
