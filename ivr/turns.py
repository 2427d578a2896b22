"""What a step of the flow returns."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.prompts import Prompt
from ivr.state import State
from ivr.waits import Wait


@dataclass(frozen=True, slots=True)
class Turn:
    """The call's new state, what the caller hears, and the one thing that is waited for."""

    state: State
    prompts: tuple[Prompt, ...]
    wait: Wait


@dataclass(frozen=True, slots=True)
class Ignored:
    """The event means nothing here (late, repeated or unexpected); the state stays as it was."""

    reason: str
