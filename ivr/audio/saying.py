"""What of a flow must be there as sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict

from ivr.definition import Flow, Offices
from ivr.exploration import Said, explore
from ivr.fallback import fallback
from ivr.prompts import ENDING, Prompt, pieces


def sequences_of(flow: Flow) -> tuple[Said, ...]:
    """All that a turn can say in any language, what consultants hear, and what the dialplan says without the IVR."""
    alone = fallback(flow)
    without_ivr = (alone.connecting, alone.closed, alone.unanswered, alone.goodbye)
    said = (sequence for found in explore(flow, spoken=True).sequences.values() for sequence in found)
    whispered = ((whisper,) for whisper in flow.whispers.values())
    everything = (*said, *filter(None, without_ivr), *whispered, *_codes(flow), *_calling_back(flow))
    # What stands for last digits is said as digits, which are files of their own.
    said_as_it_is = (piece for sequence in everything for piece in pieces(sequence) if piece[0].name != ENDING)
    return tuple(dict.fromkeys(said_as_it_is))


def _calling_back(flow: Flow) -> Iterator[Said]:
    """What is heard where a callback is kept: no caller can bring that about, so that it is not explored."""
    if flow.callbacks is not None:
        yield (flow.callbacks.whisper,)
        told = (flow.callbacks.unreached, flow.callbacks.closed)
        yield from ((flow.prompts[name, flow.languages[0]],) for name in told)
        yield from ((flow.prompts[flow.callbacks.greeting, lang],) for lang in flow.languages)


def _codes(flow: Flow) -> Iterator[Said]:
    for name in filter(None, asdict(flow.codes).values()) if flow.codes else ():
        yield (flow.prompts[name, flow.languages[0]],)


def prompts_of(flow: Flow, sequences: Iterable[Said]) -> tuple[Prompt, ...]:
    """Every prompt of the file in every language, and every address that is said."""
    templates = {prompt.name for prompt in addresses(flow)}
    fixed = (prompt for prompt in flow.prompts.values() if prompt.name not in templates)
    said = (prompt for sequence in sequences for prompt in sequence)
    return tuple(dict.fromkeys((*fixed, *said)))


def addresses(flow: Flow) -> tuple[Prompt, ...]:
    """The prompts that are filled in with an office's address."""
    searches = [step for step in flow.steps.values() if isinstance(step, Offices)]
    return tuple(flow.prompts[search.address, flow.languages[0]] for search in searches)
