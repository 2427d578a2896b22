"""Calls as they are on record, with all that hangs on them, and what is left of each later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Table, func, insert, select

from audit import entries
from audit.entries import Action, Entry
from auth_pin.attempts import auth_attempts
from auth_pin.failures import auth_failures
from auth_pin.mandates import mandates
from auth_pin.profiles import State, profiles
from ivr.calls import calls, turns
from ivr.library import menu_versions
from personal_data import expiry
from personal_data.expiry import Day
from personal_data.kinds import Kind, Terms
from recordings.consents import consents
from recordings.parts import recording_parts
from recordings.purge import Watch, unwatched
from recordings.records import held_recordings, legal_holds, recording_scores, rejected_recordings
from recordings.retention import Term, parse_term
from routing.agent_states import Change, write
from routing.callbacks import callbacks
from routing.surveys import survey_answers, survey_offers
from routing.text_messages import text_messages
from routing.visits import queue_visits
from routing.waiting import wait_estimates
from storage.database import Database
from tests.recordings.kept import WARSAW

TODAY = date(2026, 11, 25)
NIGHT = datetime(2026, 11, 25, 3, 30, tzinfo=WARSAW)
VERSION = "v1"
NUMBER = "48600123987"
ENTRIES = {
    Kind.CALLS: calls.c.id,
    Kind.TURNS: turns.c.call_id,
    Kind.CONSENTS: consents.c.call_id,
    Kind.AUTH_ATTEMPTS: auth_attempts.c.call_id,
    Kind.CALLBACKS: callbacks.c.call_id,
    Kind.SURVEYS: survey_offers.c.call_id,
}
"""By which column rows of a kind are a call's."""
HANGING: tuple[Table, ...] = (
    *(turns, queue_visits, wait_estimates, recording_parts, survey_offers, survey_answers),
    *(consents, auth_attempts, callbacks),
)
DEFAULTS: Terms = {
    kind: parse_term(text)
    for kind, text in {
        Kind.CALLS: "3 years",
        Kind.TURNS: "1 year",
        Kind.CONSENTS: "3 years",
        Kind.AUTH_ATTEMPTS: "1 year",
        Kind.AUTH_LIMITS: "1 day",
        Kind.CALLBACKS: "90 days",
        Kind.MESSAGES: "90 days",
        Kind.SURVEYS: "3 years",
        Kind.AGENT_CHANGES: "3 years",
        Kind.SCORES: "3 years",
        Kind.HOLDS: "6 years",
        Kind.MANDATES: "30 days",
        Kind.UNCONFIRMED_PROFILES: "7 days",
        Kind.AUDIT: "6 years",
        Kind.QUARANTINE: "30 days",
        Kind.ORPHANS: "30 days",
        Kind.CONSULTANT_CALL: "3 years",
        Kind.VIRTUAL_ASSISTANT: "3 years",
        Kind.VIDEO_VISIT: "3 years",
    }.items()
}


def a_score(database: Database, recording_id: str, number: int, at: datetime) -> None:
    """A score of a conversation."""
    marks = {"correctness": 4, "service": 5, "drawn": True, "ended_on": at.date()}
    given = {"recording_id": recording_id, "scored_by": "jan", "number": number, "scored_at": at}
    with database.writing() as connection:
        connection.execute(insert(recording_scores), given | marks)


def a_hold(database: Database, id: str, at: datetime, **ends: object) -> None:
    """A hold on a recording."""
    with database.writing() as connection:
        row = {"id": id, "case": "II K 1/26", "reason": "a complaint", "placed_by": "anna", "placed_at": at}
        connection.execute(insert(legal_holds), row | ends)
        connection.execute(insert(held_recordings), {"hold_id": id, "recording_id": id})


def a_mandate(database: Database, reference: str, valid_until: date | None) -> None:
    """Of a person with a profile."""
    a_profile(database, reference, State.CLOSED, NIGHT)
    a_mandate_of(database, reference, valid_until)


def a_profile(database: Database, subject: str, state: State, created_at: datetime) -> None:
    """Of somebody whose identifier and PIN do not matter."""
    row = {"subject": subject, "claim": subject, "identifier": b"", "pin_hash": "", "state": state}
    with database.writing() as connection:
        connection.execute(insert(profiles), row | {"created_at": created_at})


def a_failure(database: Database, claim: str, at: datetime) -> None:
    """A wrong PIN at an identifier."""
    with database.writing() as connection:
        connection.execute(insert(auth_failures), {"claim": claim, "failures": 1, "last_at": at})


def a_message(database: Database, id: str, at: datetime) -> None:
    """A text message that was delivered."""
    row = {"id": id, "key": id, "number": f"+{NUMBER}", "template": "callback-missed", "lang": "pl", "tries": 1}
    with database.writing() as connection:
        connection.execute(insert(text_messages), row | {"requested_at": at, "state": "delivered", "over_at": at})


def a_mandate_of(database: Database, subject: str, valid_until: date | None = None) -> None:
    """To speak for one payer, known by the subject's name."""
    mine = {"reference": subject, "subject": subject, "claim": "p", "payer": b"", "place": 1}
    with database.writing() as connection:
        connection.execute(insert(mandates), mine | {"valid_until": valid_until})


def days(number: int) -> timedelta:
    """So many of them."""
    return timedelta(days=number)


def at_the_end_of(day: date) -> datetime:
    """The last moment of a day in Warsaw."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=WARSAW)


def a_call(database: Database, id: str, ended_at: datetime | None, gateway: str = "asterisk") -> str:
    """A call that a consultant had, with everything that there can be of one; its callback is over."""
    began = (ended_at or NIGHT).astimezone(UTC) - timedelta(minutes=5)
    at, over = {"call_id": id, "at": began}, ended_at or NIGHT
    about = {"topic": "pensions", "callers": "insured", "lang": "pl"}
    rows: Mapping[Table, dict[str, object]] = {
        calls: {
            "id": id,
            "gateway": gateway,
            "ani": NUMBER,
            "dnis": "225601600",
            "menu_version": VERSION,
            "started_at": began,
            "ended_at": ended_at,
            "lang": "pl",
            "auth_level": "none",
            "topic": "pensions",
        },
        turns: {**at, "seq": 1, "node": "one", "events": "[]", "state": "{}", "prompts": "[]", "wait": "{}"},
        queue_visits: {
            "call_id": id,
            "seq": 1,
            "queue": "pensions",
            "topic": "pensions",
            "outcome": "answered",
            "enqueued_at": began - timedelta(minutes=1),
            "answered_at": began,
            "left_at": over,
        },
        wait_estimates: {
            **at,
            "seq": 1,
            "number": 0,
            "place": 1,
            "low": 0,
            "high": 1,
            "handling_seconds": 60.0,
            "consultants": 1.0,
        },
        recording_parts: {
            "call_id": id,
            "seq": 1,
            "agent": "1701",
            "started_at": began,
            "ended_at": over,
            "caller_file": f"{id}-caller.wav",
            "agent_file": f"{id}-agent.wav",
            "settled_at": over,
        },
        rejected_recordings: {
            "origin": f"call:{id}/1",
            "at": over,
            "reason": "no consent",
            "quarantined": False,
        },
        survey_offers: at | about,
        survey_answers: {**at, **about, "question": "kindness", "answer": "1", "satisfied": True},
        consents: {**at, "purpose": "consultant_call", "given": True, "wording": "2026-1", "lang": "pl"},
        auth_attempts: {**at, "seq": 1, "claim": "c" * 64, "outcome": "accepted"},
        callbacks: {
            "call_id": id,
            "number": "*********987",
            "queue": "pensions",
            "topic": "pensions",
            "lang": "pl",
            "enqueued_at": began,
            "requested_at": began,
            "state": "kept",
            "tries": 1,
            "over_at": over,
        },
    }
    _publish(database)
    with database.writing() as connection:
        for table, row in rows.items():
            connection.execute(insert(table), row)
    return id


def _publish(database: Database) -> None:
    with database.reading() as connection:
        if connection.execute(select(menu_versions.c.version)).first():
            return
    with database.writing() as connection:
        row = {"version": VERSION, "path": "menus.yaml", "raw": b"", "tables": "{}", "published_at": NIGHT}
        connection.execute(insert(menu_versions), row)


def change(database: Database, table: Table, id: str, **values: object) -> None:
    """Change the rows of a call."""
    key = table.c.id if table is calls else table.c.call_id
    with database.writing() as connection:
        connection.execute(table.update().where(key == id).values(**values))


def changes_state(database: Database, agent: str, state: str, at: datetime) -> None:
    """A consultant comes into a state."""
    with database.writing() as connection:
        write(connection, [Change(agent, state, "", at)])


def an_entry(database: Database, at: datetime) -> None:
    """Something is done that is put into the audit."""
    with database.writing() as connection:
        entries.append(connection, Entry(at, "anna", Action.RECORDING_SHOWN, "recording:1"))


def left(database: Database, kind: Kind) -> list[str]:
    """The calls of which there are rows of a kind."""
    column = ENTRIES[kind]
    with database.reading() as connection:
        return sorted(set(connection.execute(select(column)).scalars()))


def hanging(database: Database, id: str) -> list[str]:
    """The tables that have rows of a call."""
    with database.reading() as connection:
        found = [table.name for table in HANGING if _rows(connection, table, id)]
        is_there = connection.execute(select(calls.c.id).where(calls.c.id == id)).first()
    return [*(["calls"] if is_there else []), *found]


def _rows(connection: object, table: Table, id: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.call_id == id)
    return int(connection.execute(query).scalar_one())  # type: ignore[attr-defined]


def expires(database: Database, kind: Kind, term: Term | str, today: date = TODAY, watch: Watch = unwatched) -> None:
    """Have rows of a kind go by that term."""
    meant = parse_term(term) if isinstance(term, str) else term
    expiry.expire(database, kind, meant, Day(today, WARSAW, 2, lambda _: frozenset()), watch)
