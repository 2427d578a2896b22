"""Substitute authorisation: a consultant has asked control questions, and the caller has answered them.

What was asked is kept by its kinds, never an answer. It is a call's own: the level that it gives ends with the call.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from audit import entries
from audit.entries import Action, Entry
from ivr import calls

BY_CODE = "by code in the conversation"
# What a question is about, as in the settings.
KIND = re.compile(r"[a-z][a-z_]{0,29}")


@dataclass(frozen=True, slots=True)
class Authorisation:
    """When which consultant has asked, and which kinds of questions were answered."""

    at: datetime
    agent: str
    questions: tuple[str, ...]

    @property
    def told(self) -> str:
        """The kinds in a line for people."""
        return ", ".join(self.questions)


def of_call(connection: Connection, call_id: str) -> Authorisation | None:
    """The first one of a call."""
    row = calls.find(connection, call_id)
    if row is None or row.authorised_at is None:
        return None
    return Authorisation(row.authorised_at, row.authorised_by or "", tuple((row.authorised_questions or "").split()))


def keep(connection: Connection, call_id: str, one: Authorisation) -> bool:
    """Keep it with the call, unless it has one; whether it had none."""
    return calls.authorise(connection, call_id, one.at, one.agent, " ".join(one.questions))


def keep_keyed(connection: Connection, call_id: str, one: Authorisation) -> None:
    """Keep one that a consultant has keyed, and tell the audit, once: several ways lead here."""
    keep(connection, call_id, one)
    about = f"call:{call_id}"
    told = (entry.at for entry in entries.of_object(connection, about) if entry.action == Action.CALLER_AUTHORISED)
    if one.at not in told:
        # Of nobody: pseudonyms are under keys that lie with the recordings' own, which no call opens or waits for.
        details = f"{BY_CODE}: {one.told}"
        entries.append(connection, Entry(one.at, one.agent, Action.CALLER_AUTHORISED, about, None, details))
