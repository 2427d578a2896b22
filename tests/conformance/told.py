"""What happened in a call, as its turn log tells it and as the flow says it must: comparable turn by turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from uuid import uuid4

from ivr import calls
from ivr.definition import Flow
from ivr.events import Event
from ivr.scripts import Script, expected, happened
from ivr.state import State
from routing import callbacks
from routing.callbacks import Callback
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Told:
    """One turn without what must differ between two calls: its id, its times, its process, and pseudonyms."""

    events: tuple[Event, ...]
    state: State
    prompts: tuple[str, ...]


def logged(database: Database, call_id: str) -> tuple[Told, ...]:
    """The turns of a call, as they were committed."""
    with database.reading() as connection:
        turns = calls.turns_of(connection, call_id)
    nameless = (happened(turn.events, turn.state, ()) for turn in turns)
    return tuple(Told(one.events, one.state, turn.prompts) for one, turn in zip(nameless, turns, strict=True))


def promise(database: Database, ani: str) -> None:
    """A callback to the caller's number, in a year."""
    at = datetime.now(UTC)
    number = f"+48{ani}"
    one = Callback(str(uuid4()), number, "pensions", "pensions", "pl", at, at, at + timedelta(days=365))
    with database.writing() as connection:
        callbacks.request(connection, one)


def foretold(flow: Flow, script: Script) -> tuple[Told, ...]:
    """The turns that a script must lead to."""
    return tuple(
        Told(one.events, one.state, tuple(prompt.name for prompt in one.prompts)) for one in expected(flow, script)
    )


def differences(wanted: Mapping[Script, Sequence[Told]], found: Mapping[Script, Sequence[Told]]) -> list[str]:
    """What is to be told a person of every script that went another way than it should have."""
    reasons = ((script, _difference(wanted[script], told)) for script, told in found.items())
    return [f"{script}\n{reason}" for script, reason in reasons if reason is not None]


def _difference(wanted: Sequence[Told], found: Sequence[Told]) -> str | None:
    """The first turn in which two calls differ; None where they do not."""
    for number, (one, other) in enumerate(zip_longest(wanted, found), start=1):
        if one != other:
            return f"turn {number}:\n  expected {one}\n  happened {other}"
    return None
