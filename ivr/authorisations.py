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
# Why a code is refused, in the dialplan's words and in those of the audit.
REFUSALS = {
    "elsewhere": "the caller is not with this consultant",
    "nothing": "no question was keyed",
    "unknown": "what was keyed is no question",
}
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """When which consultant has keyed the code in vain; `why` is one of REFUSALS."""

    at: datetime
    agent: str
    why: str


def keep_keyed(connection: Connection, call_id: str, one: Authorisation) -> None:
    """Keep one that a consultant has keyed, and tell the audit, once: several ways lead here."""
    keep(connection, call_id, one)
    _tell(connection, call_id, Action.CALLER_AUTHORISED, one.at, one.agent, one.told)


def tell_of_refusal(connection: Connection, call_id: str, one: Refusal) -> None:
    """Tell the audit, once, that a consultant has keyed the code in vain."""
    _tell(connection, call_id, Action.AUTHORISATION_REFUSED, one.at, one.agent, REFUSALS[one.why])


def _tell(connection: Connection, call_id: str, action: Action, at: datetime, agent: str, details: str) -> None:
    """Of nobody: pseudonyms are under keys that lie with the recordings' own, which no call opens or waits for."""
    about = f"call:{call_id}"
    if at not in (entry.at for entry in entries.of_object(connection, about) if entry.action == action):
        entries.append(connection, Entry(at, agent, action, about, None, f"{BY_CODE}: {details}"))
