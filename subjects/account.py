"""What is held on a person, in plain values, kind by kind, and nobody else's data with it.

Consultants and operators appear by their role, never by name or number; of another telephone's number, which somebody
keyed, only the last digits are told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date, datetime
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Select, Table, select

from audit import entries
from audit.entries import CALLER
from auth_pin.attempts import auth_attempts
from auth_pin.failures import auth_failures
from auth_pin.mandates import mandates
from auth_pin.profiles import profiles
from ivr.calls import calls, turns
from ivr.library import Library
from recordings import catalogue, holds, transcripts
from recordings.catalogue import Recording
from recordings.consents import consents
from recordings.parts import recording_parts
from recordings.records import rejected_recordings
from recordings.transcripts import Transcript
from routing.callbacks import callbacks, masked
from routing.phone_numbers import normal_form
from routing.surveys import survey_answers, survey_offers
from routing.text_messages import text_messages
from routing.visits import queue_visits
from routing.waiting import wait_estimates
from subjects.conversations import told
from subjects.holdings import Holdings

Line = dict[str, Any]
Kind = tuple[str, Callable[[], Iterator[Line]]]

CONSULTANT, OPERATOR = "consultant", "operator"
# Columns that name other people, are secret, or mean something to the service alone.
_LEFT_OUT = {
    mandates: ("reference", "subject", "claim", "payer"),
    profiles: ("subject", "claim", "identifier", "pin_hash", "pin_sealed_by"),
    calls: ("subject", "menu_version", "carrier_leg", "carrier_channel"),
    auth_attempts: ("claim", "call_id", "seq"),
    auth_failures: ("claim",),
    queue_visits: ("callback",),
    callbacks: ("cancelled_in", "line_at"),
    text_messages: ("key",),
    wait_estimates: ("handling_seconds", "consultants"),
    recording_parts: ("caller_file", "agent_file"),
}
_RENAMED = {"call_id": "call", "ani": "from", "dnis": "to", "agent": "answered_by"}


class Account:
    """The account of a person, read as it is asked for. `pseudonyms` are those by which the audit knows them."""

    def __init__(
        self, connection: Connection, library: Library, held: Holdings, pseudonyms: tuple[str, ...], today: date
    ) -> None:
        self._connection = connection
        self._library = library
        self._held = held
        self._pseudonyms = pseudonyms
        self._today = today

    def kinds(self) -> tuple[Kind, ...]:
        """What there may be, by name."""
        held, mine = self._held, self._held.call_ids
        return (
            ("profile", self._profile),
            ("mandates", lambda: self._rows(mandates, held.mandates, mandates.c.place)),
            ("attempts", lambda: self._rows(auth_attempts, held.attempts, auth_attempts.c.at)),
            ("attempts_failed", lambda: self._rows(auth_failures, held.failures, auth_failures.c.last_at)),
            ("calls", lambda: self._rows(calls, held.calls, calls.c.started_at)),
            ("turns", self._turns),
            ("consents", lambda: self._rows(consents, consents.c.call_id.in_(mine), consents.c.at)),
            ("waiting", lambda: self._rows(queue_visits, queue_visits.c.call_id.in_(mine), queue_visits.c.enqueued_at)),
            ("told_waits", lambda: self._rows(wait_estimates, wait_estimates.c.call_id.in_(mine), wait_estimates.c.at)),
            ("callbacks", self._callbacks),
            ("messages", self._messages),
            ("surveys", self._surveys),
            ("recordings", self._recordings),
            ("not_taken_in", self._not_taken_in),
            ("audit", self._audit),
        )

    def recordings(self) -> Iterator[Recording]:
        """Their recordings."""
        return catalogue.everything(self._connection, self._held.recordings)

    def transcripts(self) -> Iterator[tuple[Recording, Transcript]]:
        """Transcripts of their recordings, sealed as they are kept."""
        return transcripts.among(self._connection, self._held.recordings)

    def _profile(self) -> Iterator[Line]:
        for line in self._rows(profiles, self._held.profile, profiles.c.created_at):
            yield {"identifier": self._held.person.identifier, **line}

    def _turns(self) -> Iterator[Line]:
        query = select(calls.c.id, calls.c.menu_version).where(self._held.calls).order_by(calls.c.started_at)
        for call in self._connection.execute(query).all():
            rows = self._connection.execute(select(turns).where(turns.c.call_id == call.id).order_by(turns.c.seq))
            for line in told(self._library, call.menu_version, rows):
                yield {"call": call.id, **line}

    def _callbacks(self) -> Iterator[Line]:
        at = callbacks.c.requested_at
        for line in self._rows(callbacks, self._held.callbacks, at):
            yield {**line, "number": self._number(line["number"])}
        # The call in which somebody else asked for it is theirs.
        for line in self._rows(callbacks, self._held.callbacks_to_them, at):
            yield {**line, "call": None}

    def _messages(self) -> Iterator[Line]:
        mine = set(self._connection.execute(self._held.call_ids).scalars())
        for line in self._rows(text_messages, self._held.messages, text_messages.c.requested_at):
            # As with callbacks: a call that caused one to their number may be somebody else's.
            call = line["call"] if line["call"] in mine else None
            yield {**line, "call": call, "number": self._number(line["number"])}

    def _number(self, number: str) -> str:
        person = self._held.person
        own = select(calls.c.ani).where(self._held.calls).distinct()
        known = {normal_form(ani, person.country) for ani in self._connection.execute(own).scalars()}
        return number if number in {*known, person.number} else masked(number)

    def _surveys(self) -> Iterator[Line]:
        mine = self._held.call_ids
        yield from self._rows(survey_offers, survey_offers.c.call_id.in_(mine), survey_offers.c.at)
        yield from self._rows(survey_answers, survey_answers.c.call_id.in_(mine), survey_answers.c.at)

    def _recordings(self) -> Iterator[Line]:
        for recording in self.recordings():
            line = {name: plain(value) for name, value in asdict(recording).items()}
            line |= {"call": line.pop("call_id"), "consultant": CONSULTANT if recording.consultant else None}
            line["held_by_law"] = bool(holds.held(self._connection, [recording.id], self._today))
            yield {name: value for name, value in line.items() if name not in ("origin", "decision")}

    def _not_taken_in(self) -> Iterator[Line]:
        part, aside = recording_parts, rejected_recordings
        waiting = self._rows(part, self._held.unsettled_parts, part.c.started_at)
        return chain(waiting, self._rows(aside, self._held.quarantined, aside.c.at))

    def _audit(self) -> Iterator[Line]:
        """Of the person by pseudonym, and of their calls, whose entries name nobody."""
        about = (entries.of_person(self._connection, one) for one in self._pseudonyms)
        mine = self._connection.execute(self._held.call_ids).scalars().all()
        calls = (entries.of_object(self._connection, f"call:{id}") for id in mine)
        found = {entry.number: entry for entry in chain.from_iterable((*about, *calls))}
        for _, entry in sorted(found.items()):
            by = CALLER if entry.actor == CALLER else OPERATOR
            yield {"at": plain(entry.at), "action": entry.action, "object": entry.object, "by": by}

    def _rows(self, table: Table, where: Any, order: Any) -> Iterator[Line]:
        query: Select[Any] = select(table).where(where).order_by(order).execution_options(yield_per=1000)
        left_out = _LEFT_OUT.get(table, ())
        for row in self._connection.execute(query).mappings():
            line = {name: plain(value) for name, value in row.items() if name not in left_out}
            if line.get("agent"):
                line["agent"] = CONSULTANT
            yield {_RENAMED.get(name, name): value for name, value in line.items()}


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, date | datetime) else value
