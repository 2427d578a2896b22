"""Whom a call can be about, as a runner sees it: payers by their references, and the last digits of their numbers.

The flow, the state and the turn log know references alone. Digits are said in place of `ENDING` once the turn that says
them is committed, and are looked up each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ivr.definition import PAYER_KEYS
from ivr.events import ManyPayers, PayerKeyed, PayerRefused, PayersFound
from ivr.live import Live
from ivr.lookups import Said, digits
from ivr.prompts import ENDING
from ivr.services import Mandates
from ivr.state import AtPayerChoice, State


class Payers:
    """The payers that callers may speak for."""

    def __init__(self, mandates: Mandates, now: Callable[[], datetime]) -> None:
        self._mandates = mandates
        self._now = now

    def found(self, subject: str) -> PayersFound | ManyPayers:
        """Whom the person of a profile may speak for."""
        payers = tuple(self._mandates.endings(subject, self._now(), len(PAYER_KEYS) + 1))
        return PayersFound(payers) if len(payers) <= len(PAYER_KEYS) else ManyPayers()

    def keyed(self, state: State, number: str) -> PayerKeyed | PayerRefused:
        """Whether the caller may speak for the payer with this number."""
        payer = None if state.subject is None else self._mandates.find(state.subject, number, self._now())
        return PayerRefused() if payer is None else PayerKeyed(payer)

    def told(self, live: Live) -> Live:
        """The turn as its caller hears it: the last digits of payers' numbers are said."""
        state = live.turn.state
        if not isinstance(state.position, AtPayerChoice) or state.subject is None:
            return live
        endings = self._mandates.endings(state.subject, self._now(), len(PAYER_KEYS) + 1)
        said: Said = ()
        for prompt in live.turn.prompts:
            # A mandate that has ended meanwhile has no digits any more, and its payer is shown to nobody.
            said += digits(live.flow, state, endings.get(prompt.text, "")) if prompt.name == ENDING else (prompt,)
        return replace(live, turn=replace(live.turn, prompts=said))
