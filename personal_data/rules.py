"""Of each kind of rows: since when their term counts, and what keeps them although it is over.

A call goes with all that hangs on it (turns, stays, estimates, parts, surveys, why a part was not taken in). It stays
while it lasts, while a recording of it is kept, put aside or still to be taken in, and while a callback of it waits;
so do consents with the recordings that they justify. Why something was not taken in goes by itself where the call was
erased. What a hold keeps of a call keeps the whole of it. Attempts,
consents and callbacks have terms of their own, whatever became of their call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Date, exists, func, literal, true

from auth_pin.attempts import auth_attempts
from auth_pin.buckets import SERVICE, auth_buckets
from auth_pin.failures import auth_failures
from auth_pin.mandates import mandates
from auth_pin.profiles import State as ProfileState
from auth_pin.profiles import profiles
from ivr.calls import TERMINAL, calls
from personal_data.kinds import Kind
from recordings import holds
from recordings.catalogue import State, recordings
from recordings.consents import consents
from recordings.identity import CALL, parts_of
from recordings.parts import recording_parts
from recordings.records import legal_holds, recording_samples, recording_scores, rejected_recordings
from routing.agent_states import agent_changes, agent_states
from routing.callbacks import callbacks
from routing.members import LOGGED_OUT
from routing.surveys import survey_offers
from routing.text_messages import text_messages

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Keepers:
    """What may keep rows on that day. `foreseen`: recordings that the same run destroys before keep none."""

    today: date
    foreseen: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of a table, found by `key`, whose term counts from `at`, a moment or a last day.

    `are` says which rows those are at all, `over` which of them are so at the moment before which the term is over, and
    `free` which of those nothing keeps.
    """

    key: Column[Any]
    at: Column[Any]
    are: Condition
    over: Callable[[datetime], Condition]
    free: Callable[[Keepers], Condition]

    def past(self, before: datetime) -> Condition:
        """Rows whose term is over."""
        return self.are & self.earlier(before) & self.over(before)

    def earlier(self, before: datetime) -> Condition:
        """Rows whose term began before that midnight of the service's calendar."""
        return self.at < (before.date() if isinstance(self.at.type, Date) else before)

    def due(self, before: datetime, keepers: Keepers) -> Condition:
        """Rows that go."""
        return self.past(before) & self.free(keepers)


def _always(_: object) -> Condition:
    return true()


def _not_held(call_id: Column[Any]) -> Callable[[Keepers], Condition]:
    """No recording of the call is under a hold."""

    def free(keepers: Keepers) -> Condition:
        return call_id.not_in(holds.calls_held_on(keepers.today))

    return free


def _without_recordings(call_id: Column[Any]) -> Callable[[Keepers], Condition]:
    """No recording of the call is there, neither kept nor put aside nor to be taken in."""
    part, aside = recording_parts.c, rejected_recordings.c
    begins = literal(parts_of("").removesuffix("/")) + call_id + "/"
    unsettled = exists().where(part.call_id == call_id, part.settled_at.is_(None))

    def free(keepers: Keepers) -> Condition:
        kept = exists().where(recordings.c.call_id == call_id)
        quarantined = exists().where(aside.quarantined, aside.origin.startswith(begins))
        if keepers.foreseen:
            kept = kept.where(_stays(keepers.today))
            quarantined = quarantined.where(aside.keep_until >= keepers.today)
        return ~kept & ~unsettled & ~quarantined

    return free


def _stays(today: date) -> Condition:
    """Recordings that the purge of that day leaves."""
    c = recordings.c
    kept = (c.state == State.KEPT) & (c.keep_until >= today)
    return kept | ((c.state != State.PURGING) & c.id.in_(holds.held_on(today)))


def _calls(keepers: Keepers) -> Condition:
    c = callbacks.c
    awaited = exists().where(c.call_id == calls.c.id, (c.state == "waiting") | c.line_at.is_not(None))
    return _without_recordings(calls.c.id)(keepers) & ~awaited


def _consents(keepers: Keepers) -> Condition:
    lasts = exists().where(calls.c.id == consents.c.call_id, calls.c.ended_at.is_(None), calls.c.gateway != TERMINAL)
    return _without_recordings(consents.c.call_id)(keepers) & ~lasts


def _superseded(before: datetime) -> Condition:
    """Not the state in which a consultant came into the time that is kept: of that time reports tell."""
    c, later = agent_changes.c, agent_changes.alias("later").c
    behind = (later.at > c.at) | ((later.at == c.at) & (later.id > c.id))
    followed = exists().where(later.agent == c.agent, later.at < before, behind)
    return followed | (c.state == LOGGED_OUT)


_ENDED = calls.c.ended_at.is_not(None)
# Who closes the terminal leaves a rehearsal without an end.
_LEFT = calls.c.ended_at.is_(None) & (calls.c.gateway == TERMINAL)
_TURNS = calls.c.asked.is_(None)
_UNCONFIRMED = profiles.c.state == ProfileState.UNCONFIRMED
_OVER = (callbacks.c.state != "waiting") & callbacks.c.line_at.is_(None)

# The call in an origin "call:<id>/<seq>".
_CALL = func.substr(func.rtrim(func.rtrim(rejected_recordings.c.origin, "0123456789"), "/"), len(CALL) + 1)
# Why something was not taken in, of a call that is not there any more. Its files may still lie on another machine.
_OF_NO_CALL = (
    ~rejected_recordings.c.quarantined
    & ~exists().where(calls.c.id == _CALL)
    & ~exists().where(recording_parts.c.call_id == _CALL)
)

RULES: Mapping[Kind, tuple[Rule, ...]] = {
    Kind.TURNS: (
        Rule(calls.c.id, calls.c.ended_at, _TURNS, _always, _not_held(calls.c.id)),
        Rule(calls.c.id, calls.c.started_at, _TURNS & _LEFT, _always, _not_held(calls.c.id)),
    ),
    Kind.SURVEYS: (
        Rule(survey_offers.c.call_id, survey_offers.c.at, true(), _always, _not_held(survey_offers.c.call_id)),
    ),
    Kind.CALLBACKS: (Rule(callbacks.c.call_id, callbacks.c.over_at, _OVER, _always, _not_held(callbacks.c.call_id)),),
    Kind.MESSAGES: (Rule(text_messages.c.id, text_messages.c.requested_at, true(), _always, _always),),
    Kind.AUTH_ATTEMPTS: (
        Rule(auth_attempts.c.call_id, auth_attempts.c.at, true(), _always, _not_held(auth_attempts.c.call_id)),
    ),
    Kind.AUTH_LIMITS: (
        Rule(auth_failures.c.claim, auth_failures.c.last_at, true(), _always, _always),
        Rule(auth_buckets.c.name, auth_buckets.c.full_at, auth_buckets.c.name != SERVICE, _always, _always),
    ),
    Kind.CONSENTS: (Rule(consents.c.call_id, consents.c.at, true(), _always, _consents),),
    Kind.AGENT_CHANGES: (
        Rule(agent_changes.c.id, agent_changes.c.at, true(), _superseded, _always),
        Rule(agent_states.c.agent, agent_states.c.since, agent_states.c.state == LOGGED_OUT, _always, _always),
    ),
    Kind.SCORES: (
        Rule(recording_scores.c.recording_id, recording_scores.c.scored_at, true(), _always, _always),
        Rule(recording_samples.c.id, recording_samples.c.drawn_at, true(), _always, _always),
    ),
    Kind.HOLDS: (
        Rule(legal_holds.c.id, legal_holds.c.lifted_at, legal_holds.c.lifted_at.is_not(None), _always, _always),
        Rule(legal_holds.c.id, legal_holds.c.until, legal_holds.c.lifted_at.is_(None), _always, _always),
    ),
    Kind.MANDATES: (Rule(mandates.c.reference, mandates.c.valid_until, true(), _always, _always),),
    Kind.UNCONFIRMED_PROFILES: (Rule(profiles.c.subject, profiles.c.created_at, _UNCONFIRMED, _always, _always),),
    Kind.CALLS: (
        Rule(calls.c.id, calls.c.ended_at, _ENDED, _always, _calls),
        Rule(calls.c.id, calls.c.started_at, _LEFT, _always, _calls),
        Rule(rejected_recordings.c.origin, rejected_recordings.c.at, _OF_NO_CALL, _always, _always),
    ),
}
"""In the order in which they go: what tells of a call goes before it."""

ERASED = Rule(calls.c.id, calls.c.erased_at, calls.c.erased_at.is_not(None), _always, _without_recordings(calls.c.id))
"""Calls that people had erased and a hold kept: they go with their last recording, whatever their term."""
