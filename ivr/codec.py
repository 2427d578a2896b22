"""The vocabulary <-> JSON, for the turn log.

A value becomes an object whose `type` is its class's name. Only the classes of the vocabulary can be read back, so
that a damaged or foreign row is an error of its own kind and never something else.
"""

from __future__ import annotations

import json
from dataclasses import fields
from functools import lru_cache
from typing import Any, get_args

from ivr import waits
from ivr.events import Event
from ivr.prompts import Prompt
from ivr.state import Position, State

_CLASSES: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (*get_args(Event), *get_args(Position), *get_args(waits.Wait), State, Prompt)
}
_FIELDS = {name: tuple(field.name for field in fields(kind)) for name, kind in _CLASSES.items()}

# Callers go the same ways, so that nearly every value has been encoded before.
MOST_REMEMBERED = 4096


class CodecError(ValueError):
    """A stored value is not of the vocabulary."""


@lru_cache(MOST_REMEMBERED)
def encode(value: object) -> str:
    """A value of the vocabulary (or a tuple of them) as JSON; equal values give equal text."""
    return _ENCODER.encode(value)


def decode(text: str) -> Any:
    """The value that `encode` wrote. Raises CodecError."""
    try:
        return _rich(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise CodecError(f"not of the vocabulary: {error}") from error


def _plain(value: Any) -> object:
    """What JSON has no form of its own for: an object, or a set in order."""
    if isinstance(value, frozenset):
        return sorted(value)
    name = type(value).__name__
    return {"type": name, **{field: getattr(value, field) for field in _FIELDS[name]}}


# Made once: four values are encoded in every turn.
_ENCODER = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":"))


def _rich(value: Any) -> Any:
    match value:
        case list():
            return tuple(_rich(item) for item in value)
        case {"type": str(name), **rest}:
            kind = _CLASSES[name]
            made = {str(key): _rich(item) for key, item in rest.items()}
            if kind is State:
                made["heard"] = frozenset(made["heard"])
            return kind(**made)
        case dict():
            raise CodecError("an object without a type")
        case _:
            return value
