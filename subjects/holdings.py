"""Which rows of which tables are a person's.

A profile's are the calls in which it was authenticated, and what hangs on them. A number's are the calls from it in
which nobody was authenticated: a telephone may be shared, and those others are of whoever proved who they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    String,
    Table,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)

from auth_pin.attempts import auth_attempts
from auth_pin.buckets import auth_buckets
from auth_pin.failures import auth_failures
from auth_pin.mandates import mandates
from auth_pin.profiles import profiles
from ivr.calls import calls, turns
from recordings import holds
from recordings.catalogue import recordings
from recordings.consents import consents
from recordings.erased import keeps_consent
from recordings.parts import recording_parts
from recordings.records import rejected_recordings
from routing.callbacks import callbacks
from routing.surveys import survey_answers, survey_offers
from routing.text_messages import text_messages
from routing.visits import queue_visits
from routing.waiting import wait_estimates
from subjects.people import Person


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is held on a person of the calls that had begun by a moment."""

    person: Person
    until: datetime

    @property
    def calls(self) -> ColumnElement[bool]:
        """Their calls."""
        return self.all_calls & (calls.c.started_at <= self.until)

    @property
    def all_calls(self) -> ColumnElement[bool]:
        """Their calls, also those that have begun since then."""
        c = calls.c
        by_profile = c.subject.in_(self.person.subjects)
        return or_(by_profile, and_(c.ani.in_(self.person.forms), c.subject.is_(None)))

    @property
    def others(self) -> ColumnElement[bool]:
        """The calls from the number that are somebody else's, who was authenticated."""
        c = calls.c
        is_other = c.subject.is_not(None) & c.subject.not_in(self.person.subjects)
        return c.ani.in_(self.person.forms) & is_other

    @property
    def call_ids(self) -> Select[Any]:
        """The ids of their calls, as a query."""
        return select(calls.c.id).where(self.calls)

    @property
    def _others_ids(self) -> Select[Any]:
        return select(calls.c.id).where(self.others)

    @property
    def recordings(self) -> ColumnElement[bool]:
        """Recordings of their calls, and imported ones of their number."""
        c = recordings.c
        return or_(c.call_id.in_(self.call_ids), c.call_id.is_(None) & c.caller.in_(self.person.forms))

    @property
    def quarantined(self) -> ColumnElement[bool]:
        """What was put aside of their calls."""
        parts, c = recording_parts.c, rejected_recordings.c
        origin = literal("call:") + parts.call_id + "/" + cast(parts.seq, String)
        return c.quarantined & c.origin.in_(select(origin).where(parts.call_id.in_(self.call_ids)))

    @property
    def unsettled_parts(self) -> ColumnElement[bool]:
        """Recorded parts of their calls whose files are still to be taken in or cleared away."""
        c = recording_parts.c
        return c.call_id.in_(self.call_ids) & c.settled_at.is_(None)

    @property
    def callbacks(self) -> ColumnElement[bool]:
        """Callbacks that they asked for."""
        return callbacks.c.call_id.in_(self.call_ids)

    @property
    def callbacks_to_them(self) -> ColumnElement[bool]:
        """Callbacks to their number that were asked for in others' calls, from other telephones."""
        c = callbacks.c
        if self.person.number is None:
            return false()
        return (c.number == self.person.number) & c.call_id.not_in(self.call_ids) & c.call_id.not_in(self._others_ids)

    @property
    def messages(self) -> ColumnElement[bool]:
        """Text messages about their calls, and those to their number but for what is about somebody else's calls."""
        c = text_messages.c
        to_them = c.number == self.person.number if self.person.number else false()
        return or_(c.call_id.in_(self.call_ids), to_them & or_(c.call_id.is_(None), c.call_id.not_in(self._others_ids)))

    @property
    def attempts(self) -> ColumnElement[bool]:
        """Attempts at their identifier, and those in their calls at one that is nobody's."""
        c = auth_attempts.c
        theirs = c.claim == self.person.claim if self.person.claim else false()
        return or_(theirs, c.call_id.in_(self.call_ids) & c.claim.not_in(select(profiles.c.claim)))

    @property
    def failures(self) -> ColumnElement[bool]:
        """What is remembered of failures at their identifier."""
        return auth_failures.c.claim == self.person.claim if self.person.claim else false()

    @property
    def buckets(self) -> ColumnElement[bool]:
        """How often PINs were tried from their number, by whomever: to be erased, and not to be told."""
        return auth_buckets.c.name.in_(self.person.callers)

    @property
    def profile(self) -> ColumnElement[bool]:
        """Their profile."""
        return profiles.c.claim == self.person.claim if self.person.claim else false()

    @property
    def mandates(self) -> ColumnElement[bool]:
        """For whom they may speak."""
        return mandates.c.subject == self.person.subject if self.person.subject else false()

    def held_calls(self, today: date) -> ColumnElement[bool]:
        """Their calls that a hold keeps on that day."""
        return self.calls & calls.c.id.in_(holds.calls_held_on(today))

    def rows(self, today: date) -> tuple[tuple[Table, ColumnElement[bool]], ...]:
        """The rows that go when the person is erased on that day, in an order in which they may be removed.

        Recordings, and parts that are not settled, go each in a way of their own; what a hold keeps goes when the hold
        has ended.
        """
        held, part = holds.calls_held_on(today), recording_parts.c
        mine = select(calls.c.id).where(self.calls, calls.c.id.not_in(held))
        message = text_messages.c
        messages = self.messages & or_(message.call_id.is_(None), message.call_id.not_in(held))
        settled = part.call_id.in_(mine) & part.settled_at.is_not(None) & ~keeps_consent(part.call_id)
        return (
            (auth_buckets, self.buckets),
            (text_messages, messages),
            (auth_failures, self.failures),
            (auth_attempts, self.attempts & auth_attempts.c.call_id.not_in(held)),
            (survey_answers, survey_answers.c.call_id.in_(mine)),
            (survey_offers, survey_offers.c.call_id.in_(mine)),
            (wait_estimates, wait_estimates.c.call_id.in_(mine)),
            (queue_visits, queue_visits.c.call_id.in_(mine)),
            (callbacks, callbacks.c.call_id.in_(mine)),
            (consents, consents.c.call_id.in_(mine) & ~keeps_consent(consents.c.call_id)),
            (recording_parts, settled),
            (turns, turns.c.call_id.in_(mine)),
            (calls, calls.c.id.in_(mine)),
            (mandates, self.mandates),
            (profiles, self.profile),
        )


def count(connection: Connection, table: FromClause, where: ColumnElement[bool]) -> int:
    """How many rows of a table that is so of."""
    return int(connection.execute(select(func.count()).select_from(table).where(where)).scalar_one())
